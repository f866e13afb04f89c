/*
 * ring.h - the memory that client and server share: a page of indexes, and a
 * page of data for each request that may be on its way.
 *
 * The client allocates and grants all of it, the first page as its first grant
 * (reference 8), the data pages as the next ones; the first page tells how many
 * there are, and the port. Request n is in slot n % depth. `asked` and
 * `answered` count; each is written by one side only. Who is about to block
 * says so, and looks again before it does: the other side notifies only one
 * that has.
 */
#ifndef GUEST_REQUEST_RING_H
#define GUEST_REQUEST_RING_H

#include <stdint.h>

#define RING_MAGIC     0x7473657571657221UL
#define RING_DEPTH_MAX 32

struct ring {
    uint64_t magic; /* last: the rest is valid */
    uint64_t port, depth, size;
    uint64_t ready; /* the server is there */
    uint64_t stop;  /* the client has ended */
    uint64_t asked, answered;
    uint64_t client_blocks, server_blocks;
};

/* One end of it. */
struct link {
    volatile struct ring *ring;
    uint64_t depth, size; /* our own copy: the other side cannot change it */
    char *data[RING_DEPTH_MAX];
    uint32_t port;
    char *copy; /* where the data go to, or come from */
};

static inline uint64_t ring_read(const volatile uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline void ring_write(volatile uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

/* client: allocates, grants, and waits until the server is there. server:
 * waits for the client's first page, and maps all of it. */
void link_offer(struct link *l, unsigned peer, unsigned depth, unsigned size);
void link_accept(struct link *l, unsigned peer);

/* Blocks until *word differs from `seen` or something else has happened: a
 * timer that was set, a stop. `flag` is this side's. */
void link_wait(struct link *l, volatile uint64_t *flag,
               const volatile uint64_t *word, uint64_t seen);

/* After a change: wakes the other side, if it has said that it blocks. */
void link_notify(struct link *l, volatile uint64_t *flag);

#endif
