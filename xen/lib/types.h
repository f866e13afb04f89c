/*
 * types.h - the scalars that carry a unit, and the sizes of a page.
 *
 * A machine frame number (mfn) names a frame of the machine's memory, a
 * pseudo-physical one (pfn) a frame as a guest counts it. Both are shifted by
 * PAGE_SHIFT; neither is an address. Nothing converts them silently.
 */
#ifndef XEN_LIB_TYPES_H
#define XEN_LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t ns_t;     /* a time, or a span of time, in nanoseconds */
typedef uint64_t paddr_t; /* a machine (physical) address, in bytes */
typedef uint64_t mfn_t;   /* a machine frame number */
typedef uint64_t pfn_t;   /* a guest's pseudo-physical frame number */

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ul
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define US(n)   ((ns_t)(n)*1000)
#define MS(n)   ((ns_t)(n)*1000000)
#define S(n)    ((ns_t)(n)*1000000000)
#define FOREVER INT64_MAX /* "until something happens" */

#define INVALID_MFN (~(mfn_t)0)
#define INVALID_PFN (~(pfn_t)0)

static inline paddr_t mfn_to_paddr(mfn_t mfn)
{
    return (paddr_t)mfn << PAGE_SHIFT;
}

static inline mfn_t paddr_to_mfn(paddr_t paddr)
{
    return (mfn_t)(paddr >> PAGE_SHIFT);
}

#endif
