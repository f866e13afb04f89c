/*
 * The hypervisor rewrites the area whenever it schedules us in, so a reader
 * that was not switched out between two equal reads of state_entry_time saw
 * one state. It is this vCPU's own: nobody writes while we run.
 */
#include "guests/lib/runstate.h"

#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/vcpu.h"

static struct {
    struct vcpu_runstate_info area;
} __attribute__((aligned(64))) runstates[VCPU_MAX];

bool runstate_register(void)
{
    unsigned id = vcpu_self()->id;
    struct vcpu_register_runstate_memory_area arg = {
        .addr.v = &runstates[id].area
    };

    return hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, id, &arg) ==
           0;
}

struct vcpu_runstate_info runstate_read(void)
{
    const volatile struct vcpu_runstate_info *area =
        &runstates[vcpu_self()->id].area;
    struct vcpu_runstate_info copy;

    do {
        copy.state_entry_time = area->state_entry_time;
        barrier();
        copy.state = area->state;
        for (unsigned i = 0; i < 4; i++)
            copy.time[i] = area->time[i];
        barrier();
    } while (copy.state_entry_time != area->state_entry_time);
    return copy;
}

ns_t runstate_cpu_time(void)
{
    struct vcpu_runstate_info info;
    ns_t now;

    do {
        info = runstate_read();
        now = clock_now();
    } while (info.state_entry_time != runstate_read().state_entry_time);
    return (ns_t)info.time[RUNSTATE_running] + now -
           (ns_t)(info.state_entry_time & ~XEN_RUNSTATE_UPDATE);
}

void runstate_consume(ns_t work)
{
    ns_t end = runstate_cpu_time() + work;

    while (runstate_cpu_time() < end)
        continue;
}
