/*
 * host.h - what a host of the trace supplies: two functions.
 *
 * The hypervisor defines them in xen/base (this_cpu, rdtsc); the simulator
 * defines them for its own CPUs and its own clock. They are ordinary functions,
 * so that trace/ needs no header of its host; they are called only for events
 * that are enabled. Any context, an NMI's included; neither may take a lock.
 */
#ifndef TRACE_HOST_H
#define TRACE_HOST_H

#include <stdint.h>

struct trace_ring;

/* This CPU's ring; NULL if it has none (yet): the record is then not made. */
struct trace_ring *trace_this_ring(void);

/* This CPU's cycle counter. */
uint64_t trace_clock(void);

#endif
