/*
 * start.c - building the domains that exist from the start.
 */
#include <string.h>
#include <xen/errno.h>
#include "sched/api/core.h"
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/smp.h"
#include "xen/core/console_ring.h"
#include "xen/core/domain.h"
#include "xen/dom/build.h"
#include "xen/dom/describe.h"
#include "xen/dom/dom.h"
#include "xen/dom/modules.h"
#include "xen/lib/cmdline.h"
#include "xen/lib/format.h"
#include "xen/sched/pool.h"

/* ---- options ---- */

static struct {
    bool pin; /* each of dom0's vCPUs to a CPU of its own */
    bool scrub;
} options = { .scrub = true };

CMDLINE_OPTION(dom0_vcpus_pin) = { "dom0_vcpus_pin", "no value, or on, off",
                                   .kind = CMDLINE_FLAG,
                                   .variable = &options.pin };
CMDLINE_OPTION(bootscrub) = { "bootscrub", "on or off", .kind = CMDLINE_FLAG,
                              .variable = &options.scrub };

/* ---- boot-time domains ---- */

static struct domain *started[256];
static unsigned nr_started;

static void add(struct domain *d)
{
    if (nr_started == ARRAY_SIZE(started))
        die("More than %u domains at boot", (unsigned)ARRAY_SIZE(started));
    started[nr_started++] = d;
}

/* Where a description stands, for messages. */
struct origin {
    const char *where; /* a module */
    unsigned line;     /* of a text; 0: the module's own command line */
};

static void NORETURN refuse(const struct origin *o, const char *why)
{
    if (o->line)
        die("%s, line %u: %s", o->where, o->line, why);
    die("%s: %s", o->where, why);
}

static struct module *find_file(const struct origin *o, const char *key,
                                const char *name)
{
    struct module *m = modules_find(name);
    char files[128];

    if (!m) {
        modules_list_files(files, sizeof(files));
        if (o->line)
            die("%s, line %u: %s=%s: no module with file=%s; there are: %s",
                o->where, o->line, key, name, name, files);
        die("%s: %s=%s: no module with file=%s; there are: %s", o->where, key,
            name, name, files);
    }
    return m;
}

static void set_affinity(const struct origin *o, struct vcpu *v,
                         const struct description *t)
{
    struct cpuset hard = t->cpus, soft = t->soft_cpus, both;

    if (cpuset_empty(&hard))
        hard = smp_online;
    if (!cpuset_and(&both, &hard, &smp_online))
        refuse(o, "cpus=: none of these CPUs exists");
    if (run_set_affinity(&v->run, &both, &soft))
        refuse(o, "cpus=, soft_cpus=: the scheduler refuses them");
}

/* What is no key of a description and no parameter of a scheduler. */
static void NORETURN refuse_key(const struct origin *o, const char *key,
                                const char *why)
{
    char whole[2 * DESCRIBE_WHY], names[128];

    describe_keys(names, sizeof(names));
    format_text(whole, sizeof(whole),
                "%s=: no such key; accepted are %s, and of schedulers: %s", key,
                names, why);
    refuse(o, whole);
}

_Static_assert(DESCRIBE_PARAMS <= RUN_TEXTS_MAX, "all fit into one call");

static void set_parameters(const struct origin *o, struct domain *d,
                           const struct description *t)
{
    struct run_text text[RUN_TEXTS_MAX];
    char why[DESCRIBE_WHY];
    unsigned i;
    int rc;

    for (i = 0; i < t->nr_params; i++)
        text[i] = (struct run_text){ t->param[i].key, t->param[i].value };
    rc = run_params_text(d->sched, text, t->nr_params, &i, why, sizeof(why));
    if (rc == -XEN_ENOENT)
        refuse_key(o, t->param[i].key, why);
    if (rc)
        refuse(o, why);
}

static void move_to_pool(const struct origin *o, struct domain *d,
                         const char *name)
{
    uint32_t pool = pool_find(name);
    char why[DESCRIBE_WHY];

    if (pool == POOL_ANY) {
        format_text(why, sizeof(why),
                    "pool=%s: no cpupool line of that name stands before it",
                    name);
        refuse(o, why);
    }
    if (pool_move_domain(d->sched, pool)) {
        format_text(why, sizeof(why),
                    "pool=%s: its scheduler does not admit the domain", name);
        refuse(o, why);
    }
}

/* ---- pools ---- */

static void move_cpu(const struct origin *o, uint32_t pool, unsigned cpu)
{
    char why[DESCRIBE_WHY];
    int rc = pool_remove_cpu(0, cpu);

    if (rc == -XEN_EINVAL && cpu < smp_nr_cpus) /* the last one */
        refuse(o, "cpus=: no CPU would be left for Pool-0");
    if (rc) {
        format_text(why, sizeof(why),
                    "cpus=: CPU %u is not there, or in another pool", cpu);
        refuse(o, why);
    }
    if (pool_add_cpu(pool, cpu))
        refuse(o, "there is no memory for the pool");
}

static void make_pool(const struct origin *o, const struct description *t)
{
    const struct sched_ops *ops = sched_find(t->sched);
    char why[DESCRIBE_WHY];
    uint32_t id = POOL_ANY;
    unsigned cpu, i;

    if (!ops) {
        (void)pool_unknown_sched(t->sched, why, sizeof(why));
        refuse(o, why);
    }
    if (pool_find(t->name) != POOL_ANY)
        refuse(o, "name=: another pool has this name");
    if (pool_create(&id, ops, t->name))
        refuse(o, "there is no memory for the pool, or there are too many");
    for_each_cpu (cpu, &t->cpus)
        move_cpu(o, id, cpu);
    for (i = 0; i < t->nr_params; i++)
        if (pool_param(id, t->param[i].key, t->param[i].value, why,
                       sizeof(why)))
            refuse(o, why);
    log_info("Pool %u (%s): scheduler %s", id, t->name, ops->name);
}

static void build_described(const struct origin *o, const struct description *t,
                            struct module *kernel)
{
    struct module *ramdisk = t->ramdisk[0] ? find_file(o, "ramdisk", t->ramdisk)
                                           : NULL;
    struct build_request r = {
        .id = (uint16_t)(nr_started + 1),
        .name = t->name,
        .kernel = module_kernel(kernel),
        .ramdisk = ramdisk ? ramdisk->data : NULL,
        .ramdisk_size = ramdisk ? ramdisk->size : 0,
        .cmdline = t->cmdline,
        .nr_pages = t->memory_bytes >> PAGE_SHIFT,
        .max_vcpus = t->vcpus,
        .store = t->store,
        .clear = options.scrub,
    };
    struct domain *d;
    char why[DESCRIBE_WHY];
    unsigned i;

    if (build_domain(&r, &d, why, sizeof(why)))
        refuse(o, why);
    if (t->in_pool[0])
        move_to_pool(o, d, t->in_pool);
    for (i = 0; i < t->vcpus; i++)
        set_affinity(o, d->vcpu[i], t);
    set_parameters(o, d, t);
    add(d);
    log_info("Domain %u (%s): %s, %lu MiB, %u vCPU%s", d->id, d->name,
             kernel->name, t->memory_bytes >> 20, t->vcpus,
             t->vcpus == 1 ? "" : "s");
}

static bool name_taken(const char *name)
{
    unsigned i;

    for (i = 0; i < nr_started; i++)
        if (strcmp(started[i]->name, name) == 0)
            return true;
    return false;
}

/* One description; kernel: the module that it is the command line of, or NULL
 * for a line of a text, which names one. */
static void take_description(const struct origin *o, const char *text,
                             size_t length, struct module *kernel)
{
    static struct description t; /* large, and boot has one CPU */
    char why[DESCRIBE_WHY];

    if (describe_parse(text, length, &t, why, sizeof(why)))
        refuse(o, why);
    if (t.pool) {
        make_pool(o, &t);
        return;
    }
    if (name_taken(t.name))
        refuse(o, "name=: another domain has this name");
    if (t.kernel[0])
        kernel = find_file(o, "kernel", t.kernel);
    else if (!kernel)
        refuse(o, "kernel= is missing");
    build_described(o, &t, kernel);
}

static void take_text(struct module *m)
{
    const char *text = (const char *)m->data, *line;
    struct origin o = { m->name, 0 };
    size_t at = 0, length;

    while (describe_next_line(text, m->size, &at, &line, &length, &o.line))
        take_description(&o, line, length, NULL);
}

/* ---- dom0 ---- */

/* vCPU n to CPU n; what is more begins again at CPU 0. */
static void pin_vcpus(struct domain *d)
{
    unsigned i;

    for (i = 0; i < d->max_vcpus; i++) {
        struct cpuset one = { .word = { 0 } };

        cpuset_add(&one, i % smp_nr_cpus);
        if (run_set_affinity(&d->vcpu[i]->run, &one, &one))
            die("dom0_vcpus_pin: the scheduler refuses to pin vCPU %u to CPU "
                "%u; leave the option out",
                i, i % smp_nr_cpus);
    }
}

static void build_dom0(struct module *kernel, struct module *ramdisk)
{
    uint64_t max_pages;
    struct build_request r = {
        .name = "Domain-0",
        .kernel = module_kernel(kernel),
        .ramdisk = ramdisk ? ramdisk->data : NULL,
        .ramdisk_size = ramdisk ? ramdisk->size : 0,
        .cmdline = kernel->cmdline,
        .nr_pages = dom0_pages(&max_pages),
        .max_pages = max_pages,
        .max_vcpus = dom0_vcpus(),
        .dom0 = true,
    };
    struct domain *d;
    char why[DESCRIBE_WHY];

    if (r.kernel->no_dom0)
        die("%s: its kernel says that it cannot be dom0", kernel->name);
    if (build_domain(&r, &d, why, sizeof(why)))
        die("dom0 (%s): %s", kernel->name, why);
    if (options.pin)
        pin_vcpus(d);
    dom0_set_params(d);
    add(d);
    log_info("dom0: %s, %lu MiB, %u vCPUs", kernel->name,
             r.nr_pages >> (20 - PAGE_SHIFT), r.max_vcpus);
}

/* ---- all ---- */

static void find_dom0(struct module **kernel, struct module **ramdisk)
{
    unsigned i;

    *kernel = *ramdisk = NULL;
    for (i = 0; i < modules_count(); i++) {
        struct module *m = modules_get(i);

        if (module_kind(m) != MODULE_OTHER)
            continue;
        if (!*kernel)
            *kernel = m;
        else if (!*ramdisk)
            *ramdisk = m;
        else
            die("%s (%s): dom0 has a kernel and an initrd already; a "
                "boot-time domain's file wants file=NAME",
                m->name, m->cmdline);
    }
}

static void build_boot_domains(void)
{
    unsigned i;

    for (i = 0; i < modules_count(); i++) {
        struct module *m = modules_get(i);
        struct origin o = { m->name, 0 };

        if (module_kind(m) == MODULE_TEXT)
            take_text(m);
        else if (module_kind(m) == MODULE_DOMAIN)
            take_description(&o, m->cmdline, strlen(m->cmdline), m);
    }
}

void dom_start(void)
{
    struct module *kernel, *ramdisk;
    unsigned i;

    modules_init();
    find_dom0(&kernel, &ramdisk);
    build_boot_domains();
    if (kernel)
        build_dom0(kernel, ramdisk);
    if (!nr_started)
        die("There is no domain to run: give GRUB a module2 line with a "
            "paravirtual kernel, or with a text of \"domain\" lines");
    modules_release();
    console_ring_focus(kernel ? started[nr_started - 1] : started[0]);
    dom_watch_for_end(nr_started, kernel != NULL);
    if (kernel)
        console_release_screen();
    for (i = 0; i < nr_started; i++)
        (void)domain_unpause(started[i]);
}
