/*
 * setup.h - making the rings known: the anchor, and Xen's t_info page.
 *
 * The host owns the rings and all memory (physically contiguous, mapped, never
 * freed); it fills in the anchor at boot, before other CPUs run, and keeps the
 * table of domains up to date. A reader of the memory may look at any time:
 * the magic is written last.
 */
#ifndef TRACE_SETUP_H
#define TRACE_SETUP_H

#include "trace/ring.h"

/* `anchor` is TRACE_ANCHOR_PAGES pages, page-aligned, at physical address
 * `paddr`. flags: TRACE_ANCHOR_OVERWRITE. */
void trace_anchor_begin(struct trace_anchor *anchor, uint64_t paddr,
                        uint32_t flags);

/* CPU `cpu` has a ring in `bytes` of memory (whole pages) at paddr. Does
 * nothing for a CPU for which the anchor has no room. */
void trace_anchor_add_ring(unsigned cpu, struct trace_ring *ring, void *memory,
                           uint64_t paddr, uint32_t bytes);

/* The clock: system time is (tsc - tsc_zero) * 1,000,000 / tsc_khz ns. */
void trace_anchor_clock(uint64_t tsc_khz, uint64_t tsc_zero);

/* The scheduler, the id of its events (enum in events.h), and their names; the
 * list ends with NULL and may be NULL. */
void trace_anchor_scheduler(const char *name, unsigned sched_id,
                            const char *const *events);

/* A plug-in: the number of its first event (trace_plugin_first()), and names as
 * above. All of them, at boot. */
void trace_anchor_plugin(const char *name, uint32_t first,
                         const char *const *events);

/* A domain is there, or is renamed: its name in traces. */
void trace_anchor_domain(uint32_t id, uint32_t nr_vcpus, const char *name);

/* The anchor is complete: from now on a reader finds it. */
void trace_anchor_publish(void);

/* Fill Xen's t_info (zeroed, `bytes` long) for sysctl's tbuf_op. Returns 0, or
 * -ENOSPC (as <xen/errno.h> has it) if that many frames do not fit. */
int trace_fill_info(struct t_info *info, uint32_t bytes);

#endif
