/*
 * metronome_sched.c - the schedulers, their parameters and what they think of
 * each vCPU, for a tool in dom0 (xen/include/metronome.h; tools/metronomectl).
 *
 * Generic over the plug-ins' own tables, so a plug-in of yours is served as
 * the built-in ones are. Each operation copies its structure in, fills it in
 * and copies it out; nothing is held between two of them.
 */

#include <string.h>
#include <xen/errno.h>
#include "sched/api/core.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/core/domain.h"
#include "xen/core/timepage.h"
#include "xen/hypercall/metronome_private.h"
#include "xen/include/metronome.h"
#include "xen/lib/format.h"
#include "xen/sched/pool.h"

_Static_assert(METRONOME_SETTINGS == RUN_SETTINGS_MAX, "settings at once");
_Static_assert(METRONOME_PER_POOL == SCHED_PER_SYSTEM &&
                   METRONOME_PER_DOMAIN == SCHED_PER_DOMAIN &&
                   METRONOME_PER_VCPU == SCHED_PER_VCPU,
               "scopes");

/* Text that is cut, with NULs to the end of its field. */
#define PUT_TEXT(field, text) put_text(field, sizeof(field), text)

static void put_text(char *field, size_t size, const char *text)
{
    memset(field, 0, size);
    (void)format_text(field, size, "%s", text);
}

/* ---- what there is ---- */

static unsigned nr_params(const struct sched_ops *ops)
{
    unsigned n = 0;

    while (ops->params && ops->params[n].name)
        n++;
    return n;
}

static int scheduler(void *arg)
{
    struct metronome_scheduler *op = arg;
    const struct sched_ops *ops = sched_plugin(op->index);

    if (!ops)
        return -XEN_ENOENT;
    op->xen_id = ops->xen_id;
    op->nr_parameters = nr_params(ops);
    op->reserved = 0;
    PUT_TEXT(op->name, ops->name);
    PUT_TEXT(op->about, ops->about ? ops->about : "");
    return 0;
}

static int parameter(void *arg)
{
    struct metronome_parameter *op = arg;
    const struct sched_param *p;
    const struct sched_ops *ops;

    op->scheduler[sizeof(op->scheduler) - 1] = '\0';
    ops = sched_find(op->scheduler);
    if (!ops || op->index >= nr_params(ops))
        return -XEN_ENOENT;
    p = &ops->params[op->index];
    op->scope = (uint32_t)p->scope;
    PUT_TEXT(op->name, p->name);
    PUT_TEXT(op->unit, p->unit);
    PUT_TEXT(op->help, p->help ? p->help : "");
    op->min = p->min;
    op->max = p->max;
    op->initial = sched_param_default(p);
    return 0;
}

static int pool(void *arg)
{
    struct metronome_pool *op = arg;
    struct pool_info info;

    if (pool_get_info(op->pool, &info))
        return -XEN_ENOENT;
    op->pool = info.id;
    op->nr_domains = info.nr_domains;
    PUT_TEXT(op->name, info.name);
    PUT_TEXT(op->scheduler, info.ops->name);
    _Static_assert(sizeof(op->cpus) == sizeof(info.cpus), "all CPUs");
    memcpy(op->cpus, &info.cpus, sizeof(op->cpus));
    return 0;
}

/* ---- parameters ---- */

/* A domain, with a reference, and its vCPU, if one is meant. */
static int find(uint32_t domain, uint32_t vcpu, struct domain **d,
                struct vcpu **v)
{
    *v = NULL;
    *d = domain < DOMID_FIRST_RESERVED ? domain_get((uint16_t)domain) : NULL;
    if (*d && vcpu != METRONOME_ALL)
        *v = domain_vcpu(*d, vcpu);
    if (*d && vcpu != METRONOME_ALL && !*v) {
        domain_put(*d);
        *d = NULL;
    }
    return *d ? 0 : -XEN_ESRCH;
}

/* The names are cut where they end; they stay in op. */
static int check_settings(struct metronome_settings *op)
{
    unsigned i;

    if (op->nr > METRONOME_SETTINGS)
        return -XEN_EINVAL;
    for (i = 0; i < op->nr; i++)
        op->setting[i].name[sizeof(op->setting[i].name) - 1] = '\0';
    return 0;
}

/* -ENOENT of a pool that is not there is -ESRCH: it is not the parameter. */
static int check_pool(const struct metronome_settings *op)
{
    struct pool_info info;

    return pool_get_info(op->pool, &info) || info.id != op->pool ? -XEN_ESRCH
                                                                 : 0;
}

static int get_one(const struct metronome_settings *op, struct domain *d,
                   struct vcpu *v, unsigned i, int64_t *value)
{
    if (!d)
        return pool_param_get(op->pool, op->setting[i].name, value);
    return run_param_get(d->sched, v ? &v->run : NULL, op->setting[i].name,
                         value);
}

static int get_all(struct metronome_settings *op, struct domain *d,
                   struct vcpu *v)
{
    int error = 0;
    unsigned i;

    for (i = 0; i < op->nr && !error; i++)
        error = get_one(op, d, v, i, &op->setting[i].value);
    return error;
}

static int put_all(struct metronome_settings *op, struct domain *d,
                   struct vcpu *v)
{
    struct run_setting set[METRONOME_SETTINGS];
    unsigned i;

    for (i = 0; i < op->nr; i++)
        set[i] = (struct run_setting){ op->setting[i].name,
                                       op->setting[i].value };
    if (!op->nr)
        return 0;
    return d ? run_params_put(d->sched, v ? &v->run : NULL, set, op->nr)
             : pool_params_put(op->pool, set, op->nr);
}

typedef int settings_fn(struct metronome_settings *op, struct domain *d,
                        struct vcpu *v);

static int settings(struct metronome_settings *op, settings_fn *serve)
{
    struct domain *d = NULL;
    struct vcpu *v = NULL;
    int error = check_settings(op);

    if (!error)
        error = op->domain == METRONOME_NONE
                    ? check_pool(op)
                    : find(op->domain, op->vcpu, &d, &v);
    if (!error)
        error = serve(op, d, v);
    if (d)
        domain_put(d);
    return error;
}

static int get(void *arg)
{
    return settings(arg, get_all);
}

static int put(void *arg)
{
    return settings(arg, put_all);
}

/* ---- what the scheduler thinks of a vCPU ---- */

static int view(void *arg)
{
    struct metronome_view *op = arg;
    struct domain *d;
    struct vcpu *v;
    int error = op->vcpu == METRONOME_ALL ? -XEN_ESRCH
                                          : find(op->domain, op->vcpu, &d, &v);

    if (error)
        return error;
    op->pool = pool_of_domain(d->sched);
    op->reserved = 0;
    timepage_view(v, &op->page);
    domain_put(d);
    return 0;
}

/* ---- the table ---- */

static const struct {
    int (*serve)(void *op);
    size_t size;
} rows[] = {
    [METRONOMEOP_scheduler] = { scheduler, sizeof(struct metronome_scheduler) },
    [METRONOMEOP_parameter] = { parameter, sizeof(struct metronome_parameter) },
    [METRONOMEOP_pool] = { pool, sizeof(struct metronome_pool) },
    [METRONOMEOP_get] = { get, sizeof(struct metronome_settings) },
    [METRONOMEOP_put] = { put, sizeof(struct metronome_settings) },
    [METRONOMEOP_view] = { view, sizeof(struct metronome_view) },
};

int64_t metronome_sched_op(uint32_t op, uint64_t arg)
{
    union {
        struct metronome_scheduler scheduler;
        struct metronome_parameter parameter;
        struct metronome_pool pool;
        struct metronome_settings settings;
        struct metronome_view view;
    } u;
    int error;

    if (op >= ARRAY_SIZE(rows) || !rows[op].serve)
        return hypercall_unknown_op(__HYPERVISOR_metronome, op);
    if (!current_domain()->privileged)
        return -XEN_EPERM;
    if (copy_from_guest(&u, arg, rows[op].size))
        return -XEN_EFAULT;
    error = rows[op].serve(&u);
    if (!error && copy_to_guest(arg, &u, rows[op].size))
        error = -XEN_EFAULT;
    return error;
}
