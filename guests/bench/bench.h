/*
 * bench: what an operation of the hypervisor costs, in TSC ticks scaled to ns:
 * under QEMU's `-icount shift=0,sleep=off` one instruction is one ns.
 *
 * A row is measured by a function that calls row_value() or row_absent() once
 * per name, and never hangs on a hypervisor that refuses something.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/clock.h"

/* Prints a result: "bench: row=NAME value=V". */
void row_value(const char *name, ns_t value);
/* The same with one decimal, for what is not a count of instructions. */
void row_tenths(const char *name, long tenths);
void row_absent(const char *name, const char *why);

/* The median over batches of the time of batch(count), per operation. The
 * batch's own loop is part of it (a few instructions). */
ns_t measure(void (*batch)(unsigned count), unsigned count);

/* The median of n values; sorts them. */
ns_t median(ns_t *values, unsigned n);

/*
 * Runs job(arg) on vCPUs 1..count-1 of this domain, which are started when
 * first needed and otherwise blocked. False if there are not so many.
 */
bool crew_start(unsigned count, void (*job)(unsigned id));
/* True while a member of the crew still runs its job. */
bool crew_busy(void);

/* The groups of rows, in order; see rows.c. */
void rows_calls(void);
void rows_multicall(void);
void rows_mmu(void);
void rows_faults(void);
void rows_user(void);
void rows_grants(void);
void rows_switch(void);
void rows_involuntary(void);
void rows_pingpong(void);
void rows_timer(void);
void rows_other_domain(void);
void rows_wakeup(void);
void rows_weights(void);
void rows_equal(void);
void rows_steps(void);

/* Single operations of the above, for rows_steps(). The stubs below serve page
 * faults, or the user's system calls, until switched off again. */
void fault_handled_by_stub(bool on);
void fault_once(void);
void read_msrs(unsigned count);
void read_cr0s(unsigned count);
void user_handled_by_stub(bool on);
void user_calls(unsigned count); /* in user mode, which ends by #UD */

/* stubs.S: entries that note the TSC. */
extern uint64_t stub_stamp;       /* set by the stubs when 0 */
extern const char stub_event[];   /* an event callback; goes on to the normal */
extern const char stub_fault[];   /* page fault: skips stub_skip bytes */
extern const char stub_syscall[]; /* user's system call: returns at once */
extern uint64_t stub_skip;
void stub_iret(unsigned count);            /* count times the iret hypercall */
void stub_user_calls(unsigned long count); /* in user mode; ends by ud2 */
uint64_t stub_touch(const void *address);  /* a read of 2 bytes of code */

#endif
