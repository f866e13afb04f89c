/*
 * kit.c - see kit.h.
 */
#include <stdlib.h>
#include <string.h>
#include "tests/sched/kit.h"

void kit_watch(struct sim_vcpu *sv, enum sched_state to, ns_t now, void *arg)
{
    struct record *r = arg;

    if (sv->v.core.state != SCHED_STATE_RUNNING || to == SCHED_STATE_RUNNING)
        return;
    if (r->nr == r->room) {
        r->room = r->room ? 2 * r->room : 1024;
        r->ran = realloc(r->ran, r->room * sizeof(*r->ran));
        assert_non_null(r->ran);
    }
    r->ran[r->nr++] = (struct ran){ sv->index, sv->v.cpu, sv->entered, now };
}

void kit_end(struct record *r)
{
    free(r->ran);
    memset(r, 0, sizeof(*r));
}

ns_t kit_in(const struct record *r, unsigned index, ns_t from, ns_t to)
{
    ns_t sum = 0, a, b;
    size_t i;

    for (i = 0; i < r->nr; i++) {
        if (r->ran[i].index != index)
            continue;
        a = r->ran[i].from > from ? r->ran[i].from : from;
        b = r->ran[i].to < to ? r->ran[i].to : to;
        sum += b > a ? b - a : 0;
    }
    return sum;
}

struct sim *kit_sim(const char *sched, unsigned nr_cpus, uint64_t seed)
{
    struct sim_conf conf = { .sched = sched, .nr_cpus = nr_cpus, .seed = seed };
    struct sim *sim = sim_create(&conf);

    assert_non_null(sim);
    return sim;
}

struct sim_vcpu *kit_hog(struct sim *sim, int64_t weight)
{
    struct sim_vcpu *sv = sim_add(sim, sim->nr_vcpus, sim_hog);

    if (weight)
        assert_int_equal(sim_set(sim, sv, "weight", weight), 0);
    assert_int_equal(sim_start(sv), 0);
    return sv;
}

struct sim_vcpu *kit_load(struct sim *sim, sim_load *load, ns_t period,
                          ns_t cost)
{
    struct sim_vcpu *sv = sim_add(sim, sim->nr_vcpus, load);

    sv->st.period = period;
    sv->st.cost = cost;
    return sv;
}

struct record kit_beside_hog(struct sim *sim, sim_load *load, ns_t period,
                             ns_t cost, ns_t until)
{
    struct sim_vcpu *a = kit_load(sim, load, period, cost);
    struct record r = { 0 };

    assert_int_equal(sim_start(a), 0);
    (void)kit_hog(sim, 0);
    sim->watch = kit_watch;
    sim->watch_arg = &r;
    sim_run(sim, until);
    sim->watch = NULL; /* r moves */
    return r;
}

int64_t kit_view(struct sim_vcpu *sv, const char *name)
{
    const char *const *names = sched_ops_of(sv->sim->sched)->view_names;
    int64_t out[SCHED_VIEW_MAX];
    unsigned i;

    (void)sched_view(&sv->v, sv->sim->now, out);
    for (i = 0; names[i]; i++)
        if (!strcmp(names[i], name))
            return out[i];
    fail_msg("no number %s in the view", name);
    return 0;
}

void kit_near(const char *what, int64_t a, int64_t b, int64_t most)
{
    int64_t d = a > b ? a - b : b - a;

    if (d > most)
        fail_msg("%s: %lld and %lld differ by %lld, more than %lld", what,
                 (long long)a, (long long)b, (long long)d, (long long)most);
}
