/*
 * recent.c - see recent.h.
 *
 * The producer never waits for a reader. A reader copies a record and then
 * looks how far the producer has come: if it may have overwritten the copy's
 * original, the walk ends, and what was visited before is right.
 */
#include "trace/recent.h"

#include <stddef.h>
#include "trace/emit.h"

void trace_ring_keep(struct trace_ring *r, struct trace_kept *memory)
{
    r->kept = memory;
}

void trace_keep(struct trace_ring *r, uint32_t header, uint64_t tsc,
                const uint32_t *words)
{
    uint32_t number = local_fetch_inc(&r->nr_kept);
    struct trace_kept *k = &r->kept[number % TRACE_KEPT];

    local_write32(&k->number, 0);
    local_barrier();
    k->header = header;
    k->tsc = tsc;
    for (unsigned i = 0; i < (header >> TRACE_EXTRA_SHIFT & 7); i++)
        k->word[i] = words[i];
    local_barrier();
    local_write32(&k->number, number + 1);
}

static void walk_kept(const struct trace_ring *r, trace_visit *visit, void *arg)
{
    uint32_t end = local_read32(&r->nr_kept), number;
    struct trace_seen seen;

    for (number = end > TRACE_KEPT ? end - TRACE_KEPT : 0; number != end;
         number++) {
        const struct trace_kept *k = &r->kept[number % TRACE_KEPT];

        if (local_read32(&k->number) != number + 1)
            continue;
        seen.header = k->header;
        seen.tsc = k->tsc;
        for (unsigned i = 0; i < TRACE_EXTRA_MAX; i++)
            seen.word[i] = k->word[i];
        local_barrier();
        if (local_read32(&k->number) == number + 1)
            visit(&seen, arg);
    }
}

/* Positions count on: lap by lap, byte by byte. */
static uint64_t linear(const struct trace_ring *r, uint64_t pos)
{
    return (pos >> 32) * r->size + (uint32_t)pos;
}

/* Up to where records are complete: what t_buf.prod says, as a position. */
static uint64_t complete(const struct trace_ring *r)
{
    uint32_t prod = local_acquire32(&r->buf->prod);
    uint64_t lap = local_read64(&r->pos) >> 32;

    if ((lap & 1) != (prod >= r->size))
        lap--;
    return lap << 32 | (prod >= r->size ? prod - r->size : prod);
}

static uint64_t first_place(const struct trace_ring *r, uint64_t end)
{
    uint64_t lap = end >> 32, mark = local_read64(&r->mark);

    if ((uint32_t)end < r->size / 2 && lap && mark >> 32 == lap - 1)
        return mark;
    return lap << 32;
}

/* A copy of the record at `at`, with as many of its words as it has. Returns
 * its bytes, or 0: that is no record. */
static uint32_t copy(const struct trace_ring *r, uint64_t at,
                     struct trace_seen *seen)
{
    const uint32_t *p = (const uint32_t *)(const void *)(r->data +
                                                         (uint32_t)at);
    uint32_t bytes, words, i;

    seen->header = local_read32(p++);
    bytes = trace_record_bytes(seen->header);
    if ((uint32_t)at + bytes > r->size)
        return 0;
    seen->tsc = 0;
    if (seen->header >> 31) {
        seen->tsc = local_read32(p++);
        seen->tsc |= (uint64_t)local_read32(p++) << 32;
    }
    words = seen->header >> TRACE_EXTRA_SHIFT & TRACE_EXTRA_MAX;
    for (i = 0; i < TRACE_EXTRA_MAX; i++)
        seen->word[i] = i < words ? local_read32(p++) : 0;
    return bytes;
}

void trace_ring_walk(const struct trace_ring *r, trace_visit *visit, void *arg)
{
    uint64_t end, at;
    struct trace_seen seen;
    uint32_t bytes;

    if (!r->buf)
        return;
    end = complete(r);
    for (at = first_place(r, end); linear(r, at) < linear(r, end);
         at += bytes) {
        bytes = copy(r, at, &seen);
        local_barrier();
        if (!bytes ||
            linear(r, local_read64(&r->pos)) - linear(r, at) > r->size)
            break;
        if (seen.header >> 31) /* not the filler */
            visit(&seen, arg);
        if ((uint32_t)at + bytes == r->size) {
            at = ((at >> 32) + 1) << 32;
            bytes = 0;
        }
    }
    if (r->kept)
        walk_kept(r, visit, arg);
}
