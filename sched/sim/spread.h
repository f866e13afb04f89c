/*
 * spread.h - how a quantity is spread: a histogram of times, exact to 1.6 %.
 *
 * Each octave has 64 buckets of equal width; below 64 ns they are exact. The
 * least and the greatest value are kept as they are.
 */
#ifndef SCHED_SIM_SPREAD_H
#define SCHED_SIM_SPREAD_H

#include "xen/lib/types.h"

#define SPREAD_BUCKETS (58 * 64)

struct sim_spread {
    uint64_t nr;
    ns_t min, max;
    uint32_t bucket[SPREAD_BUCKETS];
};

static inline unsigned spread_bucket(uint64_t v)
{
    unsigned shift;

    if (v < 64)
        return (unsigned)v;
    shift = 57 - (unsigned)__builtin_clzll(v); /* v >> shift: 64 to 127 */
    return (shift + 1) * 64 + (unsigned)(v >> shift) % 64;
}

static inline void spread_add(struct sim_spread *s, ns_t value)
{
    s->bucket[spread_bucket(value > 0 ? (uint64_t)value : 0)]++;
    if (!s->nr++ || value < s->min)
        s->min = value;
    if (value > s->max)
        s->max = value;
}

/* The value that permille of all did not exceed. 0 if there is none. */
ns_t spread_at(const struct sim_spread *s, unsigned permille);

#endif
