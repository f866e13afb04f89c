/*
 * domctl_info.c - domctl: what is known of a domain and its vCPUs.
 *
 * Read without the locks under which it changes: each figure is right at some
 * time during the call.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/hypercall/control.h"
#include "xen/hypercall/domctl_private.h"
#include "xen/sched/pool.h"

static unsigned online_vcpus(const struct domain *d, bool *running,
                             bool *blocked, uint64_t *cpu_time,
                             uint32_t *max_id)
{
    struct vcpu_runstate_info times;
    unsigned id, online = 0;

    *running = false;
    *blocked = true;
    *cpu_time = 0;
    *max_id = XEN_INVALID_MAX_VCPU_ID;
    for (id = 0; id < d->max_vcpus; id++) {
        struct vcpu *v = domain_vcpu(d, id);

        if (v)
            *max_id = id;
        if (!v || !v->up)
            continue;
        online++;
        run_times(&v->run, &times);
        *cpu_time += times.time[RUNSTATE_running];
        *running |= times.state == RUNSTATE_running;
        *blocked &= times.state == RUNSTATE_blocked;
    }
    return online;
}

static uint32_t flag_if(bool condition, uint32_t flag)
{
    return condition ? flag : 0;
}

void control_domain_info(struct domain *d,
                         struct xen_domctl_getdomaininfo *info)
{
    bool running, blocked;
    uint64_t cpu_time;

    *info = (struct xen_domctl_getdomaininfo){ .domain = d->id };
    info->nr_online_vcpus = online_vcpus(d, &running, &blocked, &cpu_time,
                                         &info->max_vcpu_id);
    info->cpu_time = cpu_time;
    info->flags = flag_if(d->dying, XEN_DOMINF_dying) |
                  flag_if(d->shut_down, XEN_DOMINF_shutdown) |
                  flag_if(d->pause_count != 0, XEN_DOMINF_paused) |
                  flag_if(running, XEN_DOMINF_running) |
                  flag_if(blocked, XEN_DOMINF_blocked) |
                  (uint32_t)d->shutdown_code << XEN_DOMINF_shutdownshift;
    info->tot_pages = d->mmu.nr_pages;
    info->max_pages = d->mmu.max_pages;
    info->shared_info_frame = page_to_mfn(d->shared_page);
    info->ssidref = d->ssid;
    info->cpupool = pool_of_domain(d->sched);
    memcpy(info->handle, d->handle, sizeof(info->handle));
    info->gpaddr_bits = 46;
}

int domctl_getdomaininfo(struct domain *d, struct xen_domctl *op)
{
    control_domain_info(d, &op->u.getdomaininfo);
    op->domain = d->id;
    return 0;
}

int domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
    struct vcpu *v = domain_vcpu(d, info->vcpu);
    struct vcpu_runstate_info times;

    if (!v)
        return -XEN_ESRCH;
    run_times(&v->run, &times);
    info->online = v->up;
    info->blocked = times.state == RUNSTATE_blocked;
    info->running = times.state == RUNSTATE_running;
    info->cpu_time = times.time[RUNSTATE_running];
    info->cpu = v->run.sv.cpu;
    return 0;
}
