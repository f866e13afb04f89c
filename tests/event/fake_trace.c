/*
 * fake_trace.c - no trace, and no softirqs, for the host tests of the events.
 */
#include "trace/trace.h"
#include "xen/base/softirq.h"

uint8_t trace_on[12];

void trace_put_2(uint32_t header, uint32_t a, uint32_t b)
{
    (void)header, (void)a, (void)b;
}

void trace_put_3(uint32_t header, uint32_t a, uint32_t b, uint32_t c)
{
    (void)header, (void)a, (void)b, (void)c;
}

void softirq_open(enum softirq nr, void (*handler)(void))
{
    (void)nr, (void)handler;
}
