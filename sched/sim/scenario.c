/*
 * scenario.c - from lines to a simulation. See scenario.h. The lines that
 * follow a recorded run are in scenario_follow.c.
 */
#include "sched/sim/scenario.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sched/sim/scenario_private.h"
#include "xen/lib/bug.h"

#define WORDS_MAX 24

/* ---- messages ---- */

bool scenario_wrong(const struct scenario *s, const char *format, ...)
{
    va_list args;

    if (s->origin_line && !strcmp(s->origin_line, "-"))
        (void)fprintf(stderr, "schedsim: %s: ", s->origin_key);
    else if (s->origin_line)
        (void)fprintf(stderr, "%s:%s: %s: ", s->file, s->origin_line,
                      s->origin_key);
    else
        (void)fprintf(stderr, "%s: line %u: ", s->file, s->line);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return false;
}

static bool unknown_scheduler(const struct scenario *s, const char *name)
{
    char names[256];

    sched_names(names, sizeof(names));
    return scenario_wrong(s, "no scheduler is called %s; there are: %s", name,
                          names);
}

static bool unknown_parameter(const struct scenario *s,
                              const struct sched_ops *ops, const char *name)
{
    const struct sched_param *p;
    char known[512] = "";
    size_t used = 0;

    for (p = ops->params; p && p->name && used < sizeof(known) - 1; p++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, " %s",
                                 p->name);
    return scenario_wrong(
        s, "%s has no parameter %s; it has:%s%s", ops->name, name, known,
        strcmp(name, "weight") ? ""
                               : " (weight = \"...\" of its "
                                 "[[schedulers]] says which of them "
                                 "takes a domain's weight)");
}

/* ---- words ---- */

bool scenario_number(const char *text, int64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoll(text, &end, 0);
    return !errno && *text && !*end;
}

static bool to_cpus(const struct scenario *s, char *text, struct cpuset *set)
{
    char *part, *save = NULL;
    unsigned from, to;

    *set = (struct cpuset){ 0 };
    for (part = strtok_r(text, ",", &save); part;
         part = strtok_r(NULL, ",", &save)) {
        int n = sscanf(part, "%u-%u", &from, &to);

        if (n < 1)
            return scenario_wrong(s, "%s is no CPU number", part);
        if (n == 1)
            to = from;
        if (to < from || to >= s->conf.nr_cpus)
            return scenario_wrong(s, "%s: the machine has CPUs 0 to %u", part,
                                  s->conf.nr_cpus - 1);
        for (; from <= to; from++)
            cpuset_add(set, from);
    }
    return true;
}

/* ---- the machine ---- */

void scenario_sim_begins(struct scenario *s)
{
    if (s->sim)
        return;
    s->conf.sched = s->sched;
    s->conf.forget = true;
    s->sim = sim_create(&s->conf);
    BUG_ON(!s->sim);
}

static bool line_machine(struct scenario *s, char **word)
{
    int64_t cpus = 0;

    if (!scenario_number(word[1], &cpus) || cpus < 1 || cpus > CPUSET_MAX)
        return scenario_wrong(s, "%s CPUs: 1 to %u are possible", word[1],
                              CPUSET_MAX);
    s->conf.nr_cpus = (unsigned)cpus;
    return true;
}

static bool line_seed(struct scenario *s, char **word)
{
    int64_t seed;

    if (!scenario_number(word[1], &seed) || seed < 0)
        return scenario_wrong(s, "%s is no seed: a number from 0 on", word[1]);
    s->conf.seed = (uint64_t)seed;
    return true;
}

static bool line_sched(struct scenario *s, char **word)
{
    const struct sched_ops *ops = sched_find(word[1]);
    const char *why;

    if (!ops)
        return unknown_scheduler(s, word[1]);
    why = sched_check(ops);
    if (why)
        return scenario_wrong(s, "scheduler %s: %s", word[1], why);
    (void)snprintf(s->sched, sizeof(s->sched), "%s", word[1]);
    return true;
}

static bool line_cost(struct scenario *s, char **word)
{
    const struct {
        const char *name;
        ns_t *value;
    } costs[] = {
        { "boot", &s->conf.cost.boot },
        { "switch", &s->conf.switch_cost },
        { "keep", &s->conf.cost.keep },
        { "wake", &s->conf.cost.wake },
        { "migrate", &s->conf.cost.migrate },
        { "poke", &s->conf.cost.poke },
        { "decide", &s->conf.cost.decide },
        { "timer", &s->conf.timer_late },
        { "alarm", &s->conf.alarm_late },
    };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(costs); i++)
        if (!strcmp(costs[i].name, word[1]))
            break;
    if (i == ARRAY_SIZE(costs))
        return scenario_wrong(s, "no cost is called %s", word[1]);
    if (!scenario_number(word[2], costs[i].value) || *costs[i].value < 0 ||
        *costs[i].value > S(1))
        return scenario_wrong(s, "%s: a cost is 0 to 1s", word[2]);
    return true;
}

static bool line_window(struct scenario *s, char **word)
{
    if (!scenario_number(word[1], &s->from) ||
        !scenario_number(word[2], &s->until) ||
        !scenario_number(word[3], &s->end) || s->from < 0 ||
        s->until <= s->from || s->end < s->until)
        return scenario_wrong(s, "0 <= from < until <= end does not hold");
    return true;
}

static bool line_trace(struct scenario *s, char **word)
{
    int64_t mask;

    if (!scenario_number(word[2], &mask))
        return scenario_wrong(s, "%s is no mask", word[2]);
    s->mask = (uint32_t)mask;
    s->trace = strdup(word[1]);
    return true;
}

static bool line_csv(struct scenario *s, char **word)
{
    s->csv = strdup(word[1]);
    return true;
}

static bool line_name(struct scenario *s, char **word)
{
    (void)snprintf(s->name, sizeof(s->name), "%s", word[1]);
    return true;
}

/* ---- parameters ---- */

/* NAME.PARAM or, of the scheduler at hand, PARAM. NULL: a message has told. */
static const struct sched_param *parameter(const struct scenario *s,
                                           const char *word,
                                           const struct sched_ops **ops)
{
    const char *dot = strchr(word, '.');
    const struct sched_param *p;
    char name[16];

    if (dot) {
        (void)snprintf(name, sizeof(name), "%.*s", (int)(dot - word), word);
        *ops = sched_find(name);
        if (!*ops) {
            unknown_scheduler(s, name);
            return NULL;
        }
        word = dot + 1;
    }
    p = sched_param_find(*ops, word);
    if (!p)
        unknown_parameter(s, *ops, word);
    return p;
}

/* What new areas begin with: option NAME.PARAM VALUE */
static bool line_option(struct scenario *s, char **word)
{
    const struct sched_ops *ops = sched_find(s->sched);
    const struct sched_param *p = parameter(s, word[1], &ops);
    int64_t value;
    char why[256];

    if (!p)
        return false;
    if (sched_param_parse(ops, p, word[2], &value, why, sizeof(why)))
        return scenario_wrong(s, "%s", why);
    BUG_ON(sched_param_set_default(p, value));
    return true;
}

static bool set_all(struct scenario *s, const struct sched_param *p,
                    int64_t value)
{
    struct sched_domain *d = s->sim->domains[s->domain];
    const struct sim_work *w = s->work[s->domain];
    struct sched_setting set = { p, value };
    unsigned i;
    int error = 0;

    if (p->scope == SCHED_PER_DOMAIN)
        error = sched_param_set(d->sched, d, NULL, &set, 1, 0);
    for (i = 0; p->scope == SCHED_PER_VCPU && i < w->nr_members; i++)
        error = sched_param_set(d->sched, d, &w->member[i]->v, &set, 1, 0);
    return error ? scenario_wrong(s, "%s refuses it (error %d)",
                                  sched_ops_of(d->sched)->name, -error)
                 : true;
}

/* set [NAME.]PARAM VALUE: of the domain at hand. That of another scheduler is
 * checked only. */
static bool line_set(struct scenario *s, char **word)
{
    const struct sched_ops *own, *ops;
    const struct sched_param *p;
    int64_t value;
    char why[256];

    own = ops = sched_ops_of(s->sim->domains[s->domain]->sched);
    p = parameter(s, word[1], &ops);
    if (!p)
        return false;
    if (sched_param_parse(ops, p, word[2], &value, why, sizeof(why)))
        return scenario_wrong(s, "%s", why);
    if (ops != own)
        return true;
    if (p->scope == SCHED_PER_SYSTEM)
        return scenario_wrong(
            s,
            "%s.%s is of the whole system, not of a domain: it "
            "belongs into the scheduler's options",
            ops->name, p->name);
    return s->adjusts ? scenario_set_later(s, p, value) : set_all(s, p, value);
}

/* ---- pools, domains ---- */

static bool line_pool(struct scenario *s, char **word)
{
    struct cpuset cpus;
    int pool;

    if (!sched_find(word[1]))
        return unknown_scheduler(s, word[1]);
    if (!to_cpus(s, word[2], &cpus))
        return false;
    scenario_sim_begins(s);
    pool = sim_pool(s->sim, word[1], &cpus);
    if (pool == -2)
        return scenario_wrong(s, "one of its CPUs is another pool's");
    return pool < 0 ? scenario_wrong(s, "more than %u pools", SIM_POOLS_MAX)
                    : true;
}

static bool line_row(struct scenario *s, char **word)
{
    struct scenario_row *r = calloc(1, sizeof(*r));

    s->row = realloc(s->row, (s->nr_rows + 1) * sizeof(*s->row));
    BUG_ON(!r || !s->row);
    r->name = strdup(word[1]);
    s->row[s->nr_rows++] = r;
    return true;
}

static void reserve(struct scenario *s, unsigned dom)
{
    unsigned want = 2 * dom + 64, i;

    if (dom < s->nr_domains)
        return;
    s->work = realloc(s->work, want * sizeof(*s->work));
    s->domain_name = realloc(s->domain_name, want * sizeof(*s->domain_name));
    s->row_of = realloc(s->row_of, want * sizeof(*s->row_of));
    BUG_ON(!s->work || !s->domain_name || !s->row_of);
    for (i = s->nr_domains; i < want; i++) {
        s->work[i] = NULL;
        s->domain_name[i] = NULL;
    }
    s->nr_domains = want;
}

/* domain ID NAME VCPUS POOL: the vCPUs do nothing yet */
static bool line_domain(struct scenario *s, char **word)
{
    int64_t id, vcpus, pool, i;
    struct scenario_row *row;
    struct sim_work *w;

    if (!scenario_number(word[1], &id) || id < 1 || id > 32751)
        return scenario_wrong(s, "domain %s: ids are 1 to 32751", word[1]);
    if (!scenario_number(word[3], &vcpus) || vcpus < 1 || vcpus > 8192)
        return scenario_wrong(s, "%s vCPUs: 1 to 8192 are possible", word[3]);
    scenario_sim_begins(s);
    if (!scenario_number(word[4], &pool) || pool < 0 ||
        pool >= s->sim->nr_pools)
        return scenario_wrong(s, "there is no pool %s", word[4]);
    if (cpuset_empty(&s->sim->pools[pool].cpus))
        return scenario_wrong(s, "its pool has no CPUs left");
    BUG_ON(!s->nr_rows);
    s->domain = (unsigned)id;
    s->adjusts = false;
    reserve(s, s->domain);
    if (s->work[id])
        return scenario_wrong(s, "domain %s is there already", word[1]);
    sim_domain(s->sim, s->domain, (unsigned)pool);
    w = s->work[id] = calloc(1, sizeof(*w));
    BUG_ON(!w);
    work_defaults(w, WORK_HOG);
    row = s->row[s->nr_rows - 1];
    w->respond = &row->response;
    s->domain_name[id] = strdup(word[2]);
    s->row_of[id] = s->nr_rows - 1;
    row->domains++;
    for (i = 0; i < vcpus; i++) {
        struct sim_vcpu *sv = sim_add(s->sim, s->domain, NULL);

        sv->spread = &row->latency;
        work_join(w, sv);
        row->vcpus++;
    }
    return true;
}

static bool line_affinity(struct scenario *s, char **word)
{
    const struct sim_work *w = s->work[s->domain];
    struct cpuset cpus;
    unsigned i;

    if (!to_cpus(s, word[1], &cpus))
        return false;
    for (i = 0; i < w->nr_members; i++)
        BUG_ON(sched_set_affinity(&w->member[i]->v, &cpus, NULL, 0));
    return true;
}

/* load KIND NAME=VALUE...: of the domain at hand */
static bool line_load(struct scenario *s, char **word)
{
    struct sim_work *w = s->work[s->domain];
    enum work_kind kind = work_kind_of(word[1]);
    int64_t *slot;
    char *is;

    if (kind == WORK_KINDS)
        return scenario_wrong(s, "no load is called %s", word[1]);
    work_defaults(w, kind);
    for (word += 2; *word; word++) {
        is = strchr(*word, '=');
        if (!is)
            return scenario_wrong(s, "%s: name=value is expected", *word);
        *is = '\0';
        slot = work_parameter(w, *word);
        if (!slot || !scenario_number(is + 1, slot))
            return scenario_wrong(s, "%s=%s is not understood", *word, is + 1);
    }
    return true;
}

/* only N: of the domain at hand, vCPUs from N on are never started */
static bool line_only(struct scenario *s, char **word)
{
    const struct sim_work *w = s->work[s->domain];
    int64_t n, i;

    if (!scenario_number(word[1], &n) || n < 1)
        return scenario_wrong(s, "%s vCPUs", word[1]);
    for (i = n; i < w->nr_members; i++)
        w->member[i]->load = NULL;
    return true;
}

/* ---- reading ---- */

static const struct {
    const char *word;
    unsigned words;   /* at least, itself included */
    bool of_a_domain; /* ... that stands before it */
    bool (*read)(struct scenario *s, char **word);
} lines[] = {
    { "name", 2, false, line_name },
    { "machine", 2, false, line_machine },
    { "seed", 2, false, line_seed },
    { "sched", 2, false, line_sched },
    { "cost", 3, false, line_cost },
    { "option", 3, false, line_option },
    { "window", 4, false, line_window },
    { "trace", 3, false, line_trace },
    { "csv", 2, false, line_csv },
    { "pool", 3, false, line_pool },
    { "decided", 4, false, scenario_line_follow },
    { "fired", 4, false, scenario_line_follow },
    { "busy", 4, false, scenario_line_follow },
    { "row", 2, false, line_row },
    { "domain", 5, false, line_domain },
    { "affinity", 2, true, line_affinity },
    { "set", 3, true, line_set },
    { "load", 2, true, line_load },
    { "burst", 4, true, scenario_line_burst },
    { "born", 4, true, scenario_line_born },
    { "adjusted", 3, true, scenario_line_adjusted },
    { "only", 2, true, line_only },
};

static bool read_line(struct scenario *s, char *line)
{
    char *word[WORDS_MAX + 1] = { NULL }, *save = NULL, *w;
    unsigned n = 0;
    size_t i;

    line[strcspn(line, "\n")] = '\0';
    s->origin_line = s->origin_key = NULL;
    w = strchr(line, '\t');
    if (w) {
        *w = '\0';
        s->origin_line = w + 1;
        w = strchr(w + 1, '\t');
        if (!w)
            return scenario_wrong(s, "an origin without a key");
        *w = '\0';
        s->origin_key = w + 1;
    }
    for (w = strtok_r(line, " ", &save); w && n < WORDS_MAX;
         w = strtok_r(NULL, " ", &save))
        word[n++] = w;
    if (!n)
        return true;
    for (i = 0; i < ARRAY_SIZE(lines); i++)
        if (!strcmp(lines[i].word, word[0]) && n >= lines[i].words)
            return lines[i].of_a_domain && !s->domain
                       ? scenario_wrong(s, "%s: of which domain?", word[0])
                       : lines[i].read(s, word);
    return scenario_wrong(s, "%s: no such line, or too short", word[0]);
}

static bool find_other(struct scenario *s, struct sim_work *w)
{
    int64_t other = w->peer >= 0 ? w->peer : w->to;

    if (other < 0)
        return w->kind == WORK_PING || w->kind == WORK_PONG ||
                       w->kind == WORK_REQUEST
                   ? scenario_wrong(s,
                                    "a domain lacks the other one to talk to")
                   : true;
    if (other >= s->nr_domains || !s->work[other])
        return scenario_wrong(s, "there is no domain %" PRId64 " to talk to",
                              other);
    w->other = s->work[other];
    return true;
}

bool scenario_read(struct scenario *s, FILE *in)
{
    unsigned i;
    char *line = NULL;
    size_t room = 0;
    bool good = true;

    s->mask = 0x0002f000;
    (void)snprintf(s->sched, sizeof(s->sched), "rr");
    while (good && getline(&line, &room, in) > 0) {
        s->line++;
        good = read_line(s, line);
    }
    free(line);
    s->origin_line = NULL;
    if (good && !s->nr_rows)
        return scenario_wrong(s, "there is no domain");
    if (good && !s->end)
        return scenario_wrong(s, "it does not tell when it ends");
    for (i = 0; good && i < s->nr_domains; i++)
        if (s->work[i])
            good = find_other(s, s->work[i]);
    return good;
}

bool scenario_start(struct scenario *s)
{
    unsigned i;

    for (i = 0; i < s->sim->nr_vcpus; i++) {
        struct sim_vcpu *sv = s->sim->vcpus[i];

        if (sv->unborn)
            sv->starts = work_first(sv);
        else if (sv->load && sim_start_at(sv, work_first(sv)))
            return scenario_wrong(
                s,
                "scheduler %s does not admit vCPU %u of domain %s: "
                "its parameters ask for more than there is",
                sched_ops_of(sv->v.sched)->name, sv->v.id,
                s->domain_name[sv->v.dom]);
    }
    return true;
}

void scenario_end(struct scenario *s)
{
    unsigned i;

    for (i = 0; i < s->nr_domains; i++)
        if (s->work[i]) {
            work_end(s->work[i]);
            free(s->work[i]);
        }
    if (s->sim)
        sim_destroy(s->sim);
    for (i = 0; i < s->nr_rows; i++)
        free(s->row[i]);
    free(s->row);
    free(s->change);
    free(s->work);
    free(s->row_of);
    free(s->trace);
    free(s->csv);
}
