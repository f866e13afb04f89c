/*
 * stats.c - `xentrace stats`: what is in a trace of any length, in one pass.
 *
 * Each CPU's records are scanned (scan.h); the changes of runstates, merged in
 * order of time, make the times in each state and the latencies of each vCPU.
 * Memory: 600 KiB a CPU, 16 KiB a vCPU.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/vcpu.h>

#include "xentrace/command.h"
#include "xentrace/events.h"
#include "xentrace/histogram.h"
#include "xentrace/feed.h"
#include "xentrace/whos.h"

#define CACHE 256u

struct vcpu {
    uint32_t who;              /* first: whos.h */
    uint32_t states;           /* of the last change, as there */
    uint64_t since;            /* cycles, as all times here; 0: not seen yet */
    uint64_t total[4], hidden; /* hidden: stays that a gap overlaps */
    uint64_t runs, torn, broken;
    struct histogram *wake; /* from runnable, after blocked, to running */
};

struct gap_to_come {
    uint64_t from, to;
};

static struct stats {
    struct source source;
    struct feed feed;
    struct head {
        const struct scan_chunk *chunk;
        unsigned pos;
    } * head;       /* by CPU */
    unsigned *heap; /* of CPUs, by the time of their next change */
    unsigned nr_heap;
    struct whos vcpus;
    struct vcpu *cache[CACHE];
    struct event_counts events;
    struct gap_to_come *gap; /* that have not begun */
    unsigned nr_gaps, room_gaps, gaps_ever;
    uint64_t whole_from; /* a stay that began earlier is torn, or unknown */
} stats = { .vcpus.bytes = sizeof(struct vcpu), .whole_from = 1 };

/* ---- gaps ---- */

static void add_gaps(struct stats *s, const struct scan_chunk *c)
{
    for (unsigned i = 0; i < c->nr_gaps; i++) {
        if (s->nr_gaps == s->room_gaps) {
            s->room_gaps = 2 * s->room_gaps + 64;
            s->gap = command_must(
                realloc(s->gap, s->room_gaps * sizeof(*s->gap)));
        }
        s->gap[s->nr_gaps++] = (struct gap_to_come){ c->gap[i].from,
                                                     c->gap[i].to };
        s->gaps_ever++;
    }
}

static void begin_gaps(struct stats *s, uint64_t now)
{
    for (unsigned i = 0; i < s->nr_gaps;) {
        if (s->gap[i].from >= now) {
            i++;
            continue;
        }
        if (s->gap[i].to > s->whole_from)
            s->whole_from = s->gap[i].to;
        s->gap[i] = s->gap[--s->nr_gaps];
    }
}

/* ---- vCPUs ---- */

/* Where a vCPU is looked for first: in one place, which may be another's. */
static inline struct vcpu **cached(struct stats *s, uint32_t who)
{
    return &s->cache[(who ^ who >> 16 << 3) % CACHE];
}

static __attribute__((noinline, cold)) struct vcpu *find(struct stats *s,
                                                         uint32_t who)
{
    struct vcpu *v = whos_get(&s->vcpus, who);

    if (!v->wake)
        v->wake = command_must(calloc(1, sizeof(*v->wake)));
    *cached(s, who) = v;
    return v;
}

#define STATES(old, new) ((old) << 4 | (new)) /* struct change has them so */
#define WOKEN            STATES(RUNSTATE_blocked, RUNSTATE_runnable)
#define BEGINS           STATES(RUNSTATE_runnable, RUNSTATE_running)

/* The stay began before a gap ended, or before the trace. */
static __attribute__((noinline, cold)) void torn(struct vcpu *v, uint64_t span)
{
    if (!v->since)
        return;
    v->hidden += span;
    v->torn += v->states == WOKEN;
}

static inline void change(struct stats *s, const struct change *c)
{
    struct vcpu *v = *cached(s, c->who);
    uint32_t before, states = c->states;
    uint64_t span;

    if (__builtin_expect(!v || v->who != c->who, 0))
        v = find(s, c->who);
    before = v->states;
    span = c->tsc - v->since;
    if (__builtin_expect(v->since < s->whole_from, 0)) {
        torn(v, span);
    } else {
        if (__builtin_expect(((before & 3) ^ states >> 4) || span >> 62, 0))
            v->broken++;
        v->total[before & 3] += span;
        if (before == WOKEN && states == BEGINS)
            histogram_add(v->wake, span);
    }
    v->runs += !(states & 3);
    v->states = states;
    v->since = c->tsc;
}

static_assert(!RUNSTATE_running, "as change() has it");

/* ---- merging ---- */

static inline uint64_t time_of(const struct stats *s, unsigned i)
{
    const struct head *h = &s->head[s->heap[i]];

    return i < s->nr_heap ? h->chunk->change[h->pos].tsc : UINT64_MAX;
}

static void sift_down(struct stats *s, unsigned i)
{
    for (;;) {
        unsigned child = 2 * i + 1, keep = s->heap[i];

        if (child >= s->nr_heap)
            return;
        if (child + 1 < s->nr_heap && time_of(s, child + 1) < time_of(s, child))
            child++;
        if (time_of(s, i) <= time_of(s, child))
            return;
        s->heap[i] = s->heap[child];
        s->heap[child] = keep;
        i = child;
    }
}

/* The next chunk with something in it; false: there is none. */
static bool refill(struct stats *s, unsigned cpu)
{
    struct head *h = &s->head[cpu];

    do {
        if (h->chunk && h->chunk->last)
            return false;
        h->chunk = feed_next(&s->feed, cpu);
        h->pos = 0;
        add_gaps(s, h->chunk);
    } while (!h->chunk->nr);
    return true;
}

/* One more of the CPU at place i of the heap was taken. */
static void advance(struct stats *s, unsigned i)
{
    struct head *h = &s->head[s->heap[i]];

    if (++h->pos == h->chunk->nr && !refill(s, s->heap[i]))
        s->heap[i] = s->heap[--s->nr_heap];
    sift_down(s, i);
}

/* c's vCPU is not in the state that c leaves, and another CPU has a change of
 * the same time: that one leads to it (stream.c, leads_to()). */
static bool take_other(struct stats *s, const struct change *c)
{
    const struct vcpu *v = *cached(s, c->who);

    if (!v || v->who != c->who || (v->states & 3) == c->states >> 4 ||
        !v->since)
        return false;
    for (unsigned i = 1; i < 3; i++)
        if (time_of(s, i) == c->tsc) {
            const struct head *h = &s->head[s->heap[i]];

            change(s, &h->chunk->change[h->pos]);
            advance(s, i);
            return true;
        }
    return false;
}

/* All that the earliest CPU has before any other's next. */
static void take_run(struct stats *s)
{
    struct head *h = &s->head[s->heap[0]];
    const struct change *c = &h->chunk->change[h->pos];
    const struct change *end = &h->chunk->change[h->chunk->nr];
    uint64_t a = time_of(s, 1), b = time_of(s, 2), until = a < b ? a : b;

    if (__builtin_expect(c->tsc == until, 0) && take_other(s, c))
        return;
    for (; c < end && (c->tsc < until || c == &h->chunk->change[h->pos]); c++) {
        if (__builtin_expect(s->nr_gaps, 0))
            begin_gaps(s, c->tsc);
        change(s, c);
    }
    h->pos = (unsigned)(c - h->chunk->change);
    if (c == end && !refill(s, s->heap[0]))
        s->heap[0] = s->heap[--s->nr_heap];
    sift_down(s, 0);
}

static void read_all(struct stats *s)
{
    unsigned nr = s->source.nr_cpus;

    s->head = command_must(calloc(nr + 1, sizeof(*s->head)));
    s->heap = command_must(calloc(nr + 3, sizeof(*s->heap)));
    feed_begin(&s->feed, &s->source);
    for (unsigned i = 0; i < nr; i++)
        if (refill(s, i))
            s->heap[s->nr_heap++] = i;
    for (unsigned i = s->nr_heap; i-- > 0;)
        sift_down(s, i);
    while (s->nr_heap)
        take_run(s);
    feed_end(&s->feed, &s->events);
}

/* ---- the report ---- */

static int by_count(const void *a, const void *b)
{
    const struct event_count *x = a, *y = b;

    return x->count != y->count ? (x->count < y->count ? 1 : -1)
                                : (x->event > y->event) - (x->event < y->event);
}

static void print_events(struct stats *s, double seconds)
{
    char name[64];

    qsort(s->events.event, s->events.nr, sizeof(*s->events.event), by_count);
    printf("%-32s%12s%14s\n", "event", "records", "a second");
    for (unsigned i = 0; i < s->events.nr; i++) {
        uint32_t event = s->events.event[i].event;

        event_name(name, sizeof(name), &s->source.meta, event);
        if ((event & 0x0ffff00f) == TRC_SCHED_RUNSTATE_CHANGE)
            snprintf(name, sizeof(name), "runstate_change %s>%s",
                     event_state(event >> 8), event_state(event >> 4));
        printf("%-32s%12lu%14.1f\n", name,
               (unsigned long)s->events.event[i].count,
               (double)s->events.event[i].count / seconds);
    }
}

static void print_vcpu(const struct stats *s, const struct vcpu *v,
                       double cycles, double us)
{
    const struct histogram *h = v->wake;
    char name[40];

    snprintf(name, sizeof(name), "%s.%u",
             command_domain(&s->source.meta, v->who >> 16), v->who & 0xffff);
    printf("%-16s", name);
    for (unsigned i = 0; i < 3; i++)
        printf("%8.3f", 100 * (double)v->total[i] / cycles);
    printf("%8.3f%10lu", 100 * (double)v->hidden / cycles,
           (unsigned long)v->runs);
    if (h->nr)
        printf("%10lu%10.1f%10.1f%10.1f%10.1f%10.1f", (unsigned long)h->nr,
               (double)h->least * us, (double)histogram_quantile(h, .5) * us,
               (double)histogram_quantile(h, .99) * us,
               (double)histogram_quantile(h, .999) * us,
               (double)h->greatest * us);
    if (v->torn)
        printf("  (%lu wakes hidden by gaps)", (unsigned long)v->torn);
    if (v->broken)
        printf("  (%lu changes do not follow: xentrace check)",
               (unsigned long)v->broken);
    putchar('\n');
}

/* What the trace is, from the scans of its CPUs. */
struct extent {
    uint64_t first, last, records, lost;
};

static struct extent extent_of(const struct stats *s, unsigned *gaps_at_end)
{
    struct extent e = { .first = UINT64_MAX };

    for (unsigned i = 0; i < s->source.nr_cpus; i++) {
        const struct scan *c = &s->feed.cpu[i].scan;
        unsigned cpu = c->cursor.cpu;

        e.records += c->cursor.seq;
        e.lost += c->lost;
        if (c->cursor.seq && c->first < e.first)
            e.first = c->first;
        if (c->cursor.last > e.last)
            e.last = c->cursor.last;
        if (cpu < TRACE_ANCHOR_CPUS &&
            s->source.meta.lost_total[cpu] > c->lost) {
            e.lost += s->source.meta.lost_total[cpu] - c->lost;
            ++*gaps_at_end;
        }
    }
    return e;
}

static void print_all(struct stats *s, const char *file, struct extent e)
{
    const struct trace_meta *m = &s->source.meta;
    double us = m->tsc_khz ? 1e3 / (double)m->tsc_khz : 1;
    double cycles = (double)(e.last - e.first) + 1e-9;
    double seconds = cycles * us / 1e6;
    struct who **all = whos_sorted(&s->vcpus);

    printf("%s: %lu records, %lu lost in %u gaps, %u CPUs, ", file,
           (unsigned long)e.records, (unsigned long)e.lost, s->gaps_ever,
           s->source.nr_cpus);
    printf("%.6f %s, scheduler %s\n\n", seconds * (m->tsc_khz ? 1 : 1e6),
           m->tsc_khz ? "s" : "cycles",
           m->scheduler[0] ? m->scheduler : "unknown");
    print_events(s, seconds);
    printf("\n%-16s%8s%8s%8s%8s%10s%10s%10s%10s%10s%10s%10s\n", "vCPU", "run %",
           "wait %", "block %", "hid. %", "runs", "wakes", "min us", "median",
           "p99", "p99.9", "max");
    for (unsigned i = 0; i < s->vcpus.nr; i++)
        print_vcpu(s, (const struct vcpu *)(const void *)all[i], cycles, us);
    free(all);
    puts("\nwakes: from runnable, after blocked, to running; quantiles to "
         "3.2 %, min and\nmax exact. hid.: stays that a gap of lost records "
         "overlaps; they count nowhere.");
}

int command_stats(const struct args *a)
{
    struct stats *s = &stats;
    struct extent e;

    if (!source_open(&s->source, a->argv[0]))
        return EXIT_CANNOT;
    read_all(s);
    e = extent_of(s, &s->gaps_ever);
    if (!e.records) {
        fprintf(stderr, "xentrace: %s: no record in it: not a trace?\n",
                a->argv[0]);
        return EXIT_CANNOT;
    }
    print_all(s, a->argv[0], e);
    return s->source.damage ? EXIT_DAMAGED : EXIT_FINE;
}
