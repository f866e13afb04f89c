/*
 * plugins.c - the plug-ins that there are, as the trace's readers know them.
 *
 * The table is filled in at boot, when all have been registered, and only read
 * afterwards.
 */
#include "sched/api/core.h"
#include "trace/setup.h"
#include "trace/trace.h"
#include "xen/base/console.h"
#include "xen/sched/host_private.h"

#define PLUGINS 32u /* as many as the registry takes */

static struct {
    struct {
        const struct sched_ops *ops;
        uint32_t first;
    } entry[PLUGINS];
    unsigned nr;
} plugins;

void plugins_init(void)
{
    const struct sched_ops *ops;
    unsigned nth[8] = { 0 }, i;
    const char *wrong;

    for (i = 0; (ops = sched_plugin(i)) != NULL; i++) {
        wrong = sched_check(ops);
        if (wrong)
            panic("scheduler %s is not well-formed: %s", ops->name, wrong);
        if (i == PLUGINS)
            panic("more than %u schedulers", PLUGINS);
        plugins.entry[i].ops = ops;
        plugins.entry[i].first = trace_plugin_first(ops->class_,
                                                    nth[ops->class_]++);
        trace_anchor_plugin(ops->name, plugins.entry[i].first, ops->events);
    }
    plugins.nr = i;
}

uint32_t plugin_first_event(const struct sched_ops *ops)
{
    unsigned i;

    for (i = 0; i < plugins.nr; i++)
        if (plugins.entry[i].ops == ops)
            return plugins.entry[i].first;
    return trace_plugin_first(ops->class_, 7);
}

void plugin_announce_cpu(const struct sched *s, unsigned cpu)
{
    trace_3(TRACE_SCHED_PLUGIN, cpu, sched_number(s),
            plugin_first_event(sched_ops_of(s)));
}

void plugin_announce(const struct sched *s, const struct sched_ops *ops)
{
    unsigned cpu;

    for_each_cpu (cpu, sched_cpus(s))
        trace_3(TRACE_SCHED_PLUGIN, cpu, sched_number(s),
                plugin_first_event(ops));
}
