/*
 * consume.h - the consumer's side of a ring, for tests: one record at a time.
 */
#ifndef TESTS_TRACE_CONSUME_H
#define TESTS_TRACE_CONSUME_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "trace/record.h"

struct seen {
    uint32_t event, nr;
    uint64_t tsc;
    uint32_t word[7];
};

/* Decode the record at p. Returns its length in bytes. */
static inline uint32_t seen_decode(const uint8_t *p, struct seen *out)
{
    uint32_t header;

    memcpy(&header, p, 4);
    memset(out, 0, sizeof(*out));
    out->event = header & 0x0fffffff;
    out->nr = header >> 28 & 7;
    if (header >> 31)
        memcpy(&out->tsc, p + 4, 8);
    memcpy(out->word, p + 4 + (header >> 31) * 8, 4 * (size_t)out->nr);
    return trace_record_bytes(header);
}

/* Take the oldest record out of the ring; false if there is none. Filler is
 * passed over. */
static inline bool ring_take(struct t_buf *buf, uint32_t size, struct seen *out)
{
    for (;;) {
        uint32_t cons = __atomic_load_n(&buf->cons, __ATOMIC_ACQUIRE);
        uint32_t prod = __atomic_load_n(&buf->prod, __ATOMIC_ACQUIRE);
        uint32_t at = cons >= size ? cons - size : cons, n;

        if (cons == prod)
            return false;
        n = seen_decode((const uint8_t *)(buf + 1) + at, out);
        assert(at + n <= size);
        cons += n;
        if (cons >= 2 * size)
            cons -= 2 * size;
        __atomic_store_n(&buf->cons, cons, __ATOMIC_RELEASE);
        if (out->event != TRC_TRACE_WRAP_BUFFER)
            return true;
    }
}

#endif
