/*
 * port.c - port I/O by a guest that may: IN, OUT, and their string forms.
 *
 * Two ask in turn. The guest's own kernel, as on the bare processor: by IOPL
 * and by the bitmap that it keeps for its programs (set_iobitmap); what these
 * forbid is #GP. Then we: ports that the domain may not use read as all ones
 * and take no writes, as where no device is: kernels probe.
 */
#include "xen/arch/up.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/pci.h"
#include "xen/arch/x86/pv/bounce_private.h"
#include "xen/arch/x86/pv/emulate_private.h"
#include "xen/arch/x86/pv/pv.h"

#define BURST 512u /* repetitions before the guest may be interrupted */

static uint32_t port_in(uint16_t port, unsigned width)
{
    if (!up_may_use_ports(port, (uint16_t)width))
        return ~0u;
    if (pci_is_port(port, width))
        return pci_port_in(port, width);
    return port_read(port, width);
}

/* The mode of the timer's channel 2, which may be set where the others may not:
 * kernels measure clocks by it. */
static bool is_timer2_mode(uint16_t port, unsigned width, uint32_t value)
{
    return port == 0x43 && width == 1 && value >> 6 == 2 &&
           up_may_use_ports(0x42, 1);
}

static void port_out(uint16_t port, unsigned width, uint32_t value)
{
    if (!up_may_use_ports(port, (uint16_t)width) &&
        !is_timer2_mode(port, width, value))
        return;
    if (pci_is_port(port, width)) {
        pci_port_out(port, width, value);
        return;
    }
    port_write(port, width, value);
}

/* al, ax keep the rest of rax; eax clears the upper half. */
static void set_rax(struct cpu_user_regs *regs, unsigned width, uint32_t value)
{
    uint64_t mask = width == 4 ? ~0ull : (1ull << 8 * width) - 1;

    regs->rax = (regs->rax & ~mask) | (value & mask);
}

/* One item of INS or OUTS. False: its memory is not there; a page fault is on
 * its way to the guest, which will repeat the instruction. */
static bool string_item(struct cpu_user_regs *regs,
                        const struct instruction *in)
{
    bool input = in->kind == INSTR_INS;
    uint64_t *index = input ? &regs->rdi : &regs->rsi;
    uint64_t address = in->address32 ? (uint32_t)*index : *index;
    uint64_t step = regs->rflags & FLAG_DF ? -(uint64_t)in->width : in->width;
    uint32_t value = 0;

    if (input) {
        value = port_in((uint16_t)regs->rdx, in->width);
        if (copy_to_guest(address, &value, in->width)) {
            pv_inject_page_fault(address, 2);
            return false;
        }
    } else {
        if (copy_from_guest(&value, address, in->width)) {
            pv_inject_page_fault(address, 0);
            return false;
        }
        port_out((uint16_t)regs->rdx, in->width, value);
    }
    *index = in->address32 ? (uint32_t)(address + step) : address + step;
    return true;
}

static void string_io(struct cpu_user_regs *regs, const struct instruction *in,
                      bool *done)
{
    uint64_t count = !in->repeat     ? 1
                     : in->address32 ? (uint32_t)regs->rcx
                                     : regs->rcx;
    unsigned burst = 0;

    *done = false;
    for (; count && burst < BURST; count--, burst++) {
        if (!string_item(regs, in))
            return;
        if (in->repeat)
            regs->rcx = count - 1;
    }
    *done = count == 0; /* else it is carried out again for the rest */
}

/* The bitmap is in the kernel's memory, which its user's tables need not have.
 * What can't be read there forbids. */
static bool bitmap_allows(struct pv_vcpu *p, uint16_t port, unsigned width)
{
    unsigned first = port % 8, mask = ((1u << width) - 1) << first;
    uint8_t bits[2] = { 0, 0 };
    bool user = !p->kernel_mode;
    int rc;

    if (port + width > p->io_ports)
        return false;
    if (user)
        pv_toggle(p);
    rc = copy_from_guest(bits, p->io_bitmap + port / 8,
                         first + width > 8 ? 2 : 1);
    if (user)
        pv_toggle(p);
    return !rc && !((bits[0] | (unsigned)bits[1] << 8) & mask);
}

/* For the kernel, ring 3 as it is, the ABI has IOPL 1 suffice. */
static bool guest_allows(struct pv_vcpu *p, uint16_t port, unsigned width)
{
    if (p->kernel_mode ? p->iopl != 0 : p->iopl == FLAG_IOPL)
        return true;
    return bitmap_allows(p, port, width);
}

bool pv_port_io(struct pv_vcpu *p, struct cpu_user_regs *regs,
                const struct instruction *in, bool *done)
{
    uint16_t port = in->immediate & PORT_IN_DX ? (uint16_t)regs->rdx
                                               : (uint16_t)in->immediate;

    if (!guest_allows(p, port, in->width))
        return false;
    if (in->kind == INSTR_IN) {
        set_rax(regs, in->width, port_in(port, in->width));
    } else if (in->kind == INSTR_OUT) {
        port_out(port, in->width, (uint32_t)regs->rax);
    } else {
        if (in->segment)
            return false;
        string_io(regs, in, done);
    }
    return true;
}
