/*
 * trace.c - the mask of events, and the record of the CPU that runs this.
 */
#include "trace/host.h"
#include "trace/ring.h"
#include "trace/trace.h"

#include <stddef.h>

uint8_t trace_on[12];

void trace_set_mask(uint32_t mask)
{
    for (unsigned i = 0; i < sizeof(trace_on); i++)
        trace_on[i] = mask & 1u << (TRC_CLS_SHIFT + i)
                          ? (mask >> TRC_SUBCLS_SHIFT) & 0xf
                          : 0;
}

uint32_t trace_get_mask(void)
{
    uint32_t mask = 0;

    for (unsigned i = 0; i < sizeof(trace_on); i++)
        if (trace_on[i])
            mask |= 1u << (TRC_CLS_SHIFT + i) | (uint32_t)trace_on[i]
                                                    << TRC_SUBCLS_SHIFT;
    return mask;
}

void trace_write_at(uint32_t event, uint64_t tsc, unsigned nr,
                    const uint32_t *words)
{
    struct trace_ring *ring = trace_this_ring();

    if (ring)
        trace_emit(ring, event, tsc, nr, words);
}

void trace_write(uint32_t event, unsigned nr, const uint32_t *words)
{
    struct trace_ring *ring = trace_this_ring();

    if (ring)
        trace_emit(ring, event, trace_clock(), nr, words);
}
