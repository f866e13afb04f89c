/*
 * switch.c - from one vCPU to another: what the processor holds of a guest
 * besides its general registers and its address space.
 *
 * Between pv_switch_out() and the next pv_switch_in() a CPU is on its own GDT
 * (or still on that of a vCPU of the same domain as the next), without LDT,
 * with null data selectors, breakpoints off and CR0.TS clear: what is usual is
 * then left as it is, and costs a comparison.
 */
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/pv/pv_private.h"
#include "xen/arch/x86/tables_private.h"

/* A selector that can't be loaded any more becomes null, as on a return to a
 * segment that is gone: its user gets #GP when it uses it. */
static void load_selectors(const union pv_selectors *s)
{
    pv_load_selector(ds, s->each[0]);
    pv_load_selector(es, s->each[1]);
    pv_load_selector(fs, s->each[2]);
    pv_load_selector(gs, s->each[3]);
}

static void save_selectors(union pv_selectors *s)
{
    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                     : "=m"(s->each[0]), "=m"(s->each[1]), "=m"(s->each[2]),
                       "=m"(s->each[3]));
}

static void save_bases(struct pv_vcpu *p)
{
    uint64_t active, other;

    if (likely(fpu_host.fsgsbase)) {
        __asm__ volatile("rdfsbase %0; rdgsbase %1; swapgs; rdgsbase %2"
                         : "=r"(p->fs_base), "=r"(active), "=r"(other));
    } else {
        p->fs_base = rdmsr(MSR_FS_BASE);
        active = rdmsr(MSR_GS_BASE);
        other = rdmsr(MSR_KERNEL_GS_BASE);
    }
    p->gs_base[p->kernel_mode] = active;
    p->gs_base[!p->kernel_mode] = other;
}

static void load_bases(const struct pv_vcpu *p)
{
    uint64_t active = p->gs_base[p->kernel_mode];
    uint64_t other = p->gs_base[!p->kernel_mode];

    if (likely(fpu_host.fsgsbase)) {
        __asm__ volatile("wrfsbase %0; wrgsbase %2; swapgs; wrgsbase %1"
                         :
                         : "r"(p->fs_base), "r"(active), "r"(other));
    } else {
        wrmsr(MSR_FS_BASE, p->fs_base);
        wrmsr(MSR_GS_BASE, active);
        wrmsr(MSR_KERNEL_GS_BASE, other);
    }
}

void pv_load_ldt(struct pv_vcpu *p)
{
    uint64_t flags;

    if (p->ldt_entries)
        gdt_set_system(&p->gdt_page[HV_LDT / 8 % 512],
                       p->window + LDT_WINDOW_OFFSET, p->ldt_entries * 8 - 1,
                       2);
    flags = irq_save();
    if (current_pv() == p)
        lldt(p->ldt_entries ? HV_LDT : 0);
    irq_restore(flags);
}

/* The usual case stays short, and the rest in functions of its own. */
static NOINLINE void put_away_rare(struct pv_vcpu *p)
{
    static const union pv_selectors null;

    if (p->selectors.all)
        load_selectors(&null);
    if (p->ldt_entries)
        lldt(0);
    if (p->dr[7] & DR7_ACTIVE)
        __asm__ volatile("mov %0, %%dr7" : : "r"((uint64_t)DR7_FIXED));
}

/* Loading a selector of FS or GS changes its base. */
static NOINLINE void take_up_rare(struct pv_vcpu *p)
{
    if (p->ldt_entries)
        lldt(HV_LDT);
    if (p->selectors.all)
        load_selectors(&p->selectors);
    load_bases(p);
    if (p->dr[7] & DR7_ACTIVE)
        pv_load_debug_registers(p);
}

static bool has_rare(const struct pv_vcpu *p)
{
    return p->selectors.all || p->ldt_entries || p->dr[7] & DR7_ACTIVE;
}

/* What MSR_TSC_AUX holds on this CPU. */
static DEFINE_PER_CPU(uint32_t, tsc_aux);

static NOINLINE void write_tsc_aux(uint32_t value)
{
    this_cpu(tsc_aux) = value;
    wrmsr(MSR_TSC_AUX, value);
}

void pv_set_tsc_aux(struct pv_vcpu *p, uint32_t value)
{
    uint64_t flags = irq_save();

    p->tsc_aux = value;
    write_tsc_aux(value);
    irq_restore(flags);
}

void pv_switch_out(struct pv_vcpu *p, bool same_tables)
{
    fpu_switch_out(p);
    save_bases(p);
    save_selectors(&p->selectors);
    if (!same_tables)
        gdt_load_own();
    if (unlikely(has_rare(p)))
        put_away_rare(p);
}

void pv_switch_in(struct pv_vcpu *p)
{
    __asm__ volatile("lgdt %0" : : "m"(p->gdtr));
    fpu_switch_in(p);
    if (unlikely(this_cpu(tsc_aux) != p->tsc_aux))
        write_tsc_aux(p->tsc_aux);
    if (unlikely(has_rare(p)))
        take_up_rare(p);
    else
        load_bases(p);
}
