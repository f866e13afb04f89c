/*
 * watch.c - what the schedulers do to each vCPU, again and again: its state,
 * its share of a CPU and how long it waited for one since the last time, and
 * the scheduler's own numbers on it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xen/vcpu.h>

#include "tools/metronomectl/ctl.h"

struct samples {
    struct metronome_view *view;
    size_t nr, room;
};

static void add(struct samples *s, const struct metronome_view *view)
{
    if (s->nr == s->room) {
        s->room = s->room ? 2 * s->room : 64;
        s->view = realloc(s->view, s->room * sizeof(*s->view));
        if (!s->view)
            ctl_fail(CTL_REFUSED, "no memory");
    }
    s->view[s->nr++] = *view;
}

static void sample_domain(const struct request *r,
                          const struct xen_domctl_getdomaininfo *d,
                          struct samples *s)
{
    struct metronome_view view = { .domain = d->domain };

    if ((r->of_domain && d->domain != r->domain.domain) ||
        (r->of_pool && d->cpupool != r->pool.pool) ||
        d->max_vcpu_id == XEN_INVALID_MAX_VCPU_ID)
        return;
    for (; view.vcpu <= d->max_vcpu_id; view.vcpu++)
        if ((!r->of_vcpu || view.vcpu == r->vcpu) && HYPER(view, &view) == 0)
            add(s, &view);
}

static void sample(const struct request *r, struct samples *s)
{
    struct xen_domctl_getdomaininfo d;
    uint32_t id;

    s->nr = 0;
    for (id = 0; hyper_domain(id, &d); id = d.domain + 1u)
        sample_domain(r, &d, s);
}

static const struct metronome_view *find(const struct samples *s,
                                         const struct metronome_view *of)
{
    size_t i;

    for (i = 0; i < s->nr; i++)
        if (s->view[i].domain == of->domain && s->view[i].vcpu == of->vcpu)
            return &s->view[i];
    return NULL;
}

static const char *state_name(uint32_t state)
{
    static const char *const names[] = {
        [RUNSTATE_running] = "running",
        [RUNSTATE_runnable] = "waits",
        [RUNSTATE_blocked] = "blocked",
        [RUNSTATE_offline] = "offline",
    };

    return state < ARRAY_SIZE(names) ? names[state] : "?";
}

/* Percent of the time between two samples. */
static double share(const struct metronome_view *a,
                    const struct metronome_view *b, unsigned state)
{
    double time = (double)(b->page.time - a->page.time);

    return time > 0 ? 100.0 *
                          (double)(b->page.runstate[state] -
                                   a->page.runstate[state]) /
                          time
                    : 0.0;
}

static void print_row(const struct metronome_view *a,
                      const struct metronome_view *b)
{
    char name[64], who[80];
    uint32_t i;

    name_of_domain(b->domain, name, sizeof(name));
    (void)snprintf(who, sizeof(who), "%u %s", b->domain, name);
    (void)printf("%-16s %4u %4u %4u %-8s %5.1f %5.1f  %-8s", who, b->vcpu,
                 b->pool, b->page.cpu, state_name(b->page.state),
                 share(a, b, RUNSTATE_running), share(a, b, RUNSTATE_runnable),
                 b->page.scheduler);
    for (i = 0; i < b->page.nr_values && i < METRONOME_VALUES; i++)
        (void)printf(" %s=%lld", b->page.value[i].name,
                     (long long)b->page.value[i].value);
    (void)printf("\n");
}

static void print_table(const struct samples *before, const struct samples *now)
{
    const struct metronome_view *a;
    size_t i;

    (void)printf("%-16s %4s %4s %4s %-8s %5s %5s  %-8s %s\n", "DOMAIN", "VCPU",
                 "POOL", "CPU", "STATE", "RAN%", "WAIT%", "UNDER",
                 "ITS NUMBERS");
    for (i = 0; i < now->nr; i++) {
        a = find(before, &now->view[i]);
        print_row(a ? a : &now->view[i], &now->view[i]);
    }
    (void)fflush(stdout);
}

int command_watch(const struct request *r)
{
    struct timespec pause = { (time_t)r->interval, 0 };
    struct samples s[2] = { { 0 } };
    uint32_t i;

    pause.tv_nsec = (long)((r->interval - (double)pause.tv_sec) * 1e9);
    sample(r, &s[0]);
    for (i = 1; !r->times || i <= r->times; i++) {
        (void)nanosleep(&pause, NULL);
        sample(r, &s[i % 2]);
        print_table(&s[(i + 1) % 2], &s[i % 2]);
    }
    free(s[0].view);
    free(s[1].view);
    return 0;
}
