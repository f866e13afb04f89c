/*
 * show.c - what there is: schedulers, their parameters, CPU pools.
 */
#include <stdio.h>
#include <string.h>

#include "tools/metronomectl/ctl.h"

int command_list(const struct request *r)
{
    struct metronome_scheduler s = { 0 };

    (void)r;
    for (; HYPER(scheduler, &s) == 0; s.index++)
        (void)printf("%-10s %s\n", s.name, s.about);
    return 0;
}

static void show_parameter(const struct sched_param *p)
{
    char range[64], initial[32];

    table_range(p, range, sizeof(range));
    sched_param_format(p, p->initial, initial, sizeof(initial));
    (void)printf("%-11s %-7s %-8s %-8s %-18s %s\n", p->name, table_scope(p),
                 p->unit, initial, range, p->help);
}

static void show_scheduler(const char *name)
{
    const struct table *t = table_get(name);
    const struct sched_param *p;

    (void)printf("%s: %s\n", t->scheduler.name, t->scheduler.about);
    if (!t->param[0].name)
        (void)printf("it has no parameters\n");
    else
        (void)printf("%-11s %-7s %-8s %-8s %-18s %s\n", "NAME", "OF", "UNIT",
                     "INITIAL", "RANGE", "MEANING");
    for (p = t->param; p->name; p++)
        show_parameter(p);
}

int command_show(const struct request *r)
{
    int i;

    if (!r->nr_words)
        ctl_fail(CTL_USAGE, "show: which scheduler? `metronomectl sched list` "
                            "names them");
    for (i = 0; i < r->nr_words; i++)
        show_scheduler(r->word[i]);
    return 0;
}

/* "0-1,3" */
static void format_cpus(const struct metronome_pool *pool, char *out,
                        size_t size)
{
    struct cpuset set;
    unsigned cpu, last;
    size_t at = 0;

    _Static_assert(sizeof(set) == sizeof(pool->cpus), "all CPUs");
    memcpy(&set, pool->cpus, sizeof(set));
    (void)snprintf(out, size, "-");
    for (cpu = cpuset_next(&set, 0); cpu < CPUSET_MAX && at < size;
         cpu = cpuset_next(&set, last + 1)) {
        last = cpu;
        while (last + 1 < CPUSET_MAX && cpuset_has(&set, last + 1))
            last++;
        at += (size_t)snprintf(out + at, size - at, "%s%u", at ? "," : "", cpu);
        if (last > cpu && at < size)
            at += (size_t)snprintf(out + at, size - at, "-%u", last);
    }
}

int command_pools(const struct request *r)
{
    struct metronome_pool pool;
    char name[128], cpus[256];
    uint32_t id;

    (void)r;
    (void)printf("%-4s %-16s %-10s %-8s %s\n", "ID", "NAME", "SCHEDULER",
                 "DOMAINS", "CPUS");
    for (id = 0; hyper_pool(id, &pool); id = pool.pool + 1) {
        name_of_pool(&pool, name, sizeof(name));
        format_cpus(&pool, cpus, sizeof(cpus));
        (void)printf("%-4u %-16s %-10s %-8u %s\n", pool.pool, name,
                     pool.scheduler, pool.nr_domains, cpus);
    }
    return 0;
}
