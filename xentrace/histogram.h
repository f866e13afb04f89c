/*
 * histogram.h - a distribution of 64-bit numbers in fixed memory.
 *
 * Buckets are as wide as 1/32 of what they hold: a quantile is right to 3.2 %,
 * and is never less than what was seen. Least, greatest, sum are exact.
 */
#ifndef XENTRACE_HISTOGRAM_H
#define XENTRACE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB     32u
#define HISTOGRAM_BUCKETS (60u * HISTOGRAM_SUB)

struct histogram {
    uint64_t nr, sum, least, greatest;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

static inline unsigned histogram_bucket(uint64_t x)
{
    unsigned top;

    if (x < HISTOGRAM_SUB)
        return (unsigned)x;
    top = 63u - (unsigned)__builtin_clzll(x);
    return (top - 4) * HISTOGRAM_SUB +
           (unsigned)(x >> (top - 5) & (HISTOGRAM_SUB - 1));
}

/* The greatest number of a bucket. */
static inline uint64_t histogram_upper(unsigned i)
{
    unsigned top = i / HISTOGRAM_SUB + 4;

    if (i < HISTOGRAM_SUB)
        return i;
    return ((uint64_t)(HISTOGRAM_SUB + i % HISTOGRAM_SUB + 1) << (top - 5)) - 1;
}

static inline void histogram_add(struct histogram *h, uint64_t x)
{
    if (!h->nr || x < h->least)
        h->least = x;
    if (x > h->greatest)
        h->greatest = x;
    h->nr++;
    h->sum += x;
    h->bucket[histogram_bucket(x)]++;
}

/* The quantile q (0 to 1) by the nearest rank; 0 without samples. */
static inline uint64_t histogram_quantile(const struct histogram *h, double q)
{
    double exact = q * (double)h->nr;
    uint64_t rank = (uint64_t)exact + ((double)(uint64_t)exact < exact);
    uint64_t seen = 0, upper;

    if (rank <= 1)
        return h->least;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= rank) {
            upper = histogram_upper(i);
            return upper < h->greatest ? upper : h->greatest;
        }
    }
    return h->greatest;
}

#endif
