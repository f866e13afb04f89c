/*
 * stream.h - the records of a source, one by one, in order of time.
 *
 * The one decoder. A cursor walks over one CPU's records in the order in which
 * they lie; a stream merges all CPUs' by a heap. A CPU's records are in order
 * of time but for nested contexts and for records with an earlier reading of
 * the clock: the last STREAM_HELD of each CPU are held back and sorted. Those
 * of one CPU with the same time keep their order.
 *
 * Memory: some 6 KiB a CPU, however long the trace is.
 */
#ifndef XENTRACE_STREAM_H
#define XENTRACE_STREAM_H

#include "xentrace/source.h"

#define STREAM_HELD 128u

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

struct cursor {
    struct source *source;
    unsigned cpu;
    const uint8_t *at, *end; /* in the window */
    bool cut;                /* the window's last record may be incomplete */
    size_t next;             /* the next window is here, or further on */
    const uint8_t *told;     /* source_pass() knows of what lies before this */
    uint64_t last;           /* time of the latest record; 0: none yet */
    uint64_t hole;           /* damage since this time; UINT64_MAX: none */
    uint32_t seq;
};

/* Records are missing on a CPU between these times (cycles). */
struct gap {
    unsigned cpu;
    uint64_t from, to; /* to: UINT64_MAX if the trace ends first */
};

struct stream_cpu {
    struct cursor cursor;
    struct rec held[STREAM_HELD]; /* a ring, sorted */
    unsigned first, nr;
    bool done;
    uint64_t newest; /* latest time that was handed out */
    uint64_t told;   /* lost, by lost_records */
};

struct stream {
    struct source *source;
    struct stream_cpu *cpu; /* as source->cpus */
    unsigned *heap;         /* indices of cpu, the earliest record first */
    unsigned nr_heap;
    uint64_t records, lost;
    struct gap *gap; /* those that may matter yet, in no order */
    unsigned nr_gaps, room_gaps;
    uint64_t torn_to;   /* gaps that have begun end here at the latest */
    unsigned gaps_ever; /* how many there were */
    /* Whoever wants to see each CPU's records as they lie; some time before
     * they are handed out. He may leave something in words that the record does
     * not have. `after_gap`: some records are missing before it. */
    void (*on_read)(struct rec *r, bool after_gap, void *arg);
    void *arg;
};

void cursor_begin(struct cursor *c, struct source *s, unsigned cpu);
/* The next record as it lies; false at the end. Damage is told. */
bool cursor_read(struct cursor *c, struct rec *r);
/* What lies before c->at is not needed any more. To be called now and then by
 * whoever moves it himself. */
void cursor_pass(struct cursor *c);
/* Go to the next window with bytes; false: there is none. */
bool cursor_next_window(struct cursor *c);
/* What lies at c->at is no record: go on behind it, and tell. */
void cursor_skip_garbage(struct cursor *c);

void stream_begin(struct stream *st, struct source *s);
/* The next record of all; NULL at the end. Good until the next call. */
const struct rec *stream_next(struct stream *st);
void stream_end(struct stream *st);

/* Is something missing between this time and that of the record which was
 * handed out last? */
static inline bool stream_torn(const struct stream *st, uint64_t since)
{
    return st->torn_to > since;
}

/* Could a record of `left` bytes at most begin here? One class, some subclass,
 * a time that is near `last`. */
#define STREAM_JUMP (1ull << 44)
static inline bool record_plausible(const uint8_t *p, size_t left,
                                    uint64_t last)
{
    uint32_t header, event;
    uint64_t tsc;

    if (left < 4)
        return false;
    __builtin_memcpy(&header, p, 4);
    event = header & 0x0fffffff;
    if (trace_record_bytes(header) > left || !(event & 0xf000) ||
        __builtin_popcount(event >> 16) != 1)
        return false;
    if (!(header >> 31))
        return true;
    __builtin_memcpy(&tsc, p + 4, 8);
    return !last || tsc - last + STREAM_JUMP < 2 * STREAM_JUMP;
}

#endif
