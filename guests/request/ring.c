/* Setting up, blocking, notifying: see ring.h. */
#include "guests/request/ring.h"

#include <stddef.h>

#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/grant.h"
#include "guests/lib/pages.h"
#include "guests/lib/start.h"

#define FIRST_GRANT GNTTAB_NR_RESERVED_ENTRIES

static void notified(uint32_t port, void *arg)
{
    (void)port;
    (void)arg; /* the wake-up is the message */
}

static void grant_next(unsigned peer, const void *page, unsigned number)
{
    if (grant_access(peer, page, false) != FIRST_GRANT + number)
        guest_fail("request: grant %u is not reference %u", number,
                   FIRST_GRANT + number);
}

void link_offer(struct link *l, unsigned peer, unsigned depth, unsigned size)
{
    void *first = page_alloc();

    l->ring = first;
    l->depth = depth;
    l->size = size;
    l->copy = page_alloc();
    l->port = event_alloc_unbound(peer, notified, NULL);
    if (!l->port || !grant_init())
        guest_fail("request: no event channel or grant table");
    l->ring->port = l->port;
    l->ring->depth = depth;
    l->ring->size = size;
    grant_next(peer, first, 0);
    for (unsigned i = 0; i < depth; i++) {
        l->data[i] = page_alloc();
        grant_next(peer, l->data[i], i + 1);
    }
    ring_write(&l->ring->magic, RING_MAGIC);
    while (!ring_read(&l->ring->ready))
        link_wait(l, &l->ring->client_blocks, &l->ring->ready, 0);
}

/* Until the client has granted it. */
static void map(unsigned peer, unsigned number, void *page)
{
    grant_handle_t handle;

    while (grant_map(peer, FIRST_GRANT + number, page, &handle) != GNTST_okay)
        clock_sleep_until(clock_now() + NS_PER_MS);
}

void link_accept(struct link *l, unsigned peer)
{
    void *first = page_alloc();

    map(peer, 0, first);
    l->ring = first;
    l->copy = page_alloc();
    while (ring_read(&l->ring->magic) != RING_MAGIC)
        clock_sleep_until(clock_now() + NS_PER_MS);
    l->depth = l->ring->depth;
    l->size = l->ring->size;
    if (!l->depth || l->depth > RING_DEPTH_MAX || l->size > PAGE_SIZE)
        guest_fail("request: depth %lu, size %lu of the client", l->depth,
                   l->size);
    for (unsigned i = 0; i < l->depth; i++) {
        l->data[i] = page_alloc();
        map(peer, i + 1, l->data[i]);
    }
    l->port = event_bind_interdomain(peer, (uint32_t)l->ring->port, notified,
                                     NULL);
    if (!l->port)
        guest_fail("request: cannot bind port %lu", l->ring->port);
    ring_write(&l->ring->ready, 1);
    link_notify(l, &l->ring->client_blocks);
}

/* Upcalls are masked from the look to the block: what comes in between ends the
 * block. */
void link_wait(struct link *l, volatile uint64_t *flag,
               const volatile uint64_t *word, uint64_t seen)
{
    (void)event_mask();
    ring_write(flag, 1);
    if (ring_read(word) == seen && !ring_read(&l->ring->stop))
        event_block();
    ring_write(flag, 0);
    event_unmask();
}

void link_notify(struct link *l, volatile uint64_t *flag)
{
    if (ring_read(flag))
        (void)event_send(l->port);
}
