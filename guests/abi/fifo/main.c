/*
 * Event channels, FIFO: the control block, an event array page, delivery in
 * order, and priorities.
 */
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/trap.h"
#include "guests/lib/vcpu.h"

static struct {
    volatile struct evtchn_fifo_control_block *control;
    volatile event_word_t *word;
    uint32_t head[EVTCHN_FIFO_MAX_QUEUES]; /* our copy; 0: queue was empty */
    uint32_t order[16];
    unsigned count;
} fifo;

static void consume_queue(unsigned queue)
{
    uint32_t port = fifo.head[queue];
    event_word_t word;

    if (!port)
        port = fifo.control->head[queue];
    for (;;) {
        volatile event_word_t *at = &fifo.word[port];

        /* Unlink: take the link away unless a successor is being added. */
        word = *at;
        while (!__atomic_compare_exchange_n(
            at, &word,
            word & ~((1U << EVTCHN_FIFO_LINKED) | EVTCHN_FIFO_LINK_MASK), false,
            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            continue;
        if (word & (1U << EVTCHN_FIFO_PENDING) &&
            !(word & (1U << EVTCHN_FIFO_MASKED))) {
            __atomic_fetch_and(at, ~(1U << EVTCHN_FIFO_PENDING),
                               __ATOMIC_SEQ_CST);
            if (fifo.count < 16)
                fifo.order[fifo.count++] = port;
        }
        port = word & EVTCHN_FIFO_LINK_MASK;
        fifo.head[queue] = port;
        if (!port)
            return;
    }
}

static void upcall(struct trap_frame *frame)
{
    uint32_t ready;

    (void)frame;
    vcpu_self()->info->evtchn_upcall_pending = 0;
    while ((
        ready = __atomic_exchange_n(&fifo.control->ready, 0, __ATOMIC_SEQ_CST)))
        for (; ready; ready &= ready - 1)
            consume_queue((unsigned)__builtin_ctz(ready));
}

static void set_up(void)
{
    struct evtchn_init_control init = { .offset = 0, .vcpu = 0 };
    struct evtchn_expand_array expand;
    void *control = page_alloc(), *array = page_alloc();

    fifo.control = control;
    fifo.word = array;
    /* All masked at first, as new ports are. */
    init.control_gfn = virt_to_mfn(control);
    if (hypercall_event_channel_op(EVTCHNOP_init_control, &init))
        report_skip("no FIFO event channels");
    check_equal(init.link_bits, EVTCHN_FIFO_LINK_BITS, "link_bits");
    expand.array_gfn = virt_to_mfn(array);
    if (hypercall_event_channel_op(EVTCHNOP_expand_array, &expand))
        report_error("expand_array refused");
    (void)trap_set_handler(TRAP_EVENT, upcall);
}

static uint32_t bind_ipi(void)
{
    struct evtchn_bind_ipi bind = { .vcpu = 0 };
    struct evtchn_unmask unmask;

    if (hypercall_event_channel_op(EVTCHNOP_bind_ipi, &bind))
        report_error("cannot bind an IPI");
    unmask.port = bind.port;
    (void)hypercall_event_channel_op(EVTCHNOP_unmask, &unmask);
    check(!(fifo.word[bind.port] & (1U << EVTCHN_FIFO_MASKED)),
          "port %u is masked after unmask", bind.port);
    return bind.port;
}

static void set_priority(uint32_t port, uint32_t priority)
{
    struct evtchn_set_priority arg = { .port = port, .priority = priority };

    check_equal(hypercall_event_channel_op(EVTCHNOP_set_priority, &arg), 0,
                "set_priority");
}

static void test_order(void)
{
    uint32_t a = bind_ipi(), b = bind_ipi(), c = bind_ipi();

    check(!fifo.count, "%u events before any", fifo.count);
    (void)event_mask();
    (void)event_send(b);
    (void)event_send(a);
    (void)event_send(b); /* pending already: once */
    (void)event_send(c);
    event_unmask();
    check_equal(fifo.count, 3, "events in one upcall");
    check(fifo.order[0] == b && fifo.order[1] == a && fifo.order[2] == c,
          "order %u %u %u, sent %u %u %u", fifo.order[0], fifo.order[1],
          fifo.order[2], b, a, c);
    set_priority(c, 0);
    fifo.count = 0;
    (void)event_mask();
    (void)event_send(a);
    (void)event_send(c);
    event_unmask();
    check_equal(fifo.count, 2, "events with priorities");
    check(fifo.order[0] == c || fifo.order[0] == a,
          "an event that was not sent: %u", fifo.order[0]);
}

static void test_masked(void)
{
    uint32_t a = bind_ipi();
    struct evtchn_unmask unmask = { .port = a };

    fifo.count = 0;
    __atomic_fetch_or(&fifo.word[a], 1U << EVTCHN_FIFO_MASKED,
                      __ATOMIC_SEQ_CST);
    (void)event_send(a);
    check_equal(fifo.count, 0, "events of a masked port");
    check(fifo.word[a] & (1U << EVTCHN_FIFO_PENDING),
          "a masked port does not become pending");
    (void)hypercall_event_channel_op(EVTCHNOP_unmask, &unmask);
    check_equal(fifo.count, 1, "events after unmask");
}

static void test_refusals(void)
{
    struct evtchn_set_priority priority = { .port = 1, .priority = 16 };
    struct evtchn_init_control bad = { .control_gfn = ~0UL, .vcpu = 1000 };

    check_equal(hypercall_event_channel_op(EVTCHNOP_set_priority, &priority),
                -XEN_EINVAL, "priority 16");
    check(hypercall_event_channel_op(EVTCHNOP_init_control, &bad) < 0,
          "a control block of no vcpu");
    check(event_send(5000) < 0, "send beyond the array");
}

void guest_main(void)
{
    report_begin("fifo");
    set_up();
    event_unmask();
    test_order();
    test_masked();
    test_refusals();
    (void)event_mask();
    report_end();
}
