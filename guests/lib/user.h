/*
 * User mode, on vCPU 0: the kernel's page table serves as the user's too, so
 * user code sees all that we see.
 */
#ifndef GUEST_USER_H
#define GUEST_USER_H

#include "guests/lib/trap.h"

#define KERNEL_CS_FRAME (0xe033 & ~3) /* what iret takes for kernel mode */

/* Registers the page table for user mode. False if refused. Once. */
bool user_init(void);

/*
 * Runs entry(arg) in user mode on a stack of its own until the first exception
 * or system call that has no handler, whose frame it returns. entry must not
 * return. Not reentrant.
 */
struct trap_frame user_run(void (*entry)(unsigned long arg), unsigned long arg);

/* Called by trap.c. */
void user_trapped(struct trap_frame *frame);

#endif
