/*
 * text.c - scenarios as text, one thing a line, for people and --replay:
 *
 *     scheduler bvt
 *     seed 1
 *     cpus 2
 *     pool 0x2 sedf
 *     length 8ms
 *     vcpu d0 hog cost=700us pin=0x1
 *     set d0 weight=512
 *     at 2ms pause v0
 *     at 2ms move d0 pool1
 *     at 3ms set system ctx_allow=10us
 *
 * Times and parameters are written as on the hypervisor's command line. A line
 * that begins with # is a remark.
 */
#include <stdlib.h>
#include <string.h>
#include "sched/kit/kit.h"

static const char *const load_names[] = { "hog",    "periodic", "sporadic",
                                          "on-off", "yielder",  "event",
                                          "ping" };
static const char *const do_names[] = { "wake", "pause", "unpause", "pin",
                                        "soft", "set",   "leave",   "join",
                                        "down", "up",    "change",  "move",
                                        "give" };

const char *kit_load_name(enum kit_load load)
{
    return load < KIT_LOADS ? load_names[load] : "?";
}

const char *kit_do_name(enum kit_do act)
{
    return act < KIT_DOES ? do_names[act] : "?";
}

static const struct sched_param as_time = {
    .name = "time", .unit = "ns", .min = 0, .max = S(100000)
};
static const struct sched_param as_count = {
    .name = "number", .unit = "count", .min = 0, .max = INT32_MAX
};

/* ---- writing ---- */

static void put(FILE *out, const char *before, const struct sched_param *p,
                int64_t value)
{
    char text[32];

    sched_param_format(p, value, text, sizeof(text));
    (void)fprintf(out, "%s%s", before, text);
}

static void write_vcpu(FILE *out, const struct kit_vcpu *v)
{
    (void)fprintf(out, "vcpu d%u %s", v->dom, kit_load_name(v->load));
    put(out, " cost=", &as_time, v->cost);
    if (v->period)
        put(out, " period=", &as_time, v->period);
    if (v->offset)
        put(out, " offset=", &as_time, v->offset);
    if (v->start)
        put(out, " start=", &as_time, v->start);
    if (v->hard != KIT_ALL)
        (void)fprintf(out, " pin=0x%x", v->hard);
    if (v->soft)
        (void)fprintf(out, " soft=0x%x", v->soft);
    (void)fputc('\n', out);
}

static void write_set(FILE *out, const struct kit_scenario *sc, int dom,
                      unsigned param, int64_t value)
{
    const struct sched_param *p = &sc->ops->params[param];

    if (dom < 0)
        (void)fprintf(out, "set system %s=", p->name);
    else
        (void)fprintf(out, "set d%d %s=", dom, p->name);
    put(out, "", p, value);
    (void)fputc('\n', out);
}

/* What an action that is no KIT_CHANGE or KIT_SET is about. */
static const char *target_prefix(enum kit_do act)
{
    if (act == KIT_MOVE)
        return "d";
    return act == KIT_CPU_DOWN || act == KIT_CPU_UP || act == KIT_GIVE ? "cpu"
                                                                       : "v";
}

static void write_action(FILE *out, const struct kit_scenario *sc,
                         const struct kit_action *a)
{
    put(out, "at ", &as_time, a->at);
    (void)fputc(' ', out);
    if (a->act == KIT_SET) {
        write_set(out, sc, a->who == KIT_SYSTEM ? -1 : (int)a->who, a->param,
                  a->value);
        return;
    }
    (void)fprintf(out, "%s", kit_do_name(a->act));
    if (a->act == KIT_CHANGE)
        (void)fprintf(out, " %lld", (long long)a->value);
    else
        (void)fprintf(out, " %s%u", target_prefix(a->act), a->who);
    if (a->act == KIT_CHANGE && sc->pool_ops)
        (void)fprintf(out, " pool%u", a->who % KIT_POOLS);
    if (a->act == KIT_MOVE || a->act == KIT_GIVE)
        (void)fprintf(out, " pool%lld", (long long)a->value);
    if (a->act == KIT_PIN || a->act == KIT_SOFT)
        (void)fprintf(out, " 0x%llx", (unsigned long long)a->value);
    (void)fputc('\n', out);
}

void kit_write(FILE *out, const struct kit_scenario *sc, const char *rule)
{
    unsigned i;

    if (rule)
        (void)fprintf(out, "# breaks the rule \"%s\"\n", rule);
    (void)fprintf(out, "scheduler %s\nseed %llu\ncpus %u\n", sc->ops->name,
                  (unsigned long long)sc->seed, sc->nr_cpus);
    if (sc->pool_ops)
        (void)fprintf(out, "pool 0x%x %s\n", sc->pool_cpus, sc->pool_ops->name);
    put(out, "length ", &as_time, sc->length);
    (void)fputc('\n', out);
    if (sc->switch_cost) {
        put(out, "switch_cost ", &as_time, sc->switch_cost);
        (void)fputc('\n', out);
    }
    if (sc->timer_late) {
        put(out, "timer_late ", &as_time, sc->timer_late);
        (void)fputc('\n', out);
    }
    if (sc->trylock_fails)
        (void)fprintf(out, "trylock_fails %u\n", sc->trylock_fails);
    for (i = 0; i < sc->nr_vcpus; i++)
        write_vcpu(out, &sc->vcpu[i]);
    for (i = 0; i < sc->nr_settings; i++)
        write_set(out, sc, sc->setting[i].dom, sc->setting[i].param,
                  sc->setting[i].value);
    for (i = 0; i < sc->nr_actions; i++)
        write_action(out, sc, &sc->action[i]);
}

/* ---- reading ---- */

struct reader {
    struct kit_scenario *sc;
    char *rest; /* of the line */
    char *why;
    size_t size;
};

static bool no(struct reader *rd, const char *what, const char *word)
{
    (void)snprintf(rd->why, rd->size, "%s: %s", word ? word : "end of line",
                   what);
    return false;
}

static char *word(struct reader *rd)
{
    return strtok_r(NULL, " \t\r\n", &rd->rest);
}

static bool number(struct reader *rd, const struct sched_param *p,
                   const char *text, int64_t *value)
{
    if (!text)
        return no(rd, "a number or a time is missing", NULL);
    if (p == &as_count && !strncmp(text, "0x", 2)) {
        *value = strtoll(text, NULL, 16);
        return true;
    }
    if (rd->sc->ops &&
        !sched_param_parse(rd->sc->ops, p, text, value, rd->why, rd->size))
        return true;
    return no(rd, "not a number or time within its range", text);
}

/* "v3", "d0", "cpu1": the number behind the prefix, below most. */
static bool item(struct reader *rd, const char *prefix, const char *text,
                 unsigned most, unsigned *value)
{
    size_t length = strlen(prefix);
    char *end;

    if (!text || strncmp(text, prefix, length))
        return no(rd, "expected something like v0, d0, cpu0", text);
    *value = (unsigned)strtoul(text + length, &end, 10);
    return (!*end && *value < most) || no(rd, "no such number", text);
}

static int index_of(const char *const *names, unsigned nr, const char *name)
{
    unsigned i;

    for (i = 0; name && i < nr; i++)
        if (!strcmp(names[i], name))
            return (int)i;
    return -1;
}

static bool read_field(struct reader *rd, struct kit_vcpu *v, char *text)
{
    char *value = strchr(text, '=');
    int64_t x;

    if (!value)
        return no(rd, "expected key=value", text);
    *value++ = '\0';
    if (!number(rd,
                !strcmp(text, "pin") || !strcmp(text, "soft") ? &as_count
                                                              : &as_time,
                value, &x))
        return false;
    if (!strcmp(text, "cost"))
        v->cost = x;
    else if (!strcmp(text, "period"))
        v->period = x;
    else if (!strcmp(text, "offset"))
        v->offset = x;
    else if (!strcmp(text, "start"))
        v->start = x;
    else if (!strcmp(text, "pin"))
        v->hard = (unsigned)x;
    else if (!strcmp(text, "soft"))
        v->soft = (unsigned)x;
    else
        return no(rd, "a vCPU has cost, period, offset, start, pin, soft",
                  text);
    return true;
}

static bool read_vcpu(struct reader *rd)
{
    struct kit_vcpu *v = &rd->sc->vcpu[rd->sc->nr_vcpus];
    char *text;
    int load;

    if (rd->sc->nr_vcpus == KIT_VCPUS)
        return no(rd, "too many vCPUs", "vcpu");
    *v = (struct kit_vcpu){ .hard = KIT_ALL };
    if (!item(rd, "d", word(rd), KIT_VCPUS, &v->dom))
        return false;
    text = word(rd);
    load = index_of(load_names, KIT_LOADS, text);
    if (load < 0)
        return no(rd, "not one of the loads", text);
    v->load = (enum kit_load)load;
    while ((text = word(rd)) != NULL)
        if (!read_field(rd, v, text))
            return false;
    if ((!v->period && v->load >= KIT_PERIODIC && v->load <= KIT_ON_OFF) ||
        !v->cost)
        return no(rd, "this load needs cost, and perhaps period", "vcpu");
    rd->sc->nr_vcpus++;
    return true;
}

/* "set d0 name=value", behind "set". */
static bool read_set(struct reader *rd, int *dom, unsigned *param,
                     int64_t *value)
{
    char *whose = word(rd), *text = word(rd), *equals;
    const struct sched_param *p;
    unsigned d = 0;

    *dom = -1;
    if (!whose || strcmp(whose, "system")) {
        if (!item(rd, "d", whose, KIT_VCPUS, &d))
            return false;
        *dom = (int)d;
    }
    equals = text ? strchr(text, '=') : NULL;
    if (!equals)
        return no(rd, "expected name=value", text);
    *equals++ = '\0';
    p = sched_param_find(rd->sc->ops, text);
    if (!p || (p->scope == SCHED_PER_SYSTEM) != (*dom < 0))
        return no(rd, "the scheduler has no such parameter there", text);
    *param = (unsigned)(p - rd->sc->ops->params);
    return number(rd, p, equals, value);
}

static bool read_setting(struct reader *rd)
{
    struct kit_setting *s = &rd->sc->setting[rd->sc->nr_settings];

    if (rd->sc->nr_settings++ == KIT_SETTINGS)
        return no(rd, "too many settings", "set");
    return read_set(rd, &s->dom, &s->param, &s->value);
}

static bool read_pool(struct reader *rd, unsigned *pool)
{
    if (!rd->sc->pool_ops)
        return no(rd, "there is one pool: no line \"pool MASK NAME\"", "pool");
    return item(rd, "pool", word(rd), KIT_POOLS, pool);
}

static bool read_to_pool(struct reader *rd, struct kit_action *a)
{
    bool domain = a->act == KIT_MOVE;
    unsigned pool = 0;

    if (!item(rd, target_prefix(a->act), word(rd),
              domain ? KIT_VCPUS : KIT_CPUS, &a->who) ||
        !read_pool(rd, &pool))
        return false;
    a->value = pool;
    return true;
}

static bool read_target(struct reader *rd, struct kit_action *a)
{
    switch (a->act) {
    case KIT_CHANGE:
        return number(rd, &as_count, word(rd), &a->value) &&
               (!rd->sc->pool_ops || read_pool(rd, &a->who));
    case KIT_MOVE:
    case KIT_GIVE:
        return read_to_pool(rd, a);
    case KIT_CPU_DOWN:
    case KIT_CPU_UP:
        return item(rd, "cpu", word(rd), KIT_CPUS, &a->who);
    case KIT_PIN:
    case KIT_SOFT:
        return item(rd, "v", word(rd), KIT_VCPUS, &a->who) &&
               number(rd, &as_count, word(rd), &a->value);
    case KIT_WAKE:
    case KIT_PAUSE:
    case KIT_UNPAUSE:
    case KIT_LEAVE:
    case KIT_JOIN:
    case KIT_SET:
    case KIT_DOES:
        break;
    }
    return item(rd, "v", word(rd), KIT_VCPUS, &a->who);
}

static bool read_action(struct reader *rd)
{
    struct kit_action *a = &rd->sc->action[rd->sc->nr_actions];
    char *text;
    int act, dom;

    if (rd->sc->nr_actions == KIT_ACTIONS)
        return no(rd, "too many actions", "at");
    if (!number(rd, &as_time, word(rd), &a->at))
        return false;
    if (rd->sc->nr_actions && a->at < a[-1].at)
        return no(rd, "actions stand in order of time", "at");
    rd->sc->nr_actions++;
    text = word(rd);
    act = index_of(do_names, KIT_DOES, text);
    if (act < 0)
        return no(rd, "not one of the actions", text);
    a->act = (enum kit_do)act;
    if (a->act != KIT_SET)
        return read_target(rd, a);
    if (!read_set(rd, &dom, &a->param, &a->value))
        return false;
    a->who = dom < 0 ? KIT_SYSTEM : (unsigned)dom;
    return true;
}

static bool read_number(struct reader *rd, const char *key)
{
    struct kit_scenario *sc = rd->sc;
    bool count = !strcmp(key, "seed") || !strcmp(key, "cpus") ||
                 !strcmp(key, "trylock_fails");
    int64_t x;

    if (!number(rd, count ? &as_count : &as_time, word(rd), &x))
        return false;
    if (!strcmp(key, "seed"))
        sc->seed = (uint64_t)x;
    else if (!strcmp(key, "trylock_fails"))
        sc->trylock_fails = (unsigned)x;
    else if (!strcmp(key, "length"))
        sc->length = x;
    else if (!strcmp(key, "switch_cost"))
        sc->switch_cost = x;
    else if (!strcmp(key, "timer_late"))
        sc->timer_late = x;
    else if (!strcmp(key, "cpus") && x >= 1 && x <= KIT_CPUS)
        sc->nr_cpus = (unsigned)x;
    else
        return no(rd, "not known here, or out of range", key);
    return true;
}

/* "pool 0x2 sedf", behind "pool". */
static bool read_second_pool(struct reader *rd)
{
    struct kit_scenario *sc = rd->sc;
    unsigned all = (1u << sc->nr_cpus) - 1;
    char *name;
    int64_t x;

    if (!number(rd, &as_count, word(rd), &x))
        return false;
    if (x <= 0 || x >= all || (x & ~(int64_t)all))
        return no(rd, "some of the CPUs, not all: a mask; after cpus", "pool");
    name = word(rd);
    sc->pool_cpus = (unsigned)x;
    sc->pool_ops = name ? sched_find(name) : NULL;
    return sc->pool_ops || no(rd, "no such scheduler", name);
}

static bool read_line(struct reader *rd, char *line)
{
    char *key = strtok_r(line, " \t\r\n", &rd->rest), *name;

    if (!key || *key == '#')
        return true;
    if (!strcmp(key, "scheduler")) {
        name = word(rd);
        rd->sc->ops = name ? sched_find(name) : NULL;
        return rd->sc->ops || no(rd, "no such scheduler", name);
    }
    if (!rd->sc->ops)
        return no(rd, "the line \"scheduler NAME\" comes first", key);
    if (!strcmp(key, "pool"))
        return read_second_pool(rd);
    if (!strcmp(key, "vcpu"))
        return read_vcpu(rd);
    if (!strcmp(key, "set"))
        return read_setting(rd);
    if (!strcmp(key, "at"))
        return read_action(rd);
    return read_number(rd, key);
}

int kit_read(FILE *in, const char *name, struct kit_scenario *sc, char *why,
             size_t size)
{
    char line[256], reason[160] = "";
    struct reader rd = { sc, NULL, reason, sizeof(reason) };
    unsigned nr = 0;

    memset(sc, 0, sizeof(*sc));
    while (fgets(line, sizeof(line), in)) {
        nr++;
        if (read_line(&rd, line))
            continue;
        (void)snprintf(why, size, "%s:%u: %s", name, nr, reason);
        return -1;
    }
    if (sc->ops && sc->nr_cpus && sc->length && sc->nr_vcpus)
        return 0;
    (void)snprintf(why, size, "%s: lacks scheduler, cpus, length or vcpu",
                   name);
    return -1;
}
