/*
 * scan.h - the quick half of `xentrace stats`: one CPU's records are counted by
 * kind, and only its changes of runstates are kept, in order of time.
 *
 * A record costs some thirty instructions here: its first word is looked up in
 * a small table of those that were seen, which says that it is one, and counts
 * it. Whatever is not usual goes through the decoder (stream.h).
 *
 * The scans are done ahead by threads of their own (feed.h).
 */
#ifndef XENTRACE_SCAN_H
#define XENTRACE_SCAN_H

#include "xentrace/stream.h"

#define SCAN_KINDS 1024u
#define SCAN_ROOM  8192u
#define SCAN_HELD  128u /* not handed out: an older one may come yet */

struct change {
    uint64_t tsc;
    uint32_t who;    /* domain << 16 | vCPU */
    uint32_t states; /* old << 4 | new */
};

/* Changes in order of time, and the gaps that begin among them or later. */
struct scan_chunk {
    struct change change[SCAN_ROOM + SCAN_HELD];
    unsigned nr; /* of them: what lies behind is the next chunk's */
    bool last;   /* no more follow */
    struct gap *gap;
    unsigned nr_gaps, room_gaps;
};

struct scan_kind {
    uint32_t header; /* 0: free */
    uint32_t is_state;
    uint64_t count;
};

struct event_count {
    uint32_t event;
    uint64_t count;
};

/* How often each event was; grows by need. */
struct event_counts {
    struct event_count *event;
    unsigned nr, room;
};

struct scan {
    struct cursor cursor;
    uint64_t first, lost; /* time of the first record; records lost */
    struct scan_kind kind[SCAN_KINDS];
    struct event_counts counts; /* of those that lost their place in kind[] */
    struct change *kept;        /* a chunk's, while it is filled */
    unsigned nr;                /* in it; else in held[] */
    struct change held[SCAN_HELD];
};

void scan_begin(struct scan *s, struct source *source, unsigned cpu);
/* Read on until the chunk is full, or to the end. */
void scan_fill(struct scan *s, struct scan_chunk *chunk);
/* Add what was counted to *total, and free what the scan has. */
void scan_end(struct scan *s, struct event_counts *total);

void event_counts_add(struct event_counts *c, uint32_t event, uint64_t times);

#endif
