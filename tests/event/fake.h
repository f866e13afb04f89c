/*
 * fake.h - the hypervisor's address map and stack, for host tests: included
 * before everything, in place of layout.h and stack.h.
 */
#ifndef TESTS_EVENT_FAKE_H
#define TESTS_EVENT_FAKE_H

#include <stdint.h>
#include <stddef.h>
#include <xen/xen.h>

#define XEN_ARCH_X86_LAYOUT_H
#define XEN_ARCH_X86_STACK_H
#define XEN_ARCH_X86_PERCPU_H

#define DIRECTMAP_START 0x300000000000ul
#define M2P_RW_START    0x500000000000ul
#define FRAMES_START    0x400000000000ul
#define HOLE_START      0xffff800000000000ul
#define HOLE_END        0xffff880000000000ul
#define NR_CPUS         256u

#define DECLARE_PER_CPU(type, name) extern __typeof__(type) percpu_##name
#define this_cpu(name)              (percpu_##name)
#define cpu(c, name)                (percpu_##name)
static inline unsigned this_cpu_id(void)
{
    return 0;
}

struct pv_vcpu;
struct stack_top;
struct pv_vcpu *current_pv(void);

#endif
