/* The time record's version protocol: odd while it changes (<xen/xen.h>). */
#include "guests/lib/clock.h"

#include <xen/vcpu.h>

#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/start.h"
#include "guests/lib/vcpu.h"

static void (*timer_handler[VCPU_MAX])(void);

static void timer_event(uint32_t port, void *arg)
{
    void (*handler)(void) = timer_handler[vcpu_self()->id];

    (void)port;
    (void)arg;
    if (handler)
        handler();
}

void clock_init_vcpu(void)
{
    struct guest_vcpu *self = vcpu_self();

    (void)hypercall_vcpu_op(VCPUOP_stop_periodic_timer, self->id, NULL);
    self->timer_port = event_bind_virq(VIRQ_TIMER, self->id, timer_event, NULL);
}

void clock_init(void)
{
    clock_init_vcpu();
}

static ns_t scale(uint64_t ticks, uint32_t mul, int8_t shift)
{
    ticks = shift < 0 ? ticks >> -shift : ticks << shift;
    return (ns_t)((unsigned __int128)ticks * mul >> 32);
}

ns_t clock_from_tsc(uint64_t tsc)
{
    const volatile struct vcpu_time_info *t = &vcpu_self()->info->time;
    uint32_t version;
    int64_t delta;
    ns_t now;

    do {
        version = t->version & ~1U;
        barrier();
        delta = (int64_t)(tsc - t->tsc_timestamp);
        now = scale((uint64_t)(delta < 0 ? -delta : delta),
                    t->tsc_to_system_mul, t->tsc_shift);
        now = (ns_t)t->system_time + (delta < 0 ? -now : now);
        barrier();
    } while (t->version != version);
    return now;
}

ns_t clock_now(void)
{
    const volatile struct vcpu_time_info *t = &vcpu_self()->info->time;
    uint32_t version;
    ns_t now;

    do {
        version = t->version & ~1U;
        barrier();
        now = (ns_t)t->system_time + scale(clock_tsc() - t->tsc_timestamp,
                                           t->tsc_to_system_mul, t->tsc_shift);
        barrier();
    } while (t->version != version);
    return now;
}

ns_t clock_tsc_to_ns(uint64_t ticks)
{
    const volatile struct vcpu_time_info *t = &vcpu_self()->info->time;

    return scale(ticks, t->tsc_to_system_mul, t->tsc_shift);
}

uint64_t clock_tsc_hz(void)
{
    const volatile struct vcpu_time_info *t = &vcpu_self()->info->time;
    unsigned __int128 hz = (unsigned __int128)NS_PER_S << 32;

    hz = t->tsc_shift < 0 ? hz << -t->tsc_shift : hz >> t->tsc_shift;
    /* Rounded: at 1 GHz the factor is one unit off an exact 2^31 or 2^32. */
    return (uint64_t)hz / t->tsc_to_system_mul;
}

void clock_set_timer(ns_t deadline)
{
    struct vcpu_set_singleshot_timer timer = {
        .timeout_abs_ns = (uint64_t)deadline, .flags = 0
    };

    if (hypercall_vcpu_op(VCPUOP_set_singleshot_timer, vcpu_self()->id, &timer))
        (void)hypercall_set_timer_op((uint64_t)deadline);
}

void clock_stop_timer(void)
{
    (void)hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, vcpu_self()->id,
                            NULL);
}

void clock_set_handler(void (*handler)(void))
{
    timer_handler[vcpu_self()->id] = handler;
}

void clock_sleep_until(ns_t deadline)
{
    bool masked = event_mask();

    while (clock_now() < deadline) {
        clock_set_timer(deadline);
        event_block();
        (void)event_mask();
    }
    event_restore(masked);
}

void clock_spin_until(ns_t deadline)
{
    while (clock_now() < deadline)
        __asm__ volatile("pause");
}
