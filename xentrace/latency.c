/*
 * latency.c - `xentrace latency`: waits from wake-up to run, by vCPU and cause;
 * who ran instead; the longest, one by one. Several files are runs with
 * different seeds: then come means with confidence intervals (latency_seeds.c).
 */
#include "xentrace/latency.h"

#include <stdlib.h>
#include <string.h>

#include "trace/events.h"

struct longest {
    struct wait wait;
    struct blame blame[6]; /* the first that ran instead, newest first */
    unsigned nr;
};

struct lateness {
    uint32_t who; /* first: whos.h */
    struct histogram *timer, *deadline;
};

static struct latency {
    const struct args *args;
    const struct trace_meta *meta;
    struct waits waits;
    struct whos vcpus;    /* struct latency_vcpu */
    struct whos lateness; /* struct lateness */
    struct longest *top;  /* the longest first */
    unsigned nr_top;
} state;

static double ns_of(const struct trace_meta *m, uint64_t cycles)
{
    return m->tsc_khz ? (double)cycles * 1e6 / (double)m->tsc_khz
                      : (double)cycles;
}

/* ---- a wait ---- */

static void add_blame(uint32_t who, uint64_t from, uint64_t span, void *arg)
{
    struct latency_vcpu *v = arg;
    struct blame *b = whos_get(&v->blame, who);

    (void)from;
    b->span += span;
    b->times++;
}

static void list_blame(uint32_t who, uint64_t from, uint64_t span, void *arg)
{
    struct longest *l = arg;

    (void)from;
    if (l->nr == 6) {
        l->blame[5].who = WAITS_UNKNOWN;
        l->blame[5].span += span;
        l->blame[5].times++;
    } else {
        l->blame[l->nr++] = (struct blame){ who, span, 1 };
    }
}

static void add_longest(struct latency *l, const struct wait *w)
{
    uint64_t span = w->to - w->from;
    unsigned at = l->nr_top, most = l->args->top;

    while (at && l->top[at - 1].wait.to - l->top[at - 1].wait.from < span)
        at--;
    if (at == most)
        return;
    if (l->nr_top < most)
        l->nr_top++;
    memmove(&l->top[at + 1], &l->top[at],
            (l->nr_top - at - 1) * sizeof(*l->top));
    l->top[at] = (struct longest){ .wait = *w };
    waits_blame(&l->waits, w, list_blame, &l->top[at]);
}

static struct latency_vcpu *vcpu_of(struct latency *l, uint32_t who)
{
    struct latency_vcpu *v = whos_get(&l->vcpus, who);

    v->blame.bytes = sizeof(struct blame);
    return v;
}

static void on_wait(const struct wait *w, void *arg)
{
    struct latency *l = arg;
    struct latency_vcpu *v = vcpu_of(l, w->who);
    uint64_t span = w->to - w->from;

    if (!v->by[w->cause])
        v->by[w->cause] = command_must(calloc(1, sizeof(struct histogram)));
    histogram_add(v->by[w->cause], span);
    histogram_add(&v->all, span);
    v->span += span;
    v->woke = w->from;
    waits_blame(&l->waits, w, add_blame, v);
    if (__builtin_popcountll(v->all.nr) == 1) /* 1, 2, 4, 8 ... samples */
        v->max_of[__builtin_ctzll(v->all.nr)] = v->all.greatest;
    if ((l->args->domain < 0 || w->who >> 16 == (unsigned)l->args->domain) &&
        ns_of(l->meta, span) >= l->args->above)
        add_longest(l, w);
}

static void on_hidden(uint32_t who, bool open, void *arg)
{
    struct latency_vcpu *v = vcpu_of(arg, who);

    if (open)
        v->open++;
    else
        v->torn++;
}

/* A guest that writes a record first thing after it woke. */
static void take_guest(struct latency *l, const struct rec *r)
{
    struct latency_vcpu *v;

    if (r->event != TRC_GUEST || !r->nr)
        return;
    v = vcpu_of(l, r->word[0]);
    if (v->woke && r->tsc > v->woke) {
        if (!v->first)
            v->first = command_must(calloc(1, sizeof(*v->first)));
        histogram_add(v->first, r->tsc - v->woke);
    }
    v->woke = 0;
}

/* ---- lateness: guests' timers, and deadlines of plug-ins that have them ----
 */

static bool is_deadline(const struct trace_meta *m, uint32_t event)
{
    char name[64];

    if ((event & 0x0ffff000) != TRC_SCHED_CLASS)
        return false;
    event_name(name, sizeof(name), m, event);
    return strstr(name, ".late");
}

static void take_lateness(struct latency *l, const struct rec *r)
{
    bool timer = r->event == TRACE_TIMER_FIRE && r->nr >= 2;
    struct lateness *x;
    struct histogram **h;
    uint64_t value = r->word[1];

    if (!timer && !is_deadline(l->meta, r->event))
        return;
    if (!timer)
        value |= (uint64_t)r->word[2] << 32;
    if (value >> 63 || (timer && value >> 31))
        value = 0;
    x = whos_get(&l->lateness, r->word[0]);
    h = timer ? &x->timer : &x->deadline;
    if (!*h)
        *h = command_must(calloc(1, sizeof(**h)));
    histogram_add(*h, value);
}

/* ---- the report ---- */

static const char *name_of(const struct trace_meta *m, uint32_t who)
{
    static char text[4][40];
    static unsigned next;
    char *to = text[next++ % 4];

    if (who == WAITS_UNKNOWN)
        return "(nobody known)";
    snprintf(to, sizeof(text[0]), "%s.%u", command_domain(m, who >> 16),
             who & 0xffff);
    return to;
}

static void print_row(const char *name, const char *cause,
                      const struct histogram *h, double unit)
{
    printf("%-16s%-10s%10lu%11.1f%11.1f%11.1f%11.1f%11.1f", name, cause,
           (unsigned long)h->nr, (double)h->least * unit,
           (double)histogram_quantile(h, .5) * unit,
           (double)histogram_quantile(h, .99) * unit,
           (double)histogram_quantile(h, .999) * unit,
           (double)h->greatest * unit);
}

static bool wanted(const struct args *a, uint32_t who)
{
    return a->domain < 0 || who >> 16 == (unsigned)a->domain;
}

static void print_waits(const struct latency *l, struct who **all, double us)
{
    printf("%-16s%-10s%10s%11s%11s%11s%11s%11s\n", "vCPU", "woken by", "wakes",
           "min us", "median", "p99", "p99.9", "max");
    for (unsigned i = 0; i < l->vcpus.nr; i++) {
        const struct latency_vcpu *v = (const void *)all[i];
        const char *name = name_of(l->meta, v->who);

        if (!wanted(l->args, v->who))
            continue;
        for (unsigned c = 0; c < WAITS_CAUSES; c++)
            if (v->by[c]) {
                print_row(name, waits_cause_name[c], v->by[c], us);
                putchar('\n');
            }
        print_row(name, "all", &v->all, us);
        if (v->first) {
            putchar('\n');
            print_row(name, "to record", v->first, us);
        }
        if (v->torn || v->open)
            printf("  (max over those seen: %lu hidden by gaps, %lu open)",
                   (unsigned long)v->torn, (unsigned long)v->open);
        putchar('\n');
    }
}

static int by_span(const void *a, const void *b)
{
    const struct blame *const *x = a, *const *y = b;

    return ((*x)->span < (*y)->span) - ((*x)->span > (*y)->span);
}

static void print_blame(const struct latency *l, struct who **all)
{
    printf("\n%-16s%-16s%16s%10s%12s\n", "waited", "while ran", "ns", "%",
           "times");
    for (unsigned i = 0; i < l->vcpus.nr; i++) {
        const struct latency_vcpu *v = (const void *)all[i];
        struct who **who;

        if (!wanted(l->args, v->who) || !v->span)
            continue;
        who = whos_sorted(&v->blame);
        qsort(who, v->blame.nr, sizeof(struct who *), by_span);
        for (unsigned j = 0; j < v->blame.nr; j++) {
            const struct blame *b = (const void *)who[j];

            printf("%-16s%-16s%16.0f%10.2f%12lu\n", name_of(l->meta, v->who),
                   name_of(l->meta, b->who), ns_of(l->meta, b->span),
                   100 * (double)b->span / (double)v->span,
                   (unsigned long)b->times);
        }
        free(who);
    }
}

static void print_longest(const struct latency *l)
{
    if (l->nr_top)
        puts("\nthe longest: at, who, on, woken by, waited; who ran instead, "
             "backwards");
    for (unsigned i = 0; i < l->nr_top; i++) {
        const struct longest *x = &l->top[i];

        printf("%15.3f us %s cpu%u %s %u %.3f us:",
               meta_ns(l->meta, x->wait.from) / 1e3,
               name_of(l->meta, x->wait.who), x->wait.cpu,
               waits_cause_name[x->wait.cause], x->wait.detail,
               ns_of(l->meta, x->wait.to - x->wait.from) / 1e3);
        for (unsigned j = 0; j < x->nr; j++)
            printf(" %s %.3f us%s", name_of(l->meta, x->blame[j].who),
                   ns_of(l->meta, x->blame[j].span) / 1e3,
                   j + 1 < x->nr ? "," : "");
        putchar('\n');
    }
}

static void print_lateness(const struct latency *l)
{
    struct who **all = whos_sorted(&l->lateness);

    if (l->lateness.nr)
        printf("\n%-16s%-10s%10s%11s%11s%11s%11s%11s\n", "vCPU", "late",
               "times", "min us", "median", "p99", "p99.9", "max");
    for (unsigned i = 0; i < l->lateness.nr; i++) {
        const struct lateness *x = (const void *)all[i];

        if (!wanted(l->args, x->who))
            continue;
        if (x->timer) {
            print_row(name_of(l->meta, x->who), "timer", x->timer, 1e-3);
            putchar('\n');
        }
        if (x->deadline) {
            print_row(name_of(l->meta, x->who), "deadline", x->deadline, 1e-3);
            putchar('\n');
        }
        free(x->timer);
        free(x->deadline);
    }
    free(all);
}

static void forget(struct latency *l, struct who **all)
{
    for (unsigned i = 0; i < l->vcpus.nr; i++) {
        struct latency_vcpu *v = (void *)all[i];

        for (unsigned c = 0; c < WAITS_CAUSES; c++)
            free(v->by[c]);
        free(v->first);
        whos_free(&v->blame);
    }
    free(all);
    whos_free(&l->vcpus);
    whos_free(&l->lateness);
    free(l->top);
}

static int one_file(const struct args *a, const char *file, bool print,
                    struct seeds *seeds)
{
    static struct source s;
    struct latency *l = &state;
    struct stream st;
    const struct rec *r;
    struct who **all;

    if (!source_open(&s, file))
        return EXIT_CANNOT;
    *l = (struct latency){ .args = a, .meta = &s.meta };
    l->vcpus.bytes = sizeof(struct latency_vcpu);
    l->lateness.bytes = sizeof(struct lateness);
    l->top = command_must(calloc(a->top + 1, sizeof(*l->top)));
    l->waits =
        (struct waits){ .on_wait = on_wait, .on_hidden = on_hidden, .arg = l };
    stream_begin(&st, &s);
    waits_begin(&l->waits, &st);
    while ((r = stream_next(&st))) {
        waits_take(&l->waits, r);
        take_lateness(l, r);
        take_guest(l, r);
    }
    waits_end(&l->waits);
    all = whos_sorted(&l->vcpus);
    if (!st.records)
        fprintf(stderr, "xentrace: %s: no record in it: not a trace?\n", file);
    if (print && st.records) {
        if (st.gaps_ever)
            printf("%lu records are lost in %u gaps: waits that overlap one "
                   "count nowhere\n",
                   (unsigned long)st.lost, st.gaps_ever);
        print_waits(l, all, ns_of(l->meta, 1) / 1e3);
        print_blame(l, all);
        print_lateness(l);
        print_longest(l);
    }
    for (unsigned i = 0; i < l->vcpus.nr && seeds; i++)
        if (wanted(a, all[i]->who))
            seeds_add(seeds, l->meta, (const void *)all[i]);
    forget(l, all);
    if (!st.records) {
        (void)command_close(&s, &st);
        return EXIT_CANNOT;
    }
    return command_close(&s, &st);
}

int command_latency(const struct args *a)
{
    struct seeds *seeds = a->argc > 1 ? seeds_new((unsigned)a->argc) : NULL;
    int worst = EXIT_FINE;

    for (int i = 0; i < a->argc && worst != EXIT_CANNOT; i++) {
        int status = one_file(a, a->argv[i], a->argc == 1, seeds);

        if (status)
            worst = status;
    }
    if (seeds && worst != EXIT_CANNOT)
        seeds_print(seeds);
    return worst;
}
