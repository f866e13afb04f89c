/*
 * time.h - system time: ns since boot, from the cycle counter, the same on
 * every CPU and never going back.
 */
#ifndef XEN_BASE_TIME_H
#define XEN_BASE_TIME_H

#include "xen/arch/x86/cpu.h"
#include "xen/lib/types.h"

/* ns = ((tsc - tsc_at_boot) << shift) * mul >> 32, as the ABI's time record has
 * it: a guest that reads the same counter sees the same time. */
struct time_scale {
    uint64_t tsc_at_boot;
    uint32_t mul;
    int8_t shift;
    uint64_t tsc_khz;
    /* The same in one step: ns = (tsc - tsc_at_boot >> down) * mul_up >> 32. */
    uint64_t mul_up;
    uint8_t down;
};

/* Written once at boot. */
extern struct time_scale time_the_scale;

static inline const struct time_scale *time_scale(void)
{
    return &time_the_scale;
}

void time_init(uint64_t tsc_khz); /* system time is 0 now */

static inline ns_t time_of_tsc(uint64_t tsc)
{
    const struct time_scale *s = &time_the_scale;
    uint64_t delta = (tsc - s->tsc_at_boot) >> s->down;

    return (ns_t)(((unsigned __int128)delta * s->mul_up) >> 32);
}

static inline ns_t time_now(void)
{
    return time_of_tsc(rdtsc());
}

/* The first reading that is `ns` or later, or the one after it. */
uint64_t time_to_tsc(ns_t ns);

/* Wall clock: ns since the Unix epoch when system time was 0. */
uint64_t time_wall_base(void);
void time_set_wall_base(uint64_t ns);

#endif
