/*
 * historic.c - the faults of Xen's BVT, see historic.h. All of this is wrong,
 * as it was.
 *
 * Xen's minimum charging unit was 100 us, for which A advanced by mcu_advance,
 * 10 at the default weight: A counted 10 us.
 */
#include "sched/bvt/historic.h"

#define MCU            US(100)
#define UNIT           US(10) /* of A, at the default weight */
#define DEFAULT_WEIGHT 256    /* the default weight, at which A is in ns here */

ns_t bvt_historic_ran(ns_t ran)
{
    return (ran + MCU - 1) / MCU * MCU;
}

ns_t bvt_historic_slice(int64_t d, uint64_t weight, ns_t ctx_allow)
{
    /* dE / mcu_advance is how many MCUs it may run, not how many ns */
    return d / MCU * (int64_t)weight / DEFAULT_WEIGHT + ctx_allow;
}

int64_t bvt_historic_effective(int64_t a, int64_t warp)
{
    uint32_t avt = (uint32_t)((uint64_t)a / UNIT);

    return (int64_t)(uint32_t)(avt - (uint32_t)(warp / UNIT)) * UNIT;
}
