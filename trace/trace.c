/*
 * trace.c - the mask of events.
 */
#include "trace/trace.h"

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
