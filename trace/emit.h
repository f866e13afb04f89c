/*
 * emit.h - the usual path of writing a record, to be inlined: see ring.h for
 * the idea, ring.c for everything that is not usual.
 */
#ifndef TRACE_EMIT_H
#define TRACE_EMIT_H

#include "trace/local.h"
#include "trace/ring.h"

/* A record as it lies in the ring, aligned to 4 bytes only. */
struct trace_record {
    uint32_t header;
    uint64_t tsc;
    uint32_t word[];
} __attribute__((packed, may_alias));

/* One of six words, two and two of them a time. */
struct trace_times {
    uint32_t header;
    uint64_t tsc;
    uint32_t a;
    uint64_t bc, de;
    uint32_t f;
} __attribute__((packed, may_alias));

/* Writing one if there is no room that is known of: with the time that `clock`
 * tells, read when its place is known; if that is NULL, with the time tsc. */
void trace_emit_slowly(struct trace_ring *r, uint32_t header,
                       uint64_t (*clock)(void), uint64_t tsc,
                       const uint32_t *words);
__attribute__((cold)) void trace_commit_rest(struct trace_ring *r);

/* The ABI's form of a position: modulo twice the size. */
static inline uint32_t trace_index_of(const struct trace_ring *r, uint64_t pos)
{
    return (uint32_t)pos + (pos >> 32 & 1 ? r->size : 0);
}

/*
 * The record that was reserved at `from` is written: publish it and what came
 * behind it. Below an incomplete one, leave that to its context. Returns true
 * if trace_commit_rest() is to be called, for something came meanwhile.
 */
static inline bool trace_commit(struct trace_ring *r, uint64_t from)
{
    uint64_t pos;

    if (__builtin_expect(r->done != from, 0))
        return false;
    pos = local_read64(&r->pos);
    /* The consumer sees the record before prod: stores keep their order (SDM
     * 3A 8.2.2), and the compiler may not change it. Up to the store to done,
     * whoever comes between leaves it to us: prod never goes back. */
    local_barrier();
    local_release32(&r->buf->prod, trace_index_of(r, pos));
    local_write64(&r->done, pos);
    local_barrier();
    return __builtin_expect(r->pos != pos, 0);
}

/*
 * Reserve what goes from pos to next, if the room is known of and nobody has
 * come between since pos was read. Whoever reads the clock between reading pos
 * and this writes records whose times stand in order.
 */
static inline bool trace_reserve(struct trace_ring *r, uint64_t pos,
                                 uint64_t next)
{
    return __builtin_expect(next <= r->end, 1) &&
           __builtin_expect(local_cas64(&r->pos, pos, next), 1);
}

/* Write a record of nr <= 5 words, nr a constant, to its reserved place, and
 * commit it: true as there. */
static inline __attribute__((always_inline)) bool trace_fill(
    struct trace_ring *r, uint64_t pos, uint32_t header, uint64_t tsc,
    unsigned nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
    struct trace_record *rec = (struct trace_record *)(r->data + (uint32_t)pos);

    rec->header = header;
    rec->tsc = tsc;
    if (nr > 0)
        rec->word[0] = a;
    if (nr > 1)
        rec->word[1] = b;
    if (nr > 2)
        rec->word[2] = c;
    if (nr > 3)
        rec->word[3] = d;
    if (nr > 4)
        rec->word[4] = e;
    return trace_commit(r, pos);
}

#endif
