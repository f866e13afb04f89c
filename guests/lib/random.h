/* Pseudo-random numbers, the same for the same seed: xorshift64* (Vigna 2016,
 * "An experimental exploration of Marsaglia's xorshift generators"). */
#ifndef GUEST_RANDOM_H
#define GUEST_RANDOM_H

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

#endif
