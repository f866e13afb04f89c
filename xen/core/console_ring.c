/*
 * console_ring.c - serving the console rings of boot-time domains.
 *
 * The page (public io/console.h) is the guest's: indices are read once, and
 * used after masking, so nothing that it writes there can lead us astray; at
 * most one ring's worth is taken at a time.
 *
 * Locks: the ring is held, and looked at, under its domain's event lock: output
 * runs in the guest's send, and input takes it; so none is under way when the
 * ring is given back. Input comes in by an interrupt into a small queue
 * (input.lock, rank CONSOLE, interrupts off), and goes from there to the ring
 * of the domain in focus by a timer, since events may not be sent from an
 * interrupt.
 */
#include <xen/errno.h>
#include <xen/io/console.h>
#include "xen/base/time.h"
#include "xen/core/console_ring.h"
#include "xen/core/event_private.h"

#define INPUT_MAX 256u

static struct {
    struct spinlock lock; /* the queue and the focus */
    char queue[INPUT_MAX];
    unsigned head, tail;
    struct domain *focus; /* holds a reference */
    struct timer timer;
    bool ready;
} input;

static struct xencons_interface *ring_of(const struct domain *d)
{
    return mfn_to_virt(page_to_mfn(d->console_page));
}

/* ---- output ---- */

/* From the guest's send, under d's event lock. */
static void take_output(struct domain *d)
{
    struct xencons_interface *ring = ring_of(d);
    XENCONS_RING_IDX producer = __atomic_load_n(&ring->out_prod,
                                                __ATOMIC_ACQUIRE);
    XENCONS_RING_IDX consumer = ring->out_cons;
    char text[64];
    size_t n = 0;

    if (producer - consumer > sizeof(ring->out))
        consumer = producer - (XENCONS_RING_IDX)sizeof(ring->out);
    if (producer == consumer)
        return;
    while (consumer != producer) {
        text[n++] = ring->out[MASK_XENCONS_IDX(consumer++, ring->out)];
        if (n == sizeof(text) || consumer == producer) {
            console_guest_write(&d->console, text, n);
            n = 0;
        }
    }
    __atomic_store_n(&ring->out_cons, consumer, __ATOMIC_RELEASE);
    event_set_pending(d, event_channel_of(d, d->console_port));
}

/* ---- input ---- */

static void take_char(char c)
{
    spin_lock(&input.lock);
    if (input.tail - input.head < INPUT_MAX)
        input.queue[input.tail++ % INPUT_MAX] = c;
    if (input.focus)
        timer_set(&input.timer, time_now());
    spin_unlock(&input.lock);
}

/* The next char of the queue, if the ring has room for it. */
static bool give_char(struct xencons_interface *ring)
{
    XENCONS_RING_IDX producer = ring->in_prod;
    uint64_t flags = spin_lock_irqsave(&input.lock);
    bool some = input.head != input.tail;

    if (producer - __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE) >=
        sizeof(ring->in))
        some = false;
    if (some) {
        ring->in[MASK_XENCONS_IDX(producer, ring->in)] =
            input.queue[input.head++ % INPUT_MAX];
        __atomic_store_n(&ring->in_prod, producer + 1, __ATOMIC_RELEASE);
    }
    spin_unlock_irqrestore(&input.lock, flags);
    return some;
}

static struct domain *hold_focus(void)
{
    uint64_t flags = spin_lock_irqsave(&input.lock);
    struct domain *d = input.focus ? domain_hold(input.focus) : NULL;

    spin_unlock_irqrestore(&input.lock, flags);
    return d;
}

size_t console_input_read(struct domain *d, char *out, size_t size)
{
    uint64_t flags = spin_lock_irqsave(&input.lock);
    size_t n = 0;

    while (d == input.focus && n < size && input.head != input.tail)
        out[n++] = input.queue[input.head++ % INPUT_MAX];
    spin_unlock_irqrestore(&input.lock, flags);
    return n;
}

static void pass_input(void *arg)
{
    struct domain *d = hold_focus();
    bool any = false, has_ring;

    (void)arg;
    if (!d)
        return;
    spin_lock(&d->event.lock);
    has_ring = d->console_page != NULL;
    while (has_ring && give_char(ring_of(d)))
        any = true;
    spin_unlock(&d->event.lock);
    if (any)
        event_notify(d, d->console_port);
    if (!has_ring) /* it reads by console_io */
        event_send_virq(d->vcpu[0], VIRQ_CONSOLE);
    domain_put(d);
}

void console_ring_focus(struct domain *d)
{
    struct domain *old;
    uint64_t flags;

    if (d)
        domain_hold(d);
    flags = spin_lock_irqsave(&input.lock);
    old = input.focus;
    input.focus = d;
    spin_unlock_irqrestore(&input.lock, flags);
    if (old)
        domain_put(old);
    if (d && !input.ready) {
        input.ready = true;
        timer_init(&input.timer, pass_input, NULL, 0);
        console_set_input(take_char);
    }
}

/* ---- life ---- */

int console_ring_create(struct domain *d, mfn_t mfn)
{
    int port;

    d->console_page = mmu_hold(d, mfn);
    if (!d->console_page)
        return -XEN_EINVAL;
    port = event_alloc_consumer(d, take_output);
    if (port < 0) {
        console_ring_destroy(d);
        return port;
    }
    d->console_port = (unsigned)port;
    return 0;
}

/* Nobody listens any more, if d did. */
static void drop_focus(struct domain *d)
{
    uint64_t flags = spin_lock_irqsave(&input.lock);
    bool had = input.focus == d;

    if (had)
        input.focus = NULL;
    spin_unlock_irqrestore(&input.lock, flags);
    if (had)
        domain_put(d);
}

void console_ring_destroy(struct domain *d)
{
    struct page *page;

    spin_lock(&d->event.lock);
    page = d->console_page;
    d->console_page = NULL;
    spin_unlock(&d->event.lock);
    drop_focus(d);
    if (page)
        mmu_unhold(page);
}
