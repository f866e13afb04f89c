/*
 * time.c - system time from the cycle counter.
 *
 * The scale is fixed at boot. ns = (delta << shift) * mul >> 32 is the ABI's
 * own formula, so a guest that reads the counter gets our time to the ns. The
 * way back, for programming a deadline, rounds up: never early.
 */
#include "xen/base/time.h"

#include "xen/lib/bug.h"

struct time_scale time_the_scale = {
    .mul = 0x80000000u,
    .shift = 1,
    .tsc_khz = 1000000,
    .mul_up = (uint64_t)1 << 32,
};

static struct {
    uint64_t back_mul; /* tsc = ns * back_mul >> 32, rounded up */
    uint64_t wall_base;
} clock = { .back_mul = (uint64_t)1 << 32 };

/* mul and shift such that mul >= 2^31: all its bits carry precision. */
static void scale_set(struct time_scale *s, uint64_t tsc_khz)
{
    uint64_t hz = tsc_khz * 1000, per_second = 1000000000;
    int shift = 0;

    /* Bring per_second / hz into [1/2, 1). */
    while (per_second * 2 < hz) {
        per_second <<= 1;
        shift--;
    }
    while (per_second >= hz) {
        hz <<= 1;
        shift++;
    }
    s->mul = (uint32_t)(((unsigned __int128)per_second << 32) / hz);
    s->shift = (int8_t)shift;
    s->tsc_khz = tsc_khz;
    s->mul_up = (uint64_t)s->mul << (shift > 0 ? shift : 0);
    s->down = (uint8_t)(shift < 0 ? -shift : 0);
}

void time_init(uint64_t tsc_khz)
{
    BUG_ON(tsc_khz < 1000 || tsc_khz > 100000000);
    scale_set(&time_the_scale, tsc_khz);
    clock.back_mul = (uint64_t)((((unsigned __int128)tsc_khz << 32) + 999999) /
                                1000000);
    time_the_scale.tsc_at_boot = rdtsc();
}

uint64_t time_to_tsc(ns_t ns)
{
    unsigned __int128 product;

    if (ns <= 0)
        return time_the_scale.tsc_at_boot;
    product = (unsigned __int128)(uint64_t)ns * clock.back_mul;
    product = (product + 0xffffffffu) >> 32;
    if (product > UINT64_MAX / 2)
        return UINT64_MAX / 2;
    return time_the_scale.tsc_at_boot + (uint64_t)product;
}

uint64_t time_wall_base(void)
{
    return clock.wall_base;
}

void time_set_wall_base(uint64_t ns)
{
    clock.wall_base = ns;
}
