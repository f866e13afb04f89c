/*
 * panic.c - the end: say why, stop everything, reboot or halt.
 */
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/base/console.h"
#include "xen/base/console_private.h"
#include "xen/base/trace_host.h"
#include "xen/lib/bug.h"
#include "xen/lib/cmdline.h"
#include "xen/lib/format.h"

static bool no_reboot;
CMDLINE_OPTION(noreboot) = { "noreboot", "no value, or on, off",
                             .kind = CMDLINE_FLAG, .variable = &no_reboot };

/* Which CPU panics, plus 1; the first one wins, the others stop. */
static unsigned panicking;

/* The panic itself failed. */
static void NORETURN give_up(void)
{
    if (!no_reboot)
        fatal_reboot();
    for (;;)
        cpu_halt();
}

/* This CPU is the one that tells. */
static void enter_panic(void)
{
    unsigned self = this_cpu_id() + 1, nobody = 0;

    irq_disable();
    if (!__atomic_compare_exchange_n(&panicking, &nobody, self, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
        if (nobody == self)
            give_up();
        for (;;)
            cpu_halt();
    }
    fatal_stop_others();
    console_force();
}

static void NORETURN leave_panic(void)
{
    if (no_reboot) {
        log_error("Halted (noreboot).");
        for (;;)
            cpu_halt();
    }
    log_error("Reboot.");
    fatal_reboot();
}

void panic(const char *format, ...)
{
    char text[256];
    va_list args;

    enter_panic();
    va_start(args, format);
    (void)format_textv(text, sizeof(text), format, args);
    va_end(args);
    console_print("\n");
    log_error("****************************************");
    log_error("Panic on CPU %u:", this_cpu_id());
    log_error("%s", text);
    log_error("****************************************");
    fatal_show_backtrace((uintptr_t)__builtin_frame_address(0));
    fatal_show_context();
    trace_show_in_panic();
    leave_panic();
}

void bug(const char *what, const char *file, unsigned line)
{
    panic("BUG: %s at %s:%u", what, file, line);
}

void die(const char *format, ...)
{
    char text[256];
    va_list args;

    enter_panic();
    va_start(args, format);
    (void)format_textv(text, sizeof(text), format, args);
    va_end(args);
    log_error("%s", text);
    leave_panic();
}
