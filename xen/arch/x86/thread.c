/*
 * thread.c - making the stacks that thread_switch() switches between.
 *
 * A new stack looks as if thread_switch() had been called on it just before
 * the first instruction of its entry function.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/thread.h"
#include "xen/arch/x86/stack.h"
#include "xen/arch/x86/paging.h"

#define SAVED_REGISTERS 1u /* as thread_switch.S pushes */

int thread_create(struct thread *t, void (*entry)(void), struct pv_vcpu *pv)
{
    struct stack_top *top;
    uintptr_t *sp;

    t->stack = stack_alloc();
    if (!t->stack)
        return -XEN_ENOMEM;
    memset(t->stack, 0, STACK_SIZE);
    top = stack_top_of(t->stack);
    top->pv = pv;
    /* At entry's first instruction rsp is 8 off a multiple of 16, and the
     * word there is its return address: none. */
    sp = (uintptr_t *)top - 2;
    *--sp = (uintptr_t)entry;
    t->sp = (uintptr_t)(sp - SAVED_REGISTERS);
    return 0;
}

void thread_destroy(struct thread *t)
{
    if (t->stack)
        stack_free(t->stack);
    t->stack = NULL;
}
