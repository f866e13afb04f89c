/* Pseudo-random numbers, the same for the same seed: xorshift64* (Vigna 2016,
 * "An experimental exploration of Marsaglia's xorshift generators"). */
#ifndef GUEST_RANDOM_H
#define GUEST_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state; /* never 0 */
};

static inline void random_seed(struct random *r, uint64_t seed)
{
    r->state = seed * 0x9e3779b97f4a7c15UL | 1;
}

static inline uint64_t random_next(struct random *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * 0x2545f4914f6cdd1dUL;
}

/* 0 .. limit-1; the slight bias of the remainder does not matter here. */
static inline uint64_t random_below(struct random *r, uint64_t limit)
{
    return (random_next(r) >> 11) % limit;
}

/* log2 of m / 2^63, which is in [1, 2), times 2^30: a bit a squaring. */
static inline uint64_t random_log2(uint64_t m)
{
    uint64_t log = 0;

    for (unsigned i = 0; i < 30; i++) {
        unsigned __int128 square = (unsigned __int128)m * m;
        bool two = square >> 127;

        log = log * 2 + two;
        m = (uint64_t)(square >> (two ? 64 : 63));
    }
    return log;
}

/* Exponentially distributed, of this mean, which is at least 0; without
 * floating point: the same on every machine. */
static inline int64_t random_exponential(struct random *r, int64_t mean)
{
    uint64_t x = random_next(r) | 1;
    unsigned zeros = (unsigned)__builtin_clzl(x);
    uint64_t minus_log2 = ((zeros + 1UL) << 30) - random_log2(x << zeros);

    /* ln 2 = 0.6931471805599453 = 2977044472 / 2^32 */
    return (int64_t)((unsigned __int128)minus_log2 * 2977044472U *
                         (uint64_t)mean >>
                     62);
}

#endif
