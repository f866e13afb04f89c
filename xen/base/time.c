/*
 * time.c - system time from the cycle counter.
 *
 * The scale is fixed at boot. ns = (delta << shift) * mul >> 32 is the ABI's
 * own formula, so a guest that reads the counter gets our time to the ns. mul
 * has 32 bits, so after a second that may be a ns less than the counter's
 * frequency would have it: the way back is that formula's, not the frequency's.
 */
#include "xen/base/time.h"

#include "xen/lib/bug.h"

struct time_scale time_the_scale = {
    .mul = 0x80000000u,
    .shift = 1,
    .tsc_khz = 1000000,
    .mul_up = (uint64_t)1 << 32,
};

#define BACK_SHIFT 62

static struct {
    uint64_t back_mul; /* 2^32 / mul_up, in 2^-62, rounded up */
    uint64_t wall_base;
} clock = { .back_mul = (uint64_t)1 << BACK_SHIFT };

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
    unsigned __int128 one = (unsigned __int128)1 << (32 + BACK_SHIFT);

    BUG_ON(tsc_khz < 1000 || tsc_khz > 100000000);
    scale_set(&time_the_scale, tsc_khz);
    clock.back_mul = (uint64_t)((one - 1) / time_the_scale.mul_up) + 1;
    time_the_scale.tsc_at_boot = rdtsc();
}

uint64_t time_to_tsc(ns_t ns)
{
    const struct time_scale *s = &time_the_scale;
    unsigned __int128 delta;

    if (ns <= 0)
        return s->tsc_at_boot;
    delta = (unsigned __int128)(uint64_t)ns * clock.back_mul;
    delta += ((uint64_t)1 << BACK_SHIFT) - 1;
    delta = delta >> BACK_SHIFT << s->down;
    if (delta > UINT64_MAX / 2)
        return UINT64_MAX / 2;
    return s->tsc_at_boot + (uint64_t)delta;
}

uint64_t time_wall_base(void)
{
    return clock.wall_base;
}

void time_set_wall_base(uint64_t ns)
{
    clock.wall_base = ns;
}
