/*
 * pv_cpu.c - hypercalls by which a paravirtual guest sets up its processor:
 * trap table, descriptor tables, stacks, callbacks, debug registers, iret.
 *
 * Only a guest's kernel gets here (entry.S), on the vCPU that it is about.
 */
#include <xen/callback.h>
#include <xen/errno.h>
#include <xen/nmi.h>
#include <xen/xen.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/msr.h"
#include "xen/core/domain.h"
#include "xen/core/mmu.h"
#include "xen/hypercall/hypercall.h"

/* The parameters of every entry; most use few of them. */
#define ARGUMENTS                                                              \
    uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f
#define UNUSED4 (void)c, (void)d, (void)e, (void)f
#define UNUSED5 (void)b, UNUSED4

static bool canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

/* set_trap_table(const struct trap_info *traps): NULL clears them all. */
int64_t hypercall_set_trap_table(ARGUMENTS)
{
    struct pv_vcpu *p = current_pv();
    struct trap_info t;

    UNUSED5;
    if (!a)
        for (unsigned i = 0; i < 256; i++)
            p->traps[i] = (struct trap_info){ .vector = (uint8_t)i };
    for (unsigned i = 0; a && i < 257; i++, a += sizeof(t)) {
        if (copy_from_guest(&t, a, sizeof(t)))
            return -XEN_EFAULT;
        if (!t.address)
            break;
        if (!pv_set_trap(p, &t))
            return -XEN_EINVAL;
    }
    return 0;
}

/* set_gdt(const xen_pfn_t *frames, unsigned entries) */
int64_t hypercall_set_gdt(ARGUMENTS)
{
    uint64_t frames[PV_GDT_FRAMES];
    unsigned entries = (unsigned)b;

    UNUSED4;
    if (entries > FIRST_RESERVED_GDT_ENTRY)
        return -XEN_EINVAL;
    if (copy_from_guest(frames, a, (entries + 511) / 512 * sizeof(frames[0])))
        return -XEN_EFAULT;
    return mmu_set_gdt(current_vcpu(), frames, entries);
}

/* stack_switch(unsigned long ss, unsigned long sp) */
int64_t hypercall_stack_switch(ARGUMENTS)
{
    struct pv_vcpu *p = current_pv();

    UNUSED4;
    p->kernel_ss = a | 3;
    p->kernel_sp = b;
    return 0;
}

/* set_callbacks(event, failsafe, syscall): addresses */
int64_t hypercall_set_callbacks(ARGUMENTS)
{
    struct pv_vcpu *p = current_pv();

    (void)d, (void)e, (void)f;
    if (!canonical(a) || !canonical(b) || !canonical(c))
        return -XEN_EINVAL;
    p->event_callback = a;
    p->failsafe_callback = b;
    p->syscall_callback = c;
    p->failsafe_masks = p->syscall_masks = 0;
    return 0;
}

static int64_t callback_register(uintptr_t arg)
{
    struct pv_vcpu *p = current_pv();
    struct callback_register r;
    uint8_t masks;

    if (copy_from_guest(&r, arg, sizeof(r)))
        return -XEN_EFAULT;
    if (!canonical(r.address))
        return -XEN_EINVAL;
    masks = (r.flags & CALLBACKF_mask_events) != 0;
    switch (r.type) {
    case CALLBACKTYPE_event:
        p->event_callback = r.address;
        return 0;
    case CALLBACKTYPE_failsafe:
        p->failsafe_callback = r.address;
        p->failsafe_masks = masks;
        return 0;
    case CALLBACKTYPE_syscall:
        p->syscall_callback = r.address;
        p->syscall_masks = masks;
        return 0;
    case CALLBACKTYPE_nmi:
        p->nmi_callback = r.address;
        return 0;
    default: /* 32-bit programs use INT 0x80 */
        return hypercall_unknown_op(__HYPERVISOR_callback_op,
                                    CALLBACKOP_register);
    }
}

static int64_t callback_unregister(uintptr_t arg)
{
    struct callback_unregister u;

    if (copy_from_guest(&u, arg, sizeof(u)))
        return -XEN_EFAULT;
    switch (u.type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
        return -XEN_EINVAL;
    case CALLBACKTYPE_nmi:
        current_pv()->nmi_callback = 0;
        return 0;
    default:
        return hypercall_unknown_op(__HYPERVISOR_callback_op,
                                    CALLBACKOP_unregister);
    }
}

/* callback_op(int cmd, const void *arg) */
int64_t hypercall_callback_op(ARGUMENTS)
{
    UNUSED4;
    switch ((int)a) {
    case CALLBACKOP_register:
        return callback_register(b);
    case CALLBACKOP_unregister:
        return callback_unregister(b);
    default:
        return hypercall_unknown_op(__HYPERVISOR_callback_op, (uint32_t)a);
    }
}

/* nmi_op(unsigned cmd, void *arg) */
int64_t hypercall_nmi_op(ARGUMENTS)
{
    struct pv_vcpu *p = current_pv();
    struct xennmi_callback callback;

    UNUSED4;
    switch ((unsigned)a) {
    case XENNMI_register_callback:
        if (copy_from_guest(&callback, b, sizeof(callback)))
            return -XEN_EFAULT;
        if (!canonical(callback.handler_address) || current_vcpu()->id)
            return -XEN_EINVAL;
        p->nmi_callback = callback.handler_address;
        return 0;
    case XENNMI_unregister_callback:
        p->nmi_callback = 0;
        return 0;
    default:
        return hypercall_unknown_op(__HYPERVISOR_nmi_op, (uint32_t)a);
    }
}

/* fpu_taskswitch(int set) */
int64_t hypercall_fpu_taskswitch(ARGUMENTS)
{
    UNUSED5;
    pv_set_ts(current_pv(), (int)a != 0);
    return 0;
}

/* set_debugreg(int reg, unsigned long value) */
int64_t hypercall_set_debugreg(ARGUMENTS)
{
    UNUSED4;
    return pv_set_debugreg(current_pv(), (unsigned)a, b);
}

/* get_debugreg(int reg): the value; errors can't be told from values. */
int64_t hypercall_get_debugreg(ARGUMENTS)
{
    unsigned reg = (unsigned)a;

    UNUSED5;
    if (reg > 7 || reg == 4 || reg == 5)
        return -XEN_EINVAL;
    return (int64_t)current_pv()->dr[reg];
}

/* set_segment_base(unsigned which, unsigned long base) */
int64_t hypercall_set_segment_base(ARGUMENTS)
{
    UNUSED4;
    return pv_set_segment_base(current_pv(), (unsigned)a, b);
}

/* iret(): all arguments are on the guest's stack */
int64_t hypercall_iret(ARGUMENTS)
{
    (void)a, UNUSED5;
    return pv_iret();
}
