/*
 * shares.c - see shares.h.
 */
#include "sched/kit/shares.h"
#include <string.h>

static bool is_weight(const struct kit_scenario *sc, unsigned param)
{
    return !strcmp(sc->ops->params[param].name, "weight");
}

void kit_shares_begin(const struct kit_run *r, struct kit_shares *s)
{
    const struct kit_scenario *sc = r->sc;
    unsigned i;

    s->counts = sc->nr_cpus == 1;
    for (i = 0; i < sc->nr_settings; i++)
        if (!is_weight(sc, sc->setting[i].param))
            s->counts = false;
    for (i = 0; i < sc->nr_actions; i++)
        if (sc->action[i].act != KIT_SET || !is_weight(sc, sc->action[i].param))
            s->counts = false;
    for (i = 0; i < sc->nr_vcpus; i++)
        if (sc->vcpu[i].start)
            s->counts = false;
}

void kit_shares_action(const struct kit_run *r, struct kit_shares *s,
                       const struct kit_action *a)
{
    unsigned i;

    if (a->act != KIT_SET)
        return;
    s->changed = true;
    s->from = r->sim->now;
    for (i = 0; i < r->sc->nr_vcpus; i++)
        s->before[i] = kit_ran(&r->member[i], s->from);
}

static bool all_hogs(const struct kit_scenario *sc)
{
    unsigned i;

    for (i = 0; i < sc->nr_vcpus; i++)
        if (sc->vcpu[i].load != KIT_HOG)
            return false;
    return true;
}

void kit_shares_check(struct kit_run *r, const struct kit_shares *s, ns_t slack,
                      const char *rule)
{
    ns_t span = r->sim->now - s->from, ran, share;
    bool hogs = all_hogs(r->sc), hog;
    int64_t all = 0, weight;
    unsigned i;

    if (s->changed)
        slack *= 2;
    for (i = 0; i < r->sc->nr_vcpus; i++)
        all += kit_param(r, &r->member[i], "weight");
    for (i = 0; s->counts && all && i < r->sc->nr_vcpus; i++) {
        weight = kit_param(r, &r->member[i], "weight");
        share = span / all * weight;
        ran = kit_ran(&r->member[i], r->sim->now) - s->before[i];
        hog = r->sc->vcpu[i].load == KIT_HOG;
        if (((hogs || !hog) && ran > share + slack) ||
            (hog && ran < share - slack))
            kit_fail(r, rule, "v%u ran %lld ms in %lld; %lld are its share", i,
                     (long long)(ran / MS(1)), (long long)(span / MS(1)),
                     (long long)(share / MS(1)));
    }
}

bool kit_alone(const struct kit_scenario *sc, unsigned who)
{
    unsigned i;

    for (i = 0; i < sc->nr_vcpus; i++)
        if (i != who && sc->vcpu[i].dom == sc->vcpu[who].dom)
            return false;
    return true;
}

/* ---- scenarios ---- */

void kit_shares_hogs(struct kit_source *from, struct kit_scenario *sc,
                     unsigned n, int64_t least, unsigned steps)
{
    while (n--) {
        (void)kit_more(sc, KIT_HOG, 0, MS(1));
        kit_want(sc, (int)sc->nr_vcpus - 1, "weight",
                 least << kit_draw(from, steps));
    }
}

void kit_shares_change(struct kit_source *from, struct kit_scenario *sc,
                       int64_t least, unsigned steps)
{
    sc->action[sc->nr_actions++] = (struct kit_action){
        .at = sc->length / 3,
        .act = KIT_SET,
        .who = (unsigned)kit_draw(from, sc->nr_vcpus),
        .param = (unsigned)kit_param_index(sc->ops, "weight"),
        .value = least << kit_draw(from, steps),
    };
}
