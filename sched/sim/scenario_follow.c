/*
 * scenario_follow.c - the lines that follow a recorded run: what its vCPUs did,
 * and when its CPUs came to what they did (follow.c).
 *
 *   burst VCPU RELEASE WORK [CPU AT], born VCPU CPU JOINS, adjusted CPU TIME
 *                                  of the domain at hand, which replays
 *   decided CPU TIME AT, fired CPU TIME AT, busy CPU TIME AT
 *                                  of a CPU, in order of time
 *
 * TIME is what the clock showed, AT when the CPU came to act on it.
 */
#include <stdlib.h>
#include "sched/sim/scenario_private.h"
#include "sched/sim/sim_private.h"
#include "xen/lib/bug.h"

/* ---- of a domain ---- */

/* burst VCPU RELEASE WORK [CPU AT]: of the domain at hand, which replays; CPU
 * handled the wake-up, and came to it at AT */
bool scenario_line_burst(struct scenario *s, char **word)
{
    const struct sim_work *w = s->work[s->domain];
    int64_t vcpu, release, work, cpu = CPUSET_NONE, at;

    if (!scenario_number(word[1], &vcpu) ||
        !scenario_number(word[2], &release) ||
        !scenario_number(word[3], &work) || vcpu < 0 || vcpu >= w->nr_members)
        return scenario_wrong(s, "burst: vCPU, release and work are expected");
    at = release;
    if (word[4] && (!word[5] || !scenario_number(word[4], &cpu) || cpu < 0 ||
                    cpu >= s->sim->conf.nr_cpus ||
                    !scenario_number(word[5], &at) || at < release))
        return scenario_wrong(s, "burst: CPU and time are expected");
    work_burst(w->member[vcpu],
               (struct work_burst){ release, work, at, (unsigned)cpu });
    return true;
}

/* born VCPU CPU JOINS: of the domain at hand, which replays */
bool scenario_line_born(struct scenario *s, char **word)
{
    const struct sim_work *w = s->work[s->domain];
    int64_t vcpu, cpu, joins;

    if (!scenario_number(word[1], &vcpu) || !scenario_number(word[2], &cpu) ||
        !scenario_number(word[3], &joins) || vcpu < 0 ||
        vcpu >= w->nr_members || cpu < 0 || cpu >= s->sim->conf.nr_cpus ||
        joins < s->sim->now)
        return scenario_wrong(s, "born: vCPU, CPU and time are expected");
    sim_born_at(w->member[vcpu], (unsigned)cpu, joins, 0);
    return true;
}

/* ---- parameters that were set while it ran ---- */

/* adjusted CPU TIME: what `set` lines say of the domain at hand, from here on,
 * is set there and then; all together, as the hypervisor does. */
bool scenario_line_adjusted(struct scenario *s, char **word)
{
    struct scenario_change *c;
    int64_t cpu, time;

    if (!scenario_number(word[1], &cpu) || !scenario_number(word[2], &time) ||
        cpu < 0 || cpu >= s->sim->conf.nr_cpus || time < s->sim->now)
        return scenario_wrong(s, "adjusted: CPU and time are expected");
    if (s->nr_changes && time < s->change[s->nr_changes - 1].time)
        return scenario_wrong(s, "adjusted: another domain was, later");
    s->change = realloc(s->change, (s->nr_changes + 1) * sizeof(*s->change));
    BUG_ON(!s->change);
    c = &s->change[s->nr_changes++];
    *c = (struct scenario_change){ .time = time, .dom = s->domain };
    c->cpu = (unsigned)cpu;
    s->adjusts = true;
    return true;
}

bool scenario_set_later(struct scenario *s, const struct sched_param *p,
                        int64_t value)
{
    struct scenario_change *c = &s->change[s->nr_changes - 1];

    if (c->nr == ARRAY_SIZE(c->set))
        return scenario_wrong(s, "more than %u parameters",
                              SCENARIO_CHANGE_MAX);
    c->set[c->nr++] = (struct sched_setting){ p, value };
    return true;
}

static bool apply(struct scenario *s, const struct scenario_change *c)
{
    struct sched_domain *d = s->sim->domains[c->dom];
    int error;

    sim_host_cpu(c->cpu);
    error = sched_param_set(d->sched, d, NULL, c->set, c->nr, s->sim->now);
    if (error)
        (void)fprintf(stderr,
                      "%s: %s refuses the parameters that domain %s is given "
                      "later (error %d)\n",
                      s->file, sched_ops_of(d->sched)->name,
                      s->domain_name[c->dom], -error);
    return !error;
}

bool scenario_run_some(struct scenario *s, ns_t until, uint64_t events)
{
    const struct scenario_change *c = &s->change[s->changed];

    while (s->changed < s->nr_changes && c->time <= until) {
        if (!sim_run_some(s->sim, c->time, events))
            return false;
        if (s->sim->breach)
            return true;
        if (!apply(s, c))
            s->refused = true;
        s->changed++, c++;
    }
    return sim_run_some(s->sim, until, events);
}

/* ---- of a CPU ---- */

/* decided CPU TIME AT, fired CPU TIME AT, busy CPU TIME AT: the run that is
 * replayed decided, had its timer fire, found a peer's lock held there and then
 */
bool scenario_line_follow(struct scenario *s, char **word)
{
    struct sim_follow **list;
    int64_t cpu, time, at;
    struct sim_cpu *c;

    scenario_sim_begins(s);
    if (!scenario_number(word[1], &cpu) || !scenario_number(word[2], &time) ||
        !scenario_number(word[3], &at) || cpu < 0 ||
        cpu >= s->sim->conf.nr_cpus)
        return scenario_wrong(s, "%s: CPU and two times are expected", word[0]);
    c = &s->sim->cpus[cpu];
    list = *word[0] == 'd'   ? &c->decided
           : *word[0] == 'f' ? &c->fired
                             : &c->busy;
    if (at < time || (*list && sim_before_last(*list, time, at)))
        return scenario_wrong(s, "%s: it is out of order", word[0]);
    sim_follow(list, time, at);
    return true;
}
