/*
 * Hypercalls: number in rax, arguments in rdi, rsi, rdx, r10, r8; result in
 * rax; rcx and r11 are lost (they are `syscall`'s own). No hypercall page is
 * needed: a PV kernel may make the call itself.
 *
 * Each wrapper does exactly what the public header says of the call.
 * Result: 0 or more, or a negative Xen errno (<xen/errno.h>, XEN_E*).
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/errno.h>
#include <xen/memory.h>

static inline long hypercall5(unsigned long number, unsigned long a1,
                              unsigned long a2, unsigned long a3,
                              unsigned long a4, unsigned long a5)
{
    register unsigned long r10 __asm__("r10") = a4;
    register unsigned long r8 __asm__("r8") = a5;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10),
                       "+r"(r8)
                     : "0"(number)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long hypercall2(unsigned long number, unsigned long a1,
                              unsigned long a2)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a1), "+S"(a2)
                     : "0"(number)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long hypercall4(unsigned long number, unsigned long a1,
                              unsigned long a2, unsigned long a3,
                              unsigned long a4)
{
    register unsigned long r10 __asm__("r10") = a4;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10)
                     : "0"(number)
                     : "rcx", "r11", "memory");
    return result;
}

static inline unsigned long address_of(const void *pointer)
{
    return (unsigned long)pointer;
}

static inline long hypercall_xen_version(unsigned op, void *arg)
{
    return hypercall2(__HYPERVISOR_xen_version, op, address_of(arg));
}

static inline long hypercall_console_io(unsigned op, unsigned count,
                                        const void *buffer)
{
    return hypercall4(__HYPERVISOR_console_io, op, count, address_of(buffer),
                      0);
}

static inline long hypercall_sched_op(unsigned op, const void *arg)
{
    return hypercall2(__HYPERVISOR_sched_op, op, address_of(arg));
}

static inline long hypercall_vcpu_op(unsigned op, unsigned vcpu,
                                     const void *arg)
{
    return hypercall4(__HYPERVISOR_vcpu_op, op, vcpu, address_of(arg), 0);
}

static inline long hypercall_event_channel_op(unsigned op, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, op, address_of(arg));
}

static inline long hypercall_grant_table_op(unsigned op, void *arg,
                                            unsigned count)
{
    return hypercall4(__HYPERVISOR_grant_table_op, op, address_of(arg), count,
                      0);
}

static inline long hypercall_memory_op(unsigned op, void *arg)
{
    return hypercall2(__HYPERVISOR_memory_op, op, address_of(arg));
}

static inline long hypercall_callback_op(unsigned op, const void *arg)
{
    return hypercall2(__HYPERVISOR_callback_op, op, address_of(arg));
}

static inline long hypercall_set_trap_table(const struct trap_info *table)
{
    return hypercall2(__HYPERVISOR_set_trap_table, address_of(table), 0);
}

static inline long hypercall_mmu_update(const struct mmu_update *list,
                                        unsigned count, unsigned *done,
                                        unsigned domid)
{
    return hypercall4(__HYPERVISOR_mmu_update, address_of(list), count,
                      address_of(done), domid);
}

static inline long hypercall_mmuext_op(const struct mmuext_op *list,
                                       unsigned count, unsigned *done,
                                       unsigned domid)
{
    return hypercall4(__HYPERVISOR_mmuext_op, address_of(list), count,
                      address_of(done), domid);
}

static inline long hypercall_update_va_mapping(unsigned long va, uint64_t pte,
                                               unsigned long flags)
{
    return hypercall4(__HYPERVISOR_update_va_mapping, va, pte, flags, 0);
}

static inline long hypercall_set_segment_base(unsigned which,
                                              unsigned long base)
{
    return hypercall2(__HYPERVISOR_set_segment_base, which, base);
}

static inline long hypercall_stack_switch(unsigned long ss, unsigned long sp)
{
    return hypercall2(__HYPERVISOR_stack_switch, ss, sp);
}

static inline long hypercall_multicall(struct multicall_entry *list,
                                       unsigned count)
{
    return hypercall2(__HYPERVISOR_multicall, address_of(list), count);
}

static inline long hypercall_set_timer_op(uint64_t deadline_ns)
{
    return hypercall2(__HYPERVISOR_set_timer_op, deadline_ns, 0);
}

static inline long hypercall_vm_assist(unsigned cmd, unsigned type)
{
    return hypercall2(__HYPERVISOR_vm_assist, cmd, type);
}

#endif
