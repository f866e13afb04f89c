/*
 * vtime.h - virtual time: CPU time divided by a weight, exactly.
 *
 * A vCPU of weight w that runs for t ns advances by t * VTIME_SCALE / w units:
 * in plain ns at the default weight. What the division leaves over is carried
 * in `rest`, so nothing is ever rounded away. A time is a position on a circle
 * of 2^64 units; compare by difference (sched_key_before()).
 */
#ifndef XEN_LIB_VTIME_H
#define XEN_LIB_VTIME_H

#include "xen/lib/types.h"

#define VTIME_SCALE 256

struct vtime {
    int64_t at;       /* the time is at + rest / weight */
    uint64_t rest;    /* < weight */
    uint64_t weight;  /* 0: none yet */
    uint64_t inverse; /* (2^64 - 1) / weight, rounded down */
};

static inline int64_t vtime_plus(int64_t a, int64_t d)
{
    return (int64_t)((uint64_t)a + (uint64_t)d);
}

static inline int64_t vtime_minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* Take over a weight, if it is another. `rest` keeps its worth to a unit. */
static inline void vtime_weigh(struct vtime *t, uint64_t weight)
{
    if (likely(t->weight == weight))
        return;
    t->rest = t->weight ? t->rest * weight / t->weight : 0;
    t->weight = weight;
    t->inverse = UINT64_MAX / weight;
}

/* What the time will be after `ran` ns (< 2^54); *rest is what is left over.
 * The quotient by the inverse is exact or 1 too small: n < 2^63, and the
 * inverse is less than 1 below 2^64 / weight. */
static inline int64_t vtime_after(const struct vtime *t, ns_t ran,
                                  uint64_t *rest)
{
    uint64_t n = (uint64_t)ran * VTIME_SCALE + t->rest;
    uint64_t q = (uint64_t)(((unsigned __int128)n * t->inverse) >> 64);

    *rest = n - q * t->weight;
    if (*rest >= t->weight) {
        *rest -= t->weight;
        q++;
    }
    return (int64_t)((uint64_t)t->at + q);
}

static inline void vtime_run(struct vtime *t, ns_t ran)
{
    t->at = vtime_after(t, ran, &t->rest);
}

/* The CPU time in which it advances by d, which may be negative, rounded up to
 * a ns; d is taken to be at most 2^46 (19 hours at the default weight), which
 * is long enough to wait before looking again. */
static inline ns_t vtime_until(const struct vtime *t, int64_t d)
{
    int64_t most = (int64_t)1 << 46, n;

    d = d < most ? d : most;
    n = d * (int64_t)t->weight - (int64_t)t->rest;
    return n > 0 ? (n + VTIME_SCALE - 1) / VTIME_SCALE : n / VTIME_SCALE;
}

#endif
