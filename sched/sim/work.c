/*
 * work.c - see work.h: each kind is a small machine whose state is in sv->st.
 *
 * phase 0 is "before start"; the kinds count their own phases from 1 on.
 */
#include "sched/sim/work.h"
#include <stdlib.h>
#include <string.h>
#include "sched/sim/sim_private.h"
#include "sched/sim/spread.h"
#include "sched/sim/work_private.h"
#include "xen/lib/bug.h"

/* ---- jobs ---- */

#define LOG_STEPS 256

/* log2(1 + i / LOG_STEPS) times 2^30; made once, and only read then. */
static struct {
    uint64_t value[LOG_STEPS + 1];
} logs;

/* log2 of m / 2^63, which is in [1, 2), times 2^30, by squaring: no floating
 * point, the same on every machine. */
static uint64_t slow_log2(uint64_t m)
{
    uint64_t log = 0;
    unsigned i;

    for (i = 0; i < 30; i++) {
        unsigned __int128 square = (unsigned __int128)m * m;

        log *= 2;
        if (square >> 127) {
            log++;
            m = (uint64_t)(square >> 64);
        } else {
            m = (uint64_t)(square >> 63);
        }
    }
    return log;
}

static void make_logs(void)
{
    uint64_t i;

    for (i = 0; i < LOG_STEPS; i++)
        logs.value[i] = slow_log2((i + LOG_STEPS) << 55);
    logs.value[LOG_STEPS] = 1u << 30;
}

/* -ln(x / 2^64) in units of 2^-32, to 5 digits: between two steps of the table
 * the logarithm is taken for a line. */
static uint64_t minus_ln(uint64_t x)
{
    unsigned zeros = (unsigned)__builtin_clzll(x | 1);
    uint64_t m = (x | 1) << zeros; /* 1.63 bits */
    const uint64_t *step = &logs.value[m >> 55 & (LOG_STEPS - 1)];
    uint64_t log2 = step[0] + ((step[1] - step[0]) * (uint32_t)(m >> 23) >> 32);

    log2 = ((uint64_t)(zeros + 1) << 30) - log2;
    /* ln 2 = 0.6931471805599453 = 2977044472 / 2^32 */
    return (uint64_t)((unsigned __int128)log2 * 2977044472u >> 30);
}

ns_t work_exponential(struct sim_vcpu *sv, ns_t mean)
{
    uint64_t ln = minus_ln(sim_vcpu_random(sv));

    return (ns_t)(((unsigned __int128)(uint64_t)mean * ln) >> 32);
}

static ns_t up_to_twice(struct sim_vcpu *sv, ns_t time)
{
    return 1 + (ns_t)sim_vcpu_below(sv, (uint64_t)time * 2);
}

void work_job_end(struct sim_vcpu *sv, ns_t now)
{
    const struct sim_work *w = sv->work;
    struct sim_state *st = &sv->st;
    ns_t response = now - st->release;

    st->jobs++;
    if (w->deadline && response > w->deadline)
        st->misses++;
    if (response > st->worst)
        st->worst = response;
    if (w->respond)
        spread_add(w->respond, response);
}

/* ---- those that are by themselves ---- */

/* One that ends looks at the clock now and then, as the guest does. */
#define HOG_LOOKS  US(50)
#define WORK_LOOKS US(20) /* ... and one that has something else to do */

static struct sim_act hog(struct sim_vcpu *sv, ns_t now)
{
    const struct sim_work *w = sv->work;
    ns_t left = w->start + w->duration - now;

    if (!w->duration)
        return act_compute(SIM_FOR_LONG);
    return act_compute(left < HOG_LOOKS ? left : HOG_LOOKS);
}

static ns_t next_gap(struct sim_vcpu *sv)
{
    const struct sim_work *w = sv->work;

    if (w->kind == WORK_POISSON)
        return work_exponential(sv, w->period);
    if (w->kind == WORK_SPORADIC && w->extra)
        return w->period + (ns_t)sim_vcpu_below(sv, (uint64_t)w->extra);
    return w->period;
}

/* Of the job that begins now. */
static ns_t work_of_job(struct sim_vcpu *sv)
{
    const struct sim_work *w = sv->work;

    if (w->exponential)
        return work_exponential(sv, w->work);
    if (!w->vary)
        return w->work;
    if (w->key && sv->st.jobs % (uint64_t)w->key == 0)
        return w->work + w->vary;
    return w->work + (ns_t)sim_vcpu_below(sv, (uint64_t)w->vary + 1);
}

/* The next job is released at `at`; until then it sleeps, or computes. */
static struct sim_act until_release(const struct sim_work *w, ns_t at, ns_t now)
{
    if (!w->burn || at <= now)
        return act_sleep(at);
    return act_compute(at - now < WORK_LOOKS ? at - now : WORK_LOOKS);
}

/* periodic, sporadic, poisson: st->release is the job's release, without its
 * jitter. */
static struct sim_act jobs(struct sim_vcpu *sv, ns_t now)
{
    const struct sim_work *w = sv->work;
    struct sim_state *st = &sv->st;
    ns_t late = 0;

    if (w->runaway && now >= w->start + w->runaway)
        return act_compute(SIM_FOR_LONG);
    if (w->burn && st->phase == 2 && now < st->release)
        return until_release(w, st->release, now);
    switch (st->phase) {
    case 2:
        st->phase = 3;
        return act_compute(work_of_job(sv));
    case 3:
        work_job_end(sv, now);
        st->release += next_gap(sv);
        break;
    default:
        st->release = w->start + w->offset;
        if (w->kind == WORK_POISSON)
            st->release = w->start + next_gap(sv);
        break;
    }
    st->phase = 2;
    if (w->count && st->jobs == (uint64_t)w->count)
        return act_block();
    if (w->duration && st->release > w->start + w->duration)
        return act_block();
    if (w->jitter)
        late = (ns_t)sim_vcpu_below(sv, (uint64_t)w->jitter + 1);
    return until_release(w, st->release + late, now);
}

/* It goes by the clock, not by the CPU time that it gets, as it wants to be
 * asleep whenever somebody looks. */
static struct sim_act rogue(struct sim_vcpu *sv, ns_t now)
{
    const struct sim_work *w = sv->work;
    struct sim_state *st = &sv->st;
    ns_t first = w->start + w->offset, end;

    if (now < first)
        return act_sleep(first);
    st->release = now - (now - first) % w->period;
    end = st->release + w->work;
    if (now < end)
        return act_compute(end - now < WORK_LOOKS ? end - now : WORK_LOOKS);
    work_job_end(sv, now);
    return act_sleep(st->release + w->period);
}

static struct sim_act in_turn(struct sim_vcpu *sv, ns_t now)
{
    const struct sim_work *w = sv->work;
    struct sim_state *st = &sv->st;
    bool random = w->kind == WORK_ONOFF;

    if (st->phase == 1) {
        st->phase = 2;
        st->release = now;
        return act_compute(random ? up_to_twice(sv, w->work) : w->work);
    }
    st->phase = 1;
    work_job_end(sv, now);
    if (w->kind == WORK_YIELDER)
        return (struct sim_act){ SIM_YIELD, 0, NULL };
    return act_sleep(now + (random ? up_to_twice(sv, w->pause) : w->pause));
}

/* ---- replay ---- */

struct script {
    size_t nr, room, at;
    struct work_burst burst[];
};

void work_burst(struct sim_vcpu *sv, struct work_burst burst)
{
    struct script *s = sv->st.more;

    if (!s || s->nr == s->room) {
        size_t room = s ? 2 * s->room : 16;

        s = realloc(s, sizeof(*s) + room * sizeof(s->burst[0]));
        BUG_ON(!s);
        if (!sv->st.more)
            s->nr = s->at = 0;
        s->room = room;
        sv->st.more = s;
    }
    s->burst[s->nr++] = burst;
}

static struct sim_act replay(struct sim_vcpu *sv, ns_t now)
{
    struct script *s = sv->st.more;
    struct sim_state *st = &sv->st;

    if (st->phase == 2) {
        st->phase = 3;
        return (struct sim_act){ SIM_COMPUTE, s->burst[s->at++].work, NULL };
    }
    if (st->phase == 3)
        work_job_end(sv, now);
    if (!s || s->at == s->nr)
        return act_block();
    st->phase = 2;
    st->release = s->burst[s->at].release;
    sv->reading = st->release;
    sv->waker = s->burst[s->at].cpu;
    return act_sleep(s->burst[s->at].at);
}

ns_t work_first(const struct sim_vcpu *sv)
{
    const struct script *s = sv->st.more;

    if (sv->work->kind != WORK_REPLAY)
        return 0;
    return s && s->nr ? s->burst[0].release : 0;
}

/* ---- all ---- */

static sim_load *const next_of[WORK_KINDS] = {
    [WORK_HOG] = hog,          [WORK_PERIODIC] = jobs,
    [WORK_SPORADIC] = jobs,    [WORK_POISSON] = jobs,
    [WORK_ONOFF] = in_turn,    [WORK_BULK] = in_turn,
    [WORK_YIELDER] = in_turn,  [WORK_PING] = work_ping,
    [WORK_PONG] = work_pong,   [WORK_REQUEST] = work_request,
    [WORK_SERVE] = work_serve, [WORK_FORKJOIN] = work_forkjoin,
    [WORK_SPIN] = work_spin,   [WORK_ROGUE] = rogue,
    [WORK_REPLAY] = replay,
};

struct sim_act work_next(struct sim_vcpu *sv, ns_t now)
{
    const struct sim_work *w = sv->work;

    if (!sv->st.phase) {
        sv->st.phase = 1;
        if (w->start > now)
            return act_sleep(w->start);
    }
    if (w->duration && now >= w->start + w->duration &&
        !(w->kind == WORK_SPIN &&
          sv->st.phase > 2)) /* it has a lock, or will */
        return act_block();  /* for ever: notified, it comes here again */
    return next_of[w->kind](sv, now);
}

static const char *const names[WORK_KINDS] = {
    "hog",   "periodic", "sporadic", "poisson", "onoff",
    "bulk",  "yielder",  "ping",     "pong",    "request",
    "serve", "forkjoin", "spin",     "rogue",   "replay",
};

enum work_kind work_kind_of(const char *name)
{
    unsigned i;

    for (i = 0; i < WORK_KINDS; i++)
        if (!strcmp(names[i], name))
            break;
    return (enum work_kind)i;
}

#define PARAMETER(name)                                                        \
    {                                                                          \
#name, offsetof(struct sim_work, name)                                 \
    }
static const struct {
    const char *name;
    size_t offset;
} parameters[] = {
    PARAMETER(start),  PARAMETER(duration), PARAMETER(period),
    PARAMETER(work),   PARAMETER(deadline), PARAMETER(offset),
    PARAMETER(jitter), PARAMETER(extra),    PARAMETER(pause),
    PARAMETER(hold),   PARAMETER(interval), PARAMETER(count),
    PARAMETER(peer),   PARAMETER(to),       PARAMETER(exponential),
    PARAMETER(burn),   PARAMETER(runaway),  PARAMETER(vary),
    PARAMETER(key),
};

int64_t *work_parameter(struct sim_work *w, const char *name)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(parameters); i++)
        if (!strcmp(parameters[i].name, name))
            return (int64_t *)(void *)((char *)w + parameters[i].offset);
    return NULL;
}

void work_defaults(struct sim_work *w, enum work_kind kind)
{
    w->kind = kind;
    w->peer = w->to = -1;
    w->work = w->period = 1;
    if (!logs.value[LOG_STEPS])
        make_logs();
}

void work_join(struct sim_work *w, struct sim_vcpu *sv)
{
    w->member = realloc(w->member,
                        (w->nr_members + 1) * sizeof(struct sim_vcpu *));
    BUG_ON(!w->member);
    w->member[w->nr_members++] = sv;
    sv->work = w;
    sv->load = work_next;
}

void work_end(struct sim_work *w)
{
    unsigned i;

    for (i = 0; i < w->nr_members; i++)
        free(w->member[i]->st.more);
    free(w->member);
    free(w->waiter);
}
