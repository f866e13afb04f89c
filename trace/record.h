/*
 * record.h - the trace's form in memory and on disk: records, and the anchor.
 *
 * A record is Xen's struct t_rec of <xen/trace.h>: a header word (event, count
 * of words, "has a time"), the TSC, up to 7 words. A ring is Xen's struct
 * t_buf {cons, prod} with the data behind it; indices run modulo twice the
 * size of the data; records never straddle the end (wrap_buffer fills it up).
 *
 * The anchor is ours. It lets a reader that has only the machine's memory (a
 * RAM file of QEMU's, a crash image) find the rings and name what is in them:
 * it looks at every page for the magic, and believes the one that knows its
 * own address. Little-endian, like the rings.
 */
#ifndef TRACE_RECORD_H
#define TRACE_RECORD_H

#include <assert.h>
#include <stdint.h>
#include <xen/trace.h>

#define TRACE_RECORD_WORDS_MAX TRACE_EXTRA_MAX
#define TRACE_RECORD_BYTES_MAX (12 + 4 * TRACE_EXTRA_MAX)
#define TRACE_LOST_BYTES       (12 + 4 * 4)

#define TRACE_ANCHOR_MAGIC   "metronome trace" /* 16 bytes with the 0 */
#define TRACE_ANCHOR_VERSION 2
#define TRACE_ANCHOR_CPUS    128
#define TRACE_ANCHOR_DOMAINS 112
#define TRACE_ANCHOR_EVENTS  48
#define TRACE_ANCHOR_PLUGINS 24

#define TRACE_ANCHOR_OVERWRITE 1u /* flags: the oldest records give way */

struct trace_anchor_cpu {
    uint64_t paddr;      /* of the struct t_buf; 0: this CPU has no ring */
    uint32_t bytes;      /* of header and data together */
    uint32_t lost_total; /* records dropped so far */
};

/* A plug-in and the names of its events, numbered from `first` on. */
struct trace_anchor_plugin {
    uint32_t first;
    uint32_t nr_events;
    char name[24];
    char event_name[TRACE_ANCHOR_EVENTS][24];
};

struct trace_anchor_domain {
    uint32_t id;
    uint32_t nr_vcpus;
    char name[24];
};

struct trace_anchor {
    char magic[16];
    uint32_t version;
    uint32_t bytes; /* sizeof(struct trace_anchor) */
    uint64_t self;  /* physical address of this struct */
    uint64_t tsc_khz;
    uint64_t tsc_zero; /* TSC at system time 0 */
    uint32_t flags;
    uint32_t nr_cpus;
    uint32_t nr_domains; /* may exceed what there is room for */
    uint32_t sched_id;   /* scheduler id of the plug-in's events */
    uint32_t nr_events;
    uint32_t nr_plugins; /* may exceed what there is room for */
    char scheduler[24];  /* Pool-0's at boot */
    char event_name[TRACE_ANCHOR_EVENTS][24]; /* of the plug-in, from 0 */
    struct trace_anchor_cpu cpu[TRACE_ANCHOR_CPUS];
    struct trace_anchor_domain domain[TRACE_ANCHOR_DOMAINS];
    struct trace_anchor_plugin plugin[TRACE_ANCHOR_PLUGINS];
};

#define TRACE_ANCHOR_PAGES 9
static_assert(sizeof(struct trace_anchor) <= TRACE_ANCHOR_PAGES * 4096,
              "the anchor fits its pages");
static_assert(sizeof(struct t_buf) == 8, "t_buf as in the ABI");

static inline uint32_t trace_record_bytes(uint32_t header)
{
    return 4 + 4 * (header >> TRACE_EXTRA_SHIFT & TRACE_EXTRA_MAX) +
           (header >> 31) * 8;
}

#endif
