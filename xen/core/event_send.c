/*
 * event_send.c - making an event pending and waking whom it is for.
 *
 * Locks: every sender holds the event lock of the domain whose port it names,
 * and for an interdomain channel thereby keeps the remote end bound (event.c).
 * The remote domain's FIFO can't go away either: its event_reset() closes every
 * port, under both locks, first, and none is bound anew meanwhile. So events
 * are sent from hypercalls and softirqs, which never interrupt a holder, and
 * not from interrupt handlers.
 *
 * 2-level: pending bit, then the selector's bit, then the vCPU's flag, each a
 * locked operation since the guest and other CPUs write the same words; each
 * is tested first, so that a storm of events on one port stays cheap.
 */
#include <xen/errno.h>
#include "trace/trace.h"
#include "xen/core/event_private.h"

static void crash_now(void *arg)
{
    struct domain *d = arg;

    __atomic_store_n(&d->event.crashing, false, __ATOMIC_RELEASE);
    domain_crash(d, "it keeps changing a FIFO event word that we write to");
    domain_put(d);
}

void event_crash_later(struct domain *d)
{
    if (__atomic_exchange_n(&d->event.crashing, true, __ATOMIC_ACQ_REL))
        return;
    d->event.crash.fn = crash_now;
    d->event.crash.arg = domain_hold(d);
    softirq_defer(&d->event.crash);
}

static inline bool test_and_set(uint64_t *words, unsigned bit)
{
    uint64_t mask = (uint64_t)1 << (bit % 64);
    uint64_t *word = &words[bit / 64];

    if (__atomic_load_n(word, __ATOMIC_RELAXED) & mask)
        return true;
    return __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST) & mask;
}

static inline bool test(const uint64_t *words, unsigned bit)
{
    return (__atomic_load_n(&words[bit / 64], __ATOMIC_RELAXED) >> (bit % 64)) &
           1;
}

void event_mark_vcpu(struct vcpu *v)
{
    struct vcpu_info *info = v->pv.info;

    if (!info->evtchn_upcall_pending) {
        __atomic_store_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
        if (&v->pv != current_pv())
            run_notify(&v->run);
    }
}

void event_wake_poller(struct vcpu *v, unsigned port)
{
    uint32_t polled = v->event.poll_port;

    if (polled == port || polled == EVENT_POLL_SEVERAL) {
        WRITE_ONCE(v->event.polling, false); /* vcpu_poll() looks at it */
        run_notify(&v->run);
    }
}

static inline void event_2l_set_pending(struct domain *d,
                                        struct event_channel *ch)
{
    struct shared_info *shared = d->shared;
    struct vcpu *v = ch->target;
    unsigned port = ch->port;

    if (port >= EVENT_PORTS_2L || test_and_set(shared->evtchn_pending, port))
        return;
    if (!test(shared->evtchn_mask, port) &&
        !test_and_set(&v->pv.info->evtchn_pending_sel, port / 64))
        event_mark_vcpu(v);
    if (unlikely(v->event.polling))
        event_wake_poller(v, port);
}

/* Before the vCPU is woken; nobody as the sender of what is no guest's. */
static NOINLINE void trace_send(const struct event_channel *ch)
{
    const struct vcpu *to = ch->target;
    bool guest = current_pv() && ch->state != EVENT_PIRQ &&
                 ch->state != EVENT_VIRQ;

    trace_3(TRACE_EVTCHN_SEND, trace_id(to->domain->id, to->id), ch->port,
            guest ? trace_id(current_domain()->id, current_vcpu()->id)
                  : TRACE_NOBODY);
}

static inline void set_pending(struct domain *d, struct event_channel *ch)
{
    if (unlikely(trace_enabled(TRACE_EVTCHN_SEND)))
        trace_send(ch);
    if (d->event.fifo)
        event_fifo_set_pending(d, ch);
    else
        event_2l_set_pending(d, ch);
}

void event_set_pending(struct domain *d, struct event_channel *ch)
{
    set_pending(d, ch);
}

void event_clear(struct domain *d, struct event_channel *ch)
{
    if (d->event.fifo)
        event_fifo_clear(d, ch);
    else if (ch->port < EVENT_PORTS_2L)
        __atomic_fetch_and(&d->shared->evtchn_pending[ch->port / 64],
                           ~((uint64_t)1 << (ch->port % 64)), __ATOMIC_SEQ_CST);
}

/* Through a port that leads to no vCPU. */
static NOINLINE int send_elsewhere(struct domain *d, struct event_channel *ch)
{
    if (ch && ch->state == EVENT_CONSUMER)
        ch->notify(d);
    else if (!ch || ch->state != EVENT_UNBOUND) /* sent to nobody: dropped */
        return -XEN_EINVAL;
    return 0;
}

int event_send(struct domain *d, unsigned port)
{
    struct event_channel *ch;
    struct domain *to = d;
    int error = 0;

    spin_lock(&d->event.lock);
    ch = event_channel_of(d, port);
    if (ch && (ch->state == EVENT_INTERDOMAIN || ch->state == EVENT_IPI)) {
        if (ch->state == EVENT_INTERDOMAIN) {
            to = ch->remote;
            ch = event_channel_of(to, ch->remote_port);
        }
        set_pending(to, ch);
    } else {
        error = send_elsewhere(d, ch);
    }
    spin_unlock(&d->event.lock);
    return error;
}

static void event_2l_unmask(struct domain *d, struct event_channel *ch)
{
    unsigned port = ch->port;

    __atomic_fetch_and(&d->shared->evtchn_mask[port / 64],
                       ~((uint64_t)1 << (port % 64)), __ATOMIC_SEQ_CST);
    if (test(d->shared->evtchn_pending, port) &&
        !test_and_set(&ch->target->pv.info->evtchn_pending_sel, port / 64))
        event_mark_vcpu(ch->target);
}

int event_unmask(struct domain *d, unsigned port)
{
    struct event_channel *ch;
    int error = 0;

    spin_lock(&d->event.lock);
    ch = event_channel_of(d, port);
    if (!ch || ch->state == EVENT_FREE || ch->state == EVENT_RESERVED)
        error = -XEN_EINVAL;
    else if (d->event.fifo)
        event_fifo_unmask(d, ch);
    else if (port < EVENT_PORTS_2L)
        event_2l_unmask(d, ch);
    else
        error = -XEN_EINVAL;
    spin_unlock(&d->event.lock);
    return error;
}

void event_send_virq(struct vcpu *v, unsigned virq)
{
    struct domain *d = v->domain;
    unsigned port;

    spin_lock(&d->event.lock);
    port = v->event.virq_port[virq];
    if (port) {
        trace_2(TRACE_VIRQ, trace_id(d->id, v->id), virq);
        event_set_pending(d, event_channel_of(d, port));
    }
    spin_unlock(&d->event.lock);
}

void event_send_global_virq(unsigned virq)
{
    struct domain *d = domain_get(0);

    if (!d)
        return;
    if (d->vcpu[0])
        event_send_virq(d->vcpu[0], virq);
    domain_put(d);
}

static void tell_console_ring(void)
{
    event_send_global_virq(VIRQ_CON_RING);
}

static void tell_trace(void)
{
    event_send_global_virq(VIRQ_TBUF);
}

void event_open_softirqs(void)
{
    softirq_open(SOFTIRQ_CON_RING, tell_console_ring);
    softirq_open(SOFTIRQ_TBUF, tell_trace);
}

void event_notify(struct domain *d, unsigned port)
{
    struct event_channel *ch;

    spin_lock(&d->event.lock);
    ch = event_channel_of(d, port);
    if (ch && ch->state == EVENT_CONSUMER)
        event_set_pending(d, ch);
    spin_unlock(&d->event.lock);
}

bool event_port_pending(struct domain *d, unsigned port)
{
    const struct event_channel *ch;
    bool pending = false;

    spin_lock(&d->event.lock);
    ch = event_channel_of(d, port);
    if (ch && d->event.fifo)
        pending = event_fifo_test(d, ch);
    else if (ch && port < EVENT_PORTS_2L)
        pending = test(d->shared->evtchn_pending, port);
    spin_unlock(&d->event.lock);
    return pending;
}

void event_info_moved(struct vcpu *v)
{
    /* Every port may have become pending while the info moved: tell the vCPU
     * to look at all, which is harmless when there is nothing. */
    if (!v->domain->event.fifo)
        __atomic_store_n(&v->pv.info->evtchn_pending_sel, ~0ul,
                         __ATOMIC_SEQ_CST);
    v->pv.info->evtchn_upcall_pending = 0;
    event_mark_vcpu(v);
}
