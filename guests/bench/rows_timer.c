/* How late a one-shot timer's event enters the guest. */
#include <xen/callback.h>

#include "guests/bench/bench.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"

extern const char event_entry[];

static void set_entry(const char *entry)
{
    struct callback_register arg = { .type = CALLBACKTYPE_event,
                                     .address = (unsigned long)entry };

    (void)hypercall_callback_op(CALLBACKOP_register, &arg);
}

/* The lateness of one timer, spinning or blocked; negative: it never came. */
static ns_t lateness(bool blocked)
{
    ns_t deadline = clock_now() + 200 * NS_PER_US;
    ns_t give_up = deadline + 100 * NS_PER_MS;

    (void)event_mask();
    stub_stamp = 0;
    clock_set_timer(deadline);
    if (blocked)
        event_block();
    event_unmask();
    while (!*(volatile uint64_t *)&stub_stamp) {
        if (clock_now() > give_up)
            return -1;
    }
    return clock_from_tsc(stub_stamp) - deadline;
}

static void timer_row(const char *name, bool blocked)
{
    ns_t times[31];

    for (unsigned i = 0; i < 31; i++) {
        times[i] = lateness(blocked);
        if (times[i] < 0) {
            row_absent(name, times[i] < -1 ? "early" : "no event in 100 ms");
            return;
        }
    }
    row_value(name, median(times, 31));
}

void rows_timer(void)
{
    set_entry(stub_event);
    timer_row("timer_running", false);
    timer_row("timer_idle", true);
    (void)event_mask();
    set_entry(event_entry);
}
