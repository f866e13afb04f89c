/* Entry, exit and event delivery: the floor under everything else. */
#include <xen/callback.h>
#include <xen/version.h>

#include "guests/bench/bench.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/trap.h"

static struct multicall_entry calls[64];
static uint32_t own_port;

static void null_calls(unsigned count)
{
    while (count--)
        (void)hypercall_xen_version(XENVER_version, NULL);
}

static void multicalls(unsigned count)
{
    for (; count; count -= 64)
        (void)hypercall_multicall(calls, 64);
}

void rows_multicall(void)
{
    for (unsigned i = 0; i < 64; i++) {
        calls[i].op = __HYPERVISOR_xen_version;
        calls[i].args[0] = XENVER_version;
    }
    if (hypercall_multicall(calls, 64))
        row_absent("multicall_null", "refused");
    else
        row_value("multicall_null", measure(multicalls, 640));
}

static void ignore(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
}

static void set_event_callback(const char *entry)
{
    struct callback_register arg = { .type = CALLBACKTYPE_event,
                                     .address = (unsigned long)entry };

    (void)hypercall_callback_op(CALLBACKOP_register, &arg);
}

extern const char event_entry[];

static void event_row(void)
{
    ns_t times[99];

    own_port = event_bind_ipi(0, ignore, NULL);
    if (!own_port) {
        row_absent("event_self", "cannot bind an IPI");
        return;
    }
    set_event_callback(stub_event);
    event_unmask();
    for (unsigned i = 0; i < 99; i++) {
        uint64_t start;

        stub_stamp = 0;
        start = clock_tsc();
        (void)event_send(own_port);
        times[i] = clock_tsc_to_ns(stub_stamp - start);
    }
    (void)event_mask();
    set_event_callback(event_entry);
    (void)event_close(own_port);
    row_value("event_self", median(times, 99));
}

void rows_calls(void)
{
    row_value("null_call", measure(null_calls, 1000));
    event_row();
    row_value("iret", measure(stub_iret, 1000));
}
