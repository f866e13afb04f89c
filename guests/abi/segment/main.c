/*
 * Segments: bases of FS and GS by hypercall and by MSR, a GDT and an LDT of our
 * own, selectors that survive a yield, and descriptors that are refused.
 */
#include <stddef.h>
#include <xen/sched.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/trap.h"
#include "guests/lib/vcpu.h"

#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

/* Flat data, DPL 3; the same in the LDT. Flat 64-bit code, DPL 3. */
#define DATA_DESCRIPTOR 0x00cff3000000ffffUL
#define CODE_DESCRIPTOR 0x00affb000000ffffUL
#define BUSY_TSS        0x00008b0000000067UL
#define SELECTOR_GDT    (1 << 3 | 3)
#define SELECTOR_LDT    (2 << 3 | 4 | 3)

static uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value),
                       "d"((uint32_t)(value >> 32))
                     : "memory");
}

static uint64_t read_fs(void)
{
    uint64_t value;

    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    return value;
}

static void yield(void)
{
    (void)hypercall_sched_op(SCHEDOP_yield, NULL);
}

static void test_fs(void)
{
    static uint64_t first = 0x1111, second = 0x2222;

    check_equal(hypercall_set_segment_base(SEGBASE_FS, address_of(&first)), 0,
                "set FS base");
    check_equal((long)read_fs(), 0x1111, "through FS");
    yield();
    check_equal((long)read_fs(), 0x1111, "through FS after a yield");
    wrmsr(MSR_FS_BASE, address_of(&second));
    check_equal((long)read_fs(), 0x2222, "through FS, by MSR");
    check_equal((long)rdmsr(MSR_FS_BASE), (long)address_of(&second),
                "FS base read back");
    check(hypercall_set_segment_base(SEGBASE_FS, 1UL << 63) < 0,
          "a base that is not canonical");
    check(hypercall_set_segment_base(99, 0) < 0, "an unknown base");
}

static void test_gs(void)
{
    uint64_t self = address_of(vcpu_self());

    check_equal((long)rdmsr(MSR_GS_BASE), (long)self, "GS base");
    check_equal(hypercall_set_segment_base(SEGBASE_GS_USER, 0x12345000), 0,
                "set the user's GS base");
    check_equal((long)rdmsr(MSR_KERNEL_GS_BASE), 0x12345000,
                "the user's GS base");
    yield();
    check_equal((long)rdmsr(MSR_GS_BASE), (long)self, "GS after a yield");
    check(address_of(vcpu_self()) == self, "GS leads elsewhere");
}

/* Loads a selector into ES; the fault handler says when it cannot be. */
static bool es_faulted;

static void es_fault(struct trap_frame *frame)
{
    es_faulted = true;
    frame->rip += 2; /* mov %eax, %es */
}

static bool load_es(unsigned selector)
{
    trap_handler_t *gp = trap_set_handler(TRAP_PROTECTION, es_fault);
    trap_handler_t *np = trap_set_handler(TRAP_NOT_PRESENT, es_fault);

    es_faulted = false;
    __asm__ volatile("mov %0, %%es" : : "a"(selector));
    trap_set_handler(TRAP_PROTECTION, gp);
    trap_set_handler(TRAP_NOT_PRESENT, np);
    return !es_faulted;
}

static unsigned read_es(void)
{
    unsigned selector;

    __asm__ volatile("mov %%es, %0" : "=r"(selector));
    return selector;
}

static void test_gdt(void)
{
    uint64_t *gdt = page_alloc(), *bad = page_alloc();
    uint64_t frame = virt_to_mfn(gdt), bad_frame = virt_to_mfn(bad);
    uint64_t entry = virt_to_machine(&gdt[3]);

    check(!load_es(SELECTOR_GDT), "a selector without a GDT");
    gdt[1] = DATA_DESCRIPTOR;
    gdt[2] = CODE_DESCRIPTOR;
    bad[1] = BUSY_TSS;
    (void)page_protect(gdt);
    (void)page_protect(bad);
    check(hypercall2(__HYPERVISOR_set_gdt, address_of(&bad_frame), 512) < 0,
          "a GDT with a task-state segment");
    check_equal(hypercall2(__HYPERVISOR_set_gdt, address_of(&frame), 512), 0,
                "set_gdt");
    check(page_unprotect(gdt) < 0, "a GDT made writable");
    if (check(load_es(SELECTOR_GDT), "our own selector faults")) {
        yield();
        check_equal(read_es(), SELECTOR_GDT, "ES after a yield");
    }
    check(!load_es(3 << 3 | 3), "an empty descriptor");
    check_equal(
        hypercall2(__HYPERVISOR_update_descriptor, entry, DATA_DESCRIPTOR), 0,
        "update_descriptor");
    check(load_es(3 << 3 | 3), "the descriptor just made");
    check(hypercall2(__HYPERVISOR_update_descriptor, entry, BUSY_TSS) < 0,
          "update_descriptor with a task-state segment");
    check(load_es(0), "the null selector");
    check(hypercall2(__HYPERVISOR_set_gdt, address_of(&frame), 8192) < 0,
          "a GDT that reaches the reserved part");
    check_equal(hypercall2(__HYPERVISOR_set_gdt, 0, 0), 0, "no GDT");
    check_equal(page_unprotect(gdt), 0, "the page is ours again");
    (void)page_unprotect(bad);
}

static void test_ldt(void)
{
    uint64_t *ldt = page_alloc();
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT,
                            .arg1.linear_addr = address_of(ldt),
                            .arg2.nr_ents = 512 };
    struct mmuext_op none = { .cmd = MMUEXT_SET_LDT };

    ldt[2] = DATA_DESCRIPTOR;
    (void)page_protect(ldt);
    check_equal(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF), 0, "set LDT");
    if (check(load_es(SELECTOR_LDT), "an LDT selector faults")) {
        yield();
        check_equal(read_es(), SELECTOR_LDT, "ES after a yield");
    }
    check(load_es(0), "the null selector");
    op.arg1.linear_addr += 8;
    check(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF) < 0,
          "an LDT that is not page-aligned");
    check_equal(hypercall_mmuext_op(&none, 1, NULL, DOMID_SELF), 0, "no LDT");
    check(!load_es(SELECTOR_LDT), "a selector of the LDT that is gone");
}

void guest_main(void)
{
    report_begin("segment");
    test_fs();
    test_gs();
    test_gdt();
    test_ldt();
    report_end();
}
