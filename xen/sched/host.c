/*
 * host.c - what the scheduler core asks of the hypervisor (sched/api/host.h):
 * locks, timer, poke; runstate accounting. What to do with a plug-in that
 * breaks a rule: report.c.
 *
 * Locks: the scheduler locks (rank SCHED), one per CPU. What is on the hot
 * paths stands in host_inline.h.
 */
#include "sched/api/host.h"

#include "trace/trace.h"
#include "xen/base/console.h"
#include "xen/base/frame.h"
#include "xen/lib/format.h"
#include "xen/sched/host_private.h"
#include "xen/sched/run_private.h"

struct host_lock host_locks[NR_CPUS];

/* ---- runstates ---- */

/* The counter's value at `now`, exactly if `now` is this CPU's last reading.
 * Else it is another CPU's, of which only the nanosecond is known: the last
 * value in it, so that what follows that reading is not dated before it. */
static uint64_t tsc_of(ns_t now)
{
    const struct run_cpu *here = &this_cpu(run_cpu);

    return now == here->now ? here->tsc : time_to_tsc(now + 1) - 1;
}

/* The change is one to or from being blocked, or of the CPU too, or at another
 * time than this CPU's last reading. */
static NOINLINE void trace_more(struct run *r, enum sched_state to, ns_t now)
{
    const struct sched_vcpu *v = &r->sv;

    if (to == SCHED_STATE_BLOCKED)
        trace_2(TRC_SCHED_BLOCK, v->dom, v->id);
    else if (v->core.state == SCHED_STATE_BLOCKED)
        trace_4(TRC_SCHED_WAKE, v->dom, v->id, r->cause, r->detail);
    trace_runstate(v->dom, v->id, v->core.state, to, tsc_of(now));
    if (v->cpu != r->last_cpu)
        trace_3(TRACE_SCHED_MIGRATE, trace_id(v->dom, v->id), r->last_cpu,
                v->cpu);
    r->last_cpu = v->cpu;
}

/* Before r's state changes. All calls are the last thing: the usual change, by
 * the reading that decided it, needs no frame of its own. */
void host_trace_state(struct run *r, enum sched_state to, ns_t now)
{
    const struct sched_vcpu *v = &r->sv;
    const struct run_cpu *here = &this_cpu(run_cpu);

    if (to == SCHED_STATE_BLOCKED || v->core.state == SCHED_STATE_BLOCKED ||
        v->cpu != r->last_cpu || now != here->now)
        trace_more(r, to, now);
    else
        trace_runstate(v->dom, v->id, v->core.state, to, here->tsc);
}

void host_idle(unsigned cpu, bool begins, ns_t now)
{
    struct run_cpu *here = &this_cpu(run_cpu);

    if (begins)
        here->idle_from = now;
    else
        here->idle_time += now - here->idle_from;
    if (trace_enabled(TRC_SCHED_RUNSTATE_CHANGE))
        trace_runstate(
            DOMID_IDLE, cpu, begins ? RUNSTATE_runnable : RUNSTATE_running,
            begins ? RUNSTATE_running : RUNSTATE_runnable, tsc_of(now));
}

static void copy_times(const struct run *r, struct vcpu_runstate_info *out)
{
    unsigned i;

    out->state = r->sv.core.state;
    out->state_entry_time = (uint64_t)r->state_entry;
    for (i = 0; i < 4; i++)
        out->time[i] = (uint64_t)r->time[i];
}

void run_times_at_entry(const struct run *r, struct vcpu_runstate_info *out)
{
    uint64_t flags;
    unsigned cpu;

    if (r == run_current()) { /* nobody else changes them while it runs */
        copy_times(r, out);
    } else {
        flags = irq_save();
        cpu = sched_lock_vcpu(&r->sv);
        copy_times(r, out);
        sched_unlock_vcpu(cpu);
        irq_restore(flags);
    }
}

void run_times(const struct run *r, struct vcpu_runstate_info *out)
{
    ns_t now;

    run_times_at_entry(r, out);
    now = time_now();
    if (now > (ns_t)out->state_entry_time)
        out->time[out->state] += (uint64_t)now - out->state_entry_time;
}

ns_t run_virtual_time(const struct run *r)
{
    struct vcpu_runstate_info info;

    run_times(r, &info);
    return (ns_t)info.time[RUNSTATE_running];
}

/* ---- events, text, memory ---- */

void host_trace(const struct sched *s, unsigned event,
                const struct sched_vcpu *v, int64_t a)
{
    uint32_t number = plugin_first_event(sched_ops_of(s)) + event;

    if (trace_enabled(number))
        trace_3(number, v ? trace_id(v->dom, v->id) : ~0u, (uint32_t)a,
                (uint32_t)((uint64_t)a >> 32));
}

void host_vprint(const char *format, va_list args)
{
    char line[256];

    (void)format_textv(line, sizeof(line), format, args);
    if (!report_takes(line))
        console_print("%s", line);
}

void *host_alloc(size_t size)
{
    return mem_alloc(size);
}

void host_free(void *p)
{
    mem_free(p);
}
