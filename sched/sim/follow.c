/*
 * follow.c - times of another run, which a simulation is to have as well.
 *
 * A list holds what a CPU did there: it decided, its timer fired, a decision
 * found a peer's lock held. Each has two times. The reading of the clock counts
 * in all that is computed. When the CPU came to act upon it, under the lock, is
 * later, and tells in which order the CPUs did what they did: one that waited
 * for a lock, or stood still, decides by an older reading upon a newer state.
 *
 * What falls due here goes by the next reading, however far that is; after the
 * last of them, and without a list, it takes place after its cost. Only *when*
 * is taken over: whether anything falls due, and what comes of it, is the
 * plug-in's and the core's.
 */
#include <stdlib.h>
#include "sched/sim/sim_private.h"
#include "xen/lib/bug.h"

/* The first entry of f whose reading (by_at: whose `at`) is not before `from`;
 * NULL: none. */
static const struct sim_time *follow_next(const struct sim_follow *f,
                                          bool by_at, ns_t from)
{
    size_t low = 0, high = f ? f->nr : 0, middle;

    while (low < high) {
        middle = low + (high - low) / 2;
        if ((by_at ? f->time[middle].at : f->time[middle].reading) < from)
            low = middle + 1;
        else
            high = middle;
    }
    return f && low < f->nr ? &f->time[low] : NULL;
}

bool sim_follow_busy(const struct sim_follow *f, ns_t at)
{
    const struct sim_time *t = follow_next(f, true, at);

    return t && t->at == at;
}

ns_t sim_follow_due(const struct sim *sim, const struct sim_follow *f, ns_t due,
                    ns_t cost)
{
    const struct sim_time *t = follow_next(f, false, due);

    /* It is over, though it read the clock late: not this one. */
    while (t && t->at < sim->at)
        t = t + 1 < &f->time[f->nr] ? t + 1 : NULL;
    if (t)
        return t->at;
    return due + cost > sim->at ? due + cost : sim->at;
}

ns_t sim_follow_reading(const struct sim_follow *f, ns_t at)
{
    const struct sim_time *t = follow_next(f, true, at);

    return t && t->at == at ? t->reading : at;
}

bool sim_before_last(const struct sim_follow *f, ns_t reading, ns_t at)
{
    const struct sim_time *last = &f->time[f->nr - 1];

    return f->nr && (reading < last->reading || at < last->at);
}

void sim_follow(struct sim_follow **list, ns_t reading, ns_t at)
{
    struct sim_follow *f = *list;

    if (!f || f->nr == f->room) {
        size_t room = f ? 2 * f->room : 64, nr = f ? f->nr : 0;

        f = realloc(f, sizeof(*f) + room * sizeof(f->time[0]));
        BUG_ON(!f);
        f->nr = nr;
        f->room = room;
        *list = f;
    }
    BUG_ON(sim_before_last(f, reading, at));
    f->time[f->nr++] = (struct sim_time){ reading, at };
}

void sim_follow_no_more(struct sim *sim)
{
    unsigned cpu;

    for (cpu = 0; cpu < sim->conf.nr_cpus; cpu++) {
        free(sim->cpus[cpu].decided);
        free(sim->cpus[cpu].fired);
        free(sim->cpus[cpu].busy);
        sim->cpus[cpu].decided = sim->cpus[cpu].fired = NULL;
        sim->cpus[cpu].busy = NULL;
    }
}
