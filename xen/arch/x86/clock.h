/*
 * clock.h - the cycle counter's rate, and the next clock event of a CPU.
 *
 * The event is VECTOR_TIMER on this CPU: by TSC deadline where the processor
 * has it, else by the local APIC's one-shot count.
 */
#ifndef XEN_ARCH_X86_CLOCK_H
#define XEN_ARCH_X86_CLOCK_H

#include "xen/lib/types.h"

/* Measure the counter against HPET, ACPI PM timer or PIT. Returns kHz; panics
 * if there is nothing to measure against. Boot CPU, once. */
uint64_t clock_init(void);
/* System time as the host of time counts it, of which the deadlines are:
 * ns = ((tsc - tsc_at_boot) << shift) * mul >> 32. Once, before events. */
void clock_set_scale(uint64_t tsc_at_boot, uint32_t mul, int8_t shift);
/* Make this CPU's event source ready; nothing is due. */
void clock_cpu_init(void);

/* One event on this CPU at system time `deadline`, or as soon as can be if
 * that is past; FOREVER: none. Replaces the earlier one. Interrupts off. May
 * come early when far away (then set it again). */
void clock_event_set(ns_t deadline);

/* Wait so long without any interrupt; boot only. */
void clock_wait_us(unsigned us);

/* The battery clock: seconds since the Unix epoch, UTC. */
uint64_t rtc_read(void);

#endif
