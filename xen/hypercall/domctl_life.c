/*
 * domctl_life.c - domctl: a domain is created, gets its vCPUs, is paused,
 * resumed, destroyed.
 *
 * A new domain has no memory and may have none (max_mem), and is paused once.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/core/dirty.h"
#include "xen/core/grant.h"
#include "xen/hypercall/domctl_private.h"
#include "xen/lib/format.h"
#include "xen/sched/pool.h"

/* Where the search for a free id begins: ids come back late. Atomic; a race
 * costs a look more. */
static unsigned last_id;

/* ---- createdomain ---- */

/* More than there are, since libxl asks for as many by itself: 1024. */
#define MAPTRACK_FRAMES_MAX 4096

/* What is asked for and cannot be had: hardware assistance, an IOMMU, emulated
 * devices, counters, traces of the processor. */
static bool wishes_ok(const struct xen_domctl_createdomain *c)
{
    const uint32_t flags = XEN_DOMCTL_CDF_s3_integrity | XEN_DOMCTL_CDF_oos_off;

    return !(c->flags & ~flags) && !c->iommu_opts && !c->vmtrace_size &&
           !c->arch.misc_flags;
}

static bool limits_ok(const struct xen_domctl_createdomain *c)
{
    return c->max_vcpus >= 1 && c->max_vcpus <= MAX_VCPUS &&
           c->max_grant_frames <= (int32_t)GRANT_FRAMES_MAX &&
           c->max_maptrack_frames <= MAPTRACK_FRAMES_MAX &&
           XEN_DOMCTL_GRANT_version(c->grant_opts) == 1 &&
           !(c->grant_opts & ~(uint32_t)XEN_DOMCTL_GRANT_version_mask);
}

/* A number of frames that may be "as many as there are" (below 0). */
static unsigned limit_of(int32_t frames, unsigned each)
{
    if (frames < 0)
        return 0;
    return frames ? (unsigned)frames * each : 1;
}

static bool id_is_free(unsigned id)
{
    struct domain *d = domain_get((uint16_t)id);

    if (d)
        domain_put(d);
    return !d;
}

/* Create it under some free id. */
static int create_anywhere(struct domain_config *config, struct domain **out)
{
    unsigned id = __atomic_load_n(&last_id, __ATOMIC_RELAXED), tries;
    int rc = -XEN_ENOMEM;

    for (tries = 1; tries < DOMID_FIRST_RESERVED; tries++) {
        id = id + 1 < DOMID_FIRST_RESERVED ? id + 1 : 1;
        if (!id_is_free(id))
            continue;
        config->id = (uint16_t)id;
        format_text(config->name, sizeof(config->name), "d%u", id);
        rc = domain_create(config, out);
        if (rc != -XEN_EEXIST)
            break;
    }
    if (!rc)
        __atomic_store_n(&last_id, id, __ATOMIC_RELAXED);
    return rc;
}

static int create_as(uint16_t id, struct domain_config *config,
                     struct domain **out)
{
    config->id = id;
    format_text(config->name, sizeof(config->name), "d%u", id);
    return domain_create(config, out);
}

static void drop(struct domain *d)
{
    while (domain_kill(d) == DOMAIN_KILL_AGAIN)
        run_yield();
    domain_put(d);
}

/* A new domain begins in a pool. The errors are others than of a move, as Xen's
 * are: ESRCH for no such pool, ENODEV for one without a CPU. */
static int begin_in_pool(struct domain *d, uint32_t id)
{
    int rc = id ? pool_move_domain(d->sched, id) : 0;
    struct pool_info info;

    if (rc != -XEN_ENOENT)
        return rc;
    return !pool_get_info(id, &info) && info.id == id ? -XEN_ENODEV
                                                      : -XEN_ESRCH;
}

int domctl_createdomain(struct domain *none, struct xen_domctl *op)
{
    const struct xen_domctl_createdomain *c = &op->u.createdomain;
    struct domain_config config = {
        .max_vcpus = c->max_vcpus,
        .max_ports = c->max_evtchn_port,
        .max_grant_frames = limit_of(c->max_grant_frames, 1),
        .max_grant_maps = limit_of(c->max_maptrack_frames, GRANT_MAPS_CHUNK),
    };
    struct domain *d;
    int rc;

    (void)none;
    if (!wishes_ok(c) || !limits_ok(c))
        return -XEN_EINVAL;
    if (c->arch.emulation_flags)
        return -XEN_EOPNOTSUPP;
    if (op->domain && op->domain < DOMID_FIRST_RESERVED)
        rc = create_as(op->domain, &config, &d);
    else
        rc = create_anywhere(&config, &d);
    if (rc)
        return rc;
    memcpy(d->handle, c->handle, sizeof(d->handle));
    d->ssid = c->ssidref;
    rc = begin_in_pool(d, c->cpupool_id);
    if (rc) {
        drop(d);
        return rc;
    }
    op->domain = d->id;
    domain_put(d);
    return 0;
}

/* ---- vCPUs ---- */

/* All those that it was created for, and no other number. */
int domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
    unsigned i;
    int rc = 0;

    if (op->u.max_vcpus.max != d->max_vcpus)
        return -XEN_EINVAL;
    if (dirty_frames(d))
        return -XEN_EBUSY; /* it would not run on shadow tables */
    for (i = 0; i < d->max_vcpus && !rc; i++) {
        if (!domain_vcpu(d, i))
            rc = vcpu_create(d, i);
        preempt_point();
    }
    return rc;
}

/* ---- its life ---- */

int domctl_destroydomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    return d == current_domain() ? -XEN_EINVAL : domain_kill(d);
}

int domctl_pausedomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    if (d == current_domain())
        return -XEN_EINVAL;
    domain_pause(d);
    return 0;
}

int domctl_unpausedomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    return domain_unpause(d);
}

int domctl_resumedomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    if (d == current_domain())
        return -XEN_EINVAL;
    domain_resume(d);
    return 0;
}

int domctl_setdomainhandle(struct domain *d, struct xen_domctl *op)
{
    memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
    return 0;
}
