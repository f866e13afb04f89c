/*
 * main.c - the engine of schedsim: lines in, a trace and a table out.
 *
 * People run build/schedsim, which reads TOML and writes the lines; see
 * README.md. Exit: 0; 1: the scenario cannot be simulated, or a file not
 * written; 3: the scheduler broke a rule; 130: interrupted: the trace is whole
 * up to there.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sched/sim/memory.h"
#include "sched/sim/record.h"
#include "sched/sim/scenario.h"

#define EVENTS_AT_ONCE 200000

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static double seconds(clockid_t of)
{
    struct timespec now;

    (void)clock_gettime(of, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* How far it is, on stderr: rewritten on a terminal, now and then elsewhere. */
static void show_progress(const struct scenario *s, bool last)
{
    static double began, shown;
    const bool terminal = isatty(2);
    const double now = seconds(CLOCK_MONOTONIC);
    const double every = terminal ? 0.25 : 10;

    if (began == 0.0)
        began = shown = now;
    if (last ? !terminal || shown == began : now - shown < every)
        return;
    shown = now;
    (void)fprintf(stderr,
                  terminal ? "\r%s: %.3f of %.3f s, %.1f M decisions%s"
                           : "%s: %.3f of %.3f s, %.1f M decisions%s\n",
                  s->name, (double)s->sim->now / 1e9, (double)s->end / 1e9,
                  (double)s->sim->decisions / 1e6, last ? "\r\033[K" : "");
}

/* Until the clock shows `until`. False: interrupted, or a rule broken. */
static bool run_until(struct scenario *s, ns_t until)
{
    while (!scenario_run_some(s, until, EVENTS_AT_ONCE) && !interrupted)
        show_progress(s, false);
    return !s->sim->breach && !interrupted && !s->refused;
}

static bool begin_trace(struct scenario *s)
{
    if (!s->trace)
        return true;
    if (!record_begin(s->sim, s->trace, s->mask) ||
        record_info(s->sim, s->trace, s->domain_name)) {
        (void)fprintf(stderr, "%s: %s\n", s->trace, strerror(errno));
        return false;
    }
    return true;
}

static bool end_trace(const struct scenario *s)
{
    int64_t records;

    if (!s->sim->record)
        return true;
    records = record_end(s->sim);
    if (records < 0) {
        (void)fprintf(stderr, "%s: %s; the trace is not whole\n", s->trace,
                      strerror(errno));
        return false;
    }
    printf("trace: %s, %" PRId64 " records\n", s->trace, records);
    return true;
}

/* The window of the table; `cpu` is the CPU time that it took us. */
static bool run_window(struct scenario *s, double *cpu, uint64_t *decisions)
{
    bool good = run_until(s, s->from);

    if (!good)
        return false;
    report_begin(s);
    *cpu = -seconds(CLOCK_PROCESS_CPUTIME_ID);
    *decisions = -s->sim->decisions;
    good = run_until(s, s->until);
    *decisions += s->sim->decisions;
    *cpu += seconds(CLOCK_PROCESS_CPUTIME_ID);
    return good;
}

static int simulate(struct scenario *s)
{
    uint64_t decisions = 0;
    double cpu = 0;
    bool good;

    if (!begin_trace(s))
        return 1;
    if (!scenario_start(s)) {
        (void)end_trace(s);
        return 1;
    }
    good = run_window(s, &cpu, &decisions);
    show_progress(s, true);
    good = report_end(s, stdout) && (!good || run_until(s, s->end));
    good = end_trace(s) && good;
    if (s->sim->breach)
        return 3;
    if (interrupted) {
        printf("interrupted at %.6f s\n", (double)s->sim->now / 1e9);
        return 130;
    }
    if (s->refused)
        return 1;
    printf("%" PRIu64 " decisions in %.3f s of CPU time: %.2f M/s\n", decisions,
           cpu, (double)decisions / cpu / 1e6);
    return good ? 0 : 1;
}

/* The plug-ins and their parameters, for the reader of manifests. */
static int list(void)
{
    static const char *const scopes[] = { "system", "domain", "vcpu" };
    const struct sched_ops *ops;
    const struct sched_param *p;
    char min[32], max[32], initial[32];
    unsigned i;

    for (i = 0; (ops = sched_plugin(i)) != NULL; i++) {
        printf("%s: %s\n", ops->name, ops->about);
        for (p = ops->params; p && p->name; p++) {
            sched_param_format(p, p->min, min, sizeof(min));
            sched_param_format(p, p->max, max, sizeof(max));
            sched_param_format(p, p->initial, initial, sizeof(initial));
            printf("  %s.%s  %s to %s, %s (%s, of a %s): %s\n", ops->name,
                   p->name, min, max, initial, p->unit, scopes[p->scope],
                   p->help);
        }
    }
    return 0;
}

static int usage(FILE *out)
{
    (void)fputs("usage: schedsim-engine [--plugin OBJECT]... FILE TITLE\n"
                "         lines of a scenario, from FILE (- is stdin); TITLE "
                "stands in messages\n"
                "       schedsim-engine [--plugin OBJECT]... --list\n"
                "         schedulers and parameters\n"
                "For people there is build/schedsim.\n",
                out);
    return out == stderr ? 1 : 0;
}

static int run(const char *file, const char *title)
{
    const bool from_stdin = !strcmp(file, "-");
    FILE *in = from_stdin ? stdin : fopen(file, "r");
    struct scenario s = { .file = title };
    int code = 1;

    if (!in) {
        (void)fprintf(stderr, "%s: %s\n", file, strerror(errno));
        return 1;
    }
    if (scenario_read(&s, in))
        code = simulate(&s);
    if (!from_stdin)
        (void)fclose(in);
    scenario_end(&s);
    return code;
}

int main(int argc, char **argv)
{
    const struct sigaction stop = { .sa_handler = on_signal };

    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGTERM, &stop, NULL);
    memory_pack();
    for (; argc > 2 && !strcmp(argv[1], "--plugin"); argc -= 2, argv += 2)
        if (!plugin_load(argv[2]))
            return 1;
    if (argc == 2 && !strcmp(argv[1], "--list"))
        return list();
    if (argc == 3)
        return run(argv[1], argv[2]);
    return usage(argc == 2 && !strcmp(argv[1], "--help") ? stdout : stderr);
}
