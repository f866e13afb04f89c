/*
 * debugreg.c - a guest's breakpoints. They never stand on the hypervisor's
 * addresses, and are loaded only while their vCPU runs.
 */
#include <xen/errno.h>
#include "xen/arch/x86/pv/pv_private.h"

#define DR7_GD       (1ul << 13)
#define DR7_RESERVED 0xffffffff0000d800ul
#define DR6_RESERVED 0xffffffff00000000ul

static bool dr7_ok(uint64_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned kind = (unsigned)(value >> (16 + 4 * i)) & 3;

        if (value >> 2 * i & 3 && kind == 2) /* ports: CR4.DE is off */
            return false;
    }
    return true;
}

void pv_load_debug_registers(const struct pv_vcpu *p)
{
    __asm__ volatile("mov %0, %%dr0" : : "r"(p->dr[0]));
    __asm__ volatile("mov %0, %%dr1" : : "r"(p->dr[1]));
    __asm__ volatile("mov %0, %%dr2" : : "r"(p->dr[2]));
    __asm__ volatile("mov %0, %%dr3" : : "r"(p->dr[3]));
    __asm__ volatile("mov %0, %%dr6" : : "r"(DR6_FIXED));
    __asm__ volatile("mov %0, %%dr7" : : "r"(p->dr[7]));
}

/* The value as it may stand in the register, or an error. */
static int check(unsigned reg, uint64_t *value)
{
    switch (reg) {
    case 0 ... 3:
        if (!canonical(*value) ||
            *value - HOLE_START + 7 < HOLE_END - HOLE_START + 7)
            return -XEN_EPERM;
        return 0;
    case 6:
        if (*value & DR6_RESERVED)
            return -XEN_EPERM;
        *value = (*value | DR6_FIXED) & ~(1ul << 12);
        return 0;
    case 7:
        if (*value & (0xffffffff00000000ul) || !dr7_ok(*value))
            return -XEN_EPERM;
        *value = (*value & ~(DR7_RESERVED | DR7_GD)) | DR7_FIXED;
        return 0;
    default:
        return -XEN_EINVAL;
    }
}

int pv_set_debugreg(struct pv_vcpu *p, unsigned reg, uint64_t value)
{
    uint64_t flags;
    int rc = check(reg, &value);

    if (rc)
        return rc;
    flags = irq_save();
    p->dr[reg] = value;
    if (current_pv() == p && reg != 6) {
        if (p->dr[7] & DR7_ACTIVE)
            pv_load_debug_registers(p);
        else if (reg == 7)
            __asm__ volatile("mov %0, %%dr7" : : "r"((uint64_t)DR7_FIXED));
    }
    irq_restore(flags);
    return 0;
}
