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

    if (!res->period || r->draining)
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
