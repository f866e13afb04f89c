/*
 * Exceptions and user system calls, as handlers in C.
 *
 * A handler may change the frame (rip, registers); leaving it goes by the iret
 * hypercall. Without a handler an exception prints the registers and crashes
 * the domain. Handlers run with upcalls as the trap table says: we ask for no
 * masking on exceptions; events enter masked.
 */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TRAP_DIVIDE = 0,
    TRAP_DEBUG = 1,
    TRAP_BREAKPOINT = 3,
    TRAP_OVERFLOW = 4,
    TRAP_BOUND = 5,
    TRAP_INVALID = 6,
    TRAP_NO_DEVICE = 7,
    TRAP_BAD_TSS = 10,
    TRAP_NOT_PRESENT = 11,
    TRAP_STACK = 12,
    TRAP_PROTECTION = 13,
    TRAP_PAGE_FAULT = 14,
    TRAP_FP = 16,
    TRAP_ALIGNMENT = 17,
    TRAP_SIMD = 19,
    TRAP_EVENT = 256,
    TRAP_SYSCALL = 257,
    TRAP_FAILSAFE = 258,
    TRAP_COUNT
};

struct trap_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi,
        rdi;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* True when the frame is of user mode: a kernel's CS is shown with RPL 0. */
static inline bool trap_from_user(const struct trap_frame *frame)
{
    return (frame->cs & 3) == 3;
}

typedef void trap_handler_t(struct trap_frame *frame);

/* Installs the table and the callbacks on vCPU 0. Once. */
void trap_init(void);

/* The trap table as the hypervisor takes it; for a further vCPU's context. */
const struct trap_info *trap_table(void);

/* Sets (or with null, clears) the handler of TRAP_*. Returns the old one. */
trap_handler_t *trap_set_handler(unsigned vector, trap_handler_t *handler);

/* Leaves to a frame made by hand; never returns. The frame lies on a stack. */
void trap_resume(const struct trap_frame *frame) __attribute__((noreturn));

/* The faulting address of the page fault now being handled on this vCPU. */
uint64_t trap_fault_address(void);

void trap_print_frame(const struct trap_frame *frame);

#endif
