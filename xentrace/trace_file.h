/*
 * trace_file.h - a trace as an array of records: from a file, or from memory.
 *
 * The file is xentrace's: cpu_change records, each followed by so many bytes of
 * one CPU's ring. Beside FILE stands FILE.info, a few lines of text with what
 * the records don't tell: clock, scheduler, names. A file without it is read
 * all the same, with numbers for names and cycles for time.
 *
 * Damage is reported on stderr in one line each: what, where, how much was
 * passed over; what is whole is kept.
 */
#ifndef XENTRACE_TRACE_FILE_H
#define XENTRACE_TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/record.h"

/* One record, decoded. Also the form that `xentrace export` writes and the
 * Python package reads: 48 bytes, little-endian, no holes. */
struct rec {
    uint64_t tsc;
    uint32_t event; /* without count and flag */
    uint16_t cpu;
    uint16_t nr; /* words that are meant */
    uint32_t word[7];
    uint32_t seq; /* order within its CPU */
};

static_assert(sizeof(struct rec) == 48, "as xentrace/trace.py has it");

struct trace_meta {
    bool known; /* FILE.info was there */
    uint64_t tsc_khz, tsc_zero;
    unsigned sched_id, nr_events, nr_domains;
    char scheduler[24];
    char event_name[TRACE_ANCHOR_EVENTS][24];
    struct trace_anchor_domain domain[TRACE_ANCHOR_DOMAINS];
    uint64_t lost_total[TRACE_ANCHOR_CPUS];
    unsigned nr_plugins; /* 0: an older trace, with one scheduler */
    struct trace_anchor_plugin plugin[TRACE_ANCHOR_PLUGINS];
};

struct trace {
    const char *name; /* of the file, for messages */
    struct rec *rec;
    size_t nr, room;
    unsigned nr_cpus;
    unsigned damage; /* reports made */
    uint32_t *seq; /* by CPU: of its next record; a CPU may have many windows */
    unsigned room_seq;
    uint64_t lost; /* by lost_records; more may follow the last record */
    struct trace_meta meta;
};

/* Read FILE and FILE.info. False, with a message: it cannot be read at all. */
bool trace_read(struct trace *t, const char *file);
void trace_free(struct trace *t);

/* Decode `bytes` of one CPU's records into t; `at` is their place in t->name,
 * for messages. */
void trace_decode(struct trace *t, unsigned cpu, const uint8_t *data,
                  size_t bytes, uint64_t at);

/* Sort all records by time; those of one CPU with the same time keep their
 * order. */
void trace_merge(struct trace *t);

bool meta_read(struct trace_meta *meta, const char *file);
bool meta_write(const struct trace_meta *meta, const char *file);

/* Nanoseconds of system time; cycles if the clock is not known. */
double trace_ns(const struct trace *t, uint64_t tsc);

#endif
