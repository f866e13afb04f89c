/*
 * emulate.c - instructions that we carry out for a guest.
 *
 * In ring 3 its kernel's privileged instructions give #GP. Those that make
 * sense for it are done here, on its virtual processor; the rest it gets back
 * as its own #GP. INT n also comes here, since the gates of the real IDT are
 * closed to ring 3; and CPUID by #UD, behind the ABI's prefix.
 */
#include "trace/trace.h"
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/pv/bounce_private.h"
#include "xen/arch/x86/pv/emulate_private.h"
#include "xen/arch/x86/pv/pv_private.h"

#define ERROR_IDT 2u /* the error code names a gate of the IDT */

uint64_t *pv_register(struct cpu_user_regs *r, unsigned number)
{
    uint64_t *const reg[16] = { &r->rax, &r->rcx, &r->rdx, &r->rbx,
                                &r->rsp, &r->rbp, &r->rsi, &r->rdi,
                                &r->r8,  &r->r9,  &r->r10, &r->r11,
                                &r->r12, &r->r13, &r->r14, &r->r15 };

    return reg[number & 15];
}

/* Read what can be read of the instruction at rip: it may end before a page
 * that is not there. */
static struct instruction fetch(const struct cpu_user_regs *regs)
{
    uint8_t bytes[INSTRUCTION_MAX];
    unsigned first = (unsigned)(PAGE_SIZE - (regs->rip & (PAGE_SIZE - 1)));
    unsigned size = 0;

    if (first > INSTRUCTION_MAX)
        first = INSTRUCTION_MAX;
    if (!copy_from_guest(bytes, regs->rip, first)) {
        size = first;
        if (first < INSTRUCTION_MAX &&
            !copy_from_guest(bytes + first, regs->rip + first,
                             INSTRUCTION_MAX - first))
            size = INSTRUCTION_MAX;
    }
    return pv_decode(bytes, size);
}

static void advance(struct pv_vcpu *p, struct cpu_user_regs *regs,
                    unsigned length)
{
    regs->rip += length;
    regs->rflags &= ~(uint64_t)FLAG_RF;
    if (unlikely(regs->rflags & FLAG_TF)) {
        p->dr[6] |= 0x4000;
        pv_inject(1, -1);
    }
}

/* ---- control and debug registers ---- */

static bool read_cr(struct pv_vcpu *p, unsigned cr, uint64_t *value)
{
    switch (cr) {
    case 0:
        *value = (p->ctrlreg[0] & ~(uint64_t)CR0_TS) | (p->ts ? CR0_TS : 0u);
        return true;
    case 2:
        *value = p->info->arch.cr2;
        return true;
    case 3: /* as the ABI writes it: the frame of its kernel's top table */
        *value = p->l4_kernel & PAGE_MASK;
        return true;
    case 4:
        *value = p->ctrlreg[4];
        return true;
    default:
        return false;
    }
}

static bool write_cr(struct pv_vcpu *p, unsigned cr, uint64_t value)
{
    switch (cr) {
    case 0:
        if ((value ^ p->ctrlreg[0]) & ~(uint64_t)CR0_TS)
            return false;
        pv_set_ts(p, value & CR0_TS);
        return true;
    case 2:
        p->info->arch.cr2 = value;
        return true;
    case 4: /* none of them is needed for what a guest may do */
        p->ctrlreg[4] = value & CR4_GUEST;
        return true;
    default:
        return false;
    }
}

static bool read_dr(const struct pv_vcpu *p, unsigned dr, uint64_t *value)
{
    if (dr == 4 || dr == 5)
        dr += 2; /* CR4.DE is off: other names for 6 and 7 */
    if (dr > 7)
        return false;
    *value = p->dr[dr];
    return true;
}

/* ---- model-specific registers ---- */

static bool rdmsr_for(struct pv_vcpu *p, struct cpu_user_regs *regs)
{
    uint64_t value = 0;

    /* Kernels may probe before they have a handler for #GP (public xen.h, at
     * struct trap_info): they read zero. */
    if (!pv_read_msr(p, (uint32_t)regs->rcx, &value) && p->traps[13].address)
        return false;
    regs->rax = (uint32_t)value;
    regs->rdx = value >> 32;
    return true;
}

static bool wrmsr_for(struct pv_vcpu *p, const struct cpu_user_regs *regs)
{
    return pv_write_msr(p, (uint32_t)regs->rcx,
                        (uint32_t)regs->rax | regs->rdx << 32);
}

/* ---- all of them ---- */

static bool execute(struct pv_vcpu *p, struct cpu_user_regs *regs,
                    const struct instruction *in)
{
    switch (in->kind) {
    case INSTR_CLI: /* no effect: POPF could not be seen to undo it */
    case INSTR_STI:
        return p->iopl != 0;
    case INSTR_CLTS:
        pv_set_ts(p, false);
        return true;
    case INSTR_WBINVD:
        if (up_is_hardware_domain())
            wbinvd();
        return true;
    case INSTR_READ_CR:
        return read_cr(p, in->cr, pv_register(regs, in->reg));
    case INSTR_WRITE_CR:
        return write_cr(p, in->cr, *pv_register(regs, in->reg));
    case INSTR_READ_DR:
        return read_dr(p, in->cr, pv_register(regs, in->reg));
    case INSTR_WRITE_DR:
        return pv_set_debugreg(p, in->cr, *pv_register(regs, in->reg)) == 0;
    case INSTR_RDMSR:
        return rdmsr_for(p, regs);
    case INSTR_WRMSR:
        return wrmsr_for(p, regs);
    case INSTR_XSETBV:
        return (uint32_t)regs->rcx == 0 &&
               fpu_set_xcr0(p, (uint32_t)regs->rax | regs->rdx << 32);
    case INSTR_INVLPG: /* Linux asks by hypercall */
    case INSTR_NONE:
    case INSTR_INT:
    case INSTR_IN:
    case INSTR_OUT:
    case INSTR_INS:
    case INSTR_OUTS:
    case INSTR_CPUID:
        return false;
    }
    return false;
}

/* INT n. The processor says n * 8 + 2; QEMU 7.2, for a 64-bit IDT, n * 16 + 2:
 * so the instruction itself is believed. */
static bool software_interrupt(struct pv_vcpu *p, struct cpu_user_regs *regs)
{
    struct instruction in = fetch(regs);
    unsigned dpl, n = in.immediate;

    if (in.kind != INSTR_INT || (regs->error_code != n * 8 + ERROR_IDT &&
                                 regs->error_code != n * 16 + ERROR_IDT))
        return false;
    dpl = TI_GET_DPL(&p->traps[n]);
    if (p->traps[n].address && dpl >= (p->kernel_mode ? 1u : 3u)) {
        regs->rip += in.length;
        pv_inject(n, -1);
    } else {
        pv_inject(13, (int)(n * 8 + ERROR_IDT));
    }
    return true;
}

bool pv_emulate_gp(struct pv_vcpu *p, struct cpu_user_regs *regs)
{
    struct instruction in;
    bool done = true;

    if (regs->error_code)
        return (regs->error_code & 7) == ERROR_IDT &&
               software_interrupt(p, regs);
    if (!p->kernel_mode && p->iopl != FLAG_IOPL && !p->io_ports)
        return false;
    in = fetch(regs);
    if (pv_is_port_io(&in)) {
        if (!pv_port_io(p, regs, &in, &done))
            return false;
    } else if (!p->kernel_mode || !execute(p, regs, &in)) {
        return false;
    }
    trace_2(TRC_PV_EMULATE_PRIVOP | TRC_64_FLAG, (uint32_t)regs->rip,
            (uint32_t)(regs->rip >> 32));
    if (done)
        advance(p, regs, in.length);
    return true;
}

bool pv_emulate_ud(struct pv_vcpu *p, struct cpu_user_regs *regs)
{
    struct instruction in = fetch(regs);
    struct cpuid_regs r;

    if (in.kind != INSTR_CPUID)
        return false;
    r = pv_cpuid(p, (uint32_t)regs->rax, (uint32_t)regs->rcx);
    regs->rax = r.eax;
    regs->rbx = r.ebx;
    regs->rcx = r.ecx;
    regs->rdx = r.edx;
    advance(p, regs, in.length);
    return true;
}
