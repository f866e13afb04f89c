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

#include <stdarg.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include "xen/arch/x86/pv/features.h"
#include "xen/arch/x86/pv/pv.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/console.h"
#include "xen/base/frame.h"
#include "xen/base/timer.h"
#include "xen/core/area.h"
#include "xen/core/event.h"
#include "xen/core/mmu.h"
#include "xen/lib/types.h"
#include "xen/sched/run.h"

#define MAX_VCPUS 128u /* of a domain */

struct grant_table;
struct store_ring;
struct metronome_scheduler_page;

struct vcpu {
    struct run run; /* first: scheduling, runstates, virtual time */
    struct pv_vcpu pv;
    struct domain *domain;
    unsigned id;

    bool initialised; /* has a context; under domain->lock */
    bool claimed;     /* is being given one; under domain->lock */
    bool up;          /* not VCPUOP_down; under domain->lock */

    unsigned mmu_cpu; /* on which its tables were loaded last */
    struct event_vcpu event;
    struct timer singleshot, periodic, poll_timer;
    ns_t periodic_ns;   /* of VIRQ_TIMER; 0: stopped */
    ns_t periodic_due;  /* when the next one was to come */
    bool periodic_late; /* ... which it was not running to see */
    struct area runstate_area, time_area;       /* registered; area.h */
    struct metronome_scheduler_page *schedpage; /* read-only, or NULL */
    struct page *schedpage_page;
    const struct sched_ops *schedpage_ops; /* whose names stand in it */
    struct {
        bool listed;      /* a multicall is under way ... */
        bool set;         /* ... and its entry is to be made again: */
        uint64_t args[3]; /* with these (hypercall/again.h) */
    } again;
    struct page *info_page;     /* of a registered vcpu_info, or NULL */
    struct vcpu_info *own_info; /* vCPU 32 and up: of before that, or NULL */
};

struct domain {
    uint16_t id;
    char name[32];
    uint64_t refs;             /* atomic */
    bool privileged;           /* dom0: may do everything */
    bool hardware;             /* owns the machine's devices */
    bool dying;                /* domain_kill() has begun */
    bool being_killed, killed; /* by one at a time; under lock */
    bool controlled;           /* domain_control_begin(); atomic */
    bool shut_down;            /* and why, in shutdown_code */
    bool crashed;
    uint8_t shutdown_code;
    bool announced;       /* shutdown_code was set before the shutdown */
    unsigned pause_count; /* under lock */
    uint8_t handle[16];
    unsigned ssid;
    ns_t created;

    struct spinlock lock; /* rank DOMAIN: vcpu[].up, shutdown, tables above */
    unsigned max_vcpus;
    struct vcpu **vcpu;       /* max_vcpus entries; an entry is set once */
    LIST_ENTRY(domain) entry; /* in the list of all, under its lock */

    bool holds_still;           /* a vCPU waits for another to stop; atomic */
    struct run_domain *sched;   /* the plug-in's per-domain state */
    struct shared_info *shared; /* one frame, mapped in the direct map */
    struct page *shared_page;
    unsigned long vm_assist;            /* VMASST_TYPE_* bits */
    int64_t time_offset_s;              /* of its wall clock */
    uint32_t tsc_mode, tsc_incarnation; /* as the toolstack set them */
    struct pv_features features;        /* that its vCPUs may see */

    struct mmu_domain mmu;     /* frames and page tables */
    struct event_domain event; /* event channels */
    struct grant_table *grant;

    struct page *console_page; /* ring of a boot-time domain, or NULL */
    struct store_ring *store;  /* of one that insists on a store, or NULL */
    unsigned console_port, store_port;
    struct console_guest console;
    struct timer watchdog[2];
};

LIST_HEAD(domain_list, domain);

/* Is there an unmasked event for v? (block, poll) */
static inline bool event_pending(const struct vcpu *v)
{
    const struct vcpu_info *info = v->pv.info;

    return READ_ONCE(info->evtchn_upcall_pending) &&
           !READ_ONCE(info->evtchn_upcall_mask);
}

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

/* How many there are, the dead ones that others still refer to included. */
unsigned domain_count(void);

/* Calls visit for each domain, under the list's lock. */
void domain_visit(void (*visit)(struct domain *d, void *arg), void *arg);

struct domain_config {
    uint16_t id;
    char name[32];
    unsigned max_vcpus;
    uint64_t max_frames;
    bool privileged, hardware;
    /* 0: as many as there can be. */
    unsigned max_ports, max_grant_frames, max_grant_maps;
};

/* A domain with no frames and no vCPUs, paused once. *out holds a reference.
 * 0, or -ENOMEM, -EEXIST, -EINVAL. */
int domain_create(const struct domain_config *config, struct domain **out);

/* For the toolstack's changes of d: one at a time, destroying included, so that
 * none gives it anything after its teardown has taken all. False: another is at
 * it; try again. Nobody waits with it held but for d's vCPUs to stop. */
static inline bool domain_control_begin(struct domain *d)
{
    return !__atomic_exchange_n(&d->controlled, true, __ATOMIC_ACQUIRE);
}

static inline void domain_control_end(struct domain *d)
{
    __atomic_store_n(&d->controlled, false, __ATOMIC_RELEASE);
}
/* Its vCPU `id`, down and without context. 0, -ENOMEM, -EEXIST, -EINVAL. */
int vcpu_create(struct domain *d, unsigned id);
void vcpu_destroy(struct vcpu *v); /* it does not run, and never will */

/* vCPU `id` of d, or NULL. */
static inline struct vcpu *domain_vcpu(const struct domain *d, unsigned id)
{
    return id < d->max_vcpus ? __atomic_load_n(&d->vcpu[id], __ATOMIC_ACQUIRE)
                             : NULL;
}

/* To give v a context: nobody else may meanwhile, and it must have none. 0, or
 * -EEXIST, -EBUSY. Then vcpu_claimed() says whether it has one now. */
int vcpu_claim(struct vcpu *v);
void vcpu_claimed(struct vcpu *v, bool initialised);

/* v's vcpu_info stands at `offset` in its domain's frame mfn from now on; once
 * only. v is the current vCPU, or down. 0, -EINVAL. */
int vcpu_move_info(struct vcpu *v, mfn_t mfn, size_t offset);

/* Give up the guest's frames that v holds (teardown). */
void vcpu_release(struct vcpu *v);

/* For the current vCPU: keep v of its domain off its CPU and out of the
 * hypervisor for a moment, to change what belongs to it; nothing to do for
 * itself. -EBUSY: another vCPU of the domain is doing so (were they to wait for
 * each other, neither would ever stop). 0: vcpu_let_go() must follow. */
MUST_CHECK int vcpu_hold_still(struct vcpu *v);
void vcpu_let_go(struct vcpu *v);

/* VCPUOP_up and _down: 0, or -EINVAL when it has no context. A vCPU that takes
 * itself down goes on until it next returns to the guest. */
int vcpu_up(struct vcpu *v);
void vcpu_down(struct vcpu *v);

/* VIRQ_TIMER when system time reaches `when`; 0: never. */
void vcpu_set_singleshot(struct vcpu *v, ns_t when);
/* VIRQ_TIMER every `period` of running; 0: stop. */
void vcpu_set_periodic(struct vcpu *v, ns_t period);

/* SCHEDOP_block of the current vCPU: until it has an event. */
void vcpu_block(struct vcpu *v);
/* SCHEDOP_poll's wait, v->event set up for it: until a port's event has ended
 * the polling (event.h), v has an event, or system time is `until` (0: ever).
 */
void vcpu_poll(struct vcpu *v, ns_t until);

void domain_pause(struct domain *d); /* returns when none of its vCPUs runs */
/* -EINVAL: it is not paused, or dying: then it is so for good. */
int domain_unpause(struct domain *d);

/* SHUTDOWN_*: all its vCPUs stop; what happens then is dom0's business, or for
 * boot-time domains and dom0 the hypervisor's. */
void domain_shutdown(struct domain *d, unsigned reason);

/* SCHEDOP_shutdown_code: when d shuts down, it is for this reason. */
void domain_announce_shutdown(struct domain *d, unsigned reason);

/* Who deals with a shutdown, when it is not dom0 (which gets VIRQ_DOM_EXC):
 * called once per shutdown, with no lock held, hypercall or softirq context. */
void domain_on_shutdown(void (*hook)(struct domain *d));

/* The guest's fault: log why with its registers, shut down with
 * SHUTDOWN_crash. The caller goes on, and returns an error. */
void domain_crash(struct domain *d, const char *format, ...) PRINTF(2, 3);

void domain_crashv(struct domain *d, const char *format, va_list args);

/* Print the registers and the stack of the current vCPU, if it is d's. */
void domain_say_state(const struct domain *d);

/* SCHEDOP_watchdog: slot 1 or 2, or 0 for a free one; 0 s stops it. The slot,
 * 0, or a negative errno. */
int domain_watchdog(struct domain *d, unsigned slot, unsigned seconds);

/* A shut-down domain's vCPUs may run again (domctl resumedomain). */
void domain_resume(struct domain *d);

/* Tear down: preemptible; DOMAIN_KILL_AGAIN means call again. */
#define DOMAIN_KILL_AGAIN (-85) /* ERESTART, which the ABI keeps to Xen */
int domain_kill(struct domain *d);

#endif
