/*
 * The console ring (<xen/io/console.h>): out[] is ours to fill, out_cons is
 * the reader's. Lock: console.lock serialises the vCPUs of this guest; it is
 * taken with upcalls masked, so that a handler that prints cannot deadlock.
 */
#include "guests/lib/console.h"

#include <xen/event_channel.h>
#include <xen/io/console.h>

#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/pages.h"
#include "guests/lib/start.h"

/* Nobody may be reading: a domain must not hang because of its console. */
#define FULL_YIELDS 10000

static struct {
    struct xencons_interface *ring; /* null: CONSOLEIO_write */
    struct lock lock;
} console;

void console_init(void)
{
    const struct start_info *info = start_info();

    if (!start_is_dom0() && info->console.domU.mfn)
        console.ring = mfn_to_virt(info->console.domU.mfn);
}

static void console_notify(void)
{
    struct evtchn_send send = { .port = start_info()->console.domU.evtchn };

    (void)hypercall_event_channel_op(EVTCHNOP_send, &send);
}

static void ring_write(const char *text, size_t length)
{
    volatile struct xencons_interface *ring = console.ring;
    unsigned patience = FULL_YIELDS;

    for (size_t i = 0; i < length; i++) {
        while (ring->out_prod - ring->out_cons >= sizeof(ring->out)) {
            console_notify();
            (void)hypercall_sched_op(SCHEDOP_yield, NULL);
            if (!patience-- || !patience)
                return;
        }
        ring->out[ring->out_prod & (sizeof(ring->out) - 1)] = text[i];
        barrier();
        ring->out_prod = ring->out_prod + 1;
    }
    console_notify();
}

void console_write(const char *text, size_t length)
{
    bool masked = event_mask();

    lock_take(&console.lock);
    if (console.ring)
        ring_write(text, length);
    else
        (void)hypercall_console_io(CONSOLEIO_write, (unsigned)length, text);
    lock_release(&console.lock);
    event_restore(masked);
}

void console_flush(void)
{
    volatile struct xencons_interface *ring = console.ring;

    for (unsigned i = 0; ring && i < FULL_YIELDS; i++) {
        if (ring->out_cons == ring->out_prod)
            break;
        console_notify();
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
    }
}
