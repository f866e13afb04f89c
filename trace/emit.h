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

/* The rest of writing one, if there is no room that is known of. The context
 * counts in nest already. */
void trace_emit_slowly(struct trace_ring *r, uint32_t header, uint64_t tsc,
                       const uint32_t *words);
void trace_emit_words_slowly(struct trace_ring *r, uint32_t header,
                             uint64_t tsc, uint32_t a, uint32_t b, uint32_t c,
                             uint32_t d, uint32_t e);
void trace_publish_again(struct trace_ring *r);

/* The ABI's form of a position: modulo twice the size. */
static inline uint32_t trace_index_of(const struct trace_ring *r, uint64_t pos)
{
    return (uint32_t)pos + (pos >> 32 & 1 ? r->size : 0);
}

/*
 * End of a context's writing: publish what is complete, if it is the
 * outermost. Returns false if another one came between the publication and
 * the end: then its record is still to be published.
 */
static inline bool trace_publish(struct trace_ring *r)
{
    uint64_t pos;

    if (__builtin_expect(local_read32(&r->nest) != 1, 0)) {
        local_dec(&r->nest);
        return true;
    }
    pos = local_read64(&r->pos);
    r->done = pos;
    /* The consumer sees the record before prod: stores keep their order (SDM
     * 3A 8.2.2), and the compiler may not change it. */
    asm volatile("" : : : "memory");
    local_write32(&r->buf->prod, trace_index_of(r, pos));
    local_dec(&r->nest);
    return local_read64(&r->pos) == pos;
}

/* Write a record of nr <= 5 words, nr a constant. */
static inline __attribute__((always_inline)) void trace_emit_words(
    struct trace_ring *r, uint32_t header, uint64_t tsc, unsigned nr,
    uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
    struct trace_record *rec;
    uint64_t pos, next;

    local_inc(&r->nest);
    pos = local_read64(&r->pos);
    next = pos + 12 + 4 * nr;
    if (__builtin_expect(next > local_read64(&r->end), 0) ||
        __builtin_expect(!local_cas64(&r->pos, pos, next), 0)) {
        trace_emit_words_slowly(r, header, tsc, a, b, c, d, e);
        return;
    }
    rec = (struct trace_record *)(r->data + (uint32_t)pos);
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
    if (__builtin_expect(!trace_publish(r), 0))
        trace_publish_again(r);
}

#endif
