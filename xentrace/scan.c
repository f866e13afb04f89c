/*
 * scan.c - see scan.h.
 */
#include "xentrace/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_MASK 0x0ffff00fu

static void *must(void *memory)
{
    if (!memory) {
        fputs("xentrace: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

void event_counts_add(struct event_counts *c, uint32_t event, uint64_t times)
{
    unsigned i = 0;

    while (i < c->nr && c->event[i].event != event)
        i++;
    if (i == c->room) {
        c->room = 2 * c->room + 64;
        c->event = must(realloc(c->event, c->room * sizeof(*c->event)));
    }
    if (i == c->nr)
        c->event[c->nr++] = (struct event_count){ .event = event };
    c->event[i].count += times;
}

static inline struct scan_kind *kind_of(struct scan *s, uint32_t header)
{
    return &s->kind[(header * 2654435761u) >> 22];
}

/* The change at `at` may be older than those before it: to its place. */
static void sink(struct change *first, struct change *at)
{
    struct change c = *at;

    for (; at > first && at[-1].tsc > c.tsc; at--)
        *at = at[-1];
    *at = c;
}

static void add_gap(struct scan_chunk *chunk, unsigned cpu, uint64_t from,
                    uint64_t to)
{
    if (chunk->nr_gaps == chunk->room_gaps) {
        chunk->room_gaps = 2 * chunk->room_gaps + 16;
        chunk->gap = must(
            realloc(chunk->gap, chunk->room_gaps * sizeof(*chunk->gap)));
    }
    chunk->gap[chunk->nr_gaps++] = (struct gap){ cpu, from, to };
}

static void lost_records(struct scan *s, struct scan_chunk *chunk,
                         const struct rec *r)
{
    event_counts_add(&s->counts, r->event, 1);
    if (r->nr < 4)
        return;
    s->lost += r->word[0];
    add_gap(chunk, r->cpu, r->word[2] | (uint64_t)r->word[3] << 32, r->tsc);
}

/* A record that the table does not know, or that needs care. */
static bool one_slowly(struct scan *s, struct scan_chunk *chunk)
{
    struct scan_kind *k;
    uint32_t header;
    struct rec r;

    if (!cursor_read(&s->cursor, &r))
        return false;
    if (s->cursor.seq == 1)
        s->first = r.tsc;
    if (s->cursor.hole != UINT64_MAX) {
        add_gap(chunk, r.cpu, s->cursor.hole, r.tsc);
        s->cursor.hole = UINT64_MAX;
    }
    if (r.event == TRC_LOST_RECORDS) {
        lost_records(s, chunk, &r);
        return true;
    }
    header = r.event | (uint32_t)r.nr << TRACE_EXTRA_SHIFT | 1u << 31;
    k = kind_of(s, header);
    if (k->header != header) {
        if (k->count)
            event_counts_add(&s->counts, k->header & 0x0fffffff, k->count);
        *k = (struct scan_kind){ .header = header };
        k->is_state = (r.event & STATE_MASK) == TRC_SCHED_RUNSTATE_CHANGE &&
                      r.nr >= 1;
    }
    k->count++;
    if (k->is_state) {
        s->kept[s->nr++] = (struct change){ r.tsc, r.word[0],
                                            r.event >> 4 & 0x33 };
        sink(s->kept, s->kept + s->nr - 1);
    }
    return true;
}

/* As many records as begin before `end`, and as there is room for. */
static void many(struct scan *s, const uint8_t *end)
{
    const uint8_t *p = s->cursor.at;
    uint64_t last = s->cursor.last, tsc;
    struct change *to = s->kept + s->nr, *full = s->kept + SCAN_ROOM;
    uint64_t newest = s->nr ? to[-1].tsc : 0;
    uint32_t header, who, records = 0;

    if (!last)
        return;
    while (p < end && to < full) {
        struct scan_kind *k;

        memcpy(&header, p, 4);
        memcpy(&tsc, p + 4, 8);
        k = kind_of(s, header);
        if (__builtin_expect(k->header != header, 0) ||
            __builtin_expect(tsc - last + STREAM_JUMP >= 2 * STREAM_JUMP, 0))
            break;
        last = tsc;
        k->count++;
        records++;
        memcpy(&who, p + 12, 4);
        p += 12 + 4 * (header >> TRACE_EXTRA_SHIFT & 7);
        if (!k->is_state)
            continue;
        *to++ = (struct change){ tsc, who, header >> 4 & 0x33 };
        if (__builtin_expect(tsc < newest, 0))
            sink(s->kept, to - 1);
        else
            newest = tsc;
    }
    s->nr = (unsigned)(to - s->kept);
    s->cursor.seq += records;
    s->cursor.last = last;
    s->cursor.at = p;
}

void scan_fill(struct scan *s, struct scan_chunk *chunk)
{
    struct cursor *c = &s->cursor;

    chunk->nr_gaps = 0;
    chunk->last = false;
    s->kept = chunk->change;
    memcpy(s->kept, s->held, s->nr * sizeof(s->held[0]));
    while (s->nr < SCAN_ROOM && !chunk->last) {
        /* Records that begin before this end within the window. */
        if (c->end - c->at >= TRACE_RECORD_BYTES_MAX)
            many(s, c->end - TRACE_RECORD_BYTES_MAX);
        if (s->nr < SCAN_ROOM && !one_slowly(s, chunk))
            chunk->last = true;
    }
    cursor_pass(c);
    chunk->nr = chunk->last ? s->nr : s->nr - SCAN_HELD;
    s->nr -= chunk->nr;
    memcpy(s->held, s->kept + chunk->nr, s->nr * sizeof(s->held[0]));
}

void scan_begin(struct scan *s, struct source *source, unsigned cpu)
{
    cursor_begin(&s->cursor, source, cpu);
}

void scan_end(struct scan *s, struct event_counts *total)
{
    for (unsigned i = 0; i < SCAN_KINDS; i++)
        if (s->kind[i].count)
            event_counts_add(total, s->kind[i].header & 0x0fffffff,
                             s->kind[i].count);
    for (unsigned i = 0; i < s->counts.nr; i++)
        event_counts_add(total, s->counts.event[i].event,
                         s->counts.event[i].count);
    free(s->counts.event);
}
