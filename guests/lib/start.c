/*
 * The first C code of a guest: everything that must be there before
 * guest_main(), in order, and the two ways to end.
 */
#include "guests/lib/start.h"

#include <stdarg.h>

#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/trap.h"
#include "guests/lib/vcpu.h"

void start_guest(const struct start_info *info) __attribute__((noreturn));

static struct {
    const struct start_info *info;
} start;

/* The frame behind this page is replaced by the real shared info. */
static union {
    struct shared_info info;
    char page[4096];
} shared_page __attribute__((section(".bss.pages"), aligned(4096)));

const struct start_info *start_info(void)
{
    return start.info;
}

bool start_is_dom0(void)
{
    return start.info->flags & SIF_INITDOMAIN;
}

struct shared_info *start_shared_info(void)
{
    return &shared_page.info;
}

void guest_stop(unsigned reason)
{
    struct sched_shutdown shutdown = { .reason = reason };

    console_flush();
    for (;;)
        (void)hypercall_sched_op(SCHEDOP_shutdown, &shutdown);
}

void guest_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_list(format, args);
    va_end(args);
    print("\n");
    guest_stop(SHUTDOWN_crash);
}

void start_guest(const struct start_info *info)
{
    start.info = info;
    (void)hypercall_update_va_mapping(
        (unsigned long)&shared_page, info->shared_info | PTE_DATA, UVMF_INVLPG);
    vcpu_init_first();
    console_init();
    trap_init();
    event_init();
    clock_init();
    guest_main();
    guest_stop(SHUTDOWN_poweroff);
}
