/*
 * store_ring.c - an empty xenstore: every request is answered, none is served.
 *
 * Reading finds nothing (ENOENT), writing is refused (EACCES), a watch is
 * accepted and never fires. So a header and what follows it need not be kept:
 * the header is collected byte by byte, its payload is skipped, the answer put
 * behind. The page is the guest's: indices are read once and used modulo the
 * ring's size; at most one ring's worth is taken at a time.
 *
 * Lock: runs in the guest's send, under its event lock.
 */
#include <string.h>
#include <xen/errno.h>
#include <xen/io/xs_wire.h>
#include "xen/core/event_private.h"
#include "xen/core/store_ring.h"

#define RING XENSTORE_RING_SIZE

struct store_ring {
    struct page *page;
    struct xsd_sockmsg request;
    uint32_t have; /* bytes of the request's header so far */
    uint32_t skip; /* bytes of its payload to come */
};

static struct xenstore_domain_interface *interface_of(
    const struct store_ring *s)
{
    return mfn_to_virt(page_to_mfn(s->page));
}

static const char *answer_to(struct xsd_sockmsg *message)
{
    switch (message->type) {
    case XS_WATCH:
    case XS_UNWATCH:
    case XS_TRANSACTION_END:
        return "OK";
    case XS_TRANSACTION_START:
        return "1";
    case XS_WRITE:
    case XS_MKDIR:
    case XS_RM:
    case XS_SET_PERMS:
        message->type = XS_ERROR;
        return "EACCES";
    default:
        message->type = XS_ERROR;
        return "ENOENT";
    }
}

static void put(struct xenstore_domain_interface *ring,
                XENSTORE_RING_IDX *producer, const void *from, size_t size)
{
    const char *bytes = from;

    while (size--)
        ring->rsp[MASK_XENSTORE_IDX((*producer)++)] = *bytes++;
}

/* Answer the request, if the ring has room. */
static bool reply(struct store_ring *s, struct xenstore_domain_interface *ring)
{
    struct xsd_sockmsg message = s->request;
    const char *text = answer_to(&message);
    XENSTORE_RING_IDX producer = ring->rsp_prod;
    uint32_t used = producer -
                    __atomic_load_n(&ring->rsp_cons, __ATOMIC_ACQUIRE);

    message.len = (uint32_t)strlen(text) + 1;
    if (used > RING || RING - used < sizeof(message) + message.len)
        return false;
    put(ring, &producer, &message, sizeof(message));
    put(ring, &producer, text, message.len);
    __atomic_store_n(&ring->rsp_prod, producer, __ATOMIC_RELEASE);
    s->have = 0;
    return true;
}

static void take_byte(struct store_ring *s, char byte)
{
    if (s->have == sizeof(s->request)) {
        s->skip--;
        return;
    }
    ((char *)&s->request)[s->have++] = byte;
    if (s->have == sizeof(s->request))
        s->skip = s->request.len;
}

static bool request_complete(const struct store_ring *s)
{
    return s->have == sizeof(s->request) && s->skip == 0;
}

static void take_requests(struct domain *d)
{
    struct store_ring *s = d->store;
    struct xenstore_domain_interface *ring = interface_of(s);
    XENSTORE_RING_IDX consumer = ring->req_cons;
    XENSTORE_RING_IDX producer = __atomic_load_n(&ring->req_prod,
                                                 __ATOMIC_ACQUIRE);
    bool room = !request_complete(s) || reply(s, ring);

    if (producer - consumer > RING)
        consumer = producer - RING;
    while (room && consumer != producer) {
        take_byte(s, ring->req[MASK_XENSTORE_IDX(consumer++)]);
        if (request_complete(s))
            room = reply(s, ring);
    }
    __atomic_store_n(&ring->req_cons, consumer, __ATOMIC_RELEASE);
    event_set_pending(d, event_channel_of(d, d->store_port));
}

int store_ring_create(struct domain *d, mfn_t mfn)
{
    struct store_ring *s = mem_alloc(sizeof(*s));
    int port;

    if (!s)
        return -XEN_ENOMEM;
    d->store = s;
    s->page = mmu_hold(d, mfn);
    port = s->page ? event_alloc_consumer(d, take_requests) : -XEN_EINVAL;
    if (port < 0) {
        store_ring_destroy(d);
        return port;
    }
    d->store_port = (unsigned)port;
    return 0;
}

const struct page *store_ring_page(const struct domain *d)
{
    return d->store ? d->store->page : NULL;
}

void store_ring_destroy(struct domain *d)
{
    if (d->store && d->store->page)
        mmu_unhold(d->store->page);
    mem_free(d->store);
    d->store = NULL;
}
