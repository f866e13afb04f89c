/*
 * trace_here.h - this CPU's trace ring and clock, for what writes records
 * inline; trace/trace.h is the usual way.
 */
#ifndef XEN_BASE_TRACE_HERE_H
#define XEN_BASE_TRACE_HERE_H

#include "trace/ring.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/stack.h"

static inline struct trace_ring *trace_this_ring(void)
{
    return stack_top()->ring;
}

static inline uint64_t trace_clock(void)
{
    return rdtsc();
}

#endif
