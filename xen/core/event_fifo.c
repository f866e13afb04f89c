/*
 * event_fifo.c - the FIFO ABI of event channels.
 *
 * A port's state is a 32-bit word (PENDING, MASKED, LINKED, a link to the next
 * port) in an array of pages that the guest supplies; each vCPU has 16 queues,
 * by priority, whose heads stand in its control block and whose tails we know.
 * A pending, unmasked port is linked behind its queue's tail; the guest unlinks
 * from the head.
 *
 * The guest may write anything into these pages at any time. So we never follow
 * a link: we only write behind a tail that we ourselves remember, check each
 * number against the ports that exist, and give up on the domain when it keeps
 * a compare-and-exchange from succeeding (the real protocol needs one retry for
 * each of the two bits that a guest can change meanwhile).
 *
 * Locks: a queue's lock (rank FIFO, inside EVENT) protects its tail and the
 * "last queue" fields of the channels in it: the senders of an interdomain port
 * hold only their own event lock. A port that is still linked in its old queue
 * stays with it; only when unlinked it moves to the queue of its present vCPU
 * and priority.
 */
#include <xen/errno.h>
#include "xen/core/event_private.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(uint32_t))
#define ARRAY_PAGES    (EVENT_PORTS_FIFO / WORDS_PER_PAGE)
#define BIT_PENDING    (1u << EVTCHN_FIFO_PENDING)
#define BIT_MASKED     (1u << EVTCHN_FIFO_MASKED)
#define BIT_LINKED     (1u << EVTCHN_FIFO_LINKED)
#define LINK_MASK      ((1u << EVTCHN_FIFO_LINK_BITS) - 1)
#define MAX_TRIES      64

struct fifo_queue {
    struct spinlock lock;
    uint32_t tail; /* port last linked, 0: none yet */
};

struct fifo_vcpu {
    struct evtchn_fifo_control_block *control; /* NULL: not set up */
    struct page *page;
    struct fifo_queue queue[EVTCHN_FIFO_MAX_QUEUES];
};

struct event_fifo {
    unsigned nr_pages;
    struct page *page[ARRAY_PAGES];
    uint32_t *words[ARRAY_PAGES]; /* set before nr_pages says so */
    struct fifo_vcpu *vcpu[MAX_VCPUS];
};

static uint32_t *fifo_word(const struct event_fifo *f, unsigned port)
{
    unsigned page = port / WORDS_PER_PAGE;

    if (page >= __atomic_load_n(&f->nr_pages, __ATOMIC_ACQUIRE))
        return NULL;
    return &f->words[page][port % WORDS_PER_PAGE];
}

/* Make `port` the successor of the queue's tail word. True: done; false: the
 * tail is no longer linked, so the guest has emptied the queue. */
static bool fifo_link(struct domain *d, uint32_t *tail, unsigned port)
{
    uint32_t old = __atomic_load_n(tail, __ATOMIC_ACQUIRE);
    unsigned tries;

    for (tries = 0; tries < MAX_TRIES; tries++) {
        if (!(old & BIT_LINKED))
            return false;
        if (__atomic_compare_exchange_n(tail, &old, (old & ~LINK_MASK) | port,
                                        false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST))
            return true;
    }
    event_crash_later(d); /* we hold the queue's lock, and a sender's */
    return true;
}

/* The queue that ch belongs into, locked. NULL: its vCPU has no control
 * block. */
static struct fifo_queue *fifo_lock_queue(struct event_fifo *f,
                                          struct event_channel *ch,
                                          const uint32_t *word,
                                          struct fifo_vcpu **owner)
{
    for (;;) {
        uint16_t vcpu = __atomic_load_n(&ch->fifo_vcpu, __ATOMIC_RELAXED);
        uint8_t prio = __atomic_load_n(&ch->fifo_priority, __ATOMIC_RELAXED);
        struct fifo_vcpu *fv = f->vcpu[vcpu];
        uint16_t want = (uint16_t)ch->target->id;
        struct fifo_queue *q;

        if (!fv)
            fv = f->vcpu[want];
        if (!fv)
            return NULL;
        q = &fv->queue[prio];
        spin_lock(&q->lock);
        if (vcpu == ch->fifo_vcpu && prio == ch->fifo_priority) {
            if ((vcpu == want && prio == ch->priority) ||
                (__atomic_load_n(word, __ATOMIC_RELAXED) & BIT_LINKED) ||
                !f->vcpu[want]) {
                *owner = fv;
                return q;
            }
            /* Unlinked: it moves; and we look again under the new lock. */
            ch->fifo_vcpu = want;
            ch->fifo_priority = ch->priority;
        }
        spin_unlock(&q->lock);
    }
}

/* Links ch, pending and unmasked, into its queue. True: the queue was empty
 * and its vCPU must be told. The queue's lock is held. */
static bool fifo_enqueue(struct domain *d, struct event_fifo *f,
                         struct fifo_vcpu *fv, struct fifo_queue *q,
                         struct event_channel *ch, uint32_t *word)
{
    unsigned priority = (unsigned)(q - fv->queue);
    uint32_t *tail, old;
    bool linked = false;

    old = __atomic_fetch_or(word, BIT_LINKED, __ATOMIC_SEQ_CST);
    if (old & BIT_LINKED)
        return false;
    __atomic_fetch_and(word, ~LINK_MASK, __ATOMIC_SEQ_CST);
    tail = q->tail ? fifo_word(f, q->tail) : NULL;
    if (tail && tail != word)
        linked = fifo_link(d, tail, ch->port);
    q->tail = ch->port;
    if (linked)
        return false;
    __atomic_store_n(&fv->control->head[priority], ch->port, __ATOMIC_RELEASE);
    old = __atomic_fetch_or(&fv->control->ready, 1u << priority,
                            __ATOMIC_SEQ_CST);
    return !(old & (1u << priority));
}

/* If it is pending, unmasked and not linked: link it and tell its vCPU. */
static void fifo_try_link(struct domain *d, struct event_channel *ch,
                          uint32_t *word)
{
    struct event_fifo *f = d->event.fifo;
    struct fifo_vcpu *fv;
    struct fifo_queue *q;
    bool tell = false;
    uint32_t w;

    w = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    if (!(w & BIT_PENDING) || (w & (BIT_MASKED | BIT_LINKED)))
        return;
    q = fifo_lock_queue(f, ch, word, &fv);
    if (q) {
        w = __atomic_load_n(word, __ATOMIC_ACQUIRE);
        if (!(w & (BIT_MASKED | BIT_LINKED)))
            tell = fifo_enqueue(d, f, fv, q, ch, word);
        spin_unlock(&q->lock);
    }
    if (tell)
        event_mark_vcpu(d->vcpu[ch->fifo_vcpu]);
}

void event_fifo_set_pending(struct domain *d, struct event_channel *ch)
{
    uint32_t *word = fifo_word(d->event.fifo, ch->port);
    struct vcpu *v = ch->target;

    if (!word) /* the guest has not yet given this page: nothing to tell */
        return;
    if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & BIT_PENDING))
        __atomic_fetch_or(word, BIT_PENDING, __ATOMIC_SEQ_CST);
    fifo_try_link(d, ch, word);
    if (unlikely(v->event.polling))
        event_wake_poller(v, ch->port);
}

void event_fifo_unmask(struct domain *d, struct event_channel *ch)
{
    uint32_t *word = fifo_word(d->event.fifo, ch->port);

    if (!word)
        return;
    __atomic_fetch_and(word, ~BIT_MASKED, __ATOMIC_SEQ_CST);
    fifo_try_link(d, ch, word);
}

bool event_fifo_test(const struct domain *d, const struct event_channel *ch)
{
    const uint32_t *word = fifo_word(d->event.fifo, ch->port);

    return word && (__atomic_load_n(word, __ATOMIC_ACQUIRE) & BIT_PENDING);
}

void event_fifo_clear(struct domain *d, const struct event_channel *ch)
{
    uint32_t *word = fifo_word(d->event.fifo, ch->port);

    /* Still linked? The guest unlinks it and finds nothing pending. */
    if (word)
        __atomic_fetch_and(word, ~BIT_PENDING, __ATOMIC_SEQ_CST);
}

int event_fifo_set_priority(struct domain *d, unsigned port, unsigned priority)
{
    struct event_channel *ch;
    int error = -XEN_EINVAL;

    if (priority >= EVTCHN_FIFO_MAX_QUEUES)
        return -XEN_EINVAL;
    spin_lock(&d->event.lock);
    ch = event_channel_of(d, port);
    if (!d->event.fifo) {
        error = -XEN_ENOSYS;
    } else if (ch && ch->state != EVENT_FREE && ch->state != EVENT_RESERVED) {
        ch->priority = (uint8_t)priority;
        error = 0;
    }
    spin_unlock(&d->event.lock);
    return error;
}

/* Gives vCPU `id` its control block. The event lock is held. */
static int fifo_add_vcpu(struct domain *d, struct event_fifo *f, unsigned id,
                         uint64_t gfn, uint32_t offset)
{
    struct fifo_vcpu *fv;
    struct page *page;

    if (f->vcpu[id])
        return -XEN_EINVAL;
    page = mmu_hold(d, gfn);
    if (!page)
        return -XEN_EINVAL;
    fv = mem_alloc(sizeof(*fv));
    if (!fv) {
        mmu_unhold(page);
        return -XEN_ENOMEM;
    }
    fv->page = page;
    fv->control = (struct evtchn_fifo_control_block *)((uint8_t *)mfn_to_virt(
                                                           gfn) +
                                                       offset);
    __atomic_store_n(&f->vcpu[id], fv, __ATOMIC_RELEASE); /* for senders */
    return 0;
}

/* What was pending by the 2-level bitmaps goes on by the queues, once the
 * guest has given the array's pages (event_fifo_expand()). */
static void fifo_take_over(struct domain *d, unsigned first, unsigned end)
{
    unsigned port;

    for (port = first;
         port < end && port < EVENT_PORTS_2L && port < d->event.nr_ports;
         port++) {
        uint64_t bit = (uint64_t)1 << (port % 64);
        struct event_channel *ch = event_channel_of(d, port);

        if ((d->shared->evtchn_pending[port / 64] & bit) && ch->target)
            event_fifo_set_pending(d, ch);
    }
}

int event_fifo_init_control(struct domain *d, struct evtchn_init_control *op)
{
    struct event_fifo *f;
    bool first;
    int error;

    if (op->vcpu >= d->max_vcpus || !d->vcpu[op->vcpu])
        return -XEN_ENOENT;
    if (op->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) ||
        (op->offset & 7))
        return -XEN_EINVAL;
    spin_lock(&d->event.lock);
    f = d->event.fifo;
    first = !f;
    if (first)
        f = mem_alloc(sizeof(*f));
    error = f ? fifo_add_vcpu(d, f, op->vcpu, op->control_gfn, op->offset)
              : -XEN_ENOMEM;
    if (error && first)
        mem_free(f);
    else
        __atomic_store_n(&d->event.fifo, f, __ATOMIC_RELEASE);
    spin_unlock(&d->event.lock);
    op->link_bits = EVTCHN_FIFO_LINK_BITS;
    return error;
}

int event_fifo_expand(struct domain *d, uint64_t gfn)
{
    struct event_fifo *f;
    int error = -XEN_ENOSYS;
    struct page *page;

    spin_lock(&d->event.lock);
    f = d->event.fifo;
    if (f && f->nr_pages == ARRAY_PAGES) {
        error = -XEN_ENOSPC;
    } else if (f) {
        page = mmu_hold(d, gfn);
        error = page ? 0 : -XEN_EINVAL;
        if (page) {
            f->page[f->nr_pages] = page;
            f->words[f->nr_pages] = mfn_to_virt(gfn);
            __atomic_store_n(&f->nr_pages, f->nr_pages + 1, __ATOMIC_RELEASE);
            fifo_take_over(d, (f->nr_pages - 1) * (unsigned)WORDS_PER_PAGE,
                           f->nr_pages * (unsigned)WORDS_PER_PAGE);
        }
    }
    spin_unlock(&d->event.lock);
    return error;
}

void event_fifo_visit(struct domain *d, void (*visit)(const struct page *page))
{
    const struct event_fifo *f;
    unsigned i;

    spin_lock(&d->event.lock);
    f = d->event.fifo;
    for (i = 0; f && i < MAX_VCPUS; i++)
        if (f->vcpu[i])
            visit(f->vcpu[i]->page);
    for (i = 0; f && i < f->nr_pages; i++)
        visit(f->page[i]);
    spin_unlock(&d->event.lock);
}

void event_fifo_destroy(struct domain *d)
{
    struct event_fifo *f;
    unsigned i;

    spin_lock(&d->event.lock);
    f = d->event.fifo;
    d->event.fifo = NULL;
    spin_unlock(&d->event.lock);
    if (!f)
        return;
    for (i = 0; i < MAX_VCPUS; i++) {
        if (f->vcpu[i]) {
            mmu_unhold(f->vcpu[i]->page);
            mem_free(f->vcpu[i]);
        }
    }
    for (i = 0; i < f->nr_pages; i++)
        mmu_unhold(f->page[i]);
    mem_free(f);
}
