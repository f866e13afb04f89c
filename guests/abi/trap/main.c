/*
 * Exceptions: each reaches its handler with the right vector, error code, rip
 * and flags, from kernel mode and from user mode.
 */
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/trap.h"
#include "guests/lib/user.h"

/* Each routine labels the faulting instruction NAME_at, and where to go on. */
#define FAULT(name, text)                                                      \
    extern const char name##_at[], name##_end[];                               \
    void name(unsigned long argument);                                         \
    __asm__(".text\n" #name ":\n" text "\n" #name "_end: ret\n")

FAULT(fault_divide, "xor %ecx, %ecx; mov $1, %eax; xor %edx, %edx\n"
                    "fault_divide_at: div %ecx");
FAULT(fault_breakpoint, "int3; fault_breakpoint_at:");
FAULT(fault_invalid, "fault_invalid_at: ud2");
FAULT(fault_general, "mov $0x8000000000000000, %rax\n"
                     "fault_general_at: mov (%rax), %eax");
FAULT(fault_read, "fault_read_at: mov (%rdi), %al");
FAULT(fault_write, "fault_write_at: mov %al, (%rdi)");
FAULT(fault_single, "pushf; orl $0x100, (%rsp); popf; nop\n"
                    "fault_single_at: nop");

static struct {
    struct trap_frame frame;
    unsigned count;
    uint64_t address;
    const char *resume;
} seen;

static void note(struct trap_frame *frame)
{
    seen.frame = *frame;
    seen.count++;
    seen.address = trap_fault_address();
    frame->rip = (uint64_t)seen.resume;
    frame->rflags &= ~0x100UL; /* no single step */
}

#define ANY_ERROR ~0UL

struct expectation {
    const char *name;
    void (*run)(unsigned long argument);
    const char *at, *end;
    unsigned vector;
    uint64_t error;
};

static void check_frame(const struct expectation *e, bool user,
                        const struct trap_frame *f)
{
    const char *mode = user ? "user" : "kernel";

    check(f->vector == e->vector, "%s, %s: vector %lu, expected %u", e->name,
          mode, f->vector, e->vector);
    check(f->error == e->error || e->error == ANY_ERROR,
          "%s, %s: error code %lx, expected %lx", e->name, mode, f->error,
          e->error);
    check(f->rip == (uint64_t)e->at, "%s, %s: rip %lx, expected %p", e->name,
          mode, f->rip, (const void *)e->at);
    check(trap_from_user(f) == user, "%s, %s: cs %lx", e->name, mode, f->cs);
}

static void expect(struct expectation e, unsigned long argument, bool user)
{
    trap_handler_t *old = trap_set_handler(e.vector, note);

    seen.count = 0;
    seen.resume = e.end;
    e.run(argument);
    trap_set_handler(e.vector, old);
    if (check(seen.count == 1, "%s: %u exceptions", e.name, seen.count))
        check_frame(&e, false, &seen.frame);
    if (e.vector == TRAP_PAGE_FAULT)
        check(seen.address == argument, "%s: address %lx, expected %lx", e.name,
              seen.address, argument);
    if (user) {
        struct trap_frame frame = user_run(e.run, argument);

        if (e.vector == TRAP_PAGE_FAULT)
            e.error |= 4;
        check_frame(&e, true, &frame);
    }
}

#define CASE(name, vector, error)                                              \
    ((struct expectation){ #name, name, name##_at, name##_end, vector, error })

static void test_page_faults(bool user)
{
    char *page = page_alloc();
    unsigned long hole = 0x123456789000, address = (unsigned long)page;
    uint64_t frame = virt_to_mfn(page) << PAGE_SHIFT;

    expect(CASE(fault_read, TRAP_PAGE_FAULT, 0), hole, user);
    expect(CASE(fault_write, TRAP_PAGE_FAULT, 2), hole, user);
    (void)page_protect(page);
    expect(CASE(fault_write, TRAP_PAGE_FAULT, 3), address, user);
    (void)page_remap(page, 0);
    expect(CASE(fault_write, TRAP_PAGE_FAULT, 2), address + 8, user);
    (void)page_remap(page, frame | PTE_DATA);
    page[0] = 1; /* no fault now */
    /* Whether something is there is the hypervisor's business. */
    expect(CASE(fault_read, TRAP_PAGE_FAULT, ANY_ERROR),
           HYPERVISOR_VIRT_END - 4096, false);
}

static void test_no_device(void)
{
    trap_handler_t *old = trap_set_handler(TRAP_NO_DEVICE, note);

    seen.count = 0;
    __asm__ volatile("lea 1f(%%rip), %%rax; mov %%rax, %0\n"
                     : "=m"(seen.resume)
                     :
                     : "rax");
    check_equal(hypercall2(__HYPERVISOR_fpu_taskswitch, 1, 0), 0,
                "fpu_taskswitch(1)");
    __asm__ volatile("movups %%xmm0, %%xmm0\n1: nop" : : : "memory");
    check_equal(seen.count, 1, "#NM after fpu_taskswitch(1)");
    check_equal(hypercall2(__HYPERVISOR_fpu_taskswitch, 0, 0), 0,
                "fpu_taskswitch(0)");
    __asm__ volatile("movups %%xmm0, %%xmm0" : : : "memory");
    check_equal(seen.count, 1, "#NM after fpu_taskswitch(0)");
    trap_set_handler(TRAP_NO_DEVICE, old);
}

void guest_main(void)
{
    bool user;

    report_begin("trap");
    user = user_init();
    check(user, "no user page table");
    expect(CASE(fault_divide, TRAP_DIVIDE, 0), 0, user);
    expect(CASE(fault_breakpoint, TRAP_BREAKPOINT, 0), 0, user);
    expect(CASE(fault_invalid, TRAP_INVALID, 0), 0, user);
    expect(CASE(fault_general, TRAP_PROTECTION, 0), 0, user);
    expect(CASE(fault_single, TRAP_DEBUG, 0), 0, user);
    test_page_faults(user);
    test_no_device();
    report_end();
}
