/*
 * host_private.h - options of the scheduler's host.
 */
#ifndef XEN_SCHED_HOST_PRIVATE_H
#define XEN_SCHED_HOST_PRIVATE_H

#include "sched/api/sched.h"
#include "xen/lib/types.h"

/* Written at boot only. */
struct run_options {
    const char *name; /* sched=; NULL: the default */
    bool strict;      /* a broken rule panics */
    ns_t patience;    /* how long a vCPU may wait; 0: the core's own */
};
extern struct run_options run_options;

/* plugins.c: the number of a plug-in's first trace event; and, in the trace,
 * which plug-in the CPUs of an instance, or this one, are under. */
uint32_t plugin_first_event(const struct sched_ops *ops);
void plugin_announce(const struct sched *s, const struct sched_ops *ops);
void plugin_announce_cpu(const struct sched *s, unsigned cpu);
void plugins_init(void); /* checks them all, and tells the readers */

/* report.c: text of this CPU's that belongs to a report is kept, not printed.
 */
bool report_takes(const char *text);

#endif
