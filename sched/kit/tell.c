/*
 * tell.c - say what was found: a broken rule by the smallest scenario that
 * breaks it, printed and saved; one scenario, call by call; the rules.
 */
#include <errno.h>
#include <string.h>
#include "sched/kit/command.h"

/* ---- a broken rule ---- */

static unsigned size_of(const struct kit_scenario *sc)
{
    return sc->nr_vcpus * 100 + sc->nr_actions * 20 + sc->nr_settings * 10 +
           sc->nr_cpus;
}

/* Shrink the first few scenarios that broke the rule: the smallest is *best.
 * False: alone, none of them breaks it. */
static bool smallest(const struct sched_ops *ops, const struct options *o,
                     const struct finding *f, struct kit_scenario *best,
                     struct kit_verdict *verdict)
{
    static struct kit_scenario sc;
    struct kit_verdict v;
    unsigned i, attempts = 0;
    bool any = false;

    for (i = 0; i < STARTS && i < f->count; i++) {
        kit_generate(ops, o->seed, f->number[i], &sc);
        kit_try(&sc, &v);
        if (!v.rule || strcmp(v.rule, f->rule))
            continue;
        if (!o->no_shrink && !hunt_interrupted())
            attempts += kit_shrink(&sc, &v);
        if (!any || size_of(&sc) < size_of(best)) {
            *best = sc;
            *verdict = v;
        }
        any = true;
        if (sc.nr_vcpus <= 2 || o->no_shrink || !strcmp(f->rule, "hang"))
            break;
    }
    if (attempts && any)
        (void)printf("  shrunk to %u CPUs, %u vCPUs, %u actions, in %u "
                     "attempts:\n",
                     best->nr_cpus, best->nr_vcpus, best->nr_actions, attempts);
    return any;
}

static void tell_and_save(const struct options *o,
                          const struct kit_scenario *sc,
                          const struct kit_verdict *verdict)
{
    char path[512];

    kit_write(stdout, sc, NULL);
    (void)printf("  at %lld ns: %s\n", (long long)verdict->at, verdict->detail);
    if (kit_save(o->output, sc, verdict, path, sizeof(path)))
        (void)printf("  not saved: %s: %s\n", path, strerror(errno));
    else
        (void)printf("  saved: %s\n", path);
}

void tell_finding(const struct sched_ops *ops, const struct options *o,
                  const struct finding *f, uint64_t count, uint64_t done)
{
    static struct kit_scenario sc;
    struct kit_verdict verdict;

    (void)printf(
        "%s breaks the rule \"%s\" in %llu of %llu scenarios, first in "
        "number %llu\n",
        ops->name, f->rule, (unsigned long long)count, (unsigned long long)done,
        (unsigned long long)f->number[0]);
    if (!smallest(ops, o, f, &sc, &verdict)) {
        (void)printf("  alone, that scenario does not: what was before it "
                     "matters\n");
        return;
    }
    tell_and_save(o, &sc, &verdict);
}

/* ---- other things that it does ---- */

static int play_and_tell(const struct options *o, const struct kit_scenario *sc)
{
    static struct kit_run r;
    FILE *out = o->trace ? fopen(o->trace, "w") : NULL;

    if (o->trace && !out) {
        (void)fprintf(stderr, "conformance: %s: %s\n", o->trace,
                      strerror(errno));
        return 2;
    }
    if (out)
        (void)fclose(out);
    r.log = stdout;
    r.trace = o->trace;
    kit_set_alarm();
    kit_play(&r, sc);
    if (!r.verdict.rule) {
        (void)printf("no rule is broken; hash %016llx\n",
                     (unsigned long long)r.verdict.hash);
        return 0;
    }
    (void)printf("breaks the rule \"%s\" at %lld ns: %s\n", r.verdict.rule,
                 (long long)r.verdict.at, r.verdict.detail);
    return 1;
}

static int shrink_one(const struct options *o, struct kit_scenario *sc)
{
    struct kit_verdict verdict;
    unsigned attempts;

    kit_try(sc, &verdict);
    if (!verdict.rule) {
        (void)printf("no rule is broken\n");
        return 0;
    }
    attempts = kit_shrink(sc, &verdict);
    (void)printf("%s breaks the rule \"%s\"; shrunk in %u attempts:\n",
                 sc->ops->name, verdict.rule, attempts);
    tell_and_save(o, sc, &verdict);
    return 1;
}

static int save_one(const struct options *o, const struct kit_scenario *sc)
{
    struct kit_verdict verdict;

    kit_try(sc, &verdict);
    if (!verdict.rule) {
        (void)printf("no rule is broken\n");
        return 0;
    }
    (void)printf("%s breaks the rule \"%s\"\n", sc->ops->name, verdict.rule);
    tell_and_save(o, sc, &verdict);
    return 1;
}

int tell_replay(const struct options *o)
{
    static struct kit_scenario sc;
    FILE *in = fopen(o->replay, "r");
    char why[256];
    int error;

    if (!in) {
        (void)fprintf(stderr, "conformance: %s: %s\n", o->replay,
                      strerror(errno));
        return 2;
    }
    error = kit_read(in, o->replay, &sc, why, sizeof(why));
    (void)fclose(in);
    if (error) {
        (void)fprintf(stderr, "conformance: %s\n", why);
        return 2;
    }
    if (o->shrink)
        return shrink_one(o, &sc);
    return o->save ? save_one(o, &sc) : play_and_tell(o, &sc);
}

int tell_rules(const char *sched)
{
    const struct kit_rules *set, *sets[KIT_SETS];
    unsigned n = kit_sets_of(sched, sets), i, k;
    const struct kit_rule *rule;
    bool all = !strcmp(sched, "all"), judges;

    for (i = 0; (set = kit_set(i)) != NULL; i++) {
        for (judges = all, k = 0; k < n; k++)
            judges = judges || sets[k] == set;
        for (rule = set->rules; judges && rule->name; rule++)
            (void)printf("%-18s %-8s %s (%s)\n", rule->name,
                         set->plugin ? set->plugin : "all", rule->about,
                         rule->source);
    }
    return 0;
}

int tell_number(const struct options *o)
{
    static struct kit_scenario sc;

    kit_generate(sched_find(o->sched), o->seed, o->number, &sc);
    kit_write(stdout, &sc, NULL);
    return play_and_tell(o, &sc);
}
