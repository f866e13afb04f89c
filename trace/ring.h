/*
 * ring.h - one CPU's trace ring.
 *
 * One producer: this CPU, in any context; an interrupt or an NMI that comes
 * while a record is being written writes its own record and is done before the
 * first goes on. One consumer, on any CPU or outside the machine. No locks.
 *
 * Reserve: cmpxchg moves `pos` past the record. Commit: `done` is up to where
 * all is complete. Who has reserved at `done` is outermost: when his record is
 * written, he moves t_buf.prod and then `done` up to `pos`, past what others
 * wrote meanwhile. Anybody else leaves it to him, for a record below is still
 * incomplete. What comes while he publishes is published by another round.
 *
 * A position is lap << 32 | offset: it grows monotonically and never reaches
 * lap | size, so "all positions below `end` are free" stays true once it was
 * true, however long ago an interrupted reader of t_buf.cons has read it. That
 * makes the usual path one comparison; that is emit.h, and the rest ring.c.
 *
 * Full: the new record is dropped and counted (the next one that finds room is
 * preceded by lost_records); or, with `overwrite`, the oldest records go.
 *
 * half_full is called when a record leaves the ring half full of what the
 * consumer has not read, and again while it stays so, now and then: where the
 * known room ends, and so at no cost.
 */
#ifndef TRACE_RING_H
#define TRACE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/record.h"

struct trace_ring {
    uint64_t pos;      /* the next record's place */
    uint64_t end;      /* below it there is room; 0: not known */
    uint64_t tail;     /* overwrite: the oldest record's place */
    uint64_t done;     /* records below are complete, and published */
    uint64_t lost_tsc; /* time of the first of the `lost` */
    uint64_t mark;     /* a record's place in the second half of a lap: there a
                        * walk may begin (recent.h) */
    struct trace_kept *kept; /* the last of those dropped; or NULL */
    uint32_t nr_kept;        /* so many, ever */
    struct t_buf *buf;
    uint8_t *data;
    uint32_t *lost_total;
    void (*half_full)(void); /* or NULL; any context, an NMI's included */
    uint32_t size;           /* bytes of data */
    uint32_t lost;           /* dropped since the last record */
    bool overwrite;
};

/* Begin an empty ring in `bytes` of memory (whole pages, at most 1 GiB, zeroed
 * or not). lost_total counts all dropped records; a reader may see it. */
void trace_ring_init(struct trace_ring *r, void *memory, uint32_t bytes,
                     bool overwrite, uint32_t *lost_total);

/* Write one record of nr <= 7 words. Only on r's own CPU; any context. A ring
 * that is all zero, not begun, takes none. (emit.h: the same, inlined.) */
void trace_emit(struct trace_ring *r, uint32_t event, uint64_t tsc, unsigned nr,
                const uint32_t *words);

#endif
