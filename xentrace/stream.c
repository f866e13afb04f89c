/*
 * stream.c - see stream.h. Decoding, merging, and where records are missing.
 */
#include "xentrace/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
    if (!memory) {
        fputs("xentrace: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return value;
}

/* ---- one CPU ---- */

void cursor_begin(struct cursor *c, struct source *s, unsigned cpu)
{
    *c = (struct cursor){ .source = s, .cpu = cpu, .hole = UINT64_MAX };
    if (cpu < TRACE_ANCHOR_CPUS && s->meta.overwritten[cpu])
        c->hole = 0;
    if (!s->data) {
        c->at = s->ring[cpu].data;
        c->end = c->at + s->ring[cpu].bytes;
    }
}

void cursor_pass(struct cursor *c)
{
    if (!c->source->data || c->at - c->told < SOURCE_STEP / 2)
        return;
    c->told = c->at;
    source_pass(c->source, c->cpu, (size_t)(c->at - c->source->data));
}

static void damaged_here(struct cursor *c)
{
    if (c->last < c->hole)
        c->hole = c->last;
}

bool cursor_next_window(struct cursor *c)
{
    struct window w;

    if (!c->source->data)
        return false;
    if (c->end)
        source_pass(c->source, c->cpu, (size_t)(c->end - c->source->data));
    do {
        if (!source_window(c->source, &c->next, &w)) {
            source_pass(c->source, c->cpu, c->source->bytes);
            return false;
        }
        if (w.damaged)
            damaged_here(c);
    } while (w.cpu != c->cpu || !w.bytes);
    source_pass(c->source, c->cpu, w.at);
    c->at = c->told = c->source->data + w.at;
    c->end = c->at + w.bytes;
    c->cut = w.cut;
    return true;
}

/* Where the next three records in a row (or the end) are plausible. */
static const uint8_t *resync(const uint8_t *from, const uint8_t *end,
                             uint64_t last)
{
    for (const uint8_t *at = from; at + 4 <= end; at += 4) {
        const uint8_t *next = at;
        int good = 0;

        while (good < 3 && next + 4 <= end &&
               get32(next) >> 31 && /* with a time: surer */
               record_plausible(next, (size_t)(end - next), last)) {
            next += trace_record_bytes(get32(next));
            good++;
        }
        if (good == 3 || (good && next == end))
            return at;
    }
    return end;
}

/* Only the begin of a record is left, in a file that ends here: that was told
 * when it was opened. */
static bool is_cut(const struct cursor *c)
{
    size_t left = (size_t)(c->end - c->at);

    return c->cut && (left < 4 || trace_record_bytes(get32(c->at)) > left);
}

void cursor_skip_garbage(struct cursor *c)
{
    const uint8_t *base = c->source->data ? c->source->data
                                          : c->source->ring[c->cpu].data;
    const uint8_t *to;

    if (is_cut(c)) {
        c->at = c->end;
        return;
    }
    damaged_here(c);
    to = c->end - c->at > 4 ? resync(c->at + 4, c->end, c->last) : c->end;
    source_damaged(c->source,
                   "garbage at byte %zu (CPU %u): %zu bytes passed over",
                   (size_t)(c->at - base), c->cpu, (size_t)(to - c->at));
    c->at = to;
}

bool cursor_read(struct cursor *c, struct rec *r)
{
    uint32_t header, bytes;

    for (;;) {
        if (c->at == c->end) {
            if (!cursor_next_window(c))
                return false;
            continue;
        }
        if (!record_plausible(c->at, (size_t)(c->end - c->at), c->last)) {
            cursor_skip_garbage(c);
            continue;
        }
        header = get32(c->at);
        bytes = trace_record_bytes(header);
        if (header >> 31)
            memcpy(&c->last, c->at + 4, 8);
        if ((header & 0x0fffffff) != TRC_TRACE_WRAP_BUFFER)
            break;
        c->at += bytes;
    }
    *r = (struct rec){ .tsc = c->last,
                       .event = header & 0x0fffffff,
                       .cpu = (uint16_t)c->cpu,
                       .nr = header >> TRACE_EXTRA_SHIFT & 7,
                       .seq = c->seq++ };
    memcpy(r->word, c->at + 4 + (header >> 31) * 8, 4 * (size_t)r->nr);
    c->at += bytes;
    cursor_pass(c);
    return true;
}

/* ---- gaps ---- */

static void add_gap(struct stream *st, unsigned cpu, uint64_t from, uint64_t to)
{
    if (st->nr_gaps == st->room_gaps) {
        st->room_gaps = 2 * st->room_gaps + 16;
        st->gap = must(realloc(st->gap, st->room_gaps * sizeof(*st->gap)));
    }
    st->gap[st->nr_gaps++] = (struct gap){ cpu, from, to };
    st->gaps_ever++;
}

/* Gaps that begin before `now` count from here on; their end is all of them
 * that has to be remembered. */
static void begin_gaps(struct stream *st, uint64_t now)
{
    for (unsigned i = 0; i < st->nr_gaps;) {
        if (st->gap[i].from >= now) {
            i++;
            continue;
        }
        if (st->gap[i].to > st->torn_to)
            st->torn_to = st->gap[i].to;
        st->gap[i] = st->gap[--st->nr_gaps];
    }
}

/* ---- all CPUs ---- */

static void hold(struct stream_cpu *c, const struct rec *r)
{
    unsigned at = c->first + c->nr++;

    for (; at != c->first; at--) {
        struct rec *before = &c->held[(at - 1) % STREAM_HELD];

        if (before->tsc <= r->tsc)
            break;
        c->held[at % STREAM_HELD] = *before;
    }
    c->held[at % STREAM_HELD] = *r;
}

/* Is something missing before this record? */
static bool take_gaps(struct stream *st, struct stream_cpu *c,
                      const struct rec *r)
{
    bool lost = r->event == TRC_LOST_RECORDS && r->nr >= 4;
    bool hole = c->cursor.hole != UINT64_MAX;

    if (lost) {
        c->told += r->word[0];
        st->lost += r->word[0];
        add_gap(st, r->cpu, r->word[2] | (uint64_t)r->word[3] << 32, r->tsc);
    }
    if (hole)
        add_gap(st, r->cpu, c->cursor.hole, r->tsc);
    c->cursor.hole = UINT64_MAX;
    return lost || hole;
}

/* Read on until enough is held back, or all. */
static void fill(struct stream *st, struct stream_cpu *c)
{
    const struct trace_meta *m = &st->source->meta;
    unsigned cpu = c->cursor.cpu;
    struct rec r;
    bool after_gap;

    while (!c->done && c->nr < STREAM_HELD) {
        if (!cursor_read(&c->cursor, &r)) {
            c->done = true;
            if (cpu < TRACE_ANCHOR_CPUS && m->lost_total[cpu] > c->told &&
                c->cursor.seq) {
                st->lost += m->lost_total[cpu] - c->told;
                add_gap(st, cpu, c->cursor.last, UINT64_MAX);
            }
            return;
        }
        after_gap = take_gaps(st, c, &r);
        if (st->on_read)
            st->on_read(&r, after_gap, st->arg);
        hold(c, &r);
    }
}

static const struct rec *head_of(const struct stream *st, unsigned i)
{
    return &st->cpu[i].held[st->cpu[i].first % STREAM_HELD];
}

static bool is_change(const struct rec *r)
{
    return (r->event & 0x0ffff00f) == TRC_SCHED_RUNSTATE_CHANGE && r->nr;
}

/* Does CPU i have, at r's time, the change that leads to the state that r's
 * vCPU leaves? Whoever comes to a vCPU with an older reading than the one that
 * has changed it dates his change with that one, so both have the same time. */
static bool leads_to(const struct stream *st, unsigned i, const struct rec *r)
{
    const struct stream_cpu *c = &st->cpu[i];

    if (!is_change(r))
        return false;
    for (unsigned k = 0; k < c->nr; k++) {
        const struct rec *x = &c->held[(c->first + k) % STREAM_HELD];

        if (x->tsc != r->tsc)
            return false;
        if (is_change(x) && x->word[0] == r->word[0])
            return (x->event >> 4 & 3) == (r->event >> 8 & 3);
    }
    return false;
}

static bool earlier(const struct stream *st, unsigned a, unsigned b)
{
    const struct rec *x = head_of(st, a), *y = head_of(st, b);
    bool after;

    if (x->tsc != y->tsc)
        return x->tsc < y->tsc;
    after = leads_to(st, b, x);
    return after != leads_to(st, a, y) ? !after : a < b;
}

static void sift_down(struct stream *st, unsigned i)
{
    unsigned moving = st->heap[i], child;

    for (; (child = 2 * i + 1) < st->nr_heap; i = child) {
        if (child + 1 < st->nr_heap &&
            earlier(st, st->heap[child + 1], st->heap[child]))
            child++;
        if (!earlier(st, st->heap[child], moving))
            break;
        st->heap[i] = st->heap[child];
    }
    st->heap[i] = moving;
}

void stream_begin(struct stream *st, struct source *s)
{
    *st = (struct stream){ .source = s };
    st->cpu = must(calloc(s->nr_cpus + 1, sizeof(*st->cpu)));
    st->heap = must(calloc(s->nr_cpus + 1, sizeof(*st->heap)));
    for (unsigned i = 0; i < s->nr_cpus; i++)
        cursor_begin(&st->cpu[i].cursor, s, s->cpus[i]);
}

/* Not in stream_begin(): on_gap may be set in between. */
static void begin_heap(struct stream *st)
{
    for (unsigned i = 0; i < st->source->nr_cpus; i++) {
        fill(st, &st->cpu[i]);
        if (st->cpu[i].nr)
            st->heap[st->nr_heap++] = i;
    }
    for (unsigned i = st->nr_heap; i-- > 0;)
        sift_down(st, i);
}

const struct rec *stream_next(struct stream *st)
{
    struct stream_cpu *c;
    const struct rec *r;

    if (!st->records) {
        begin_heap(st);
    } else { /* what was handed out last may go now */
        c = &st->cpu[st->heap[0]];
        c->first++;
        c->nr--;
        fill(st, c);
        if (!c->nr)
            st->heap[0] = st->heap[--st->nr_heap];
        if (st->nr_heap)
            sift_down(st, 0);
    }
    if (!st->nr_heap)
        return NULL;
    st->records++;
    c = &st->cpu[st->heap[0]];
    r = &c->held[c->first % STREAM_HELD];
    if (st->nr_gaps)
        begin_gaps(st, r->tsc);
    if (r->tsc > c->newest)
        c->newest = r->tsc;
    return r;
}

void stream_end(struct stream *st)
{
    free(st->cpu);
    free(st->heap);
    free(st->gap);
    st->cpu = NULL;
    st->heap = NULL;
    st->gap = NULL;
}
