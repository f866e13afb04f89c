/*
 * pool.c - the pool of CPUs, its scheduler, and their options.
 *
 *     sched=bvt bvt.ctx_allow=5ms sched_strict sched_patience=30s
 *
 * A wrong name or value is refused, naming what is accepted; nothing falls back
 * to something else at boot.
 */
#include <xen/errno.h>
#include "sched/api/core.h"
#include "trace/setup.h"
#include "trace/trace.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/console.h"
#include "xen/lib/format.h"
#include "xen/sched/host_private.h"
#include "xen/sched/run_private.h"

#define DEFAULT_SCHED "credit"

struct run_options run_options;

static struct sched *pool;

struct sched *sched_pool(void)
{
    return pool;
}

int run_join_pool(unsigned cpu, ns_t now)
{
    return sched_cpu_up(pool, cpu, now);
}

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* The plug-in before the dot of key, and the name after it; or NULL. */
static const struct sched_ops *split(const char *key, const char **rest)
{
    char name[16];
    size_t n;

    for (n = 0; key[n] != '.'; n++) {
        if (!key[n] || n + 1 == sizeof(name))
            return NULL;
        name[n] = key[n];
    }
    name[n] = '\0';
    *rest = &key[n + 1];
    return sched_find(name);
}

static int unknown_param(const struct sched_ops *ops, const char *name,
                         char *error, size_t size)
{
    const struct sched_param *p;
    size_t used = format_text(error, size, "%s.%s: %s has", ops->name, name,
                              ops->name);

    for (p = ops->params; p && p->name && used < size; p++)
        used += format_text(error + used, size - used, " %s", p->name);
    if (!ops->params && used < size)
        (void)format_text(error + used, size - used, " no parameters");
    return -XEN_EINVAL;
}

static int set_default(const struct sched_ops *ops, const char *name,
                       const char *value, char *error, size_t size)
{
    const struct sched_param *p = sched_param_find(ops, name);
    int64_t number;
    int result;

    if (!p)
        return unknown_param(ops, name, error, size);
    result = sched_param_parse(ops, p, value, &number, error, size);
    return result ? result : sched_param_set_default(p, number);
}

static int unknown_sched(const char *name, char *error, size_t size)
{
    char names[128];

    sched_names(names, sizeof(names));
    (void)format_text(error, size, "sched=%s: no such scheduler; there are: %s",
                      name, names);
    return -XEN_EINVAL;
}

static int set_patience(const char *value, char *error, size_t size)
{
    static const struct sched_param param = {
        .name = "patience",
        .unit = "ns",
        .min = MS(10),
        .max = FOREVER,
    };
    static const struct sched_ops named = { .name = "sched" };

    return sched_param_parse(&named, &param, value, &run_options.patience,
                             error, size);
}

int sched_option(const char *key, const char *value, char *error, size_t size)
{
    const struct sched_ops *ops;
    const char *name;

    if (same(key, "sched")) {
        run_options.name = value;
        return sched_find(value) ? 0 : unknown_sched(value, error, size);
    }
    if (same(key, "sched_strict")) {
        run_options.strict = !same(value, "0") && !same(value, "no");
        return 0;
    }
    if (same(key, "sched_patience"))
        return set_patience(value, error, size);
    ops = split(key, &name);
    return ops ? set_default(ops, name, value, error, size) : -XEN_ENOENT;
}

static void check_plugins(void)
{
    const struct sched_ops *ops;
    const char *wrong;
    unsigned i;

    for (i = 0; (ops = sched_plugin(i)) != NULL; i++) {
        wrong = sched_check(ops);
        if (wrong)
            panic("scheduler %s is not well-formed: %s", ops->name, wrong);
    }
}

void sched_host_init(void)
{
    const char *name = run_options.name;
    const struct sched_ops *ops;
    char error[192];

    check_plugins();
    ops = sched_find(name ? name : DEFAULT_SCHED);
    if (!ops && !name)
        ops = sched_find("rr");
    if (!ops) {
        (void)unknown_sched(name ? name : DEFAULT_SCHED, error, sizeof(error));
        panic("%s", error);
    }
    pool = sched_create(ops, 1);
    if (!pool)
        panic("no memory for the scheduler");
    if (run_options.patience)
        sched_set_patience(pool, run_options.patience);
    trace_anchor_scheduler(ops->name, ops->class_, ops->events);
    log_info("scheduler: %s (%s)", ops->name, ops->about);
}

/* The first scheduler, in order of name, that has a parameter `name`. */
static const struct sched_ops *who_has(const char *name)
{
    const struct sched_ops *ops;
    unsigned i;

    for (i = 0; (ops = sched_plugin(i)) != NULL; i++)
        if (sched_param_find(ops, name))
            return ops;
    return NULL;
}

static int no_such_param(const struct sched_ops *ops, const char *name,
                         char *error, size_t size)
{
    (void)unknown_param(ops, name, error, size);
    return -XEN_ENOENT;
}

int run_param(struct run_domain *rd, struct run *r, const char *name,
              const char *value, char *error, size_t size)
{
    struct sched *s = rd->sd.sched;
    const struct sched_ops *ops = sched_ops_of(s), *named;
    struct sched_setting set;
    uint64_t flags;
    int result;

    named = split(name, &name);
    if (!named && !sched_param_find(ops, name))
        named = who_has(name);
    if (named && named != ops) { /* checked, but of another scheduler */
        set.param = sched_param_find(named, name);
        if (!set.param)
            return no_such_param(named, name, error, size);
        log_info("dom%u: %s=%s is for %s, not for %s", rd->sd.dom, name, value,
                 named->name, ops->name);
        return sched_param_parse(named, set.param, value, &set.value, error,
                                 size);
    }
    set.param = sched_param_find(ops, name);
    if (!set.param)
        return no_such_param(ops, name, error, size);
    result = sched_param_parse(ops, set.param, value, &set.value, error, size);
    if (result)
        return result;
    flags = irq_save();
    result = sched_param_set(s, &rd->sd, r ? &r->sv : NULL, &set, 1, run_now());
    irq_restore(flags);
    if (result)
        (void)format_text(
            error, size, "%s.%s=%s: refused by %s", ops->name, name, value,
            result == -XEN_EINVAL ? "its scope" : "the admission test");
    else
        trace_1(TRC_SCHED_ADJDOM, rd->sd.dom);
    return result;
}

void sched_next_all(void)
{
    const struct sched_ops *now = sched_ops_of(pool), *next;
    unsigned i = 0;
    int error;

    while (sched_plugin(i) != now)
        i++;
    next = sched_plugin(i + 1);
    if (!next)
        next = sched_plugin(0);
    spin_lock(&run_members_lock);
    error = sched_change(pool, next, time_now());
    spin_unlock(&run_members_lock);
    log_info("scheduler: %s%s", next->name,
             error ? ": no memory to change to it" : ", with its defaults");
}

void sched_dump_all(void)
{
    struct sched *s = pool;

    console_print("scheduler %s, now %lld\n", sched_ops_of(s)->name,
                  (long long)time_now());
    sched_dump(s, time_now());
}
