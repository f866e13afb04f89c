/*
 * event.h - event channels: the guest's interrupts.
 *
 * A port of a domain is free, unbound, or bound to a remote port, a virtual
 * interrupt, an IPI of a vCPU, or a physical interrupt. event_send() marks it
 * pending (2-level bitmaps or FIFO queues, as the domain chose) and wakes the
 * vCPU that it is bound to.
 *
 * Locks: event_domain.lock (rank EVENT) protects the table of ports and their
 * bindings; sending to a remote port takes no two of them at a time.
 */
#ifndef XEN_CORE_EVENT_H
#define XEN_CORE_EVENT_H

#include <xen/xen.h>
#include <xen/event_channel.h>
#include "xen/arch/x86/spinlock.h"
#include "xen/base/softirq.h"
#include "xen/lib/types.h"

struct domain;
struct page;
struct vcpu;
struct event_channel;
struct event_fifo;

#define EVENT_PER_PAGE   64u   /* channels allocated at a time */
#define EVENT_PORTS_2L   4096u /* 64 words of 64 bits */
#define EVENT_PORTS_FIFO (1u << 17)

struct event_domain {
    struct spinlock lock;
    struct event_channel **group; /* groups of EVENT_PER_PAGE */
    unsigned nr_ports;            /* in the groups so far; only grows */
    unsigned lowest_free;         /* no free port stands below it */
    bool resetting;               /* no port is handed out meanwhile */
    unsigned max_ports;           /* the highest there may be; 0: no limit */
    struct event_fifo *fifo;      /* NULL: 2-level */
    struct softirq_work crash;    /* event_crash_later() */
    bool crashing;                /* atomic; it is queued, with a reference */
};

#define EVENT_POLL_SEVERAL (~(uint32_t)0)

struct event_vcpu {
    uint32_t virq_port[NR_VIRQS]; /* 0: not bound */
    /* SCHEDOP_poll: set poll_port (one port, or EVENT_POLL_SEVERAL), then
     * polling, then look at event_port_pending() of each, then block. An
     * event of one of them clears polling and wakes the vCPU. */
    uint32_t poll_port;
    bool polling;
};

int event_domain_create(struct domain *d);
void event_domain_destroy(struct domain *d); /* closes all */

/* As EVTCHNOP_send by d on its own port. 0, or a negative errno. */
int event_send(struct domain *d, unsigned port);

/* Virtual interrupts; from a hypercall or a softirq. */
void event_send_virq(struct vcpu *v, unsigned virq);
void event_send_global_virq(unsigned virq); /* to dom0's vCPU 0 */
void event_open_softirqs(void);             /* for those that `base` asks for */

/* For the hypervisor itself as one end (console, boot-time domains): an
 * unbound port of d that domain `remote` may bind; the port, or an errno. */
int event_alloc_unbound(struct domain *d, uint16_t remote);

/* A port of d whose sends call notify (rank EVENT held; must not block). */
int event_alloc_consumer(struct domain *d, void (*notify)(struct domain *d));
/* Mark such a port pending for d. */
void event_notify(struct domain *d, unsigned port);

/* EVTCHNOP_init_control and so on live in event_fifo.c. */

/* Mark v as having events, and wake it: sets evtchn_upcall_pending. */
void event_mark_vcpu(struct vcpu *v);

/* Is port of d pending, masked or not? (SCHEDOP_poll) */
bool event_port_pending(struct domain *d, unsigned port);

/* Calls visit, under the event lock, for each frame of d's that holds its FIFO
 * queues. */
void event_fifo_visit(struct domain *d, void (*visit)(const struct page *page));

/* A new vcpu_info was registered or a vCPU reset: keep what was pending. */
void event_info_moved(struct vcpu *v);

/* How many of d's ports are in use; as it is just now. */
unsigned event_count(struct domain *d);

/* Debug key: print d's ports. */
void event_dump(struct domain *d);

#endif
