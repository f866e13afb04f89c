/*
 * cpuset.h - sets of CPUs, as bitmaps of CPUSET_MAX bits.
 *
 * Passed by pointer. Not atomic: whoever owns the set holds its lock.
 */
#ifndef XEN_LIB_CPUSET_H
#define XEN_LIB_CPUSET_H

#include "xen/lib/types.h"

#define CPUSET_MAX   1024u
#define CPUSET_WORDS (CPUSET_MAX / 64)
#define CPUSET_NONE  CPUSET_MAX /* "no such CPU" */

struct cpuset {
    uint64_t word[CPUSET_WORDS];
};

static inline bool cpuset_has(const struct cpuset *s, unsigned cpu)
{
    return (s->word[cpu / 64] >> (cpu % 64)) & 1;
}

static inline void cpuset_add(struct cpuset *s, unsigned cpu)
{
    s->word[cpu / 64] |= (uint64_t)1 << (cpu % 64);
}

static inline void cpuset_remove(struct cpuset *s, unsigned cpu)
{
    s->word[cpu / 64] &= ~((uint64_t)1 << (cpu % 64));
}

/* The smallest member that is at least `from`, or CPUSET_NONE; all members are
 * in the first so many words. */
static inline unsigned cpuset_next_within(const struct cpuset *s, unsigned from,
                                          unsigned words)
{
    unsigned w = from / 64;
    uint64_t bits;

    if (w >= words)
        return CPUSET_NONE;
    bits = s->word[w] & (~(uint64_t)0 << (from % 64));
    while (!bits) {
        if (++w == words)
            return CPUSET_NONE;
        bits = s->word[w];
    }
    return w * 64 + (unsigned)__builtin_ctzll(bits);
}

static inline unsigned cpuset_next(const struct cpuset *s, unsigned from)
{
    return cpuset_next_within(s, from, CPUSET_WORDS);
}

static inline bool cpuset_empty(const struct cpuset *s)
{
    return cpuset_next(s, 0) == CPUSET_NONE;
}

/* *out := *a and *b. Returns whether anything is left. */
static inline bool cpuset_and(struct cpuset *out, const struct cpuset *a,
                              const struct cpuset *b)
{
    uint64_t any = 0;
    unsigned i;

    for (i = 0; i < CPUSET_WORDS; i++) {
        out->word[i] = a->word[i] & b->word[i];
        any |= out->word[i];
    }
    return any != 0;
}

#define for_each_cpu(cpu, s)                                                   \
    for ((cpu) = cpuset_next((s), 0); (cpu) < CPUSET_MAX;                      \
         (cpu) = cpuset_next((s), (cpu) + 1))

#endif
