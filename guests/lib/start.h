/*
 * How a guest begins and ends.
 *
 * The runtime calls guest_main() on vCPU 0 with the console, exceptions,
 * events (masked) and the clock ready. Returning from it powers the domain off.
 */
#ifndef GUEST_START_H
#define GUEST_START_H

#include <stdbool.h>
#include <xen/xen.h>
#include <xen/sched.h>

/* Supplied by each guest. */
void guest_main(void);

/* What the domain builder told us; constant after the start. */
const struct start_info *start_info(void);

/* True in the initial domain (dom0). */
bool start_is_dom0(void);

/* The shared info page, mapped. */
struct shared_info *start_shared_info(void);

/* Ends the domain: reason is SHUTDOWN_poweroff, SHUTDOWN_crash, ... */
void guest_stop(unsigned reason) __attribute__((noreturn));

/* Prints one line and ends the domain with SHUTDOWN_crash. */
void guest_fail(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

#endif
