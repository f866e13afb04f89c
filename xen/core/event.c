/*
 * event.c - the table of a domain's ports, and how they are bound.
 *
 * A channel's state changes under its domain's event lock. The two ends of an
 * interdomain channel change together, under both domains' locks, taken in the
 * order of the domains' addresses; so whoever holds one end's lock and sees it
 * bound knows that the other end is bound to it, and that the other domain's
 * table is still there.
 *
 * Ports are handed out lowest first. Groups of channels are allocated as the
 * table grows and freed with the domain.
 *
 * A reset closes port by port, and lets go of the lock in between. Nobody may
 * get a port meanwhile: a sender at the other end of a new one would use the
 * FIFO, by its own lock alone, while the reset frees it. So a table that is
 * being reset, or whose domain is dying, hands out none.
 */
#include <xen/errno.h>
#include "xen/core/event_private.h"
#include "xen/core/pirq.h"

static unsigned event_limit(const struct domain *d)
{
    unsigned limit = d->event.fifo ? EVENT_PORTS_FIFO : EVENT_PORTS_2L;

    if (d->event.max_ports && d->event.max_ports < limit)
        limit = d->event.max_ports + 1; /* ports count from 0 */
    return limit;
}

int event_domain_create(struct domain *d)
{
    d->event.group = mem_alloc(EVENT_PORTS_FIFO / EVENT_PER_PAGE *
                               sizeof(*d->event.group));
    if (!d->event.group)
        return -XEN_ENOMEM;
    d->event.lowest_free = 1; /* port 0 stands for "none" */
    return 0;
}

/* Makes the next group of ports. The lock is held. 0, -ENOSPC or -ENOMEM. */
static int event_grow(struct domain *d)
{
    unsigned base = d->event.nr_ports, i;
    struct event_channel *group;

    if (base >= event_limit(d))
        return -XEN_ENOSPC;
    group = mem_alloc(EVENT_PER_PAGE * sizeof(*group));
    if (!group)
        return -XEN_ENOMEM;
    for (i = 0; i < EVENT_PER_PAGE; i++) {
        group[i].port = base + i;
        group[i].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
        group[i].fifo_priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    }
    d->event.group[base / EVENT_PER_PAGE] = group;
    if (base == 0)
        group[0].state = EVENT_RESERVED;
    __atomic_store_n(&d->event.nr_ports, base + EVENT_PER_PAGE,
                     __ATOMIC_RELEASE);
    return 0;
}

/* A free channel, reserved; its target is vCPU 0. The lock is held. NULL and
 * *error: no room, or the table is being emptied. */
static struct event_channel *event_alloc(struct domain *d, int *error)
{
    struct event_channel *ch;
    unsigned port;

    if (unlikely(d->event.resetting || d->dying)) {
        *error = -XEN_EBUSY;
        return NULL;
    }
    if (unlikely(!domain_vcpu(d, 0))) { /* which the event would go to */
        *error = -XEN_EINVAL;
        return NULL;
    }
    for (port = d->event.lowest_free;; port++) {
        if (port >= event_limit(d)) {
            *error = -XEN_ENOSPC;
            return NULL;
        }
        if (port >= d->event.nr_ports) {
            *error = event_grow(d);
            if (*error)
                return NULL;
        }
        ch = event_channel_of(d, port);
        if (ch->state == EVENT_FREE)
            break;
    }
    d->event.lowest_free = port + 1;
    ch->state = EVENT_RESERVED;
    ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    ch->target = d->vcpu[0];
    return ch;
}

static void event_free(struct domain *d, struct event_channel *ch)
{
    ch->state = EVENT_FREE;
    ch->remote = NULL;
    ch->notify = NULL;
    if (ch->port < d->event.lowest_free)
        d->event.lowest_free = ch->port;
}

int event_alloc_unbound(struct domain *d, uint16_t remote)
{
    struct event_channel *ch;
    int error = 0;

    spin_lock(&d->event.lock);
    ch = event_alloc(d, &error);
    if (ch) {
        ch->remote_id = remote;
        ch->state = EVENT_UNBOUND;
        error = (int)ch->port;
    }
    spin_unlock(&d->event.lock);
    return error;
}

int event_alloc_consumer(struct domain *d, void (*notify)(struct domain *d))
{
    struct event_channel *ch;
    int error = 0;

    spin_lock(&d->event.lock);
    ch = event_alloc(d, &error);
    if (ch) {
        ch->notify = notify;
        ch->state = EVENT_CONSUMER;
        error = (int)ch->port;
    }
    spin_unlock(&d->event.lock);
    return error;
}

static void event_lock_pair(struct domain *a, struct domain *b)
{
    if (a < b)
        spin_lock(&a->event.lock);
    spin_lock(&b->event.lock);
    if (a > b)
        spin_lock(&a->event.lock);
}

static void event_unlock_pair(struct domain *a, struct domain *b)
{
    spin_unlock(&a->event.lock);
    if (a != b)
        spin_unlock(&b->event.lock);
}

/* Both locks are held. The new local port, or a negative errno. */
static int event_join(struct domain *d, struct domain *remote,
                      unsigned remote_port)
{
    struct event_channel *rch = event_channel_of(remote, remote_port);
    struct event_channel *ch;
    int error = 0;

    if (!rch || rch->state != EVENT_UNBOUND || rch->remote_id != d->id)
        return -XEN_EINVAL;
    ch = event_alloc(d, &error);
    if (!ch)
        return error;
    ch->remote = remote;
    ch->remote_port = remote_port;
    ch->state = EVENT_INTERDOMAIN;
    rch->remote = d;
    rch->remote_port = ch->port;
    rch->state = EVENT_INTERDOMAIN;
    /* What was sent before the binding may have been lost: wake the local end
     * once, as the ABI promises. */
    event_set_pending(d, ch);
    return (int)ch->port;
}

int event_bind_interdomain(struct domain *d, uint16_t remote_id,
                           unsigned remote_port)
{
    struct domain *remote = domain_get(remote_id);
    int port;

    if (!remote)
        return -XEN_ESRCH;
    event_lock_pair(d, remote);
    port = remote->dying ? -XEN_EINVAL : event_join(d, remote, remote_port);
    event_unlock_pair(d, remote);
    domain_put(remote);
    return port;
}

static struct vcpu *event_vcpu_of(struct domain *d, unsigned id)
{
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

/* Is a virtual interrupt one of the domain's, on vCPU 0 alone? */
static bool virq_is_global(unsigned virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
           virq != VIRQ_XENPMU;
}

int event_bind_virq(struct domain *d, unsigned virq, unsigned vcpu)
{
    struct vcpu *v = event_vcpu_of(d, vcpu);
    struct event_channel *ch;
    int error = 0;

    if (virq >= NR_VIRQS || (virq_is_global(virq) && vcpu != 0))
        return -XEN_EINVAL;
    if (!v)
        return -XEN_ENOENT;
    spin_lock(&d->event.lock);
    if (v->event.virq_port[virq]) {
        error = -XEN_EEXIST;
    } else if ((ch = event_alloc(d, &error))) {
        ch->virq = (uint8_t)virq;
        ch->target = v;
        ch->state = EVENT_VIRQ;
        error = (int)ch->port;
        __atomic_store_n(&v->event.virq_port[virq], ch->port, __ATOMIC_RELEASE);
    }
    spin_unlock(&d->event.lock);
    return error;
}

int event_bind_ipi(struct domain *d, unsigned vcpu)
{
    struct vcpu *v = event_vcpu_of(d, vcpu);
    struct event_channel *ch;
    int error = 0;

    if (!v)
        return -XEN_ENOENT;
    spin_lock(&d->event.lock);
    ch = event_alloc(d, &error);
    if (ch) {
        ch->target = v;
        ch->state = EVENT_IPI;
        error = (int)ch->port;
    }
    spin_unlock(&d->event.lock);
    return error;
}

int event_bind_pirq(struct domain *d, unsigned pirq)
{
    struct event_channel *ch;
    int error = 0;

    spin_lock(&d->event.lock);
    ch = event_alloc(d, &error);
    if (ch) {
        error = pirq_start(d, pirq, ch->port, ch->target);
        if (error) {
            event_free(d, ch);
        } else {
            ch->pirq = (uint16_t)pirq;
            ch->state = EVENT_PIRQ;
            error = (int)ch->port;
        }
    }
    spin_unlock(&d->event.lock);
    return error;
}

int event_bind_vcpu(struct domain *d, unsigned port, unsigned vcpu)
{
    struct vcpu *v = event_vcpu_of(d, vcpu);
    struct event_channel *ch;
    int error = -XEN_EINVAL;

    if (!v)
        return -XEN_ENOENT;
    spin_lock(&d->event.lock);
    ch = event_channel_of(d, port);
    if (ch && (ch->state == EVENT_UNBOUND || ch->state == EVENT_INTERDOMAIN ||
               ch->state == EVENT_PIRQ || ch->state == EVENT_CONSUMER ||
               (ch->state == EVENT_VIRQ && virq_is_global(ch->virq)))) {
        ch->target = v;
        error = 0;
    }
    spin_unlock(&d->event.lock);
    return error;
}

/* Unbinds ch of d; its lock is held, and `other`'s, if ch is interdomain. */
static void event_unbind(struct domain *d, struct event_channel *ch)
{
    struct event_channel *rch;
    struct vcpu *v;

    if (ch->state == EVENT_VIRQ) {
        /* It may have been taken to another vCPU than where it was bound. */
        v = virq_is_global(ch->virq) ? d->vcpu[0] : ch->target;
        v->event.virq_port[ch->virq] = 0;
    }
    if (ch->state == EVENT_PIRQ)
        pirq_stop(ch->pirq);
    if (ch->state == EVENT_INTERDOMAIN) {
        rch = event_channel_of(ch->remote, ch->remote_port);
        rch->state = EVENT_UNBOUND;
        rch->remote_id = d->id;
        rch->remote = NULL;
    }
    event_clear(d, ch);
    event_free(d, ch);
}

int event_close(struct domain *d, unsigned port)
{
    struct event_channel *ch;
    struct domain *other;

    for (;;) {
        spin_lock(&d->event.lock);
        ch = event_channel_of(d, port);
        if (!ch || ch->state == EVENT_FREE || ch->state == EVENT_RESERVED ||
            (ch->state == EVENT_CONSUMER && !d->dying)) {
            spin_unlock(&d->event.lock);
            return -XEN_EINVAL;
        }
        other = ch->state == EVENT_INTERDOMAIN ? ch->remote : NULL;
        if (!other || other == d)
            break;
        /* The pair's order: let go, take both, look again. The other domain
         * can't vanish unseen: it would unbind this end first, and it is only
         * freed when all who might still look have let go (domain.c). */
        (void)domain_hold(other);
        spin_unlock(&d->event.lock);
        event_lock_pair(d, other);
        if (ch->state == EVENT_INTERDOMAIN && ch->remote == other) {
            event_unbind(d, ch);
            event_unlock_pair(d, other);
            domain_put(other);
            return 0;
        }
        event_unlock_pair(d, other);
        domain_put(other);
    }
    event_unbind(d, ch);
    spin_unlock(&d->event.lock);
    return 0;
}

int event_status(struct domain *d, struct evtchn_status *s)
{
    struct event_channel *ch;
    int error = 0;

    spin_lock(&d->event.lock);
    ch = event_channel_of(d, s->port);
    if (!ch) {
        spin_unlock(&d->event.lock);
        return -XEN_EINVAL;
    }
    s->vcpu = ch->target ? ch->target->id : 0;
    s->status = EVTCHNSTAT_closed;
    if (ch->state == EVENT_UNBOUND) {
        s->status = EVTCHNSTAT_unbound;
        s->u.unbound.dom = ch->remote_id;
    } else if (ch->state == EVENT_INTERDOMAIN) {
        s->status = EVTCHNSTAT_interdomain;
        s->u.interdomain.dom = ch->remote->id;
        s->u.interdomain.port = ch->remote_port;
    } else if (ch->state == EVENT_VIRQ) {
        s->status = EVTCHNSTAT_virq;
        s->u.virq = ch->virq;
    } else if (ch->state == EVENT_IPI) {
        s->status = EVTCHNSTAT_ipi;
    } else if (ch->state == EVENT_PIRQ) {
        s->status = EVTCHNSTAT_pirq;
        s->u.pirq = ch->pirq;
    } else if (ch->state == EVENT_CONSUMER) {
        s->status = EVTCHNSTAT_interdomain;
        s->u.interdomain.dom = DOMID_XEN;
        s->u.interdomain.port = 0;
    }
    spin_unlock(&d->event.lock);
    return error;
}

/* Be the one who resets d. False: another is at it. */
static bool event_reset_begin(struct domain *d)
{
    bool mine;

    spin_lock(&d->event.lock);
    mine = !d->event.resetting;
    d->event.resetting = true;
    spin_unlock(&d->event.lock);
    return mine;
}

static void event_reset_end(struct domain *d)
{
    spin_lock(&d->event.lock);
    d->event.resetting = false;
    spin_unlock(&d->event.lock);
}

int event_reset(struct domain *d)
{
    unsigned port;

    if (!event_reset_begin(d))
        return -XEN_EBUSY;
    for (port = 1; port < d->event.nr_ports; port++) {
        (void)event_close(d, port);
        if (port % EVENT_PER_PAGE == 0)
            preempt_point();
    }
    event_fifo_destroy(d); /* no port has another end, and none gets one */
    event_reset_end(d);
    return 0;
}

/* Whoever looks a channel up under the lock finds none from now on. */
static struct event_channel **event_take_groups(struct domain *d, unsigned *nr)
{
    struct event_channel **group;

    spin_lock(&d->event.lock);
    group = d->event.group;
    *nr = d->event.nr_ports / EVENT_PER_PAGE;
    d->event.group = NULL;
    d->event.nr_ports = 0;
    spin_unlock(&d->event.lock);
    return group;
}

void event_domain_destroy(struct domain *d)
{
    struct event_channel **group;
    unsigned i, nr;

    if (!d->event.group)
        return;
    while (event_reset(d)) /* by a dom0's call, which ends */
        run_yield();
    group = event_take_groups(d, &nr);
    for (i = 0; i < nr; i++)
        mem_free(group[i]);
    mem_free(group);
}

unsigned event_count(struct domain *d)
{
    unsigned port, n = 0;

    for (port = 1; port < READ_ONCE(d->event.nr_ports); port++)
        n += event_channel_of(d, port)->state != EVENT_FREE;
    return n;
}

void event_dump(struct domain *d)
{
    static const char *const names[] = { "free",        "reserved",  "unbound",
                                         "interdomain", "virq",      "ipi",
                                         "pirq",        "hypervisor" };
    unsigned port;

    for (port = 1; port < d->event.nr_ports; port++) {
        struct event_channel *ch = event_channel_of(d, port);

        if (ch->state != EVENT_FREE)
            console_print("    port %u: %s, vcpu %u, remote %d:%u\n", port,
                          names[ch->state], ch->target->id,
                          ch->remote ? ch->remote->id : -1, ch->remote_port);
    }
}
