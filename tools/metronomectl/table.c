/*
 * table.c - a scheduler's parameters, fetched into the form that the
 * hypervisor's own reader of values (sched/api/param_text.c) takes: so a value
 * is written here as on the command line at boot, and refused by the same
 * words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/metronomectl/ctl.h"

static void fetch_parameter(struct table *t, uint32_t i)
{
    struct metronome_parameter *w = &t->wire[i];

    w->index = i;
    memcpy(w->scheduler, t->scheduler.name, sizeof(w->scheduler));
    if (HYPER(parameter, w))
        ctl_fail(CTL_REFUSED, "%s: its parameter %u is not told",
                 t->scheduler.name, i);
    t->param[i] = (struct sched_param){
        .name = w->name,
        .unit = w->unit,
        .help = w->help,
        .scope = (enum sched_scope)w->scope,
        .min = w->min,
        .max = w->max,
        .initial = w->initial,
    };
}

/* There is no such one: say which there are. */
static void unknown(const char *name) NORETURN;
static void unknown(const char *name)
{
    struct metronome_scheduler s = { 0 };
    char names[256] = "";

    for (; HYPER(scheduler, &s) == 0; s.index++)
        (void)snprintf(names + strlen(names), sizeof(names) - strlen(names),
                       " %s", s.name);
    ctl_fail(CTL_USAGE, "%s: no such scheduler; there are:%s", name, names);
}

const struct table *table_get(const char *name)
{
    static struct table *last;
    struct table *t = calloc(1, sizeof(*t));
    uint32_t i;

    if (last && !strcmp(last->scheduler.name, name)) {
        free(t);
        return last;
    }
    if (!t)
        ctl_fail(CTL_REFUSED, "no memory");
    while (HYPER(scheduler, &t->scheduler) == 0 &&
           strcmp(t->scheduler.name, name) != 0)
        t->scheduler.index++;
    if (strcmp(t->scheduler.name, name) != 0)
        unknown(name);
    for (i = 0; i < t->scheduler.nr_parameters && i < TABLE_MAX; i++)
        fetch_parameter(t, i);
    t->ops.name = t->scheduler.name;
    t->ops.params = t->param;
    free(last);
    last = t;
    return t;
}

const char *table_scope(const struct sched_param *p)
{
    switch (p->scope) {
    case SCHED_PER_SYSTEM:
        return "pool";
    case SCHED_PER_DOMAIN:
        return "domain";
    case SCHED_PER_VCPU:
        return "vcpu";
    }
    return "?";
}

void table_range(const struct sched_param *p, char *out, size_t size)
{
    char min[32], max[32];

    sched_param_format(p, p->min, min, sizeof(min));
    sched_param_format(p, p->max, max, sizeof(max));
    (void)snprintf(out, size, strcmp(p->unit, "flag") ? "%s to %s" : "%s, %s",
                   min, max);
}
