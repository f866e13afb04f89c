/*
 * Descriptor tables: what may stand in them, that segments of them can be
 * loaded, and that a return to a segment that is not there is told.
 */
#include <xen/sched.h>
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/trap.h"
#include "guests/lib/user.h"

#define DATA(base)                                                             \
    (0x00cff3000000ffffUL | ((base)&0xffffffUL) << 16 |                        \
     ((base) >> 24 & 0xff) << 56)
/* A gate of level 3 to the hypervisor's own code segment. (Xen takes gates to
 * a guest's code, which lead nowhere that the guest is not; Metronome takes
 * none, since nobody asks for them. That is not checked.) */
#define CALL_GATE           0x0000ec00e008ffffUL
#define TSS                 0x0000890000000067UL
#define RING0               0x00af9b000000ffffUL
#define SELECTOR(index)     ((index)*8 + 3)
#define LDT_SELECTOR(index) ((index)*8 + 7)

static long set_gdt(const void *page, unsigned entries)
{
    unsigned long frame = virt_to_mfn(page);

    return hypercall2(__HYPERVISOR_set_gdt, address_of(&frame), entries);
}

static long update(const uint64_t *entry, uint64_t value)
{
    return hypercall2(__HYPERVISOR_update_descriptor, virt_to_machine(entry),
                      value);
}

static void load_fs(uint32_t selector)
{
    __asm__ volatile("mov %0, %%fs" : : "r"(selector));
}

static uint32_t get_fs(void)
{
    uint32_t value;

    __asm__ volatile("mov %%fs, %0" : "=r"(value));
    return value & 0xffff;
}

static void test_gdt(uint64_t *gdt)
{
    uint32_t yield = 0;

    gdt[1] = DATA(0UL);
    gdt[2] = CALL_GATE;
    (void)page_protect(gdt);
    check(set_gdt(gdt, 512) < 0, "a GDT with a call gate is taken");
    (void)page_unprotect(gdt);
    gdt[2] = TSS;
    (void)page_protect(gdt);
    check(set_gdt(gdt, 512) < 0, "a GDT with a TSS is taken");
    (void)page_unprotect(gdt);
    gdt[2] = 0;
    check(set_gdt(gdt, 7169) == -XEN_EINVAL, "a GDT with our entries");
    (void)page_protect(gdt);
    if (!check_equal(set_gdt(gdt, 512), 0, "set_gdt"))
        return;
    check(page_unprotect(gdt) < 0, "a GDT in use can be made writable");
    check(update(&gdt[3], CALL_GATE) < 0, "a call gate is written");
    check(update(&gdt[3], TSS) < 0, "a TSS is written");
    check_equal(update(&gdt[3], RING0), 0, "a ring 0 segment");
    check((gdt[3] >> 45 & 3) == 3, "its level is %lu", gdt[3] >> 45 & 3);
    check_equal(update(&gdt[4], DATA(0x1000UL)), 0, "a data segment");
    load_fs(SELECTOR(4));
    (void)hypercall_sched_op(SCHEDOP_yield, &yield);
    check_equal(get_fs(), SELECTOR(4), "FS after a yield");
    load_fs(0);
}

static void test_ldt(uint64_t *ldt)
{
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT,
                            .arg1.linear_addr = address_of(ldt),
                            .arg2.nr_ents = 512 };
    uint32_t yield = 0;

    ldt[5] = DATA(0UL);
    (void)page_protect(ldt);
    if (!check_equal(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF), 0,
                     "MMUEXT_SET_LDT"))
        return;
    /* Set, and not used yet: the page is still its owner's to write to. */
    check_equal(page_unprotect(ldt), 0, "the page of an LDT not yet used");
    check_equal(page_protect(ldt), 0, "and read-only again");
    check_equal(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF), 0,
                "MMUEXT_SET_LDT again");
    load_fs(LDT_SELECTOR(5));
    (void)hypercall_sched_op(SCHEDOP_yield, &yield);
    check_equal(get_fs(), LDT_SELECTOR(5), "FS of the LDT after a yield");
    load_fs(0);
    op.arg2.nr_ents = 0;
    check_equal(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF), 0, "no LDT");
    check_equal(page_unprotect(ldt), 0, "the LDT's page is free again");
}

static struct {
    unsigned count;
    struct trap_frame frame;
    struct trap_frame back;
} failed;

static void note_fault(struct trap_frame *frame)
{
    failed.frame = *frame;
    failed.count++;
    *frame = failed.back;
}

/* Returns to a segment, or an address, that is none. */
static void bad_return(uint64_t cs, uint64_t rip, uint64_t ss)
{
    static struct trap_frame frame;

    failed.back = (struct trap_frame){ .cs = KERNEL_CS_FRAME,
                                       .rflags = 2,
                                       .ss = FLAT_KERNEL_SS };
    failed.count = 0;
    frame = failed.back;
    frame.cs = cs;
    frame.rip = rip;
    frame.ss = ss;
    __asm__ volatile("push %%rbp\n"
                     "push %%rbx\n"
                     "mov %%rsp, %0\n"
                     "mov %%rsp, %1\n"
                     "lea 1f(%%rip), %%rax\n"
                     "mov %%rax, %2\n"
                     "jmp trap_resume\n"
                     "1: pop %%rbx\n"
                     "pop %%rbp\n"
                     : "=m"(failed.back.rsp), "=m"(frame.rsp),
                       "=m"(failed.back.rip)
                     : "D"(&frame)
                     : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11",
                       "r12", "r13", "r14", "r15", "memory");
}

/* The exception comes from where the return was to go on. */
static void check_fault(const char *what, uint64_t error, uint64_t rip)
{
    check_equal(failed.count, 1, what);
    check(failed.frame.error == error, "%s: error code %lx", what,
          failed.frame.error);
    check(failed.frame.rip == rip, "%s: rip %lx", what, failed.frame.rip);
}

static void test_bad_return(void)
{
    trap_set_handler(TRAP_PROTECTION, note_fault);
    bad_return(SELECTOR(100) & ~3UL, 0x1000, FLAT_KERNEL_SS);
    check_fault("a return to no code segment", SELECTOR(100) & ~3UL, 0x1000);
    bad_return(0xe008, 0x1000, FLAT_KERNEL_SS);
    check_fault("a return to the hypervisor's segment", 0xe008, 0x1000);
    bad_return(KERNEL_CS_FRAME, 0x1000, SELECTOR(100));
    check_fault("a return to no stack segment", SELECTOR(100) & ~3UL, 0x1000);
    bad_return(KERNEL_CS_FRAME, 1UL << 63, FLAT_KERNEL_SS);
    check_fault("a return to no canonical address", 0, 1UL << 63);
    trap_set_handler(TRAP_PROTECTION, NULL);
}

void guest_main(void)
{
    report_begin("descriptor");
    test_gdt(page_alloc());
    test_ldt(page_alloc());
    test_bad_return();
    report_end();
}
