/*
 * params.c - a domain's scheduling parameters as numbers, for the toolstack's
 * calls. As text, for the command line: run_param() in pool.c.
 */
#include <xen/errno.h>
#include "sched/api/core.h"
#include "trace/trace.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/sched/run_private.h"

unsigned sched_host_id(void)
{
    return sched_ops_of(sched_pool())->xen_id;
}

int run_params_put(struct run_domain *rd, struct run *r,
                   const struct run_setting *settings, unsigned nr)
{
    struct sched_setting set[RUN_SETTINGS_MAX];
    struct sched *s = rd->sd.sched;
    uint64_t flags;
    unsigned i;
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
    error = sched_param_set(s, &rd->sd, r ? &r->sv : NULL, set, nr, run_now());
    irq_restore(flags);
    if (!error)
        trace_1(TRC_SCHED_ADJDOM, rd->sd.dom);
    return error;
}

int run_param_get(struct run_domain *rd, struct run *r, const char *name,
                  int64_t *value)
{
    struct sched *s = rd->sd.sched;
    const struct sched_param *p = sched_param_find(sched_ops_of(s), name);

    if (!p)
        return -XEN_ENOENT;
    if (p->scope == SCHED_PER_VCPU && !r)
        *value = sched_param_default(p);
    else
        *value = sched_param_get(s, &rd->sd, r ? &r->sv : NULL, p);
    return 0;
}
