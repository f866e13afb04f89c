/*
 * run.c - play one scenario, and judge it.
 *
 * After the scenario's length comes the DRAIN: every load ends at its next
 * turn, every pause ends, locks are free. Whoever is runnable then has finite
 * work before him, and must come to its end: one that does not was forgotten.
 */
#include <stdarg.h>
#include <string.h>
#include "sched/kit/run_private.h"
#include "sched/sim/record.h"
#include "xen/lib/bug.h"

struct kit_run *kit_now;

#define TRACE_MASK 0x0002f000 /* all of the scheduler's classes */

#define ARENA 65536 /* bytes for the state of all sets of rules */

static struct {
    const struct kit_rules *set[KIT_SETS];
    unsigned nr;
    _Alignas(16) char arena[ARENA];
} rules;

void kit_fail(struct kit_run *r, const char *rule, const char *format, ...)
{
    struct kit_verdict *v = &r->verdict;
    va_list args;

    if (v->rule || r->sim->breach)
        return;
    v->rule = rule;
    v->at = r->sim->now;
    va_start(args, format);
    (void)vsnprintf(v->detail, sizeof(v->detail), format, args);
    va_end(args);
    r->sim->breach = rule;
}

struct kit_member *kit_member(struct kit_run *r, const struct sched_vcpu *v)
{
    return &r->member[sim_index_of(v)];
}

ns_t kit_ran(const struct kit_member *m, ns_t now)
{
    ns_t ran = m->sv->in[SCHED_STATE_RUNNING];

    if (m->sv->v.core.state == SCHED_STATE_RUNNING)
        ran += now - m->sv->entered;
    return ran;
}

int64_t kit_param(struct kit_run *r, const struct kit_member *m,
                  const char *name)
{
    const struct sched_param *p = sched_param_find(r->sc->ops, name);

    if (!p || (!m && p->scope != SCHED_PER_SYSTEM) ||
        r->in_force[0] != r->sc->ops) /* the areas are another's */
        return 0;
    return sched_param_get(r->sim->sched, m ? m->sv->v.cold.domain : NULL,
                           m ? &m->sv->v : NULL, p);
}

/* ---- the sets of rules ---- */

/* Leave out those of one plug-in. */
static void for_everybody(void)
{
    unsigned i, n = 0;

    for (i = 0; i < rules.nr; i++)
        if (!rules.set[i]->plugin)
            rules.set[n++] = rules.set[i];
    rules.nr = n;
}

static void begin_sets(struct kit_run *r)
{
    size_t used = 0;
    unsigned i;

    rules.nr = kit_sets_of(r->sc->ops->name, rules.set);
    if (r->sc->pool_ops)
        for_everybody();
    for (i = 0; i < rules.nr; i++) {
        r->state[i] = rules.arena + used;
        used += (rules.set[i]->size + 15) & ~(size_t)15;
        BUG_ON(used > ARENA);
    }
    memset(rules.arena, 0, used);
    for (i = 0; i < rules.nr; i++)
        if (rules.set[i]->begin)
            rules.set[i]->begin(r, r->state[i]);
}

void kit_tell_action(struct kit_run *r, const struct kit_action *a, int result)
{
    unsigned i;

    for (i = 0; i < rules.nr; i++)
        if (rules.set[i]->action)
            rules.set[i]->action(r, r->state[i], a, result);
}

static void on_state(struct sim_vcpu *sv, enum sched_state to, ns_t now,
                     void *arg)
{
    struct kit_run *r = arg;
    struct kit_member *m = &r->member[sv->index];
    unsigned i;

    if (r->recorder)
        r->recorder(sv, to, now, r->recorder_arg);
    for (i = 0; i < rules.nr; i++)
        if (rules.set[i]->watch)
            rules.set[i]->watch(r, r->state[i], m, to, now);
    if (to == SCHED_STATE_RUNNING) {
        m->run_begin = now;
        m->ran = true;
    } else if (to == SCHED_STATE_RUNNABLE) {
        m->waits_since = now;
    }
}

static void on_trace(struct sim_vcpu *sv, unsigned event, int64_t a, void *arg)
{
    struct kit_run *r = arg;
    struct kit_member *m = sv ? &r->member[sv->index] : NULL;
    unsigned i;

    if (r->log)
        (void)fprintf(r->log, "%12lld      event %u %lld\n",
                      (long long)r->sim->now, event, (long long)a);
    for (i = 0; i < rules.nr; i++)
        if (rules.set[i]->traced)
            rules.set[i]->traced(r, r->state[i], m, event, a);
}

/* ---- what always holds ---- */

void kit_check_accounting(struct kit_run *r)
{
    ns_t now = r->sim->now, sum = 0, states, since;
    const struct sim_vcpu *sv;
    unsigned i, k;

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        sv = r->member[i].sv;
        since = sv->v.core.state == SCHED_STATE_RUNNING ? now - sv->v.core.since
                                                        : 0;
        for (states = now - sv->entered, k = 0; k < 4; k++)
            states += sv->in[k];
        if (states != now - r->member[i].created)
            kit_fail(r, "accounting", "d%uv%u: states sum up to %lld ns",
                     sv->v.dom, sv->v.id, (long long)states);
        if (r->member[i].charged + since != kit_ran(&r->member[i], now))
            kit_fail(r, "accounting", "d%uv%u: ran %lld ns, charged %lld ns",
                     sv->v.dom, sv->v.id,
                     (long long)kit_ran(&r->member[i], now),
                     (long long)(r->member[i].charged + since));
        sum += kit_ran(&r->member[i], now);
    }
    for (i = 0; i < r->sc->nr_cpus; i++)
        sum += sim_idle(r->sim, i);
    if (sum != now * (ns_t)r->sc->nr_cpus)
        kit_fail(r, "accounting", "run and idle times sum up to %lld ns",
                 (long long)sum);
}

/* What the core found, by the name of the rule. */
static const char *core_rule(const struct kit_run *r, const char *text)
{
    static const struct {
        const char *part, *rule;
    } names[] = {
        { "in a queue", "unlink" },
        { "does not hold", "three-hands" },
        { "may not run on this CPU", "affinity" },
        { "outside of the affinity", "affinity" },
        { "without the lock", "locks" },
        { "granted no time", "grant" },
        { "starves", "starvation" },
    };
    unsigned i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strstr(text, names[i].part))
            return names[i].rule;
    if (!strstr(text, "beside a waiting"))
        return "core";
    for (i = 0; i < r->sc->nr_vcpus; i++)
        if (r->member[i].sv->v.core.state == SCHED_STATE_RUNNABLE &&
            r->member[i].why == SCHED_WAKE)
            return "lost-wakeup";
    return "work-conservation";
}

static void judge_core(struct kit_run *r)
{
    const char *text = r->sim->breach;

    if (!text || r->verdict.rule)
        return;
    r->verdict.rule = core_rule(r, text);
    r->verdict.at = r->sim->now;
    (void)snprintf(r->verdict.detail, KIT_DETAIL, "the core says: %s", text);
}

/* ---- the drain ---- */

/* Does the plug-in in force there leave nobody without a turn? */
static bool claims(const struct kit_run *r, const struct kit_member *m)
{
    return !kit_excused(kit_ops_of(r, m), "starvation");
}

static bool all_blocked(const struct kit_run *r)
{
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++)
        if (!r->member[i].away && claims(r, &r->member[i]) &&
            r->member[i].sv->v.core.state != SCHED_STATE_BLOCKED)
            return false;
    return true;
}

/* late: who was late once may have to pay for long, where CPUs may idle. */
static void forgotten(struct kit_run *r, bool late)
{
    const struct sched_vcpu *v;
    struct kit_member *m;
    unsigned i;

    for (i = 0; i < r->sc->nr_vcpus; i++) {
        m = &r->member[i];
        v = &m->sv->v;
        if (m->away || v->core.state == SCHED_STATE_BLOCKED || !claims(r, m) ||
            ((kit_ops_of(r, m)->flags & SCHED_MAY_IDLE) && (late || m->ran)) ||
            kit_may_starve(r, m))
            continue;
        kit_fail(r, m->why == SCHED_WAKE ? "lost-wakeup" : "starvation",
                 "d%uv%u waits although all others have nothing to do", v->dom,
                 v->id);
    }
}

#define DRAIN_STEP  MS(1)
#define DRAIN_MOST  S(60)
#define DRAIN_TURNS 30000

static void drain(struct kit_run *r)
{
    ns_t begin = r->sim->now, step = DRAIN_STEP;
    uint64_t turns = r->sim->decisions;
    unsigned i;

    r->draining = true;
    r->sim->conf.trylock_fails = 0;
    for (i = 0; i < r->sc->nr_vcpus; i++) {
        struct kit_member *m = &r->member[i];

        m->ran = m->sv->v.core.state == SCHED_STATE_RUNNING;
        for (; m->pauses && !m->away; m->pauses--)
            sim_unpause(m->sv);
    }
    while (!r->sim->breach && !all_blocked(r)) {
        if (r->sim->now - begin > DRAIN_MOST ||
            r->sim->decisions - turns > DRAIN_TURNS) {
            forgotten(r, r->sc->timer_late ||
                             r->sim->decisions - turns > DRAIN_TURNS);
            return;
        }
        sim_run(r->sim, r->sim->now + step);
        step *= 2;
    }
}

/* ---- all of it ---- */

/* The core's watchdog is left out, for what is accepted as parameters may make
 * anybody wait for long; unless the plug-in says for how long. */
void kit_set_patience(struct kit_run *r)
{
    bool says = !r->sc->pool_ops && r->in_force[0]->may_wait;

    sched_set_patience(r->sim->sched, says ? 0 : FOREVER);
}

static void make(struct kit_run *r)
{
    const struct kit_scenario *sc = r->sc;
    struct sim_conf conf = { .sched = sc->ops->name,
                             .nr_cpus = sc->nr_cpus,
                             .seed = sc->seed,
                             .switch_cost = sc->switch_cost,
                             .trylock_fails = sc->trylock_fails,
                             .timer_late = sc->timer_late,
                             .conserve = true,
                             .quiet = true };
    unsigned i;

    r->sim = sim_create(&conf);
    BUG_ON(!r->sim);
    if (sched_change(r->sim->sched, kit_spy(sc->ops), 0))
        bug("no memory", __FILE__, __LINE__);
    kit_pool_make(r);
    for (i = 0; i < sc->nr_vcpus; i++) {
        const struct kit_vcpu *v = &sc->vcpu[i];
        struct sim_vcpu *sv = sim_add(r->sim, v->dom, kit_load);

        sv->st.period = v->period;
        sv->st.cost = v->cost;
        sv->st.offset = v->offset;
        r->member[i] = (struct kit_member){ .sv = sv,
                                            .index = i,
                                            .away = true,
                                            .created = r->sim->now,
                                            .hard = KIT_ALL };
    }
    kit_set_patience(r);
    r->sim->watch = on_state;
    r->sim->trace = on_trace;
    r->sim->watch_arg = r;
    /* A trace that cannot be written is missed by who asked for it. */
    if (r->trace)
        (void)record_begin(r->sim, r->trace, TRACE_MASK);
}

static void end_trace(struct kit_run *r)
{
    static const char *const names[KIT_VCPUS] = { "d0", "d1", "d2", "d3",
                                                  "d4", "d5", "d6", "d7" };

    if (!r->sim->record)
        return;
    (void)record_info(r->sim, r->trace, names);
    (void)record_end(r->sim);
}

/* When the next thing happens: a start, or an action. */
static ns_t next_time(const struct kit_run *r, unsigned action,
                      const bool *started)
{
    ns_t at = r->sc->length;
    unsigned i;

    if (action < r->sc->nr_actions && r->sc->action[action].at < at)
        at = r->sc->action[action].at;
    for (i = 0; i < r->sc->nr_vcpus; i++)
        if (!started[i] && r->sc->vcpu[i].start < at)
            at = r->sc->vcpu[i].start;
    return at;
}

static void play(struct kit_run *r)
{
    const struct kit_scenario *sc = r->sc;
    bool started[KIT_VCPUS] = { false };
    unsigned action = 0, i;
    ns_t at;

    while (!r->sim->breach) {
        at = next_time(r, action, started);
        if (at > r->sim->now)
            sim_run(r->sim, at);
        if (r->sim->breach || at >= sc->length)
            return;
        for (i = 0; i < sc->nr_vcpus && !r->sim->breach; i++)
            if (!started[i] && sc->vcpu[i].start <= at) {
                started[i] = true;
                kit_join(r, &r->member[i]);
            }
        while (action < sc->nr_actions && sc->action[action].at <= at &&
               !r->sim->breach)
            action = kit_act(r, action);
    }
}

static void conclude(struct kit_run *r)
{
    unsigned i;

    kit_check_accounting(r);
    for (i = 0; i < rules.nr && !r->sim->breach; i++)
        if (rules.set[i]->end)
            rules.set[i]->end(r, r->state[i]);
    if (!r->sim->breach)
        drain(r);
    if (!r->sim->breach)
        kit_check_accounting(r);
}

void kit_play(struct kit_run *r, const struct kit_scenario *sc)
{
    sim_watch *recorder = r->recorder;
    void *recorder_arg = r->recorder_arg;
    const char *trace = r->trace;
    FILE *log = r->log;
    unsigned i;

    memset(r, 0, sizeof(*r));
    r->sc = sc;
    r->in_force[0] = sc->ops;
    r->in_force[1] = sc->pool_ops;
    r->log = log;
    r->trace = trace;
    r->recorder = recorder;
    r->recorder_arg = recorder_arg;
    kit_now = r;
    make(r);
    begin_sets(r);
    kit_settings(r);
    play(r);
    if (!r->sim->breach)
        conclude(r);
    judge_core(r);
    r->verdict.hash = r->sim->hash;
    r->verdict.decisions = r->sim->decisions;
    end_trace(r);
    r->log = NULL;
    r->trace = NULL;
    r->recorder = NULL;
    /* A plug-in that broke a rule is not called any more. */
    for (i = 0; r->verdict.rule && i < r->sim->nr_pools; i++)
        (void)sched_change(r->sim->pools[i].sched, sched_find("rr"),
                           r->sim->now);
    rules.nr = 0;
    sim_destroy(r->sim);
    kit_now = NULL;
}
