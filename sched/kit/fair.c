/*
 * fair.c - see fair.h.
 */
#include "sched/kit/fair.h"

/* For what the divisions round away, in all. */
#define ROUNDED ((__int128)1 << 26)

void kit_fair_begin(struct kit_run *r, struct kit_fair *f)
{
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        f->counts[i] = r->sc->nr_cpus == 1 && !r->sc->vcpu[i].start &&
                       r->sc->vcpu[i].load == KIT_HOG;
        f->weight[i] = 1;
    }
}

void kit_fair_set(struct kit_fair *f, unsigned i, int64_t weight, __int128 lead)
{
    f->weight[i] = weight > 0 ? weight : 1;
    if (lead > f->lead[i])
        f->lead[i] = lead;
}

void kit_fair_update(struct kit_run *r, struct kit_fair *f, ns_t now)
{
    unsigned i;
    ns_t ran;

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        const struct kit_member *m = &r->member[i];

        if (m->touched || r->changed || (m->away && now))
            f->counts[i] = false;
        ran = kit_ran(m, now) - f->counted[i];
        f->counted[i] += ran;
        f->a[i] += kit_fair_units(ran, f->weight[i]);
    }
}

void kit_fair_check(struct kit_run *r, struct kit_fair *f, const char *rule,
                    ns_t now)
{
    unsigned i, k;
    __int128 ahead;

    kit_fair_update(r, f, now);
    for (i = 0; i < r->sc->nr_vcpus && !r->draining; i++)
        for (k = 0; f->counts[i] && k < r->sc->nr_vcpus; k++) {
            ahead = f->a[i] - f->a[k];
            if (!f->counts[k] || ahead <= f->lead[i] + ROUNDED)
                continue;
            kit_fail(
                r, rule,
                "v%u is %lld ns of CPU time ahead of v%u, by its weight; "
                "%lld are allowed",
                i, (long long)((ahead * f->weight[i]) >> KIT_FAIR_SHIFT), k,
                (long long)((f->lead[i] * f->weight[i]) >> KIT_FAIR_SHIFT));
        }
}
