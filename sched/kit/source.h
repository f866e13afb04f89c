/*
 * source.h - where a scenario's decisions come from: a seed, or the bytes of a
 * fuzzer. With bytes, similar bytes make similar scenarios, and after the last
 * one everything is 0: the simplest choice.
 */
#ifndef SCHED_KIT_SOURCE_H
#define SCHED_KIT_SOURCE_H

#include "xen/lib/types.h"

struct kit_source {
    uint64_t state;       /* if bytes is NULL */
    const uint8_t *bytes; /* else these */
    size_t size, at;
};

static inline uint64_t kit_mix(uint64_t x) /* splitmix64 */
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static inline uint64_t kit_next(struct kit_source *from, unsigned bytes)
{
    uint64_t x = 0;

    if (!from->bytes)
        return kit_mix(from->state += 0x632be59bd9b4e019u);
    for (; bytes && from->at < from->size; bytes--)
        x = x << 8 | from->bytes[from->at++];
    return x;
}

/* Below n, which is not 0. */
static inline uint64_t kit_draw(struct kit_source *from, uint64_t n)
{
    return kit_next(from, n <= 256 ? 1 : n <= 65536 ? 2 : 6) % n;
}

/* One of n chances. */
static inline bool kit_one_in(struct kit_source *from, unsigned n)
{
    return kit_draw(from, n) == n - 1;
}

/* From lo to hi, all magnitudes alike, with three leading bits. lo > 0. */
static inline int64_t kit_magnitude(struct kit_source *from, int64_t lo,
                                    int64_t hi)
{
    int low = 63 - __builtin_clzll((uint64_t)lo);
    int high = 63 - __builtin_clzll((uint64_t)hi);
    int shift = low + (int)kit_draw(from, (uint64_t)(high - low + 1));
    uint64_t x = (uint64_t)1 << shift;

    x += (x >> 2) * kit_draw(from, 4);
    if (x < (uint64_t)lo)
        return lo;
    return x > (uint64_t)hi ? hi : (int64_t)x;
}

#endif
