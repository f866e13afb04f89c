/*
 * tables.c - GDT, TSS, IDT and entry MSRs of each CPU.
 *
 * The IDT is one for all CPUs; the rest is per CPU. A vCPU runs on a GDT of its
 * own (xen/arch/x86/pv/segments.c) that has our descriptors at the same
 * selectors; the CPU's own serves the idle loop and the time between two.
 */
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/tables_private.h"
#include "xen/arch/x86/traps.h"
#include "xen/lib/log.h"
#include "xen/lib/mem.h"

#define DESC_CODE64    0x00af9b000000ffffull /* ring 0; | DPL3 for ring 3 */
#define DESC_CODE32    0x00cf9b000000ffffull
#define DESC_DATA      0x00cf93000000ffffull
#define DESC_DPL3      0x0000600000000000ull
#define TYPE_LDT       2u
#define TYPE_TSS       9u
#define GATE_INTERRUPT 0x8e00u
#define GATE_DPL3      0x6000u

/* MSR_STAR: SYSCALL takes HV_CS and HV_DS; SYSRET FLAT_RING3_CS64, _SS64. */
#define STAR ((uint64_t)FLAT_RING3_CS32 << 48 | (uint64_t)HV_CS << 32)
/* What SYSCALL clears: nothing of the guest's may act on us. */
#define SYSCALL_CLEARS                                                         \
    (FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_RF | FLAG_VM |   \
     FLAG_AC)
/* The attribute table of the public ABI: WB, WT, UC-, UC, WC, WP, UC, UC. */
#define PAT_ABI 0x050100070406ull

struct gate {
    uint16_t offset0, selector, flags, offset1;
    uint32_t offset2, reserved;
};

/* entry.S: one stub of ENTRY_STUB_SIZE bytes for each vector; for each CPU. */
extern const char vector_stubs[], syscall_stubs[], syscall32_stubs[];
#define STUB_SIZE 32u

struct cpu_entry cpu_entry[NR_CPUS];
static struct gate idt[256] ALIGNED(4096);
static char boot_ist[NR_IST][STACK_SIZE] ALIGNED(STACK_SIZE);

const uint64_t gdt_reserved[GDT_RESERVED] = {
    [1] = DESC_CODE64,
    [2] = DESC_DATA,
    [4] = DESC_CODE32 | DESC_DPL3, /* FLAT_RING3_CS32 */
    [5] = DESC_DATA | DESC_DPL3,   /* FLAT_RING3_SS */
    [6] = DESC_CODE64 | DESC_DPL3, /* FLAT_RING3_CS64 */
};

_Static_assert(FLAT_RING3_CS32 == SELECTOR(4) + 3, "public ABI");
_Static_assert(FLAT_RING3_SS64 == SELECTOR(5) + 3, "public ABI");
_Static_assert(FLAT_RING3_CS64 == SELECTOR(6) + 3, "public ABI");

void gdt_set_system(uint64_t *entry, uintptr_t base, uint32_t limit,
                    unsigned type)
{
    entry[0] = (limit & 0xffff) | (base & 0xffffff) << 16 |
               (uint64_t)(0x80u | type) << 40 |
               (uint64_t)(limit & 0xf0000) << 32 | (base >> 24 & 0xff) << 56;
    entry[1] = base >> 32;
}

static void set_gate(unsigned vector, unsigned ist, unsigned dpl_flag)
{
    uintptr_t stub = (uintptr_t)vector_stubs + STUB_SIZE * vector;

    idt[vector] = (struct gate){
        .offset0 = (uint16_t)stub,
        .offset1 = (uint16_t)(stub >> 16),
        .offset2 = (uint32_t)(stub >> 32),
        .selector = HV_CS,
        .flags = (uint16_t)(GATE_INTERRUPT | dpl_flag | ist),
    };
}

static void init_idt(void)
{
    for (unsigned i = 0; i < 256; i++)
        set_gate(i, 0, 0);
    set_gate(1, IST_DEBUG, 0);
    set_gate(2, IST_NMI, 0);
    set_gate(3, 0, GATE_DPL3); /* INT3 and INTO need no #GP */
    set_gate(4, 0, GATE_DPL3);
    set_gate(8, IST_DOUBLE_FAULT, 0);
    set_gate(18, IST_MACHINE_CHECK, 0);
}

static void init_ist(struct tss *tss, unsigned cpu)
{
    for (unsigned i = 0; i < NR_IST; i++) {
        char *stack = boot_ist[i];
        struct stack_top *top;

        if (cpu) {
            stack = mem_alloc_pages(STACK_SHIFT - PAGE_SHIFT);
            if (!stack)
                panic("CPU %u: no memory for its stacks", cpu);
        }
        top = stack_top_of(stack);
        *top = (struct stack_top){ .cpu = cpu,
                                   .percpu_offset = percpu_offset[cpu],
                                   .ring = &percpu_rings[cpu].ring };
        tss->ist[i] = (uintptr_t)&top->regs.es; /* where ss..rip end */
    }
}

static void load_segments(void)
{
    unsigned data = HV_DS;

    __asm__ volatile("mov %0, %%ss" : : "r"(data));
    data = 0;
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs"
                     :
                     : "r"(data));
    __asm__ volatile("pushq %0; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:"
                     :
                     : "i"(HV_CS)
                     : "rax", "memory");
}

static void init_entry_msrs(unsigned cpu)
{
    wrmsr(MSR_STAR, STAR);
    wrmsr(MSR_LSTAR, (uintptr_t)syscall_stubs + STUB_SIZE * cpu);
    wrmsr(MSR_CSTAR, (uintptr_t)syscall32_stubs + STUB_SIZE * cpu);
    wrmsr(MSR_SYSCALL_MASK, SYSCALL_CLEARS);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
    wrmsr(MSR_SYSENTER_CS, 0); /* SYSENTER gives #GP */
    if (cpuid(1).edx & 1u << 16)
        wrmsr(MSR_PAT, PAT_ABI);
}

void cpu_tables_init(unsigned cpu)
{
    struct cpu_entry *e = &cpu_entry[cpu];
    struct table_register r = { sizeof(idt) - 1, (uintptr_t)idt };

    if (cpu == 0)
        init_idt();
    for (unsigned i = 0; i < GDT_RESERVED; i++)
        e->gdt[i] = gdt_reserved[i];
    e->tss.io_map = sizeof(struct tss);
    e->tss.rsp[0] = (uintptr_t)&stack_top()->regs.es;
    init_ist(&e->tss, cpu);
    gdt_set_system(&e->gdt[8], (uintptr_t)&e->tss, sizeof(struct tss) - 1,
                   TYPE_TSS);
    e->gdtr.limit = SELECTOR(GDT_RESERVED) - 1;
    e->gdtr.base = (uintptr_t)e->gdt - SELECTOR(0);
    gdt_load_own();
    load_segments();
    ltr(HV_TSS);
    lldt(0);
    lidt(&r);
    init_entry_msrs(cpu);
    fpu_init_cpu(cpu);
    /* No page of a guest's is ever ours to execute. */
    if (cpuid(0).eax >= 7 && cpuid_count(7, 0).ebx & 1u << 7)
        write_cr4(read_cr4() | CR4_SMEP);
}
