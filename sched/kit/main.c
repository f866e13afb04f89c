/*
 * main.c - the command `conformance`: plays many scenarios with a plug-in and
 * says which rules it breaks, if any.
 *
 * The scenarios are divided among a few processes, as a plug-in under test may
 * crash; what each finds stands on a board in shared memory. Of each broken
 * rule the first scenario is then shrunk, printed and saved.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sched/kit/kit.h"
#include "sched/sim/plugin_file.h"
#include "xen/lib/bug.h"

#define JOBS_MAX    16
#define RULES_MAX   24
#define CRASHES_MAX 20
#define HANG_COUNTS 10 /* as so many crashes: it takes that long */
#define STARTS      4  /* scenarios of one broken rule that are shrunk */
#define AGAIN       16 /* each so manieth is played twice */

static const char help[] =
    "usage: conformance [OPTION]...\n"
    "Plays scenarios with a scheduler plug-in and says which rules it breaks.\n"
    "\n"
    "  -s, --sched=NAME      the plug-in; \"all\": each of them (default)\n"
    "  -n, --scenarios=N     how many for each (default 10000)\n"
    "      --seed=N          of the scenarios (default 1)\n"
    "  -j, --jobs=N          processes (default 2)\n"
    "  -o, --output=DIR      for what is found (default build/conformance)\n"
    "      --replay=FILE     play the scenario in FILE and print each call\n"
    "      --shrink=FILE     make the scenario in FILE as small as it can be\n"
    "      --number=N        print scenario number N, and play it\n"
    "      --rules           list the rules that judge NAME (or all)\n"
    "      --rule=RULE       shrink and report breaches of this rule only\n"
    "      --plugin FILE     (before all else) load this object\n"
    "      --no-shrink       report what is found as it was found\n"
    "  -q, --quiet           no progress\n"
    "  -h, --help            this text\n"
    "\n"
    "Exit status: 0 no rule is broken, 1 one is, 2 wrong usage, 130 Ctrl-C\n"
    "(what was done until then is reported).\n";

struct options {
    const char *sched, *output, *replay, *rule;
    uint64_t scenarios, seed, number;
    unsigned jobs;
    bool shrink, quiet, rules, no_shrink, one;
};

/* ---- the board ---- */

struct finding {
    const char *rule;               /* a literal: the same in every process */
    uint64_t count, number[STARTS]; /* of the scenarios with the least ones */
};

struct worker {
    uint64_t current, done; /* the scenario being played; how many were */
    bool noted;             /* a rule is already broken in it */
    struct finding finding[RULES_MAX];
    pid_t pid;
    unsigned crashes;
    bool finished;
};

static struct board {
    volatile bool stop;
    struct worker worker[JOBS_MAX];
} * board;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
    (void)sig;
    interrupted = 1;
    board->stop = true;
}

static void note(struct worker *w, const char *rule, uint64_t i)
{
    struct finding *f = w->finding;
    unsigned k, last;

    while (f->rule && f->rule != rule && strcmp(f->rule, rule))
        if (++f == &w->finding[RULES_MAX])
            return;
    f->rule = rule;
    for (k = 0; k < STARTS && (k < f->count) && f->number[k] < i; k++)
        ;
    for (last = STARTS - 1; last > k; last--)
        f->number[last] = f->number[last - 1];
    if (k < STARTS)
        f->number[k] = i;
    f->count++;
}

/* ---- a worker ---- */

static void play_one(const struct sched_ops *ops, const struct options *o,
                     struct worker *w, uint64_t i)
{
    static struct kit_scenario sc;
    static struct kit_run r;
    uint64_t hash;

    kit_generate(ops, o->seed, i, &sc);
    kit_play(&r, &sc);
    if (r.verdict.rule) {
        note(w, r.verdict.rule, i);
        w->noted = true;
        return;
    }
    hash = r.verdict.hash;
    if (i / o->jobs % AGAIN)
        return;
    kit_play(&r, &sc);
    if (r.verdict.hash != hash)
        note(w, "determinism", i);
}

static void work(const struct sched_ops *ops, const struct options *o,
                 struct worker *w, uint64_t from)
{
    uint64_t i;

    (void)signal(SIGINT, SIG_IGN);
    if (!freopen("/dev/null", "w", stderr))
        _exit(1);
    for (i = from; i < o->scenarios && !board->stop; i += o->jobs) {
        w->current = i;
        w->noted = false;
        kit_set_alarm();
        play_one(ops, o, w, i);
        w->done++;
    }
    _exit(0);
}

static void start(const struct sched_ops *ops, const struct options *o,
                  struct worker *w, uint64_t from)
{
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    BUG_ON(child < 0);
    if (!child)
        work(ops, o, w, from);
    w->pid = child; /* by the parent alone: the board is shared */
}

/* A worker has ended: finished, or killed by the plug-in. */
static void ended(const struct sched_ops *ops, const struct options *o,
                  struct worker *w, int status)
{
    bool hang = WIFSIGNALED(status) && WTERMSIG(status) == SIGVTALRM;

    w->finished = true;
    if (WIFEXITED(status) && !WEXITSTATUS(status))
        return;
    if (!w->noted)
        note(w, hang ? "hang" : "crash", w->current);
    w->done++;
    w->crashes += hang ? HANG_COUNTS : 1;
    if (w->crashes < CRASHES_MAX && !board->stop) {
        w->finished = false;
        start(ops, o, w, w->current + o->jobs);
    }
}

/* ---- the parent ---- */

static uint64_t done(const struct options *o)
{
    uint64_t sum = 0;
    unsigned i;

    for (i = 0; i < o->jobs; i++)
        sum += board->worker[i].done;
    return sum;
}

static double seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void progress(const struct sched_ops *ops, const struct options *o,
                     double begin)
{
    uint64_t n = done(o);
    double spent = seconds() - begin;

    (void)fprintf(stderr, "\r%-15s %9llu of %llu", ops->name,
                  (unsigned long long)n, (unsigned long long)o->scenarios);
    if (n && spent > 1)
        (void)fprintf(stderr, ", %.0f s to go  ",
                      spent / (double)n * (double)(o->scenarios - n));
}

/* Wait until all workers are done. */
static void supervise(const struct sched_ops *ops, const struct options *o)
{
    bool show = !o->quiet && isatty(STDERR_FILENO);
    double begin = seconds();
    unsigned i, left;
    int status;

    do {
        (void)usleep(show ? 100000 : 5000);
        for (left = 0, i = 0; i < o->jobs; i++) {
            struct worker *w = &board->worker[i];

            if (!w->finished && waitpid(w->pid, &status, WNOHANG) == w->pid)
                ended(ops, o, w, status);
            left += !w->finished;
        }
        if (show)
            progress(ops, o, begin);
    } while (left);
    if (show)
        (void)fprintf(stderr, "\r%60s\r", "");
}

static void merge(const struct options *o, struct worker *all)
{
    unsigned i, k, n;

    memset(all, 0, sizeof(*all));
    for (i = 0; i < o->jobs; i++)
        for (k = 0; k < RULES_MAX; k++) {
            const struct finding *f = &board->worker[i].finding[k];

            if (!f->rule)
                break;
            for (n = 0; n < STARTS && n < f->count; n++)
                note(all, f->rule, f->number[n]);
        }
}

static uint64_t count_of(const struct options *o, const char *rule)
{
    uint64_t sum = 0;
    unsigned i, k;

    for (i = 0; i < o->jobs; i++)
        for (k = 0; k < RULES_MAX; k++) {
            const struct finding *f = &board->worker[i].finding[k];

            if (f->rule && !strcmp(f->rule, rule))
                sum += f->count;
        }
    return sum;
}

static unsigned size_of(const struct kit_scenario *sc)
{
    return sc->nr_vcpus * 100 + sc->nr_actions * 20 + sc->nr_settings * 10 +
           sc->nr_cpus;
}

/* Shrink the first few scenarios that broke the rule: the smallest is *best.
 * False: alone, none of them breaks it. */
static bool smallest(const struct sched_ops *ops, const struct options *o,
                     const struct finding *f, struct kit_scenario *best,
                     struct kit_verdict *verdict)
{
    static struct kit_scenario sc;
    struct kit_verdict v;
    unsigned i, attempts = 0;
    bool any = false;

    for (i = 0; i < STARTS && i < f->count; i++) {
        kit_generate(ops, o->seed, f->number[i], &sc);
        kit_try(&sc, &v);
        if (!v.rule || strcmp(v.rule, f->rule))
            continue;
        if (!o->no_shrink && !interrupted)
            attempts += kit_shrink(&sc, &v);
        if (!any || size_of(&sc) < size_of(best)) {
            *best = sc;
            *verdict = v;
        }
        any = true;
        if (sc.nr_vcpus <= 2 || o->no_shrink || !strcmp(f->rule, "hang"))
            break;
    }
    if (attempts && any)
        (void)printf("  shrunk to %u CPUs, %u vCPUs, %u actions, in %u "
                     "attempts:\n",
                     best->nr_cpus, best->nr_vcpus, best->nr_actions, attempts);
    return any;
}

static void tell_and_save(const struct options *o,
                          const struct kit_scenario *sc,
                          const struct kit_verdict *verdict)
{
    char path[512];

    kit_write(stdout, sc, NULL);
    (void)printf("  at %lld ns: %s\n", (long long)verdict->at, verdict->detail);
    if (kit_save(o->output, sc, verdict, path, sizeof(path)))
        (void)printf("  not saved: %s: %s\n", path, strerror(errno));
    else
        (void)printf("  saved: %s\n", path);
}

static void report(const struct sched_ops *ops, const struct options *o,
                   const struct finding *f)
{
    static struct kit_scenario sc;
    struct kit_verdict verdict;

    (void)printf(
        "%s breaks the rule \"%s\" in %llu of %llu scenarios, first in "
        "number %llu\n",
        ops->name, f->rule, (unsigned long long)count_of(o, f->rule),
        (unsigned long long)done(o), (unsigned long long)f->number[0]);
    if (!smallest(ops, o, f, &sc, &verdict)) {
        (void)printf("  alone, that scenario does not: what was before it "
                     "matters\n");
        return;
    }
    tell_and_save(o, &sc, &verdict);
}

/* True: no rule is broken. */
static bool examine(const struct sched_ops *ops, const struct options *o)
{
    static struct worker all;
    double begin = seconds();
    unsigned i;

    memset(board, 0, sizeof(*board));
    for (i = 0; i < o->jobs; i++)
        start(ops, o, &board->worker[i], i);
    supervise(ops, o);
    merge(o, &all);
    if (!all.finding[0].rule)
        (void)printf("%-15s %llu scenarios, %.1f s: no rule is broken\n",
                     ops->name, (unsigned long long)done(o), seconds() - begin);
    for (i = 0; i < RULES_MAX && all.finding[i].rule; i++)
        if (!o->rule || !strcmp(o->rule, all.finding[i].rule))
            report(ops, o, &all.finding[i]);
    (void)fflush(stdout);
    return !all.finding[0].rule;
}

/* ---- other things that it does ---- */

static int play_and_tell(const struct kit_scenario *sc)
{
    static struct kit_run r;

    r.log = stdout;
    kit_set_alarm();
    kit_play(&r, sc);
    if (!r.verdict.rule) {
        (void)printf("no rule is broken; hash %016llx\n",
                     (unsigned long long)r.verdict.hash);
        return 0;
    }
    (void)printf("breaks the rule \"%s\" at %lld ns: %s\n", r.verdict.rule,
                 (long long)r.verdict.at, r.verdict.detail);
    return 1;
}

static int shrink_one(const struct options *o, struct kit_scenario *sc)
{
    struct kit_verdict verdict;
    unsigned attempts;

    kit_try(sc, &verdict);
    if (!verdict.rule) {
        (void)printf("no rule is broken\n");
        return 0;
    }
    attempts = kit_shrink(sc, &verdict);
    (void)printf("%s breaks the rule \"%s\"; shrunk in %u attempts:\n",
                 sc->ops->name, verdict.rule, attempts);
    tell_and_save(o, sc, &verdict);
    return 1;
}

static int replay(const struct options *o)
{
    static struct kit_scenario sc;
    FILE *in = fopen(o->replay, "r");
    char why[256];
    int error;

    if (!in) {
        (void)fprintf(stderr, "conformance: %s: %s\n", o->replay,
                      strerror(errno));
        return 2;
    }
    error = kit_read(in, o->replay, &sc, why, sizeof(why));
    (void)fclose(in);
    if (error) {
        (void)fprintf(stderr, "conformance: %s\n", why);
        return 2;
    }
    return o->shrink ? shrink_one(o, &sc) : play_and_tell(&sc);
}

static int list_rules(const char *sched)
{
    const struct kit_rules *set, *sets[KIT_SETS];
    unsigned n = kit_sets_of(sched, sets), i, k;
    const struct kit_rule *rule;
    bool all = !strcmp(sched, "all"), judges;

    for (i = 0; (set = kit_set(i)) != NULL; i++) {
        for (judges = all, k = 0; k < n; k++)
            judges = judges || sets[k] == set;
        for (rule = set->rules; judges && rule->name; rule++)
            (void)printf("%-18s %-8s %s (%s)\n", rule->name,
                         set->plugin ? set->plugin : "all", rule->about,
                         rule->source);
    }
    return 0;
}

static int number(const struct options *o)
{
    static struct kit_scenario sc;

    kit_generate(sched_find(o->sched), o->seed, o->number, &sc);
    kit_write(stdout, &sc, NULL);
    return play_and_tell(&sc);
}

/* ---- options ---- */

static bool whole(const char *text, uint64_t least, uint64_t most, uint64_t *n)
{
    char *end;

    *n = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && *n >= least && *n <= most;
}

static int wrong(const char *what, const char *text)
{
    (void)fprintf(stderr, "conformance: %s: %s; see --help\n", text, what);
    return 2;
}

static int option(struct options *o, int c)
{
    uint64_t n;

    switch (c) {
    case 's':
        o->sched = optarg;
        return 0;
    case 'n':
        return whole(optarg, 1, UINT64_MAX / 2, &o->scenarios)
                   ? 0
                   : wrong("not a number of scenarios", optarg);
    case 'S':
        return whole(optarg, 0, UINT64_MAX, &o->seed)
                   ? 0
                   : wrong("not a seed", optarg);
    case 'j':
        if (!whole(optarg, 1, JOBS_MAX, &n))
            return wrong("jobs are 1 to 16", optarg);
        o->jobs = (unsigned)n;
        return 0;
    case 'N':
        o->one = true;
        return whole(optarg, 0, UINT64_MAX / 2, &o->number)
                   ? 0
                   : wrong("not a scenario's number", optarg);
    case 'o':
        o->output = optarg;
        return 0;
    case 'R':
    case 'm':
        o->replay = optarg;
        o->shrink = c == 'm';
        return 0;
    case 'r':
        o->rule = optarg;
        return 0;
    case 'l':
        return (o->rules = true, 0);
    case 'X':
        return (o->no_shrink = true, 0);
    case 'q':
        return (o->quiet = true, 0);
    default:
        return 2;
    }
}

static int options(struct options *o, int argc, char **argv)
{
    static const struct option list[] = {
        { "sched", 1, NULL, 's' },     { "scenarios", 1, NULL, 'n' },
        { "seed", 1, NULL, 'S' },      { "jobs", 1, NULL, 'j' },
        { "output", 1, NULL, 'o' },    { "replay", 1, NULL, 'R' },
        { "rule", 1, NULL, 'r' },      { "shrink", 1, NULL, 'm' },
        { "number", 1, NULL, 'N' },    { "rules", 0, NULL, 'l' },
        { "no-shrink", 0, NULL, 'X' }, { "quiet", 0, NULL, 'q' },
        { "help", 0, NULL, 'h' },      { NULL, 0, NULL, 0 },
    };
    int c, error = 0;

    while (!error &&
           (c = getopt_long(argc, argv, "s:n:j:o:qh", list, NULL)) != -1) {
        if (c == 'h') {
            (void)fputs(help, stdout);
            exit(0);
        }
        error = option(o, c);
    }
    if (!error && optind < argc)
        error = wrong("unexpected", argv[optind]);
    return error;
}

static int unknown(const char *name)
{
    char names[512];

    sched_names(names, sizeof(names));
    (void)fprintf(stderr, "conformance: no scheduler %s; there are: %s\n", name,
                  names);
    return 2;
}

static int examine_all(const struct options *o)
{
    const struct sched_ops *ops;
    bool good = true;
    unsigned i;

    for (i = 0; (ops = sched_plugin(i)) != NULL && !interrupted; i++)
        if (!strcmp(o->sched, "all") || !strcmp(o->sched, ops->name))
            good = examine(ops, o) && good;
    if (interrupted)
        (void)fprintf(stderr, "conformance: interrupted\n");
    return !good ? 1 : interrupted ? 130 : 0;
}

int main(int argc, char **argv)
{
    struct options o = { .sched = "all",
                         .output = "build/conformance",
                         .scenarios = 10000,
                         .seed = 1,
                         .jobs = 2 };
    int error;

    if (!sched_load_arguments(&argc, &argv))
        return 2;
    error = options(&o, argc, argv);
    if (error)
        return error;
    if (o.replay)
        return replay(&o);
    if (strcmp(o.sched, "all") && !sched_find(o.sched))
        return unknown(o.sched);
    if (o.rules)
        return list_rules(o.sched);
    if (o.one)
        return strcmp(o.sched, "all") ? number(&o)
                                      : wrong("needs --sched=NAME", "--number");
    board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    BUG_ON(board == MAP_FAILED);
    (void)signal(SIGINT, on_interrupt);
    return examine_all(&o);
}
