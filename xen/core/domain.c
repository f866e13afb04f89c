/*
 * domain.c - the list of domains; creating, pausing and tearing one down.
 *
 * References: the list holds one until domain_kill() has given back what the
 * domain had; whoever holds one may look at the struct and at what its parts
 * say they protect. The last one frees it.
 *
 * Locks: domain_table.lock (rank DOMAINS, outermost of the spin locks)
 * protects the table; domain.lock (rank DOMAIN) as domain.h says. Neither is
 * taken by interrupt handlers.
 */
#include <string.h>
#include <xen/errno.h>
#include "trace/setup.h"
#include "xen/base/time.h"
#include "xen/core/console_ring.h"
#include "xen/core/dirty.h"
#include "xen/core/store_ring.h"
#include "xen/core/domain.h"
#include "xen/core/domain_private.h"
#include "xen/core/grant.h"
#include "xen/core/timepage.h"
#include "xen/lib/bug.h"

static struct {
    struct spinlock lock;
    struct domain_list list; /* in order of id */
    struct domain *by_id[DOMID_FIRST_RESERVED];
    unsigned count; /* of all structs; atomic */
} domain_table;

/* ---- finding ---- */

struct domain *domain_get(uint16_t id)
{
    struct domain *d = NULL;

    if (id == DOMID_SELF)
        return domain_hold(current_domain());
    if (id >= DOMID_FIRST_RESERVED)
        return NULL;
    spin_lock(&domain_table.lock);
    d = domain_table.by_id[id];
    if (d)
        domain_hold(d);
    spin_unlock(&domain_table.lock);
    return d;
}

void domain_visit(void (*visit)(struct domain *d, void *arg), void *arg)
{
    struct domain *d;

    spin_lock(&domain_table.lock);
    LIST_FOREACH (d, &domain_table.list, entry)
        visit(d, arg);
    spin_unlock(&domain_table.lock);
}

/* Into the table, in order of id. -EEXIST: the id is taken. */
static int domain_enter(struct domain *d)
{
    struct domain *at, *before = NULL;
    int rc = 0;

    spin_lock(&domain_table.lock);
    LIST_FOREACH (at, &domain_table.list, entry)
        if (at->id < d->id)
            before = at;
    if (domain_table.by_id[d->id]) {
        rc = -XEN_EEXIST;
    } else {
        domain_table.by_id[d->id] = d;
        if (before)
            LIST_INSERT_AFTER(before, d, entry);
        else
            LIST_INSERT_HEAD(&domain_table.list, d, entry);
        trace_anchor_domain(d->id, d->max_vcpus, d->name);
    }
    spin_unlock(&domain_table.lock);
    return rc;
}

static void domain_leave(struct domain *d)
{
    spin_lock(&domain_table.lock);
    domain_table.by_id[d->id] = NULL;
    LIST_REMOVE(d, entry);
    spin_unlock(&domain_table.lock);
}

unsigned domain_count(void)
{
    return __atomic_load_n(&domain_table.count, __ATOMIC_RELAXED);
}

/* ---- creating ---- */

static int create_shared(struct domain *d)
{
    struct page *page = frame_alloc(0, FRAME_ZERO);

    if (!page)
        return -XEN_ENOMEM;
    mmu_share_page(page, d, true);
    d->shared_page = page;
    d->shared = mfn_to_virt(page_to_mfn(page));
    timepage_set_wall(d);
    return 0;
}

static void free_areas(struct domain *d)
{
    if (d->sched)
        run_domain_destroy(d->sched);
    mem_free(d->vcpu);
}

/* Undoes create_parts(), and what vcpu_create() added. The domain's frames
 * have been given back before. */
static void destroy_parts(struct domain *d)
{
    unsigned i;

    domain_watchdog_destroy(d);
    for (i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            vcpu_destroy(d->vcpu[i]);
    grant_domain_destroy(d);
    mmu_domain_destroy(d);
    free_areas(d);
}

/* The parts, in the order in which they need each other. */
static int create_parts(struct domain *d, const struct domain_config *c)
{
    int rc;

    d->vcpu = mem_alloc(d->max_vcpus * sizeof(*d->vcpu));
    d->sched = run_domain_create(d->id);
    rc = d->vcpu && d->sched ? mmu_domain_create(d) : -XEN_ENOMEM;
    if (rc) {
        free_areas(d);
        return rc;
    }
    rc = create_shared(d);
    if (!rc)
        rc = event_domain_create(d);
    if (!rc)
        rc = grant_domain_create(d, c->max_grant_frames, c->max_grant_maps);
    if (!rc)
        rc = domain_enter(d);
    if (rc) {
        event_domain_destroy(d);
        (void)mmu_domain_relinquish(d);
        destroy_parts(d);
    }
    return rc;
}

static bool config_ok(const struct domain_config *c)
{
    return c->id < DOMID_FIRST_RESERVED && c->max_vcpus >= 1 &&
           c->max_vcpus <= MAX_VCPUS && memchr(c->name, 0, sizeof(c->name));
}

static void fill_in(struct domain *d, const struct domain_config *config)
{
    d->id = config->id;
    d->refs = 2; /* the table's and the caller's */
    memcpy(d->name, config->name, sizeof(d->name));
    memcpy(d->console.name, config->name, sizeof(d->console.name));
    d->privileged = config->privileged;
    d->hardware = config->hardware;
    d->max_vcpus = config->max_vcpus;
    d->mmu.max_pages = config->max_frames;
    d->event.max_ports = config->max_ports;
    pv_features_all(&d->features);
    d->pause_count = 1;
    d->created = time_now();
    domain_watchdog_create(d);
}

int domain_create(const struct domain_config *config, struct domain **out)
{
    struct domain *d;
    int rc;

    if (!config_ok(config))
        return -XEN_EINVAL;
    d = mem_alloc(sizeof(*d));
    if (!d)
        return -XEN_ENOMEM;
    fill_in(d, config);
    rc = create_parts(d, config);
    if (rc) {
        mem_free(d);
        return rc;
    }
    __atomic_fetch_add(&domain_table.count, 1, __ATOMIC_RELAXED);
    *out = d;
    return 0;
}

void domain_put(struct domain *d)
{
    if (__atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    ASSERT(d->dying);
    __atomic_fetch_sub(&domain_table.count, 1, __ATOMIC_RELAXED);
    destroy_parts(d);
    mem_free(d);
}

/* ---- pausing ---- */

/* Wait until none of d's vCPUs runs, but for the caller's own. */
static void wait_stopped(struct domain *d)
{
    unsigned i;

    for (i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = domain_vcpu(d, i);

        if (v && (!current_pv() || v != current_vcpu()))
            run_wait_stopped(&v->run);
    }
}

void domain_pause_vcpus(struct domain *d)
{
    unsigned i;

    for (i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            run_pause(&d->vcpu[i]->run);
}

void domain_unpause_vcpus(struct domain *d)
{
    unsigned i;

    for (i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            run_unpause(&d->vcpu[i]->run);
}

void domain_pause(struct domain *d)
{
    spin_lock(&d->lock);
    if (d->pause_count++ == 0)
        domain_pause_vcpus(d);
    spin_unlock(&d->lock);
    wait_stopped(d);
}

int domain_unpause(struct domain *d)
{
    int rc = 0;

    spin_lock(&d->lock);
    if (d->pause_count == 0 || d->dying)
        rc = -XEN_EINVAL;
    else if (--d->pause_count == 0)
        domain_unpause_vcpus(d);
    spin_unlock(&d->lock);
    return rc;
}

/* ---- tearing down ---- */

/* What of the guest's frames the hypervisor itself holds. */
static void release_frames(struct domain *d)
{
    unsigned i;

    for (i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            vcpu_release(d->vcpu[i]);
    console_ring_destroy(d);
    store_ring_destroy(d);
}

int domain_kill(struct domain *d)
{
    bool first, busy;
    int rc;

    spin_lock(&d->lock);
    first = !d->dying;
    busy = d->being_killed || d->killed;
    d->dying = true;
    d->being_killed = true;
    spin_unlock(&d->lock);
    if (busy)
        return d->killed ? 0 : DOMAIN_KILL_AGAIN;
    if (first) {
        domain_pause(d); /* for good */
        dirty_stop(d);
        event_domain_destroy(d);
        release_frames(d);
    }
    rc = mmu_domain_relinquish(d);
    if (rc) {
        WRITE_ONCE(d->being_killed, false);
        return rc;
    }
    grant_domain_release(d);
    WRITE_ONCE(d->killed, true);
    domain_leave(d);
    domain_put(d); /* the table's reference; the caller has its own */
    event_send_global_virq(VIRQ_DOM_EXC);
    return 0;
}
