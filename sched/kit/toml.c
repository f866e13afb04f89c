/*
 * toml.c - a scenario as schedsim and the experiments read it.
 *
 * What their vocabulary has no word for, actions at run time, busy locks, late
 * timers, loads that only actions wake, needs the kit: then nothing is written,
 * and scenario.txt with --replay is the way.
 */
#include <string.h>
#include "sched/kit/kit.h"

static const struct sched_param as_time = {
    .name = "time", .unit = "ns", .min = 0, .max = S(100000)
};

static void put(FILE *out, const char *before, const struct sched_param *p,
                int64_t value)
{
    char text[32];

    sched_param_format(p, value, text, sizeof(text));
    (void)fprintf(out, "%s\"%s\"", before, text);
}

/* Can it be said? */
static bool sayable(const struct kit_scenario *sc)
{
    unsigned i, k;

    if (sc->nr_actions || sc->trylock_fails || sc->timer_late || sc->pool_ops)
        return false;
    for (i = 0; i < sc->nr_vcpus; i++) {
        if (sc->vcpu[i].load >= KIT_EVENT || sc->vcpu[i].soft)
            return false;
        for (k = 0; k < i; k++) /* one workload for each domain */
            if (sc->vcpu[k].dom == sc->vcpu[i].dom)
                return false;
    }
    return true;
}

static void workload(FILE *out, const struct kit_vcpu *v)
{
    static const char *const kinds[] = { "hog", "periodic", "sporadic", "onoff",
                                         "yielder" };

    (void)fprintf(out, "workload = { kind = \"%s\"", kinds[v->load]);
    if (v->load != KIT_HOG)
        put(out, ", work = ", &as_time, v->cost);
    if (v->load == KIT_ON_OFF)
        put(out, ", pause = ", &as_time, v->period);
    else if (v->load == KIT_PERIODIC || v->load == KIT_SPORADIC) {
        put(out, ", period = ", &as_time, v->period);
        put(out, ", offset = ", &as_time, v->offset);
    }
    if (v->start)
        put(out, ", start = ", &as_time, v->start);
    (void)fputs(" }\n", out);
}

static void scheduler(FILE *out, const struct kit_scenario *sc)
{
    const char *before = "options = \"";
    const struct sched_param *p;
    char text[32];
    unsigned i;

    (void)fprintf(out, "\n\n[[schedulers]]\nname = \"%s\"\n", sc->ops->name);
    for (i = 0; i < sc->nr_settings; i++) {
        p = &sc->ops->params[sc->setting[i].param];
        if (sc->setting[i].dom >= 0)
            continue;
        sched_param_format(p, sc->setting[i].value, text, sizeof(text));
        (void)fprintf(out, "%s%s.%s=%s", before, sc->ops->name, p->name, text);
        before = " ";
    }
    if (!strcmp(before, " "))
        (void)fputs("\"\n", out);
    if (kit_param_index(sc->ops, "weight") < 0)
        (void)fputs("weight = \"\"\n", out);
}

static void domain(FILE *out, const struct kit_scenario *sc,
                   const struct kit_vcpu *v)
{
    const struct sched_param *p;
    const char *before = "parameters = { ";
    unsigned i;

    (void)fprintf(out, "\n[[domains]]\nname = \"d%u\"\n", v->dom);
    workload(out, v);
    if (v->hard != KIT_ALL) {
        (void)fputs("cpus = \"", out);
        for (i = 0, before = ""; i < sc->nr_cpus; i++)
            if (v->hard >> i & 1) {
                (void)fprintf(out, "%s%u", before, i);
                before = ",";
            }
        (void)fputs("\"\n", out);
        before = "parameters = { ";
    }
    for (i = 0; i < sc->nr_settings; i++) {
        p = &sc->ops->params[sc->setting[i].param];
        if (sc->setting[i].dom != (int)v->dom || !strcmp(p->name, "weight"))
            continue;
        (void)fprintf(out, "%s\"%s.%s\"", before, sc->ops->name, p->name);
        put(out, " = ", p, sc->setting[i].value);
        before = ", ";
    }
    if (!strcmp(before, ", "))
        (void)fputs(" }\n", out);
    for (i = 0; i < sc->nr_settings; i++)
        if (sc->setting[i].dom == (int)v->dom &&
            !strcmp(sc->ops->params[sc->setting[i].param].name, "weight"))
            (void)fprintf(out, "weight = %lld\n",
                          (long long)sc->setting[i].value);
}

bool kit_write_toml(FILE *out, const struct kit_scenario *sc, const char *rule)
{
    unsigned i;

    if (!sayable(sc))
        return false;
    (void)fprintf(out,
                  "# build/schedsim FILE; found by the conformance kit\n"
                  "name = \"%s-%s\"\ntitle = \"breaks %s\"\n"
                  "seeds = [%llu]\n\n[machine]\ncpus = %u\n",
                  sc->ops->name, rule, rule, (unsigned long long)sc->seed,
                  sc->nr_cpus);
    if (sc->switch_cost) {
        put(out, "\n[costs]\nswitch = ", &as_time, sc->switch_cost);
        (void)fputc('\n', out);
    }
    put(out, "\n[measure]\nfrom = \"0ns\"\nuntil = ", &as_time, sc->length);
    scheduler(out, sc);
    for (i = 0; i < sc->nr_vcpus; i++)
        domain(out, sc, &sc->vcpu[i]);
    return true;
}
