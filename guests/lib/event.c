/*
 * The 2-level scheme of <xen/xen.h>: vcpu_info.evtchn_pending_sel has a bit per
 * word of evtchn_pending; a port is served when pending and not masked. The
 * hypervisor sets these bits concurrently, so every change is a locked one.
 */
#include "guests/lib/event.h"

#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/vcpu.h"

static struct {
    struct {
        event_handler_t *handler;
        void *arg;
        unsigned vcpu; /* which one is notified, and so the one to serve it */
    } port[EVENT_PORTS];
} events;

static unsigned long bit(uint32_t port)
{
    return 1UL << (port % 64);
}

static unsigned long *pending_word(uint32_t port)
{
    return &start_shared_info()->evtchn_pending[port / 64];
}

static unsigned long *mask_word(uint32_t port)
{
    return &start_shared_info()->evtchn_mask[port / 64];
}

void event_init(void)
{
    struct shared_info *shared = start_shared_info();

    for (unsigned i = 0; i < EVENT_PORTS / 64; i++)
        shared->evtchn_mask[i] = ~0UL;
}

void event_set_handler(uint32_t port, event_handler_t *handler, void *arg)
{
    events.port[port].arg = arg;
    events.port[port].handler = handler;
}

static uint32_t event_bound(uint32_t port, unsigned vcpu,
                            event_handler_t *handler, void *arg)
{
    events.port[port].vcpu = vcpu;
    event_set_handler(port, handler, arg);
    event_unmask_port(port);
    return port;
}

uint32_t event_bind_virq(unsigned virq, unsigned vcpu, event_handler_t *handler,
                         void *arg)
{
    struct evtchn_bind_virq bind = { .virq = virq, .vcpu = vcpu };

    if (hypercall_event_channel_op(EVTCHNOP_bind_virq, &bind))
        return 0;
    return event_bound(bind.port, vcpu, handler, arg);
}

uint32_t event_bind_ipi(unsigned vcpu, event_handler_t *handler, void *arg)
{
    struct evtchn_bind_ipi bind = { .vcpu = vcpu };

    if (hypercall_event_channel_op(EVTCHNOP_bind_ipi, &bind))
        return 0;
    return event_bound(bind.port, vcpu, handler, arg);
}

uint32_t event_alloc_unbound(unsigned remote_domain, event_handler_t *handler,
                             void *arg)
{
    struct evtchn_alloc_unbound alloc = {
        .dom = DOMID_SELF, .remote_dom = (domid_t)remote_domain
    };

    if (hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &alloc))
        return 0;
    return event_bound(alloc.port, 0, handler, arg);
}

uint32_t event_bind_interdomain(unsigned remote_domain, uint32_t remote_port,
                                event_handler_t *handler, void *arg)
{
    struct evtchn_bind_interdomain bind = {
        .remote_dom = (domid_t)remote_domain, .remote_port = remote_port
    };

    if (hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind))
        return 0;
    return event_bound(bind.local_port, 0, handler, arg);
}

int event_close(uint32_t port)
{
    struct evtchn_close close = { .port = port };

    event_mask_port(port);
    return (int)hypercall_event_channel_op(EVTCHNOP_close, &close);
}

int event_send(uint32_t port)
{
    struct evtchn_send send = { .port = port };

    return (int)hypercall_event_channel_op(EVTCHNOP_send, &send);
}

void event_mask_port(uint32_t port)
{
    __atomic_fetch_or(mask_word(port), bit(port), __ATOMIC_SEQ_CST);
}

/* The call, not the bit alone: the port may belong to another vCPU. */
void event_unmask_port(uint32_t port)
{
    struct evtchn_unmask unmask = { .port = port };

    (void)hypercall_event_channel_op(EVTCHNOP_unmask, &unmask);
}

bool event_pending(uint32_t port)
{
    return __atomic_load_n(pending_word(port), __ATOMIC_ACQUIRE) & bit(port);
}

void event_clear(uint32_t port)
{
    __atomic_fetch_and(pending_word(port), ~bit(port), __ATOMIC_SEQ_CST);
}

/* A word's ports belong to all vCPUs: those of others are left to them. */
static void dispatch_word(unsigned word)
{
    struct shared_info *shared = start_shared_info();
    unsigned self = vcpu_self()->id;
    unsigned long ready =
        __atomic_load_n(&shared->evtchn_pending[word], __ATOMIC_ACQUIRE) &
        ~__atomic_load_n(&shared->evtchn_mask[word], __ATOMIC_ACQUIRE);

    for (; ready; ready &= ready - 1) {
        uint32_t port = word * 64 + (unsigned)__builtin_ctzl(ready);

        if (events.port[port].vcpu != self)
            continue;
        event_clear(port);
        if (events.port[port].handler)
            events.port[port].handler(port, events.port[port].arg);
    }
}

void event_dispatch(void)
{
    struct vcpu_info *info = vcpu_self()->info;

    while (__atomic_exchange_n(&info->evtchn_upcall_pending, 0,
                               __ATOMIC_SEQ_CST)) {
        unsigned long words = __atomic_exchange_n(&info->evtchn_pending_sel,
                                                  0UL, __ATOMIC_SEQ_CST);

        for (; words; words &= words - 1)
            dispatch_word((unsigned)__builtin_ctzl(words));
    }
}

bool event_mask(void)
{
    struct vcpu_info *info = vcpu_self()->info;
    bool masked = info->evtchn_upcall_mask;

    info->evtchn_upcall_mask = 1;
    barrier();
    return masked;
}

void event_unmask(void)
{
    volatile struct vcpu_info *info = vcpu_self()->info;

    barrier();
    info->evtchn_upcall_mask = 0;
    barrier();
    /* Any hypercall delivers on its way back what became pending before. */
    if (info->evtchn_upcall_pending)
        (void)hypercall_xen_version(0, NULL);
}

void event_restore(bool masked)
{
    if (!masked)
        event_unmask();
}

void event_block(void)
{
    (void)hypercall_sched_op(SCHEDOP_block, NULL);
}
