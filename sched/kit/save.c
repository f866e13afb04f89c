/*
 * save.c - what is left of a broken rule: a folder with the scenario, a log of
 * every call of the plug-in, and a picture of who ran when.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sched/kit/kit.h"

struct recorder {
    FILE *runs, *waits; /* lines for gnuplot: from to row cpu */
};

static double ms(ns_t t)
{
    return (double)t / 1e6;
}

static void interval(struct recorder *rec, const struct sim_vcpu *sv, ns_t now)
{
    enum sched_state state = (enum sched_state)sv->v.core.state;
    FILE *out = state == SCHED_STATE_RUNNING    ? rec->runs
                : state == SCHED_STATE_RUNNABLE ? rec->waits
                                                : NULL;

    if (out && now > sv->entered)
        (void)fprintf(out, "%.6f %.6f %u %u\n", ms(sv->entered), ms(now),
                      sv->index, sv->v.cpu);
}

static void record(struct sim_vcpu *sv, enum sched_state to, ns_t now,
                   void *arg)
{
    (void)to;
    if (!kit_now->draining)
        interval(arg, sv, now);
}

static FILE *open_in(const char *path, const char *name)
{
    char full[512];

    (void)snprintf(full, sizeof(full), "%s/%s", path, name);
    return fopen(full, "w");
}

/* "1.5 ms, v0 on CPU 1" for people; a violation is a vertical line. */
static void write_plot(const char *path, const struct kit_scenario *sc,
                       const struct kit_verdict *verdict)
{
    FILE *out = open_in(path, "timeline.gp");
    double end = ms(verdict->at < sc->length ? verdict->at : sc->length);
    unsigned i;

    if (!out)
        return;
    (void)fprintf(out, "set title \"%s breaks the rule %s\" noenhanced\n",
                  sc->ops->name, verdict->rule);
    (void)fprintf(out,
                  "set xlabel \"ms\"\nset xrange [0:%g]\n"
                  "set yrange [%g:-0.7]\nset ytics (",
                  end > 0 ? end * 1.02 : 1, sc->nr_vcpus - 0.3);
    for (i = 0; i < sc->nr_vcpus; i++)
        (void)fprintf(out, "%s\"v%u: d%u %s\" %u", i ? ", " : "", i,
                      sc->vcpu[i].dom, kit_load_name(sc->vcpu[i].load), i);
    (void)fprintf(out, ") noenhanced\nset key outside bottom horizontal\n"
                       "set style fill solid 0.9 noborder\n");
    (void)fprintf(out,
                  "set arrow from %g,graph 0 to %g,graph 1 nohead "
                  "lc rgb \"#d62728\" dt 2\n",
                  ms(verdict->at), ms(verdict->at));
    for (i = 0; i < sc->nr_actions; i++)
        (void)fprintf(out,
                      "set label \"%s\" at %g,-0.5 rotate by 45 "
                      "font \",8\"\n",
                      kit_do_name(sc->action[i].act), ms(sc->action[i].at));
    (void)fprintf(out, "plot \"waits.dat\" using 1:($3):1:2:($3-0.04):($3+0.04)"
                       " with boxxyerror lc rgb \"#c8c8c8\" title \"waits\"");
    for (i = 0; i < sc->nr_cpus; i++)
        (void)fprintf(out,
                      ", \"runs.dat\" using ($4==%u?$1:1/0):($3):1:2:"
                      "($3-0.3):($3+0.3) with boxxyerror lc %u "
                      "title \"on cpu%u\"",
                      i, i + 1, i);
    (void)fputc('\n', out);
    (void)fclose(out);
}

/* The run itself may crash: in a process of its own. */
static void replay(const char *path, const struct kit_scenario *sc)
{
    static struct kit_run r;
    char trace[512];
    struct recorder rec = { open_in(path, "runs.dat"),
                            open_in(path, "waits.dat") };

    r.log = open_in(path, "calls.txt");
    if (!rec.runs || !rec.waits || !r.log)
        _exit(1);
    (void)setvbuf(r.log, NULL, _IOLBF, 0);
    (void)fprintf(rec.runs, "-1 -1 0 0\n"); /* gnuplot wants a line of each */
    (void)fprintf(rec.waits, "-1 -1 0 0\n");
    (void)setvbuf(rec.runs, NULL, _IOLBF, 0);
    (void)setvbuf(rec.waits, NULL, _IOLBF, 0);
    (void)snprintf(trace, sizeof(trace), "%s/trace.bin", path);
    r.trace = trace;
    r.recorder = record;
    r.recorder_arg = &rec;
    kit_play(&r, sc);
    (void)fflush(NULL);
    _exit(0);
}

/* Run `what` in a process; wait for it, at most a few seconds of its CPU. */
static void plot(const char *path)
{
    static const char *const terminals[] = { "svg", "pngcairo" };
    static const char *const names[] = { "timeline.svg", "timeline.png" };
    char set[200];
    unsigned i;
    pid_t child;

    for (i = 0; i < 2; i++) {
        (void)fflush(NULL);
        child = fork();
        if (child == 0) {
            (void)snprintf(set, sizeof(set),
                           "set terminal %s size 900,300; set output \"%s\"",
                           terminals[i], names[i]);
            if (chdir(path) || !freopen("/dev/null", "w", stderr))
                _exit(1);
            (void)execlp("gnuplot", "gnuplot", "-e", set, "timeline.gp", NULL);
            _exit(1);
        }
        if (child > 0)
            (void)waitpid(child, NULL, 0);
    }
}

static void save_toml(const char *path, const struct kit_scenario *sc,
                      const char *rule)
{
    FILE *out = open_in(path, "scenario.toml");
    char full[512];
    bool said = out && kit_write_toml(out, sc, rule);

    if (out)
        (void)fclose(out);
    (void)snprintf(full, sizeof(full), "%s/scenario.toml", path);
    if (!said)
        (void)unlink(full);
}

int kit_save(const char *dir, const struct kit_scenario *sc,
             const struct kit_verdict *verdict, char *path, size_t size)
{
    FILE *out;
    pid_t child;

    (void)snprintf(path, size, "%s/%s-%s", dir, sc->ops->name, verdict->rule);
    if ((mkdir(dir, 0777) && errno != EEXIST) ||
        (mkdir(path, 0777) && errno != EEXIST))
        return -1;
    out = open_in(path, "scenario.txt");
    if (!out)
        return -1;
    kit_write(out, sc, verdict->rule);
    (void)fprintf(out, "# %s\n", verdict->detail);
    (void)fclose(out);
    save_toml(path, sc, verdict->rule);
    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        (void)alarm(20);
        replay(path, sc);
    }
    if (child > 0)
        (void)waitpid(child, NULL, 0);
    write_plot(path, sc, verdict);
    plot(path);
    return 0;
}
