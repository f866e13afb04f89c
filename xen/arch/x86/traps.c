/*
 * traps.c - exceptions that the hypervisor raises itself.
 *
 * Some of our instructions may fault because of what a guest gave us. Each has
 * an entry in the exception table: where it stands, and where to go on. Any
 * other exception is our own fault, and the end.
 */
#include "xen/arch/up.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/pv/pv.h"
#include "xen/arch/x86/stack.h"
#include "xen/arch/x86/traps.h"
#include "xen/lib/log.h"

struct fixup {
    uintptr_t from, to;
};
extern const struct fixup __start_ex_table[], __stop_ex_table[];

/* The address of the last page fault that was tried again. */
static DEFINE_PER_CPU(uintptr_t, tried);

static DEFINE_PER_CPU(struct trap_mended, mended);

/* Some hundred entries, and a rare event: no need to sort. */
static uintptr_t find_fixup(uintptr_t rip)
{
    const struct fixup *f;

    for (f = __start_ex_table; f < __stop_ex_table; f++)
        if (f->from == rip)
            return f->to;
    return 0;
}

/* A guest may have made an entry more permissive without a flush: then the
 * processor may fault on what it had cached, which goes by that (SDM 3A
 * 4.10.4.3). So each such address has a second try. */
static bool try_again(const struct cpu_user_regs *regs)
{
    uintptr_t address;

    if (regs->entry_vector != 14 || !(regs->error_code & 1))
        return false;
    address = read_cr2();
    if (this_cpu(tried) == address) {
        this_cpu(tried) = 0;
        return false;
    }
    this_cpu(tried) = address;
    return true;
}

/* What a guest's shadow tables lacked is there now. */
static bool filled(struct cpu_user_regs *regs)
{
    const struct pv_vcpu *p = current_pv();

    return regs->entry_vector == 14 && p && p->shadow &&
           up_shadow_fault(read_cr2(), &regs->error_code);
}

void trap_hypervisor(struct cpu_user_regs *regs)
{
    uintptr_t to;

    if (regs->entry_vector == 1) {
        /* A guest's breakpoint on data that we touched for it, or a MOV SS
         * before its SYSCALL: nothing to us. */
        __asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0ul));
        return;
    }
    to = find_fixup(regs->rip);
    if (!to)
        fatal_trap(regs);
    if (filled(regs) || try_again(regs))
        return;
    this_cpu(mended).vector = regs->entry_vector;
    this_cpu(mended).error_code = regs->error_code;
    regs->rip = to;
}

struct trap_mended trap_last_mended(void)
{
    return this_cpu(mended);
}

void WEAK trap_nmi(struct cpu_user_regs *regs)
{
    (void)regs;
    log_debug("CPU %u: an NMI that nobody asked for", this_cpu_id());
}

void trap_machine_check(struct cpu_user_regs *regs)
{
    fatal_trap(regs);
}
