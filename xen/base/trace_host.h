/*
 * trace_host.h - the hypervisor as host of the trace: memory for the rings.
 */
#ifndef XEN_BASE_TRACE_HOST_H
#define XEN_BASE_TRACE_HOST_H

#include "xen/lib/types.h"

/* Pages per CPU, unless tbuf_size= says otherwise. */
#define TRACE_PAGES_DEFAULT 32u

/* Once, at boot, on CPU 0, when frames can be had: a ring of so many pages for
 * each CPU below nr_cpus, and the anchor. Less memory than wished for is
 * reported and halved; 0 pages: no trace. `mask` as tevt_mask=. */
void trace_host_init(unsigned nr_cpus, unsigned pages, uint32_t mask,
                     bool overwrite);

/* For the toolstack: the frame of t_info, and the bytes it takes. 0 or -EINVAL:
 * there is no trace. */
int trace_host_info(mfn_t *mfn, uint32_t *size);

/* From now on SOFTIRQ_TBUF is raised when a ring is half full. */
void trace_host_tell(void);

struct trace_ring;
const struct trace_ring *trace_host_ring(unsigned cpu);

/* The last `max` records of a vCPU, or (TRACE_OF_CPU(cpu)) of a CPU, or of all
 * (TRACE_OF_ALL), from the rings, by time, as a line of text each: "time us
 * cpuN event words". `events` names those of the plug-in whose first event has
 * the number `first`. Not from within an NMI; takes no lock: while
 * another CPU shows something, it says so instead. */
#define TRACE_OF_CPU(cpu) (0x100000000ull + (cpu))
#define TRACE_OF_ALL      (~0ull)
struct trace_names {
    const char *scheduler;
    uint32_t first;
    const char *const *events;
};
typedef void trace_line(const char *line);
void trace_show(uint64_t whose, unsigned max, const struct trace_names *names,
                trace_line *out);

/* The last records of all CPUs, and how far back the rings reach, to the
 * console: for a debug key, a panic, a watchdog's bark. As trace_show(). */
void trace_show_last(void);
/* When the other CPUs have stopped; if anything is recorded. */
void trace_show_in_panic(void);

#endif
