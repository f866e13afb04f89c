/*
 * Privileged instructions: those that are emulated do what they should, those
 * that are not give #GP, and the hypervisor says who it is by CPUID.
 */
#include <stddef.h>
#include <xen/arch-x86/cpuid.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/trap.h"

#define MSR_EFER 0xc0000080
#define MSR_NONE 0x12345678

static volatile unsigned faults;
static uint64_t resume;

static void note(struct trap_frame *frame)
{
    faults++;
    frame->rip = resume;
}

/* Runs one instruction (text) with rax = 0 and rcx = number. */
#define TRY(text, number)                                                      \
    do {                                                                       \
        uint64_t rax = 0, rcx = (number);                                      \
        __asm__ volatile("lea 1f(%%rip), %%r15; mov %%r15, %[resume]\n" text   \
                         "\n1:"                                                \
                         : [resume] "=m"(resume), "+a"(rax), "+c"(rcx)         \
                         :                                                     \
                         : "rdx", "r15", "memory");                            \
    } while (0)

static void test_emulated(void)
{
    unsigned long cr0, cr2, cr3, cr4;
    uint32_t low, high;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    check((cr0 & 0x80000001) == 0x80000001, "CR0 %lx: paging, protection", cr0);
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    check(cr4 & 0x20, "CR4 %lx: PAE", cr4);
    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    check(cr3 != 0, "CR3 is 0");
    __asm__ volatile("mov %0, %%cr2" : : "r"(0x1234UL));
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    check_equal((long)cr2, 0x1234, "CR2 as written");
    __asm__ volatile("clts");
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
    check(low & 1U << 10, "EFER %x: long mode", low);
    __asm__ volatile("wbinvd" : : : "memory");
    check_equal(faults, 0, "faults of what is emulated");
}

static void test_refused(void)
{
    unsigned before = faults;

    TRY("rdmsr", MSR_NONE);
    check_equal(faults, before + 1, "rdmsr of nothing gives #GP");
    before = faults;
    TRY("lgdt 0(%%rsp)", 0);
    check_equal(faults, before + 1, "lgdt gives #GP");
    before = faults;
    TRY("ltr %%ax", 0);
    check_equal(faults, before + 1, "ltr gives #GP");
    before = faults;
    TRY("hlt", 0);
    check(faults == before + 1 || faults == before, "hlt: %u faults",
          faults - before);
}

/* CPUID by the prefix that has it emulated (cpuid.h). */
static void test_cpuid(void)
{
    uint32_t a = XEN_CPUID_FIRST_LEAF, b, c = 0, d;

    __asm__ volatile("ud2a; .ascii \"xen\"; cpuid"
                     : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    check(b == XEN_CPUID_SIGNATURE_EBX && c == XEN_CPUID_SIGNATURE_ECX &&
              d == XEN_CPUID_SIGNATURE_EDX,
          "signature %x %x %x", b, c, d);
    check(a >= XEN_CPUID_FIRST_LEAF + 2, "highest leaf %x", a);
    a = XEN_CPUID_FIRST_LEAF + 1;
    c = 0;
    __asm__ volatile("ud2a; .ascii \"xen\"; cpuid"
                     : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    check_equal(a, 4 << 16 | 17, "version by CPUID");
}

void guest_main(void)
{
    report_begin("privilege");
    (void)trap_set_handler(TRAP_PROTECTION, note);
    test_emulated();
    test_refused();
    test_cpuid();
    report_end();
}
