/*
 * report.c - the table at the end of a run, and the same as CSV.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "sched/sim/scenario.h"

static void add_up(struct scenario *s)
{
    unsigned i;

    for (i = 0; i < s->nr_rows; i++)
        s->row[i]->now = (struct scenario_sums){ 0 };
    for (i = 0; i < s->sim->nr_vcpus; i++) {
        const struct sim_vcpu *sv = s->sim->vcpus[i];
        struct scenario_sums *sum = &s->row[s->row_of[sv->v.dom]]->now;

        sum->ran += sim_ran(sv);
        sum->waited += sim_time_in(sv, SCHED_STATE_RUNNABLE);
        sum->spun += sv->st.spun;
        sum->jobs += sv->st.jobs;
        sum->misses += sv->st.misses;
        sum->runs += sv->runs;
    }
}

void report_begin(struct scenario *s)
{
    unsigned i;

    add_up(s);
    for (i = 0; i < s->nr_rows; i++) {
        struct scenario_row *r = s->row[i];

        memset(&r->latency, 0, sizeof(r->latency));
        memset(&r->response, 0, sizeof(r->response));
        r->then = r->now;
    }
}

static double us(ns_t time)
{
    return (double)time / 1e3;
}

static struct scenario_sums window_of(const struct scenario_row *r)
{
    return (struct scenario_sums){
        .ran = r->now.ran - r->then.ran,
        .waited = r->now.waited - r->then.waited,
        .spun = r->now.spun - r->then.spun,
        .jobs = r->now.jobs - r->then.jobs,
        .misses = r->now.misses - r->then.misses,
        .runs = r->now.runs - r->then.runs,
    };
}

static void print_row(FILE *out, const struct scenario_row *r, ns_t span)
{
    const struct scenario_sums sum = window_of(r);
    const struct sim_spread *l = &r->latency;
    char name[32];

    (void)snprintf(name, sizeof(name), r->domains > 1 ? "%.18s (%u)" : "%.18s",
                   r->name, r->domains);
    fprintf(out, "%-18s%9.3f%9" PRIu64, name,
            100 * (double)sum.ran / (double)span, l->nr);
    if (l->nr)
        fprintf(out, "%10.1f%10.1f%10.1f%10.1f", us(l->min),
                us(spread_at(l, 500)), us(spread_at(l, 990)), us(l->max));
    else
        fprintf(out, "%10s%10s%10s%10s", "-", "-", "-", "-");
    fprintf(out, "%9" PRIu64 "%8" PRIu64 "%9" PRIu64, sum.jobs, sum.misses,
            sum.runs);
    if (sum.spun)
        fprintf(out, "  spun %.3f %%", 100 * (double)sum.spun / (double)span);
    fputc('\n', out);
}

/* Times in ns; a row each. */
static bool write_csv(const struct scenario *s)
{
    FILE *out = fopen(s->csv, "w");
    unsigned i;

    if (!out)
        goto failed;
    fprintf(out, "domain,domains,vcpus,ran,waited,spun,runs,wakes,wake_min,"
                 "wake_median,wake_p99,wake_max,jobs,misses,response_min,"
                 "response_median,response_p99,response_max\n");
    for (i = 0; i < s->nr_rows; i++) {
        const struct scenario_row *r = s->row[i];
        const struct sim_spread *l = &r->latency, *j = &r->response;
        const struct scenario_sums sum = window_of(r);

        fprintf(out, "%s,%u,%u,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRIu64,
                r->name, r->domains, r->vcpus, sum.ran, sum.waited, sum.spun,
                sum.runs);
        fprintf(out,
                ",%" PRIu64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64,
                l->nr, l->min, spread_at(l, 500), spread_at(l, 990), l->max);
        fprintf(out,
                ",%" PRIu64 ",%" PRIu64 ",%" PRId64 ",%" PRId64 ",%" PRId64
                ",%" PRId64 "\n",
                sum.jobs, sum.misses, j->min, spread_at(j, 500),
                spread_at(j, 990), j->max);
    }
    if (fclose(out) == 0)
        return true;
failed:
    (void)fprintf(stderr, "%s: %s\n", s->csv, strerror(errno));
    return false;
}

bool report_end(struct scenario *s, FILE *out)
{
    const struct sim *sim = s->sim;
    ns_t span = sim->now - s->from;
    double idle = 0;
    unsigned i;

    add_up(s);
    if (span <= 0) { /* interrupted before the window */
        fprintf(out, "ended at %.6f s, before the window of the table\n",
                (double)sim->now / 1e9);
        return true;
    }
    fprintf(out, "%-18s%9s%9s%10s%10s%10s%10s%9s%8s%9s\n", "", "CPU %", "wakes",
            "min us", "median", "p99", "max", "jobs", "misses", "runs");
    for (i = 0; i < s->nr_rows; i++)
        print_row(out, s->row[i], span);
    for (i = 0; i < sim->conf.nr_cpus; i++)
        idle += (double)sim_idle(sim, i);
    fprintf(out,
            "%.6f s to %.6f s; idle %.3f %% of %u CPUs; %" PRIu64
            " decisions, %" PRIu64 " switches; hash %016" PRIx64 "\n",
            (double)s->from / 1e9, (double)sim->now / 1e9,
            100 * idle / ((double)sim->now * sim->conf.nr_cpus),
            sim->conf.nr_cpus, sim->decisions, sim->switches, sim->hash);
    return !s->csv || write_csv(s);
}
