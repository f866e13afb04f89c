/*
 * info.c - `xentrace info`: what is in a trace.
 *
 * A record whose time is damaged would be the trace's first or last one. So
 * from and to are of those records alone whose time fits between their
 * neighbours' on the same CPU; the others are counted.
 */
#include "xentrace/command.h"

#define FAR_NS     1000000000 /* more than records of nested contexts differ */
#define FAR_CYCLES 4000000000 /* ... of a trace without .info */

struct extent {
    uint64_t far;         /* cycles */
    uint64_t first, last; /* of those that fit; first > last: none yet */
    unsigned long odd;
    struct lain {
        uint64_t before, at; /* the last two, as they lie */
        unsigned nr;         /* of these, up to 2 */
    } cpu[SOURCE_CPUS + 1];
};

static void fits(struct extent *e, uint64_t tsc)
{
    if (tsc < e->first)
        e->first = tsc;
    if (tsc > e->last)
        e->last = tsc;
}

static bool far_above(const struct extent *e, uint64_t a, uint64_t b)
{
    return a > b && a - b > e->far;
}

/* c->at has got a neighbour on the other side. Time stands still for long and
 * goes on: only a time that is far from both, on one side, is none. */
static void judge(struct extent *e, const struct lain *c, uint64_t after)
{
    bool first = c->nr == 1;
    bool high = far_above(e, c->at, after) &&
                (first || far_above(e, c->at, c->before));
    bool low = far_above(e, after, c->at) && !first &&
               far_above(e, c->before, c->at);

    if (high || low)
        e->odd++;
    else
        fits(e, c->at);
}

static void on_read(struct rec *r, bool after_gap, void *arg)
{
    struct extent *e = arg;
    struct lain *c = &e->cpu[r->cpu];

    (void)after_gap;
    if (c->nr)
        judge(e, c, r->tsc);
    c->before = c->at;
    c->at = r->tsc;
    c->nr = c->nr ? 2 : 1;
}

/* Nothing comes after the last record of a CPU. */
static void finish(struct extent *e)
{
    for (unsigned i = 0; i <= SOURCE_CPUS; i++)
        if (e->cpu[i].nr)
            judge(e, &e->cpu[i], e->cpu[i].at);
}

static void print(const struct source *s, const struct stream *st,
                  const struct extent *e)
{
    const struct trace_meta *m = &s->meta;
    double unit = m->tsc_khz ? 1e9 : 1;

    printf("records    %lu\nlost       %lu\nCPUs       %u\n",
           (unsigned long)st->records, (unsigned long)st->lost,
           s->cpus[s->nr_cpus - 1] + 1u);
    printf("from, to   %.6f, %.6f %s\n", meta_ns(m, e->first) / unit,
           meta_ns(m, e->last) / unit, m->tsc_khz ? "s" : "cycles");
    if (e->odd)
        printf("damaged    the time of %lu records, which from, to leave out\n",
               e->odd);
    if (m->known)
        printf("scheduler  %s\n", m->scheduler);
    for (unsigned i = 0; i < m->nr_domains; i++)
        printf("domain     %u %s (vCPUs: %u)\n", m->domain[i].id,
               m->domain[i].name, m->domain[i].nr_vcpus);
    if (!m->known)
        printf("no %s.info: no names, and times in cycles\n", s->name);
}

int command_info(const struct args *a)
{
    static struct source s;
    static struct extent e = { .first = UINT64_MAX };
    struct stream st;
    int status;

    if (!source_open(&s, a->argv[0]))
        return EXIT_CANNOT;
    e.far = s.meta.tsc_khz ? s.meta.tsc_khz * (FAR_NS / 1000000) : FAR_CYCLES;
    stream_begin(&st, &s);
    st.on_read = on_read;
    st.arg = &e;
    while (stream_next(&st))
        ;
    if (!st.records) {
        command_empty(&s);
        (void)command_close(&s, &st);
        return EXIT_CANNOT;
    }
    finish(&e);
    print(&s, &st, &e);
    status = command_close(&s, &st);
    return status == EXIT_FINE && e.odd ? EXIT_DAMAGED : status;
}
