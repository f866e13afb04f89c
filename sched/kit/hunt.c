/*
 * hunt.c - play many scenarios with a plug-in.
 *
 * They are divided among a few processes, as a plug-in under test may crash;
 * what each finds stands on a board in shared memory.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sched/kit/command.h"
#include "xen/lib/bug.h"

#define RULES_MAX   24
#define CRASHES_MAX 20
#define HANG_COUNTS 10 /* as so many crashes: it takes that long */
#define AGAIN       16 /* each so manieth is played twice */

/* ---- the board ---- */

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

bool hunt_interrupted(void)
{
    return interrupted;
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

/* ---- which scenarios ---- */

static uint64_t how_many(const struct sched_ops *ops, const struct options *o)
{
    return o->exhaustive ? kit_nr_exhaustive(ops) : o->scenarios;
}

/* The number of the i-th. */
static uint64_t number_of(const struct options *o, uint64_t i)
{
    return o->exhaustive ? i * KIT_STEP : i;
}

/* ---- a worker ---- */

static void play_one(const struct sched_ops *ops, const struct options *o,
                     struct worker *w, uint64_t i)
{
    static struct kit_scenario sc;
    static struct kit_run r;
    uint64_t hash, number = number_of(o, i);

    kit_generate(ops, o->seed, number, &sc);
    kit_play(&r, &sc);
    if (r.verdict.rule) {
        note(w, r.verdict.rule, number);
        w->noted = true;
        return;
    }
    hash = r.verdict.hash;
    if (i / o->jobs % AGAIN)
        return;
    kit_play(&r, &sc);
    if (r.verdict.hash != hash)
        note(w, "determinism", number);
}

static void work(const struct sched_ops *ops, const struct options *o,
                 struct worker *w, uint64_t from)
{
    uint64_t i, end = how_many(ops, o);

    (void)signal(SIGINT, SIG_IGN);
    if (!freopen("/dev/null", "w", stderr))
        _exit(1);
    for (i = from; i < end && !board->stop; i += o->jobs) {
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
        note(w, hang ? "hang" : "crash", number_of(o, w->current));
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
    uint64_t n = done(o), all = how_many(ops, o);
    double spent = seconds() - begin;

    (void)fprintf(stderr, "\r%-15s %9llu of %llu", ops->name,
                  (unsigned long long)n, (unsigned long long)all);
    if (n && spent > 1)
        (void)fprintf(stderr, ", %.0f s to go  ",
                      spent / (double)n * (double)(all - n));
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
            tell_finding(ops, o, &all.finding[i],
                         count_of(o, all.finding[i].rule), done(o));
    (void)fflush(stdout);
    return !all.finding[0].rule;
}

int hunt_all(const struct options *o)
{
    const struct sched_ops *ops;
    bool good = true;
    unsigned i;

    board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    BUG_ON(board == MAP_FAILED);
    (void)signal(SIGINT, on_interrupt);
    for (i = 0; (ops = sched_plugin(i)) != NULL && !interrupted; i++)
        if (!strcmp(o->sched, "all") || !strcmp(o->sched, ops->name))
            good = examine(ops, o) && good;
    if (interrupted)
        (void)fprintf(stderr, "conformance: interrupted\n");
    return !good ? 1 : interrupted ? 130 : 0;
}
