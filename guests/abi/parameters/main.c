/*
 * METRONOMEOP_scheduler to _view: what dom0 is told of the schedulers, and how
 * it sets their parameters. Each scheduler is given to Pool-0 in turn, and all
 * its parameters are got and put as their table says. Any other domain is told
 * nothing, and changes nothing.
 */
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"
#include "xen/include/metronome.h"

#define NOWHERE 0x10ul /* not mapped */

static long call(unsigned op, void *arg)
{
    return hypercall2(__HYPERVISOR_metronome, op, address_of(arg));
}

static void put_text(char *out, const char *text)
{
    while ((*out++ = *text++))
        ;
}

static long change(const char *scheduler)
{
    struct metronome_pool_scheduler op = { .pool = 0 };

    put_text(op.scheduler, scheduler);
    return call(METRONOMEOP_pool_scheduler, &op);
}

/* ---- one parameter of the pool, of dom0, of its vCPU 0 ---- */

static struct metronome_settings of(const struct metronome_parameter *p)
{
    struct metronome_settings op = { .domain = METRONOME_NONE,
                                     .vcpu = METRONOME_ALL,
                                     .nr = 1 };

    if (p->scope != METRONOME_PER_POOL)
        op.domain = 0;
    if (p->scope == METRONOME_PER_VCPU)
        op.vcpu = 0;
    put_text(op.setting[0].name, p->name);
    return op;
}

static void expect(const struct metronome_parameter *p, int64_t value)
{
    struct metronome_settings op = of(p);

    check_equal(call(METRONOMEOP_get, &op), 0, p->name);
    check(op.setting[0].value == value, "%s.%s is %ld, not %ld", p->scheduler,
          p->name, (long)op.setting[0].value, (long)value);
}

static long put(const struct metronome_parameter *p, int64_t value)
{
    struct metronome_settings op = of(p);

    op.setting[0].value = value;
    return call(METRONOMEOP_put, &op);
}

static void test_parameter(const struct metronome_parameter *p)
{
    check(p->scope <= METRONOME_PER_VCPU && p->min <= p->initial &&
              p->initial <= p->max && p->name[0] && p->unit[0] && p->help[0],
          "%s.%s has no sensible row", p->scheduler, p->name);
    expect(p, p->initial);
    if (p->min > INT64_MIN)
        check_equal(put(p, p->min - 1), -XEN_EINVAL, "below the range");
    if (p->max < INT64_MAX)
        check_equal(put(p, p->max + 1), -XEN_EINVAL, "above the range");
    expect(p, p->initial);
    check_equal(put(p, p->initial), 0, "its own value");
}

/* ---- each scheduler ---- */

static void test_view(const char *scheduler)
{
    struct metronome_view op = { .domain = 0, .vcpu = 0 };
    uint64_t sum;
    unsigned i;

    check_equal(call(METRONOMEOP_view, &op), 0, "view");
    check(!strcmp(op.page.scheduler, scheduler), "view says %s under %s",
          op.page.scheduler, scheduler);
    sum = op.page.runstate[0] + op.page.runstate[1] + op.page.runstate[2] +
          op.page.runstate[3];
    /* Read one after the other, while we run. */
    check(op.pool == 0 && op.page.runstate[0] > 0 &&
              op.page.virtual_time >= op.page.runstate[0] &&
              op.page.virtual_time - op.page.runstate[0] < 1000000 &&
              op.page.time >= sum,
          "times of the view");
    for (i = 0; i < op.page.nr_values; i++)
        check(op.page.value[i].name[0] != 0, "value %u has no name", i);
}

static void test_scheduler(const struct metronome_scheduler *s)
{
    struct metronome_parameter p = { .index = 0 };

    check_equal(change(s->name), 0, s->name);
    put_text(p.scheduler, s->name);
    for (; p.index < s->nr_parameters; p.index++)
        if (check_equal(call(METRONOMEOP_parameter, &p), 0, "parameter"))
            test_parameter(&p);
    check_equal(call(METRONOMEOP_parameter, &p), -XEN_ENOENT, "one too many");
    test_view(s->name);
}

/* A period and a slice within it go together, or not at all. */
static void test_together(void)
{
    struct metronome_parameter p = { .scope = METRONOME_PER_DOMAIN };
    struct metronome_settings op;

    check_equal(change("sedf"), 0, "sedf");
    put_text(p.name, "period");
    op = of(&p);
    op.nr = 2;
    put_text(op.setting[1].name, "slice");
    op.setting[0].value = 10000000;
    op.setting[1].value = 20000000;
    check_equal(call(METRONOMEOP_put, &op), -XEN_EINVAL, "beyond the period");
    expect(&p, 100000000);
    op.setting[1].value = 2000000;
    check_equal(call(METRONOMEOP_put, &op), 0, "within it");
    expect(&p, 10000000);
    put_text(p.name, "slice");
    expect(&p, 2000000);
}

static void test_pool(void)
{
    struct metronome_pool op = { .pool = 0 };

    check_equal(call(METRONOMEOP_pool, &op), 0, "pool 0");
    check(op.pool == 0 && !strcmp(op.name, "Pool-0") && op.nr_domains == 1 &&
              (op.cpus[0] & 1),
          "pool 0 is %u %s with %u domains", op.pool, op.name, op.nr_domains);
    op.pool = 1;
    check_equal(call(METRONOMEOP_pool, &op), -XEN_ENOENT, "no other pool");
}

/* ---- what is wrong ---- */

static void test_errors(void)
{
    struct metronome_parameter p = { .scope = METRONOME_PER_DOMAIN };
    struct metronome_settings op;
    struct metronome_view view = { .domain = 0, .vcpu = 77 };
    unsigned i;

    for (i = METRONOMEOP_scheduler; i <= METRONOMEOP_view; i++)
        check_equal(call(i, (void *)NOWHERE), -XEN_EFAULT, "no memory there");
    check_equal(call(METRONOMEOP_view + 1, &p), -XEN_ENOSYS, "no such one");
    check_equal(call(METRONOMEOP_view, &view), -XEN_ESRCH, "no such vCPU");
    view.vcpu = METRONOME_ALL;
    check_equal(call(METRONOMEOP_view, &view), -XEN_ESRCH, "all vCPUs");
    view.domain = 77;
    check_equal(call(METRONOMEOP_view, &view), -XEN_ESRCH, "no such domain");
    view.domain = DOMID_SELF;
    check_equal(call(METRONOMEOP_view, &view), -XEN_ESRCH, "self is no id");
    memset(p.scheduler, 'x', sizeof(p.scheduler));
    check_equal(call(METRONOMEOP_parameter, &p), -XEN_ENOENT, "a long name");
    op = of(&p);
    memset(op.setting[0].name, 'x', sizeof(op.setting[0].name));
    check_equal(call(METRONOMEOP_get, &op), -XEN_ENOENT, "a long parameter");
    check_equal(call(METRONOMEOP_put, &op), -XEN_ENOENT, "a long parameter");
    op.nr = METRONOME_SETTINGS + 1;
    check_equal(call(METRONOMEOP_put, &op), -XEN_EINVAL, "too many");
    op.nr = 1;
    op.domain = 77;
    check_equal(call(METRONOMEOP_put, &op), -XEN_ESRCH, "no such domain");
    op.domain = METRONOME_NONE;
    op.pool = 9;
    check_equal(call(METRONOMEOP_get, &op), -XEN_ESRCH, "no such pool");
}

static void test_other_domain(void)
{
    struct metronome_view op = { .domain = 0 };
    unsigned i;

    for (i = METRONOMEOP_scheduler; i <= METRONOMEOP_view; i++)
        check_equal(call(i, &op), -XEN_EPERM, "not for this domain");
    report_end();
}

void guest_main(void)
{
    struct metronome_scheduler s = { .index = 0 };
    struct metronome_view first = { .domain = 0 };

    report_begin("parameters");
    if (call(METRONOMEOP_scheduler, &s) == -XEN_ENOSYS)
        report_skip("this is not Metronome");
    if (!start_is_dom0())
        test_other_domain();
    check_equal(call(METRONOMEOP_view, &first), 0, "view");
    test_pool();
    test_errors();
    for (; call(METRONOMEOP_scheduler, &s) == 0; s.index++)
        test_scheduler(&s);
    check(s.index >= 8, "%u schedulers", s.index);
    test_together();
    check_equal(change(first.page.scheduler), 0, "back again");
    report_end();
}
