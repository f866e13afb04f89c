/*
 * source.h - where records lie: a trace file, or rings out of a memory.
 *
 * The file is xentrace's: cpu_change records, each followed by so many bytes of
 * one CPU's ring (a window). It is mapped, not read, and what was passed is
 * given back to the kernel, so that any file is read in the same memory.
 * Beside FILE stands FILE.info, a few lines of text with what the records don't
 * tell: clock, scheduler, names. A file without it is read all the same, with
 * numbers for names and cycles for time.
 *
 * Damage is reported on stderr in one line each: what, where, how much was
 * passed over; what is whole is kept.
 */
#ifndef XENTRACE_SOURCE_H
#define XENTRACE_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/record.h"

#define SOURCE_CPUS UINT16_MAX /* more than that is no number of a CPU */

struct trace_meta {
    bool known; /* FILE.info was there */
    uint64_t tsc_khz, tsc_zero;
    unsigned version; /* of the writer; 0: an older one */
    unsigned sched_id, nr_events, nr_domains;
    char scheduler[24];
    char event_name[TRACE_ANCHOR_EVENTS][24];
    struct trace_anchor_domain domain[TRACE_ANCHOR_DOMAINS];
    uint64_t lost_total[TRACE_ANCHOR_CPUS];
    bool overwritten[TRACE_ANCHOR_CPUS]; /* older records are gone */
    unsigned nr_plugins; /* 0: an older trace, with one scheduler */
    struct trace_anchor_plugin plugin[TRACE_ANCHOR_PLUGINS];
};

struct source {
    const char *name;    /* of the file, for messages */
    const uint8_t *data; /* the file, mapped; NULL: rings only */
    size_t bytes;
    int fd;
    struct source_ring {
        uint8_t *data;
        size_t bytes;
    } ring[TRACE_ANCHOR_CPUS];
    uint16_t *cpus; /* that have records, ascending */
    unsigned nr_cpus;
    size_t *passed; /* by CPU: who reads it needs nothing before this */
    _Atomic size_t seen, released; /* pages between were brought in, or some */
    unsigned damage;               /* reports made */
    struct trace_meta meta;
};

/* A run of one CPU's records. */
struct window {
    unsigned cpu;
    size_t at, bytes; /* in the source's data */
    bool cut;         /* its last record may be incomplete */
    bool damaged;     /* bytes before it were passed over */
};

/* Map FILE and read FILE.info; look at all windows, and report what is wrong
 * with them. False, with a message: it cannot be read at all. */
bool source_open(struct source *s, const char *file);
/* Take over a CPU's records from a memory; `data` is freed by source_close().
 * The rest of *s is zero, but for name and meta. */
void source_add_ring(struct source *s, unsigned cpu, uint8_t *data,
                     size_t bytes);
void source_close(struct source *s);

/* The window at *pos or after it, and *pos is moved past it. False: no more. */
bool source_window(const struct source *s, size_t *pos, struct window *w);

/* A reader of `cpu`, one each, goes on at `at`, and needs nothing before it:
 * what all have passed is given back. Call it every SOURCE_STEP / 2 bytes or
 * more often. */
#define SOURCE_STEP (1u << 20)
void source_pass(struct source *s, unsigned cpu, size_t at);

__attribute__((format(printf, 2, 3))) void source_damaged(struct source *s,
                                                          const char *format,
                                                          ...);

bool meta_read(struct trace_meta *meta, const char *file);
bool meta_write(const struct trace_meta *meta, const char *file);

/* Nanoseconds of system time; cycles if the clock is not known. */
double meta_ns(const struct trace_meta *m, uint64_t tsc);

#endif
