/*
 * Counts of durations in buckets of a relative width of 1/64: exact below 64,
 * within 1.6 % above; minimum and maximum are exact. Up to 2^42 ns.
 */
#ifndef GUEST_HISTOGRAM_H
#define GUEST_HISTOGRAM_H

#include <stdint.h>

#include "guests/lib/clock.h"

#define HISTOGRAM_BUCKETS (64 * 38)

struct histogram {
    uint64_t count;
    ns_t min, max, sum;
    uint32_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, ns_t value);

/* The smallest bucket's upper end below which per_mille of the values lie. */
ns_t histogram_quantile(const struct histogram *h, unsigned per_mille);

/* "NAME_min=.. NAME_p50=.. NAME_p99=.. NAME_p999=.. NAME_max=.. NAME_mean=.."
 */
void histogram_print(const char *name, const struct histogram *h);

#endif
