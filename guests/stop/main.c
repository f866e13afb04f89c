/*
 * stop: asks for what no hypervisor serves, then shuts down for a reason.
 *
 * reason=N    a SHUTDOWN_* number (default 0, power-off)
 * unknown=N   so many unknown hypercalls, and as many unknown operations
 * different=N and unknown operations of another hypercall, each once
 * at=T        shut down at this system time
 * half=1      crash instead, by an iret of whose frame only the upper part is
 *             there: a return to ring 0, which the hypervisor reads and drops
 *
 * Output: stop: unknown=N refused=N  (both kinds together)
 */
#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/options.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"

#define NO_HYPERCALL 45
#define NO_OPERATION 999

/* From its flags up, the frame stands in the page; what is below is not. */
static void return_by_half(void)
{
    static char pages[2][PAGE_SIZE] __attribute__((aligned(4096)));
    uint64_t *flags = (void *)pages[1];

    flags[2] = 0xe008; /* cs: the hypervisor's */
    flags[3] = 0x3002; /* rflags: IOPL 3, interrupts off */
    (void)page_remap(pages[0], 0);
    __asm__ volatile("mov %0, %%rsp\n"
                     "syscall"
                     :
                     : "r"(flags - 3), "a"(__HYPERVISOR_iret));
    __builtin_unreachable();
}

void guest_main(void)
{
    long reason = SHUTDOWN_poweroff, unknown = 0, at = 0, refused = 0;
    long half = 0, different = 0;
    struct sched_shutdown arg;
    const struct option table[] = {
        { "reason", &reason, NULL, "of the shutdown, SHUTDOWN_*" },
        { "unknown", &unknown, NULL, "so many calls that are not served" },
        { "different", &different, NULL, "operations, each asked for once" },
        { "at", &at, NULL, "shut down at this system time" },
        { "half", &half, NULL, "crash by half an iret frame" },
    };

    options_parse("stop", table, sizeof(table) / sizeof(*table));
    for (long i = 0; i < unknown; i++) {
        refused += hypercall2(NO_HYPERCALL, 0, 0) == -XEN_ENOSYS;
        refused += hypercall_sched_op(NO_OPERATION, NULL) == -XEN_ENOSYS;
    }
    for (long i = 0; i < different; i++)
        refused += hypercall_vcpu_op(1000 + (unsigned)i, 0, NULL) ==
                   -XEN_ENOSYS;
    print("stop: unknown=%ld refused=%ld\n", 2 * unknown + different, refused);
    clock_sleep_until(at);
    if (half)
        return_by_half();
    arg.reason = (unsigned)reason;
    print("stop: shutdown returns %ld\n",
          hypercall_sched_op(SCHEDOP_shutdown, &arg));
}
