/*
 * spread.c - see spread.h.
 */
#include "sched/sim/spread.h"

/* The greatest value of a bucket. */
static ns_t top_of(unsigned bucket)
{
    unsigned shift;

    if (bucket < 64)
        return bucket;
    shift = bucket / 64 - 1;
    return (ns_t)((((uint64_t)bucket % 64 + 65) << shift) - 1);
}

ns_t spread_at(const struct sim_spread *s, unsigned permille)
{
    uint64_t rank = (s->nr * permille + 999) / 1000, seen = 0;
    unsigned i;

    if (!s->nr)
        return 0;
    if (rank <= 1)
        return s->min;
    for (i = 0; i < SPREAD_BUCKETS; i++) {
        seen += s->bucket[i];
        if (seen >= rank)
            return top_of(i) < s->max ? top_of(i) : s->max;
    }
    return s->max;
}
