/*
 * live_view.c - see live.h.
 *
 * A frame counts each stay's part in it. A stay that goes on is counted up to
 * the frame's end, and the next frame begins there.
 */
#include "xentrace/live.h"

#include <stdlib.h>
#include <string.h>
#include <xen/vcpu.h>

#include "xentrace/command.h"

void live_names(struct live *l, const char *file)
{
    FILE *in = file ? fopen(file, "r") : NULL;
    struct live_name n;

    while (in && fscanf(in, "%u %23s", &n.dom, n.name) == 2) {
        l->name = command_must(
            realloc(l->name, (l->nr_names + 1) * sizeof(*l->name)));
        l->name[l->nr_names++] = n;
    }
    if (in)
        fclose(in);
}

static const char *name_of(const struct live *l, unsigned dom)
{
    static char text[4][24];
    static unsigned next;
    char *to = text[next++ % 4];

    for (unsigned i = 0; i < l->nr_names; i++)
        if (l->name[i].dom == dom)
            return l->name[i].name;
    snprintf(to, sizeof(text[0]), "d%u", dom);
    return to;
}

static int by_time(const void *a, const void *b)
{
    const struct live_change *x = a, *y = b;

    return (x->tsc > y->tsc) - (x->tsc < y->tsc);
}

/* Of the same time, those of a CPU stay in their order: a merge, as glibc's
 * qsort is where there is memory for it. */
static void sort_changes(struct live *l)
{
    qsort(l->change, l->nr, sizeof(*l->change), by_time);
}

void live_begin(struct live *l)
{
    sort_changes(l);
    l->from = l->change[0].tsc;
}

/* v's stay up to `to`, as far as it lies in the frame. */
static void count(struct live *l, const struct live_vcpu *v, uint64_t to)
{
    uint64_t from = v->since > l->from ? v->since : l->from;
    struct live_domain *d = whos_get(&l->domains, v->who >> 16);

    if (!v->since || to <= from)
        return;
    if (v->state == RUNSTATE_running) {
        d->ran += to - from;
        if (d->who != IDLE_DOMAIN && v->cpu < l->nr_cpus)
            l->busy[v->cpu] += to - from;
    } else if (v->state == RUNSTATE_runnable) {
        d->waited += to - from;
    }
}

static void know_cpu(struct live *l, unsigned cpu)
{
    if (cpu < l->nr_cpus)
        return;
    l->busy = command_must(realloc(l->busy, (cpu + 1) * sizeof(*l->busy)));
    memset(l->busy + l->nr_cpus, 0, (cpu + 1 - l->nr_cpus) * sizeof(*l->busy));
    l->nr_cpus = cpu + 1;
}

static void take(struct live *l, const struct live_change *c)
{
    struct live_vcpu *v = whos_get(&l->vcpus, c->who);

    know_cpu(l, c->cpu);
    if (!v->since) { /* so it was, since before the trace */
        v->state = c->old;
        v->cpu = c->cpu;
    }
    count(l, v, c->tsc);
    if (v->since && c->new == RUNSTATE_running &&
        v->state == RUNSTATE_runnable && v->came_from == RUNSTATE_blocked) {
        struct live_domain *d = whos_get(&l->domains, c->who >> 16);

        histogram_add(&d->wake, c->tsc - v->since);
    }
    v->came_from = c->old;
    v->state = c->new;
    v->since = c->tsc;
    if (c->new == RUNSTATE_running || c->old == RUNSTATE_running)
        v->cpu = c->cpu;
}

void live_take(struct live *l, uint64_t to)
{
    struct who **all;
    size_t n = 0;

    all = whos_sorted(&l->domains);
    for (unsigned i = 0; i < l->domains.nr; i++)
        memset((uint8_t *)all[i] + sizeof(struct who), 0,
               sizeof(struct live_domain) - sizeof(struct who));
    free(all);
    memset(l->busy, 0, l->nr_cpus * sizeof(*l->busy));
    sort_changes(l);
    for (; n < l->nr && l->change[n].tsc < to; n++)
        take(l, &l->change[n]);
    l->nr -= n;
    memmove(l->change, l->change + n, l->nr * sizeof(*l->change));
    all = whos_sorted(&l->vcpus);
    for (unsigned i = 0; i < l->vcpus.nr; i++)
        count(l, (void *)all[i], to);
    free(all);
    l->from = to;
}

/* ---- printing ---- */

static void print_cpu(const struct live *l, struct who **vcpus, unsigned cpu,
                      double frame)
{
    static const unsigned states[] = { RUNSTATE_running, RUNSTATE_runnable };

    printf("CPU %-4u%6.1f %%", cpu, 100 * (double)l->busy[cpu] / frame);
    for (unsigned s = 0; s < 2; s++) {
        unsigned found = 0;

        fputs(s ? "  waits" : "  runs", stdout);
        for (unsigned i = 0; i < l->vcpus.nr; i++) {
            const struct live_vcpu *v = (const void *)vcpus[i];

            if (v->cpu != cpu || v->state != states[s] || !v->since ||
                v->who >> 16 == IDLE_DOMAIN || ++found > 8)
                continue;
            printf(" %s.%u", name_of(l, v->who >> 16), v->who & 0xffff);
        }
        fputs(found > 8 ? " ..." : found ? "" : " -", stdout);
    }
    putchar('\n');
}

static const struct live *sorting; /* for by_rank() only */

static int by_rank(const void *a, const void *b)
{
    const struct live_domain *x = *(struct live_domain *const *)a;
    const struct live_domain *y = *(struct live_domain *const *)b;

    switch (sorting->sort) {
    case LIVE_BY_CPU:
        return (x->ran < y->ran) - (x->ran > y->ran);
    case LIVE_BY_WAIT:
        return (x->waited < y->waited) - (x->waited > y->waited);
    case LIVE_BY_MAX:
        return (x->wake.greatest < y->wake.greatest) -
               (x->wake.greatest > y->wake.greatest);
    default:
        return strcmp(name_of(sorting, x->who), name_of(sorting, y->who));
    }
}

static void print_domain(const struct live *l, const struct live_domain *d,
                         double frame)
{
    printf("%-16s%8.1f%8.1f%8lu", name_of(l, d->who),
           100 * (double)d->ran / frame, 100 * (double)d->waited / frame,
           (unsigned long)d->wake.nr);
    if (d->wake.nr)
        printf("%12.1f%12.1f",
               (double)histogram_quantile(&d->wake, .5) * l->cycle / 1e3,
               (double)d->wake.greatest * l->cycle / 1e3);
    putchar('\n');
}

void live_print(struct live *l, unsigned lines)
{
    static const char *const sorts[] = { "CPU", "wait", "max", "name" };
    struct who **vcpus = whos_sorted(&l->vcpus);
    struct who **domains = whos_sorted(&l->domains);
    double frame = l->every / l->cycle;
    unsigned left = lines ? lines - 1 : ~0u;

    printf("%.3f s, the last %.3f s",
           (l->ns_first + ((double)l->from - (double)l->tsc_first) * l->cycle) /
               1e9,
           l->every / 1e9);
    if (l->lost)
        printf("; %lu records lost so far", (unsigned long)l->lost);
    fputs("\n\n", stdout);
    left -= 2;
    for (unsigned c = 0; c < l->nr_cpus && left > 4; c++, left--)
        print_cpu(l, vcpus, c, frame);
    printf("\n%-16s%8s%8s%8s%12s%12s    by %s\n", "domain", "CPU %", "wait %",
           "wakes", "median us", "max us", sorts[l->sort]);
    left -= 2;
    sorting = l;
    qsort(domains, l->domains.nr, sizeof(*domains), by_rank);
    for (unsigned i = 0; i < l->domains.nr && left; i++)
        if (domains[i]->who != IDLE_DOMAIN) {
            print_domain(l, (const void *)domains[i], frame);
            left--;
        }
    free(vcpus);
    free(domains);
    l->drawn++;
}
