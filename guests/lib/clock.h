/*
 * Time: ns since the hypervisor's boot, read from the shared time record and
 * the TSC; one-shot timers on VIRQ_TIMER.
 */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t ns_t;

#define NS_PER_US 1000L
#define NS_PER_MS 1000000L
#define NS_PER_S  1000000000L

/* Reads the counter; does not serialise. */
static inline uint64_t clock_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Stops the periodic timer, binds VIRQ_TIMER: once per vCPU, by the runtime. */
void clock_init(void);
void clock_init_vcpu(void);

/* System time. */
ns_t clock_now(void);

/* System time at a TSC reading of this vCPU, not long ago. */
ns_t clock_from_tsc(uint64_t tsc);

/* TSC ticks per second, by the shared record. */
uint64_t clock_tsc_hz(void);

/* A difference of TSC readings in ns. */
ns_t clock_tsc_to_ns(uint64_t ticks);

/*
 * One shot at an absolute time on this vCPU, replacing the one before; with a
 * time that is past it fires at once. The event wakes event_block();
 * clock_set_handler() names a function to call as well (on this vCPU).
 */
void clock_set_timer(ns_t deadline);
void clock_stop_timer(void);
void clock_set_handler(void (*handler)(void));

/* Sleeps (blocked) until the time. Upcalls are unmasked while it sleeps and
 * as before afterwards. */
void clock_sleep_until(ns_t deadline);

/* Spins until the time. */
void clock_spin_until(ns_t deadline);

#endif
