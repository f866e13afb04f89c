/*
 * recent.h - the last records of a ring, read where they lie: for a dump when
 * something went wrong, whatever its consumer has taken or has not.
 *
 * Records can only be walked forwards, and from a record's begin. Such places
 * are: offset 0 of each lap, and the first record in the second half (the
 * mark). So at least half a ring's bytes can always be seen, all complete
 * records of this lap or the rest of the last one. Of records that found the
 * ring full the last TRACE_KEPT are kept apart, if the ring was given memory
 * for that.
 */
#ifndef TRACE_RECENT_H
#define TRACE_RECENT_H

#include "trace/ring.h"

#define TRACE_KEPT 128u

struct trace_kept {
    uint32_t number; /* its number + 1, once it is complete; else 0 */
    uint32_t header;
    uint64_t tsc;
    uint32_t word[TRACE_EXTRA_MAX];
};

/* A copy of a record. */
struct trace_seen {
    uint32_t header;
    uint64_t tsc;
    uint32_t word[TRACE_EXTRA_MAX];
};

/* The ring keeps what it drops in memory[TRACE_KEPT], zeroed. */
void trace_ring_keep(struct trace_ring *r, struct trace_kept *memory);

/* Each of them, those in the ring first, oldest first; those kept next, oldest
 * first (they may be older or newer). Any CPU, any context; the producer may go
 * on: what it overtakes is not visited. */
typedef void trace_visit(const struct trace_seen *seen, void *arg);
void trace_ring_walk(const struct trace_ring *r, trace_visit *visit, void *arg);

/* For ring.c: a record that found no room. */
void trace_keep(struct trace_ring *r, uint32_t header, uint64_t tsc,
                const uint32_t *words);

#endif
