/*
 * domain.h - domains and their vCPUs: the nouns that hold the parts together.
 *
 * Each part keeps its own state in a struct of its own header, under its own
 * lock; this file only joins them. A domain is found by its id through
 * domain_get(), which takes a reference, or is the current one.
 *
 * Life: domain_create -> vcpu_create... -> domain_unpause -> runs ->
 * domain_shutdown (the guest's wish, or a crash) -> domain_kill -> the last
 * reference frees it.
 */
#ifndef XEN_CORE_DOMAIN_H
#define XEN_CORE_DOMAIN_H

#include <xen/xen.h>
#include <xen/sched.h>
#include "xen/arch/x86/pv/pv.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/console.h"
#include "xen/base/frame.h"
#include "xen/base/timer.h"
#include "xen/core/event.h"
#include "xen/core/mmu.h"
#include "xen/lib/types.h"
#include "xen/sched/run.h"

#define MAX_VCPUS 128u /* of a domain */

struct grant_table;

struct vcpu {
    struct run run; /* first: scheduling, runstates, virtual time */
    struct pv_vcpu pv;
    struct domain *domain;
    unsigned id;

    bool initialised; /* has a context */
    bool up;          /* not VCPUOP_down; under domain->lock */

    struct event_vcpu event;
    struct timer singleshot, periodic, poll_timer;
    ns_t periodic_ns;
    uintptr_t runstate_guest;    /* guest address of its runstate area, or 0 */
    uintptr_t time_guest;        /* of its secondary time area, or 0 */
    struct schedpage *schedpage; /* read-only page, or NULL */
    struct page *info_page;      /* of a registered vcpu_info, or NULL */
};

struct domain {
    uint16_t id;
    char name[32];
    uint64_t refs;   /* atomic */
    bool privileged; /* dom0: may do everything */
    bool hardware;   /* owns the machine's devices */
    bool dying;      /* domain_kill() has begun */
    bool shut_down;  /* and why, in shutdown_code */
    bool crashed;
    uint8_t shutdown_code;
    unsigned pause_count; /* atomic */
    uint8_t handle[16];
    unsigned ssid;
    ns_t created;

    struct spinlock lock; /* rank DOMAIN: vcpu[].up, shutdown, tables above */
    unsigned max_vcpus;
    struct vcpu **vcpu;       /* max_vcpus entries; an entry is set once */
    LIST_ENTRY(domain) entry; /* in the list of all, under its lock */

    struct run_domain *sched;   /* the plug-in's per-domain state */
    struct shared_info *shared; /* one frame, mapped in the direct map */
    struct page *shared_page;
    unsigned long vm_assist; /* VMASST_TYPE_* bits */
    int64_t time_offset_s;   /* of its wall clock */

    struct mmu_domain mmu;     /* frames and page tables */
    struct event_domain event; /* event channels */
    struct grant_table *grant;

    struct page *console_page; /* ring of a boot-time domain, or NULL */
    unsigned console_port, store_port;
    struct console_guest console;
    struct timer watchdog[2];
};

LIST_HEAD(domain_list, domain);

static inline struct vcpu *current_vcpu(void)
{
    return container_of(current_pv(), struct vcpu, pv);
}

static inline struct domain *current_domain(void)
{
    return current_vcpu()->domain;
}

/* The domain of an id with a reference, or NULL. DOMID_SELF is the current. */
struct domain *domain_get(uint16_t id);
void domain_put(struct domain *d);
/* One more reference to a domain that cannot go away meanwhile. */
static inline struct domain *domain_hold(struct domain *d)
{
    __atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);
    return d;
}

/* Calls visit for each domain, under the list's lock. */
void domain_visit(void (*visit)(struct domain *d, void *arg), void *arg);

struct domain_config {
    uint16_t id;
    char name[32];
    unsigned max_vcpus;
    uint64_t max_frames;
    bool privileged, hardware;
};

/* A domain with no frames and no vCPUs, paused once. *out holds a reference.
 * 0, or -ENOMEM, -EEXIST, -EINVAL. */
int domain_create(const struct domain_config *config, struct domain **out);
/* Its vCPU `id`, down and without context. 0, -ENOMEM, -EEXIST, -EINVAL. */
int vcpu_create(struct domain *d, unsigned id);

void domain_pause(struct domain *d); /* returns when none of its vCPUs runs */
void domain_unpause(struct domain *d);

/* SHUTDOWN_*: all its vCPUs stop; what happens then is dom0's business, or for
 * boot-time domains and dom0 the hypervisor's. */
void domain_shutdown(struct domain *d, unsigned reason);

/* The guest's fault: log why with its registers, shut down with
 * SHUTDOWN_crash. The caller goes on, and returns an error. */
void domain_crash(struct domain *d, const char *format, ...) PRINTF(2, 3);

/* Tear down: preemptible; -ERESTART (85) means call again. */
int domain_kill(struct domain *d);

#endif
