/*
 * latency.h - a vCPU's waits in one run, and the statistics over several.
 */
#ifndef XENTRACE_LATENCY_H
#define XENTRACE_LATENCY_H

#include "xentrace/command.h"
#include "xentrace/events.h"
#include "xentrace/histogram.h"
#include "xentrace/waits.h"

struct latency_vcpu {
    uint32_t who; /* first: whos.h */
    struct histogram all, *by[WAITS_CAUSES];
    struct whos blame;       /* struct blame */
    struct histogram *first; /* from wake-up to the guest's own next record */
    uint64_t woke;           /* when it did; 0: that was counted */
    uint64_t span;           /* of all waits */
    uint64_t max_of[64];     /* over the first 2^i waits */
    uint64_t torn, open;
};

/* The same statistics of several runs. */
struct seeds;
struct seeds *seeds_new(unsigned nr_files);
void seeds_add(struct seeds *s, const struct trace_meta *m,
               const struct latency_vcpu *v);
void seeds_print(struct seeds *s); /* and frees */

#endif
