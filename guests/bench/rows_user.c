/* A system call from user mode, bounced to the guest kernel and back. */
#include <xen/callback.h>

#include "guests/bench/bench.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/user.h"

extern const char syscall_entry[];

static bool bad_end;

void user_handled_by_stub(bool on)
{
    struct callback_register arg = {
        .type = CALLBACKTYPE_syscall,
        .flags = CALLBACKF_mask_events,
        .address = (unsigned long)(on ? stub_syscall : syscall_entry)
    };

    (void)hypercall_callback_op(CALLBACKOP_register, &arg);
}

void user_calls(unsigned count)
{
    struct trap_frame end = user_run(stub_user_calls, count);

    bad_end |= end.vector != TRAP_INVALID;
}

void rows_user(void)
{
    ns_t time;

    if (!user_init()) {
        row_absent("user_syscall", "no user page table");
        return;
    }
    user_handled_by_stub(true);
    time = measure(user_calls, 1000);
    user_handled_by_stub(false);
    if (bad_end)
        row_absent("user_syscall", "user mode ended with the wrong exception");
    else
        row_value("user_syscall", time);
}
