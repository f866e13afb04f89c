/*
 * reserve.c - see reserve.h.
 */
#include "sched/kit/reserve.h"

/* The periods that are over by `now`: each had its slice? from..now was run. */
static void periods(struct kit_run *r, struct kit_reserve *res,
                    const struct kit_member *m, ns_t from, ns_t now,
                    const char *rule)
{
    ns_t end;

    while (res->guaranteed && (end = res->begin + res->period) <= now) {
        if (from >= 0 && from < end) {
            res->served += end - from;
            from = end;
        }
        if (res->served < res->slice)
            kit_fail(r, rule,
                     "v%u got %lld of its %lld ns in the period from %lld",
                     m->index, (long long)res->served, (long long)res->slice,
                     (long long)res->begin);
        res->served = 0;
        res->begin = end;
        if (res->in && !--res->in)
            res->slice = res->next;
    }
    if (from >= 0)
        res->served += now - from;
}

static void window(struct kit_run *r, const struct kit_reserve *res,
                   const struct kit_member *m, unsigned i, ns_t now,
                   const char *rule)
{
    ns_t span = now - res->run_from[i], ran = res->total - res->before[i];
    ns_t most = 2 * res->slice + 1 +
                (ns_t)((__int128)span * res->slice / res->period);

    if (ran > most)
        kit_fail(r, rule, "v%u ran %lld ns in a window of %lld; %lld are its",
                 m->index, (long long)ran, (long long)span, (long long)most);
}

void kit_reserve_look(struct kit_run *r, struct kit_reserve *res,
                      const struct kit_member *m, ns_t now, const char *slice,
                      const char *limit)
{
    ns_t from = m->run_begin > res->until ? m->run_begin : res->until;
    unsigned i;

    if (!res->period || r->draining || now < res->begin)
        return;
    if (m->sv->v.core.state != SCHED_STATE_RUNNING || from == now)
        from = -1;
    res->until = now;
    periods(r, res, m, from, now, slice);
    if (from < 0 || !res->limited)
        return;
    i = res->nr_runs++ % KIT_RUNS;
    res->run_from[i] = from;
    res->before[i] = res->total;
    res->total += now - from;
    for (i = 0; i < KIT_RUNS && i < res->nr_runs; i++)
        window(r, res, m, i, now, limit);
}

void kit_reserve_change(struct kit_reserve *res, ns_t slice)
{
    if (!res->period || slice == (res->in ? res->next : res->slice))
        return;
    if (!slice)
        res->guaranteed = false;
    res->limited = false;
    res->next = slice;
    res->in = 2;
    res->slice = slice < res->slice ? slice : res->slice;
}

/* ---- scenarios ---- */

void kit_reserve_want(struct kit_scenario *sc,
                      const struct kit_reserve_names *names, unsigned dom,
                      ns_t period, ns_t slice, bool extra)
{
    kit_want(sc, (int)dom, names->period, period);
    kit_want(sc, (int)dom, names->slice, slice);
    kit_want(sc, (int)dom, names->extra, extra);
}

void kit_reserve_full(struct kit_source *from, struct kit_scenario *sc,
                      const struct kit_reserve_names *names, int64_t permille)
{
    static const enum kit_load loads[] = { KIT_HOG, KIT_HOG, KIT_HOG,
                                           KIT_ON_OFF, KIT_YIELDER };
    unsigned n = 2 + (unsigned)kit_draw(from, 3), i;
    int64_t share;
    ns_t period, longest = 0;

    for (i = 0; i < n; i++) {
        period = kit_magnitude(from, US(200), MS(16));
        longest = period > longest ? period : longest;
        share = permille;
        if (i + 1 < n)
            share = 1 + (int64_t)kit_draw(from, (uint64_t)permille / 2);
        permille -= share;
        (void)kit_more(sc, loads[kit_draw(from, 5)], period, 1 + period / 8);
        kit_reserve_want(sc, names, i, period, period * share / 1000,
                         kit_one_in(from, 2));
    }
    sc->length = 8 * longest + longest / 3;
}

void kit_reserve_another(struct kit_source *from, struct kit_scenario *sc,
                         const struct kit_reserve_names *names)
{
    unsigned who = (unsigned)kit_draw(from, sc->nr_vcpus);
    int param = kit_param_index(sc->ops, names->slice);
    unsigned i;

    for (i = 0; i < sc->nr_vcpus; i++)
        sc->vcpu[i].load = KIT_HOG;
    kit_want(sc, (int)who, names->extra, 0);
    for (i = 0; param >= 0 && i < sc->nr_settings; i++)
        if (sc->setting[i].dom == (int)who &&
            sc->setting[i].param == (unsigned)param)
            sc->action[sc->nr_actions++] = (struct kit_action){
                .at = sc->length / 4,
                .act = KIT_SET,
                .who = who,
                .param = (unsigned)param,
                .value = sc->setting[i].value * 2 /
                         (1 + 3 * (int64_t)kit_draw(from, 2)),
            };
}

void kit_reserve_greedy(struct kit_source *from, struct kit_scenario *sc,
                        const struct kit_reserve_names *names)
{
    unsigned n = 1 + (unsigned)kit_draw(from, 3), i;
    ns_t period;

    sc->nr_cpus = 1 + (unsigned)kit_draw(from, 2);
    for (i = 0; i < n; i++) {
        period = kit_magnitude(from, US(500), MS(8));
        (void)kit_more(sc, (enum kit_load)kit_draw(from, KIT_LOADS),
                       kit_magnitude(from, US(200), MS(8)),
                       kit_magnitude(from, US(50), MS(4)));
        kit_reserve_want(sc, names, i, period, period / (n + 1), false);
    }
    (void)kit_more(sc, KIT_HOG, 0, MS(1));
    sc->length = MS(60);
}
