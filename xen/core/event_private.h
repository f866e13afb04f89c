/*
 * event_private.h - what the files of the event channels share.
 */
#ifndef XEN_CORE_EVENT_PRIVATE_H
#define XEN_CORE_EVENT_PRIVATE_H

#include "xen/core/domain.h"

enum event_state {
    EVENT_FREE,
    EVENT_RESERVED, /* being made; no one's to use */
    EVENT_UNBOUND,
    EVENT_INTERDOMAIN,
    EVENT_VIRQ,
    EVENT_IPI,
    EVENT_PIRQ,
    EVENT_CONSUMER, /* the hypervisor is the other end */
};

/* One port. All fields under the domain's event lock, but the FIFO's, which
 * are under the lock of the queue that the port was last in. */
struct event_channel {
    uint8_t state;
    uint8_t virq;
    uint8_t priority;      /* FIFO: the queue that it asks for */
    uint8_t fifo_priority; /* FIFO: the queue that it was last put in ... */
    uint16_t fifo_vcpu;    /* ... and of which vCPU */
    union {
        uint16_t remote_id; /* unbound: who may bind */
        uint16_t pirq;
    };
    uint32_t port;         /* its own number */
    uint32_t remote_port;  /* interdomain */
    struct vcpu *target;   /* whom it notifies; never NULL when bound */
    struct domain *remote; /* interdomain */
    void (*notify)(struct domain *d); /* consumer */
};

/* The channel of a port that has been allocated, or NULL. A group of channels
 * never moves or goes away while its domain lives. */
static inline struct event_channel *event_channel_of(const struct domain *d,
                                                     unsigned port)
{
    if (unlikely(port >= __atomic_load_n(&d->event.nr_ports, __ATOMIC_ACQUIRE)))
        return NULL;
    return &d->event.group[port / EVENT_PER_PAGE][port % EVENT_PER_PAGE];
}

/* Set ch of d pending and notify its vCPU, as d's ABI has it; event_send.c
 * says which locks keep ch. */
void event_set_pending(struct domain *d, struct event_channel *ch);

/* port of v, which polls, has become pending: end the polling if it is one of
 * those that it polls. */
void event_wake_poller(struct vcpu *v, unsigned port);

/* Forget that ch was pending: it is being closed. */
void event_clear(struct domain *d, struct event_channel *ch);

/* d's guest plays with us: crash it once no event lock is held any more, since
 * that takes d's lock, and sends dom0 an event. Any number of times. */
void event_crash_later(struct domain *d);

/* FIFO's versions; event_fifo.c. */
void event_fifo_set_pending(struct domain *d, struct event_channel *ch);
bool event_fifo_test(const struct domain *d, const struct event_channel *ch);
void event_fifo_clear(struct domain *d, const struct event_channel *ch);
void event_fifo_unmask(struct domain *d, struct event_channel *ch);
void event_fifo_destroy(struct domain *d);

/* For the hypercalls (xen/hypercall/event.c): each takes the domain's lock. */
int event_bind_interdomain(struct domain *d, uint16_t remote_id,
                           unsigned remote_port);
int event_bind_virq(struct domain *d, unsigned virq, unsigned vcpu);
int event_bind_ipi(struct domain *d, unsigned vcpu);
int event_bind_pirq(struct domain *d, unsigned pirq);
int event_bind_vcpu(struct domain *d, unsigned port, unsigned vcpu);
int event_close(struct domain *d, unsigned port);
int event_unmask(struct domain *d, unsigned port);
int event_status(struct domain *d, struct evtchn_status *status);
int event_reset(struct domain *d);
int event_fifo_init_control(struct domain *d, struct evtchn_init_control *op);
int event_fifo_expand(struct domain *d, uint64_t gfn);
int event_fifo_set_priority(struct domain *d, unsigned port, unsigned priority);

#endif
