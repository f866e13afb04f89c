/*
 * shrink.c - the smallest scenario that still breaks the same rule.
 *
 * Each step tries to leave something out or to make a number simpler, and
 * keeps that if the rule is broken still; until nothing can be taken away any
 * more. Every attempt runs in a process of its own, as plug-ins under test may
 * crash or hang.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sched/kit/kit.h"
#include "xen/lib/bug.h"

#define ATTEMPTS_MAX 4000
#define HANGS_MAX    60 /* attempts, if each of them takes so long */

/* ---- one attempt ---- */

static struct kit_verdict *shared(void)
{
    static struct kit_verdict *page;

    if (!page) {
        page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        BUG_ON(page == MAP_FAILED);
    }
    return page;
}

void kit_set_alarm(void)
{
    struct itimerval hang = { .it_value.tv_usec = KIT_HANG_MS * 1000 };

    (void)setitimer(ITIMER_VIRTUAL, &hang, NULL);
}

static void attempt(const struct kit_scenario *sc, struct kit_verdict *out)
{
    static struct kit_run r;
    uint64_t hash;

    kit_set_alarm();
    kit_play(&r, sc);
    *out = r.verdict;
    if (r.verdict.rule)
        return;
    hash = r.verdict.hash;
    kit_play(&r, sc);
    if (r.verdict.hash == hash)
        return;
    out->rule = "determinism";
    (void)snprintf(out->detail, KIT_DETAIL,
                   "the same scenario, played again, runs otherwise");
}

void kit_try(const struct kit_scenario *sc, struct kit_verdict *out)
{
    struct kit_verdict *page = shared();
    int status = 0;
    pid_t child;

    memset(page, 0, sizeof(*page));
    (void)fflush(NULL);
    child = fork();
    BUG_ON(child < 0);
    if (!child) {
        (void)signal(SIGINT, SIG_IGN);
        (void)dup2(STDOUT_FILENO, STDERR_FILENO);
        attempt(sc, page);
        _exit(0);
    }
    (void)waitpid(child, &status, 0);
    *out = *page;
    if (out->rule || (WIFEXITED(status) && !WEXITSTATUS(status)))
        return;
    out->rule = WIFSIGNALED(status) && WTERMSIG(status) == SIGVTALRM ? "hang"
                                                                     : "crash";
    (void)snprintf(out->detail, KIT_DETAIL, "the run ended by signal %d",
                   WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/* ---- steps ---- */

struct shrinker {
    struct kit_scenario *best;
    struct kit_verdict *verdict;
    unsigned attempts;
};

static bool in_order(const struct kit_scenario *sc)
{
    unsigned i;

    for (i = 1; i < sc->nr_actions; i++)
        if (sc->action[i].at < sc->action[i - 1].at)
            return false;
    return true;
}

/* Is candidate as bad as the best? Then it is the best. */
static bool better(struct shrinker *s, const struct kit_scenario *candidate)
{
    bool hangs = !strcmp(s->verdict->rule, "hang");
    struct kit_verdict verdict;

    if (s->attempts >= (hangs ? HANGS_MAX : ATTEMPTS_MAX) ||
        !memcmp(candidate, s->best, sizeof(*candidate)) || !in_order(candidate))
        return false;
    s->attempts++;
    kit_try(candidate, &verdict);
    if (!verdict.rule || strcmp(verdict.rule, s->verdict->rule))
        return false;
    *s->best = *candidate;
    *s->verdict = verdict;
    return true;
}

static void drop_action(struct kit_scenario *sc, unsigned i)
{
    memmove(&sc->action[i], &sc->action[i + 1],
            (--sc->nr_actions - i) * sizeof(sc->action[0]));
    memset(&sc->action[sc->nr_actions], 0, sizeof(sc->action[0]));
}

static void drop_setting(struct kit_scenario *sc, unsigned i)
{
    memmove(&sc->setting[i], &sc->setting[i + 1],
            (--sc->nr_settings - i) * sizeof(sc->setting[0]));
    memset(&sc->setting[sc->nr_settings], 0, sizeof(sc->setting[0]));
}

static bool of_vcpu(const struct kit_action *a)
{
    return a->act < KIT_CPU_DOWN && a->act != KIT_SET;
}

static void drop_vcpu(struct kit_scenario *sc, unsigned gone)
{
    unsigned i;

    for (i = sc->nr_actions; i-- > 0;) {
        if (!of_vcpu(&sc->action[i]) || sc->action[i].who < gone)
            continue;
        if (sc->action[i].who == gone)
            drop_action(sc, i);
        else
            sc->action[i].who--;
    }
    memmove(&sc->vcpu[gone], &sc->vcpu[gone + 1],
            (--sc->nr_vcpus - gone) * sizeof(sc->vcpu[0]));
    memset(&sc->vcpu[sc->nr_vcpus], 0, sizeof(sc->vcpu[0]));
}

/* Domains are numbered without gaps; nobody is named who is not there. */
static void renumber(struct kit_scenario *sc)
{
    int map[KIT_VCPUS], dom, next = 0;
    unsigned i;

    for (dom = 0; dom < KIT_VCPUS; dom++) {
        map[dom] = -1;
        for (i = 0; i < sc->nr_vcpus && map[dom] < 0; i++)
            if (sc->vcpu[i].dom == (unsigned)dom)
                map[dom] = next++;
    }
    for (i = 0; i < sc->nr_vcpus; i++)
        sc->vcpu[i].dom = (unsigned)map[sc->vcpu[i].dom];
    for (i = sc->nr_settings; i-- > 0;) {
        dom = sc->setting[i].dom;
        if (dom >= 0 && map[dom] < 0)
            drop_setting(sc, i);
        else if (dom >= 0)
            sc->setting[i].dom = map[dom];
    }
    for (i = sc->nr_actions; i-- > 0;) {
        if ((sc->action[i].act != KIT_SET && sc->action[i].act != KIT_MOVE) ||
            sc->action[i].who == KIT_SYSTEM)
            continue;
        dom = map[sc->action[i].who];
        if (dom < 0)
            drop_action(sc, i);
        else
            sc->action[i].who = (unsigned)dom;
    }
}

static bool fewer_vcpus(struct shrinker *s)
{
    struct kit_scenario c;
    bool any = false;
    unsigned i;

    for (i = s->best->nr_vcpus; i-- > 0 && s->best->nr_vcpus > 1;) {
        c = *s->best;
        drop_vcpu(&c, i);
        renumber(&c);
        any = better(s, &c) || any;
    }
    return any;
}

/* Leave out runs of `step` actions, then single ones. */
static bool fewer_actions(struct shrinker *s)
{
    struct kit_scenario c;
    bool any = false;
    unsigned step, i, k;

    for (step = 8; step; step /= 2)
        for (i = s->best->nr_actions; i-- > 0;) {
            c = *s->best;
            if (i + step > c.nr_actions)
                continue;
            for (k = 0; k < step; k++)
                drop_action(&c, i);
            any = better(s, &c) || any;
        }
    return any;
}

static bool fewer_settings(struct shrinker *s)
{
    struct kit_scenario c;
    bool any = false;
    unsigned i;

    for (i = s->best->nr_settings; i-- > 0;) {
        c = *s->best;
        drop_setting(&c, i);
        any = better(s, &c) || any;
    }
    return any;
}

static void drop_pool(struct kit_scenario *sc)
{
    unsigned i;

    for (i = sc->nr_actions; i-- > 0;)
        if (sc->action[i].act == KIT_MOVE || sc->action[i].act == KIT_GIVE)
            drop_action(sc, i);
    sc->pool_ops = NULL;
    sc->pool_cpus = 0;
}

static void drop_cpu(struct kit_scenario *sc)
{
    unsigned all = (1u << --sc->nr_cpus) - 1;

    sc->pool_cpus &= all;
    if (!sc->pool_ops || (sc->pool_cpus && sc->pool_cpus != all))
        return;
    if (sc->nr_cpus > 1)
        sc->pool_cpus = 1u << (sc->nr_cpus - 1);
    else
        drop_pool(sc);
}

/* One pool; or at least the same plug-in in both, or the simplest. */
static bool fewer_pools(struct shrinker *s)
{
    const struct sched_ops *simplest[] = { s->best->ops, sched_find("rr") };
    struct kit_scenario c = *s->best;
    unsigned i;

    if (!c.pool_ops)
        return false;
    drop_pool(&c);
    if (better(s, &c))
        return true;
    for (i = 0; i < 2 && s->best->pool_ops != simplest[0] && simplest[i]; i++) {
        c = *s->best;
        c.pool_ops = simplest[i];
        if (better(s, &c))
            return true;
    }
    return false;
}

/* One CPU less; with one vCPU less, too, as these often go together. */
static bool fewer_cpus(struct shrinker *s)
{
    struct kit_scenario c = *s->best;
    unsigned i;

    if (c.nr_cpus == 1)
        return false;
    drop_cpu(&c);
    if (better(s, &c))
        return true;
    for (i = c.nr_vcpus; i-- > 0 && c.nr_vcpus > 1;) {
        c = *s->best;
        drop_cpu(&c);
        drop_vcpu(&c, i);
        renumber(&c);
        if (better(s, &c))
            return true;
    }
    return false;
}

/* Not longer than it takes; and then by halves. */
static bool shorter(struct shrinker *s)
{
    struct kit_scenario c = *s->best;
    bool any = false;

    if (s->verdict->at > 0 && s->verdict->at + 1 < c.length) {
        c.length = s->verdict->at + 1;
        any = better(s, &c);
    }
    do {
        c = *s->best;
        c.length /= 2;
    } while (c.length > US(10) && better(s, &c) && (any = true));
    return any;
}

/* x with only its first `digits` digits. */
static int64_t rounded(int64_t x, unsigned digits)
{
    int64_t scale = 1, most = digits == 1 ? 10 : 100;

    while (x / scale >= most || x / scale <= -most)
        scale *= 10;
    return x / scale * scale;
}

/* A number of the best scenario, `offset` bytes into it: try simpler ones. */
static bool simpler(struct shrinker *s, size_t offset, int64_t simplest)
{
    struct kit_scenario c = *s->best;
    int64_t *x = (int64_t *)(void *)((char *)&c + offset), was = *x;
    int64_t tries[] = { simplest, rounded(was, 1), rounded(was, 2) };
    unsigned i;

    for (i = 0; i < sizeof(tries) / sizeof(tries[0]) && was != simplest; i++) {
        *x = tries[i];
        if (*x != was && better(s, &c))
            return true;
    }
    return false;
}

#define AT(field) offsetof(struct kit_scenario, field)

static bool simpler_machine(struct shrinker *s)
{
    struct kit_scenario c = *s->best;
    bool any = simpler(s, AT(switch_cost), 0);

    any = simpler(s, AT(timer_late), 0) || any;
    any = simpler(s, AT(length), 0) || any;
    c = *s->best;
    c.trylock_fails = 0;
    any = better(s, &c) || any;
    c = *s->best;
    c.seed = 1;
    return better(s, &c) || any;
}

static bool simpler_vcpu(struct shrinker *s, unsigned i)
{
    size_t at = AT(vcpu) + i * sizeof(struct kit_vcpu);
    struct kit_scenario c = *s->best;
    bool any;

    c.vcpu[i].hard = KIT_ALL;
    any = better(s, &c);
    c = *s->best;
    c.vcpu[i].soft = 0;
    any = better(s, &c) || any;
    c = *s->best;
    c.vcpu[i].load = KIT_HOG;
    c.vcpu[i].period = 0;
    any = better(s, &c) || any;
    any = simpler(s, at + offsetof(struct kit_vcpu, start), 0) || any;
    any = simpler(s, at + offsetof(struct kit_vcpu, offset), 0) || any;
    any = simpler(s, at + offsetof(struct kit_vcpu, cost), MS(1)) || any;
    if (s->best->vcpu[i].period)
        any = simpler(s, at + offsetof(struct kit_vcpu, period), MS(10)) || any;
    return any;
}

static bool simpler_numbers(struct shrinker *s)
{
    const struct sched_param *params = s->best->ops->params;
    bool any = simpler_machine(s);
    unsigned i;
    size_t at;

    for (i = 0; i < s->best->nr_vcpus; i++)
        any = simpler_vcpu(s, i) || any;
    for (i = 0; i < s->best->nr_settings; i++) {
        at = AT(setting) + i * sizeof(struct kit_setting);
        any = simpler(s, at + offsetof(struct kit_setting, value),
                      params[s->best->setting[i].param].max) ||
              any;
    }
    for (i = 0; i < s->best->nr_actions; i++) {
        at = AT(action) + i * sizeof(struct kit_action);
        if (!i || s->best->action[i - 1].at < s->best->action[i].at)
            any = simpler(s, at + offsetof(struct kit_action, at),
                          i ? s->best->action[i - 1].at : 0) ||
                  any;
    }
    return any;
}

unsigned kit_shrink(struct kit_scenario *sc, struct kit_verdict *verdict)
{
    struct shrinker s = { sc, verdict, 0 };
    bool any = true;

    while (any) {
        any = fewer_vcpus(&s);
        any = fewer_actions(&s) || any;
        any = fewer_settings(&s) || any;
        any = fewer_pools(&s) || any;
        any = fewer_cpus(&s) || any;
        any = shorter(&s) || any;
        if (!any)
            any = simpler_numbers(&s);
    }
    return s.attempts;
}
