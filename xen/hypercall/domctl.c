/*
 * domctl.c - XEN_DOMCTL_*: the toolstack's handling of one domain, by a table.
 *
 * Only dom0 may call. Each row says whether the operation is given a domain
 * (held while it is served) and whether the argument goes back to the guest.
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/hypercall/control.h"
#include "xen/hypercall/hypercall.h"
#include "xen/sched/pool.h"

static unsigned online_vcpus(const struct domain *d, bool *running,
                             bool *blocked, uint64_t *cpu_time)
{
    struct vcpu_runstate_info times;
    unsigned id, online = 0;

    *running = false;
    *blocked = true;
    *cpu_time = 0;
    for (id = 0; id < d->max_vcpus; id++) {
        struct vcpu *v = d->vcpu[id];

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
    info->nr_online_vcpus = online_vcpus(d, &running, &blocked, &cpu_time);
    info->cpu_time = cpu_time;
    info->max_vcpu_id = d->max_vcpus - 1;
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
    __builtin_memcpy(info->handle, d->handle, sizeof(info->handle));
    info->gpaddr_bits = 46;
}

int control_get_cpus(const struct xenctl_bitmap *map, struct cpuset *out)
{
    uint32_t bits = map->nr_bits < CPUSET_MAX ? map->nr_bits : CPUSET_MAX;

    *out = (struct cpuset){ 0 };
    if (copy_from_guest(out, guest_handle(map->bitmap), (bits + 7) / 8))
        return -XEN_EFAULT;
    if (bits % 8) /* what the last byte holds beyond nr_bits is not ours */
        for (; bits % 8; bits++)
            cpuset_remove(out, bits);
    return 0;
}

int control_put_cpus(const struct cpuset *set, const struct xenctl_bitmap *map)
{
    uint32_t bytes = (map->nr_bits + 7) / 8;

    if (bytes > sizeof(*set))
        bytes = sizeof(*set);
    return copy_to_guest(guest_handle(map->bitmap), set, bytes);
}

static struct vcpu *vcpu_of(struct domain *d, uint32_t id)
{
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

static int do_destroydomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    return d == current_domain() ? -XEN_EINVAL : domain_kill(d);
}

static int do_pausedomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    if (d == current_domain())
        return -XEN_EINVAL;
    domain_pause(d);
    return 0;
}

static int do_unpausedomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    return domain_unpause(d);
}

static int do_getdomaininfo(struct domain *d, struct xen_domctl *op)
{
    control_domain_info(d, &op->u.getdomaininfo);
    op->domain = d->id;
    return 0;
}

static int do_max_mem(struct domain *d, struct xen_domctl *op)
{
    d->mmu.max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
    return 0;
}

static int do_setdomainhandle(struct domain *d, struct xen_domctl *op)
{
    __builtin_memcpy(d->handle, op->u.setdomainhandle.handle,
                     sizeof(d->handle));
    return 0;
}

static int do_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
    struct vcpu *v = vcpu_of(d, info->vcpu);
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

static int do_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *affinity = &op->u.vcpuaffinity;
    struct vcpu *v = vcpu_of(d, affinity->vcpu);
    struct cpuset hard, soft;
    int error = 0;

    if (!v)
        return -XEN_ESRCH;
    if (affinity->flags & ~(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
        return -XEN_EINVAL;
    hard = v->run.sv.cold.hard;
    soft = v->run.sv.soft_affinity;
    if (affinity->flags & XEN_VCPUAFFINITY_HARD)
        error = control_get_cpus(&affinity->cpumap_hard, &hard);
    if (!error && (affinity->flags & XEN_VCPUAFFINITY_SOFT))
        error = control_get_cpus(&affinity->cpumap_soft, &soft);
    if (!error)
        error = run_set_affinity(&v->run, &hard, &soft);
    if (!error && (affinity->flags & XEN_VCPUAFFINITY_HARD))
        error = control_put_cpus(&v->run.sv.affinity, &affinity->cpumap_hard);
    return error;
}

static int do_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *affinity = &op->u.vcpuaffinity;
    struct vcpu *v = vcpu_of(d, affinity->vcpu);
    int error = 0;

    if (!v)
        return -XEN_ESRCH;
    if (affinity->flags & XEN_VCPUAFFINITY_HARD)
        error = control_put_cpus(&v->run.sv.cold.hard, &affinity->cpumap_hard);
    if (!error && (affinity->flags & XEN_VCPUAFFINITY_SOFT))
        error = control_put_cpus(&v->run.sv.soft_affinity,
                                 &affinity->cpumap_soft);
    return error;
}

static int do_scheduler_op(struct domain *d, struct xen_domctl *op)
{
    return control_sched_domain(d, &op->u.scheduler_op);
}

struct domctl_row {
    int (*serve)(struct domain *d, struct xen_domctl *op);
    bool back; /* the argument is written back */
};

#define ROW(name, give_back) [XEN_DOMCTL_##name] = { do_##name, give_back }

static const struct domctl_row domctl_rows[] = {
    ROW(destroydomain, false),   ROW(pausedomain, false),
    ROW(unpausedomain, false),   ROW(getdomaininfo, true),
    ROW(max_mem, false),         ROW(setdomainhandle, false),
    ROW(getvcpuinfo, true),      ROW(setvcpuaffinity, true),
    ROW(getvcpuaffinity, false), ROW(scheduler_op, true),
};

/* getdomaininfo alone takes an id that need not exist: it gives the next. */
static struct domain *domctl_target(const struct xen_domctl *op)
{
    struct domain *d = NULL;
    unsigned id;

    if (op->cmd != XEN_DOMCTL_getdomaininfo)
        return domain_get(op->domain);
    for (id = op->domain; id < DOMID_FIRST_RESERVED && !d; id++)
        d = domain_get((uint16_t)id);
    return d;
}

int64_t hypercall_domctl(uint64_t guest, uint64_t b, uint64_t c, uint64_t d4,
                         uint64_t e, uint64_t f)
{
    const struct domctl_row *row;
    struct xen_domctl op;
    struct domain *d;
    int error;

    (void)b, (void)c, (void)d4, (void)e, (void)f;
    if (!current_domain()->privileged)
        return -XEN_EPERM;
    if (copy_from_guest(&op, guest, sizeof(op)))
        return -XEN_EFAULT;
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return -XEN_EACCES;
    if (op.cmd >= ARRAY_SIZE(domctl_rows) || !domctl_rows[op.cmd].serve)
        return hypercall_unknown_op(__HYPERVISOR_domctl, op.cmd);
    row = &domctl_rows[op.cmd];
    d = domctl_target(&op);
    if (!d)
        return -XEN_ESRCH;
    error = row->serve(d, &op);
    domain_put(d);
    if (!error && row->back)
        error = copy_to_guest(guest, &op, sizeof(op));
    return error;
}
