/*
 * events.h - the numbers of trace events, and the causes of a wake-up.
 *
 * Xen's numbers come from <xen/trace.h>; ours lie where Xen 4.17 has none: at
 * 0x100 and up in the scheduler's verbose subclass, at 0x80 and up among the
 * paravirtual ones. events.def gives every event's words.
 */
#ifndef TRACE_EVENTS_H
#define TRACE_EVENTS_H

#include <stdint.h>
#include <xen/trace.h>

#define TRACE_SCHED_MIGRATE     (TRC_SCHED_VERBOSE + 0x100)
#define TRACE_SCHED_PICK        (TRC_SCHED_VERBOSE + 0x101)
#define TRACE_SCHED_FALLBACK    (TRC_SCHED_VERBOSE + 0x102)
#define TRACE_SCHED_PLUGIN      (TRC_SCHED_VERBOSE + 0x103)
#define TRACE_SCHED_VCPU_ADD    (TRC_SCHED_VERBOSE + 0x104)
#define TRACE_SCHED_BUSY        (TRC_SCHED_VERBOSE + 0x105)
#define TRACE_PV_HYPERCALL_DONE (TRC_PV_ENTRY + 0x80)
#define TRACE_EVTCHN_SEND       (TRC_SCHED_VERBOSE + 0x110)
#define TRACE_VIRQ              (TRC_SCHED_VERBOSE + 0x111)
#define TRACE_NOBODY            0xffffffffu /* in place of a vCPU's id */
#define TRACE_TIMER_SET         (TRC_SCHED_VERBOSE + 0x112)
#define TRACE_TIMER_FIRE        (TRC_SCHED_VERBOSE + 0x113)
#define TRACE_IRQ               (TRC_SCHED_VERBOSE + 0x114)

/* Scheduler ids of events of a plug-in, besides Xen's TRC_SCHED_CSCHED &c. */
#define TRACE_SCHED_ID_SEDF 2 /* its old number */
#define TRACE_SCHED_ID_BVT  6
#define TRACE_SCHED_ID_NONE 7 /* events of plug-ins that have no id */

/* Why a vCPU woke: the third word of TRC_SCHED_WAKE; the fourth says which. */
enum trace_cause {
    TRACE_CAUSE_OTHER = 0,
    TRACE_CAUSE_EVENT = 1, /* detail: port */
    TRACE_CAUSE_VIRQ = 2,  /* detail: virq */
    TRACE_CAUSE_TIMER = 3, /* detail: 0 one-shot, 1 periodic, 2 poll */
    TRACE_CAUSE_KICK = 4,  /* unpaused, brought up, NMI, kicked */
    TRACE_CAUSE_NEW = 5,   /* first time runnable */
};

/* The number of event `index` of the plug-in with this scheduler id. */
static inline uint32_t trace_plugin_event(uint32_t sched_id, uint32_t index)
{
    return TRC_SCHED_CLASS |
           ((sched_id << TRC_SCHED_ID_SHIFT) & (uint32_t)TRC_SCHED_ID_MASK) |
           (index & 0x1ff);
}

/* Several plug-ins may share a scheduler id (7 is for all that have none): the
 * nth of them, counted from 0, numbers its events from here on, so that each
 * record tells whose it is. Beyond the eighth they are told apart no more. */
#define TRACE_PLUGIN_EVENTS 64u
static inline uint32_t trace_plugin_first(uint32_t sched_id, uint32_t nth)
{
    return trace_plugin_event(sched_id,
                              (nth < 8 ? nth : 7) * TRACE_PLUGIN_EVENTS);
}

/* A vCPU as one word: the form of the type `id` in events.def. */
static inline uint32_t trace_id(uint32_t dom, uint32_t vcpu)
{
    return dom << 16 | (vcpu & 0xffff);
}

#endif
