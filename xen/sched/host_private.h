/*
 * host_private.h - options of the scheduler's host.
 */
#ifndef XEN_SCHED_HOST_PRIVATE_H
#define XEN_SCHED_HOST_PRIVATE_H

#include "xen/lib/types.h"

/* Written at boot only. */
struct run_options {
    const char *name; /* sched=; NULL: the default */
    bool strict;      /* a broken rule panics */
    ns_t patience;    /* how long a vCPU may wait; 0: the core's own */
};
extern struct run_options run_options;

/* report.c: text of this CPU's that belongs to a report is kept, not printed.
 */
bool report_takes(const char *text);

#endif
