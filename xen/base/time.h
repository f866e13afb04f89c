/*
 * time.h - system time: ns since boot, from the cycle counter, the same on
 * every CPU and never going back.
 */
#ifndef XEN_BASE_TIME_H
#define XEN_BASE_TIME_H

#include "xen/lib/types.h"

/* ns = ((tsc - tsc_at_boot) << shift) * mul >> 32, as the ABI's time record has
 * it: a guest that reads the same counter sees the same time. */
struct time_scale {
    uint64_t tsc_at_boot;
    uint32_t mul;
    int8_t shift;
    uint64_t tsc_khz;
};

const struct time_scale *time_scale(void);
void time_init(uint64_t tsc_khz); /* system time is 0 now */
ns_t time_now(void);
ns_t time_of_tsc(uint64_t tsc);
uint64_t time_to_tsc(ns_t ns);

/* Wall clock: ns since the Unix epoch when system time was 0. */
uint64_t time_wall_base(void);
void time_set_wall_base(uint64_t ns);

#endif
