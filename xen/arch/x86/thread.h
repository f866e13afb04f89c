/*
 * thread.h - switching from one hypervisor stack to another.
 *
 * A thread is a stack and where on it to go on. thread_switch() saves the
 * callee-saved registers on the old stack and takes those of the new one; it
 * returns, on the old stack, when somebody switches back. Interrupts are off;
 * the scheduler lock of the CPU is held across it.
 */
#ifndef XEN_ARCH_X86_THREAD_H
#define XEN_ARCH_X86_THREAD_H

#include "xen/lib/types.h"

struct pv_vcpu;

struct thread {
    uintptr_t sp; /* while it does not run: where its registers are saved */
    void *stack;  /* lowest address; STACK_SIZE bytes */
};

/* Give t a stack whose first thread_switch() calls entry(), which must not
 * return. pv: whose stack it is, or NULL. 0, or -ENOMEM. */
int thread_create(struct thread *t, void (*entry)(void), struct pv_vcpu *pv);
void thread_destroy(struct thread *t); /* it does not run */

/* Leave prev for next. Sets the CPU's entry stacks (RSP0, syscall) and next's
 * stack_top. Interrupts off. */
void thread_switch(struct thread *prev, struct thread *next);

#endif
