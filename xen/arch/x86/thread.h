/*
 * thread.h - switching from one hypervisor stack to another.
 *
 * A thread is a stack and where on it to go on. thread_switch() returns, on
 * the old stack, when somebody switches back; the compiler takes every register
 * for changed then, and so keeps what it needs on that stack itself. Interrupts
 * are off; the scheduler lock of the CPU is held across it.
 */
#ifndef XEN_ARCH_X86_THREAD_H
#define XEN_ARCH_X86_THREAD_H

#include "xen/lib/types.h"

struct pv_vcpu;

struct thread {
    uintptr_t sp; /* while it does not run: its stack pointer */
    void *stack;  /* lowest address; STACK_SIZE bytes */
};

/* Give t a stack whose first thread_switch() calls entry(), which must not
 * return. pv: whose stack it is, or NULL. 0, or -ENOMEM. */
int thread_create(struct thread *t, void (*entry)(void), struct pv_vcpu *pv);
void thread_destroy(struct thread *t); /* it does not run */

/* Leave prev for next. Sets the CPU's entry stacks (RSP0, syscall) and next's
 * stack_top. Interrupts off. */
static inline void thread_switch(struct thread *prev, struct thread *next)
{
    __asm__ volatile("call thread_switch_stacks"
                     : "+D"(prev), "+S"(next)
                     :
                     : "rax", "rcx", "rdx", "rbx", "r8", "r9", "r10", "r11",
                       "r12", "r13", "r14", "r15", "cc", "memory");
}

#endif
