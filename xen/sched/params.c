/*
 * params.c - scheduling parameters of domains and pools as numbers, for the
 * toolstack's calls. As text, for the command line: options.c.
 */
#include <xen/errno.h>
#include "sched/api/core.h"
#include "trace/trace.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/sched/pool.h"
#include "xen/sched/run_private.h"

unsigned run_sched_id(const struct run_domain *rd)
{
    unsigned id;

    spin_lock(&run_members_lock);
    id = sched_ops_of(rd ? rd->sd.sched : pool_sched(0))->xen_id;
    spin_unlock(&run_members_lock);
    return id;
}

/* d and r are NULL for parameters of the instance. Members lock. */
static int put(struct sched *s, struct sched_domain *d, struct run *r,
               const struct run_setting *settings, unsigned nr)
{
    struct sched_setting set[RUN_SETTINGS_MAX];
    uint64_t flags;
    unsigned i;
    ns_t now;
    int error;

    if (nr > RUN_SETTINGS_MAX)
        return -XEN_EINVAL;
    for (i = 0; i < nr; i++) {
        set[i].param = sched_param_find(sched_ops_of(s), settings[i].name);
        set[i].value = settings[i].value;
        if (!set[i].param)
            return -XEN_ENOENT;
    }
    flags = irq_save();
    now = run_now();
    error = sched_param_set(s, d, r ? &r->sv : NULL, set, nr, now);
    irq_restore(flags);
    if (!error && d)
        trace_1_time(TRC_SCHED_ADJDOM, d->dom, now);
    return error;
}

static int get(struct sched *s, const struct sched_domain *d, struct run *r,
               const char *name, int64_t *value)
{
    const struct sched_param *p = sched_param_find(sched_ops_of(s), name);

    if (!p || (p->scope != SCHED_PER_SYSTEM && !d))
        return -XEN_ENOENT;
    if (p->scope == SCHED_PER_VCPU && !r) /* of a domain: of its vCPUs to be */
        *value = sched_param_default(p);
    else
        *value = sched_param_get(s, d, r ? &r->sv : NULL, p);
    return 0;
}

int run_params_put(struct run_domain *rd, struct run *r,
                   const struct run_setting *settings, unsigned nr)
{
    int error;

    spin_lock(&run_members_lock);
    error = put(rd->sd.sched, &rd->sd, r, settings, nr);
    spin_unlock(&run_members_lock);
    return error;
}

int run_param_get(struct run_domain *rd, struct run *r, const char *name,
                  int64_t *value)
{
    int error;

    spin_lock(&run_members_lock);
    error = get(rd->sd.sched, &rd->sd, r, name, value);
    spin_unlock(&run_members_lock);
    return error;
}

int pool_params_put(uint32_t id, const struct run_setting *settings,
                    unsigned nr)
{
    struct sched *s;
    int error;

    spin_lock(&run_members_lock);
    s = pool_sched(id);
    error = s ? put(s, NULL, NULL, settings, nr) : -XEN_ENOENT;
    spin_unlock(&run_members_lock);
    return error;
}

int pool_param_get(uint32_t id, const char *name, int64_t *value)
{
    struct sched *s;
    int error;

    spin_lock(&run_members_lock);
    s = pool_sched(id);
    error = s ? get(s, NULL, NULL, name, value) : -XEN_ENOENT;
    spin_unlock(&run_members_lock);
    return error;
}
