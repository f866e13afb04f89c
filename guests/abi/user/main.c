/* User mode: iret there, every register kept, a system call back. */
#include <stddef.h>

#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/user.h"

extern const char user_call_next[], user_hyper_next[];
void user_call(unsigned long argument);
void user_hyper(unsigned long argument);
void user_spin(unsigned long argument);

/* Every register a known value, then a system call. */
__asm__(".text\n"
        "user_call:\n"
        "mov $0x1001, %rax; mov $0x1002, %rbx; mov $0x1004, %rdx\n"
        "mov $0x1005, %rsi; mov $0x1006, %rbp; mov $0x1008, %r8\n"
        "mov $0x1009, %r9; mov $0x100a, %r10; mov $0x100c, %r12\n"
        "mov $0x100d, %r13; mov $0x100e, %r14; mov $0x100f, %r15\n"
        "syscall\n"
        "user_call_next: ud2\n"
        /* What would shut the domain down, had it come from the kernel. */
        "user_hyper: mov $29, %eax; mov $2, %edi; xor %esi, %esi; syscall\n"
        "user_hyper_next: ud2\n"
        /* Counts down, then a breakpoint-like end. */
        "user_spin: dec %rdi; jnz user_spin; ud2\n");

static volatile unsigned ticks;

static void count_tick(void)
{
    ticks++;
    clock_set_timer(clock_now() + 100 * NS_PER_US);
}

static void test_call(void)
{
    struct trap_frame f = user_run(user_call, 0x1007);

    check_equal((long)f.vector, TRAP_SYSCALL, "vector of a system call");
    check_equal((long)f.rip, (long)user_call_next, "rip");
    check_equal((long)f.rcx, (long)user_call_next, "rcx, by the processor");
    check((f.r11 & 0x200) != 0, "r11 has no interrupt flag: %lx", f.r11);
    check(trap_from_user(&f), "cs %lx is not of user mode", f.cs);
    check(f.rax == 0x1001 && f.rbx == 0x1002 && f.rdx == 0x1004 &&
              f.rsi == 0x1005 && f.rbp == 0x1006 && f.rdi == 0x1007,
          "rax %lx rbx %lx rdx %lx rsi %lx rbp %lx rdi %lx", f.rax, f.rbx,
          f.rdx, f.rsi, f.rbp, f.rdi);
    check(f.r8 == 0x1008 && f.r9 == 0x1009 && f.r10 == 0x100a &&
              f.r12 == 0x100c && f.r13 == 0x100d && f.r14 == 0x100e &&
              f.r15 == 0x100f,
          "r8 %lx r9 %lx r10 %lx r12 %lx r13 %lx r14 %lx r15 %lx", f.r8, f.r9,
          f.r10, f.r12, f.r13, f.r14, f.r15);
}

static void test_no_hypercall(void)
{
    struct trap_frame f = user_run(user_hyper, 0);

    check_equal((long)f.vector, TRAP_SYSCALL,
                "a user's syscall with a hypercall's number");
    check_equal((long)f.rax, 29, "its rax");
}

/* Timer events interrupt user mode, which goes on undisturbed. */
static void test_interrupted(void)
{
    struct trap_frame f;

    clock_set_handler(count_tick);
    clock_set_timer(clock_now() + 100 * NS_PER_US);
    f = user_run(user_spin, 2000000);
    check_equal((long)f.vector, TRAP_INVALID, "the end of the loop");
    check_equal((long)f.rdi, 0, "the loop's counter");
    check(ticks >= 10, "%u timer events in user mode", ticks);
    clock_set_handler(NULL);
}

void guest_main(void)
{
    report_begin("user");
    if (!user_init())
        report_error("no user page table");
    event_unmask();
    test_call();
    test_no_hypercall();
    test_interrupted();
    report_end();
}
