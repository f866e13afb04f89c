/*
 * together.c - loads in which vCPUs wait for one another: ping-pong, requests
 * through a chain of domains, barriers, spin locks. See work.h.
 */
#include <stdlib.h>
#include "sched/sim/sim_private.h"
#include "sched/sim/work_private.h"
#include "xen/lib/bug.h"

/* The vCPU of another domain that deals with sv: the one of its number. */
static struct sim_vcpu *partner(const struct sim_work *other,
                                const struct sim_vcpu *sv)
{
    return other->member[sv->v.id % other->nr_members];
}

/* ---- ping-pong: a message is a count, in st.messages ---- */

static void send(struct sim_vcpu *to)
{
    to->st.messages++;
    sim_notify(to);
}

struct sim_act work_ping(struct sim_vcpu *sv, ns_t now)
{
    const struct sim_work *w = sv->work;
    struct sim_state *st = &sv->st;

    switch (st->phase) {
    case 1:
        if (w->count && st->jobs == (uint64_t)w->count)
            return act_block();
        st->phase = 2;
        st->release = now;
        return act_compute(w->work);
    case 2:
        st->phase = 3;
        send(partner(w->other, sv));
        return act_block();
    default:
        if (!st->messages)
            return act_block();
        st->messages--;
        work_job_end(sv, now);
        st->phase = 1;
        return act_sleep(st->release + w->interval);
    }
}

struct sim_act work_pong(struct sim_vcpu *sv, ns_t now)
{
    const struct sim_work *w = sv->work;
    struct sim_state *st = &sv->st;

    if (st->phase == 2) {
        st->phase = 1;
        work_job_end(sv, now);
        send(partner(w->other, sv));
    }
    if (!st->messages)
        return act_block();
    st->messages--;
    st->phase = 2;
    st->release = now;
    return act_compute(w->work);
}

/* ---- requests and servers ---- */

struct message {
    struct sim_vcpu *from;
    ns_t arrived;
};

/* A server's messages, in order of arrival: a ring. */
struct inbox {
    unsigned room, first;
    struct message message[];
};

static void inbox_grow(struct sim_vcpu *sv)
{
    struct inbox *old = sv->st.more, *new;
    unsigned room = old ? 2 * old->room : 8, i;

    new = malloc(sizeof(*new) + room * sizeof(new->message[0]));
    BUG_ON(!new);
    new->room = room;
    new->first = 0;
    for (i = 0; old && i < old->room; i++)
        new->message[i] = old->message[(old->first + i) % old->room];
    free(old);
    sv->st.more = new;
}

static void inbox_put(struct sim_vcpu *sv, struct sim_vcpu *from, ns_t now)
{
    struct inbox *box = sv->st.more;

    if (!box || sv->st.messages == box->room) {
        inbox_grow(sv);
        box = sv->st.more;
    }
    box->message[(box->first + sv->st.messages++) % box->room] =
        (struct message){ from, now };
    sim_notify(sv);
}

struct sim_act work_request(struct sim_vcpu *sv, ns_t now)
{
    const struct sim_work *w = sv->work;
    struct sim_state *st = &sv->st;

    switch (st->phase) {
    case 1:
        st->phase = 2;
        st->release = w->start + w->offset;
        return act_sleep(st->release);
    case 2:
        st->phase = 3;
        return act_compute(w->work);
    case 3:
        st->phase = 4;
        inbox_put(partner(w->other, sv), sv, now);
        return act_block();
    default:
        if (!st->messages)
            return act_block();
        st->messages--;
        work_job_end(sv, now);
        if (w->count && st->jobs == (uint64_t)w->count)
            return act_block();
        st->phase = 2;
        st->release += w->exponential ? work_exponential(sv, w->period)
                                      : w->period;
        return act_sleep(st->release);
    }
}

static void pass_on(struct sim_vcpu *sv, ns_t now)
{
    struct inbox *box = sv->st.more;
    struct message m = box->message[box->first];
    const struct sim_work *w = sv->work;

    box->first = (box->first + 1) % box->room;
    sv->st.messages--;
    sv->st.release = m.arrived;
    work_job_end(sv, now);
    if (w->other)
        inbox_put(partner(w->other, sv), m.from, now);
    else
        send(m.from);
}

struct sim_act work_serve(struct sim_vcpu *sv, ns_t now)
{
    const struct sim_work *w = sv->work;

    if (sv->st.phase == 2) {
        sv->st.phase = 1;
        pass_on(sv, now);
    }
    if (!sv->st.messages)
        return act_block();
    sv->st.phase = 2;
    return act_compute(w->exponential ? work_exponential(sv, w->work)
                                      : w->work);
}

/* ---- fork and join ---- */

static ns_t give_or_take(struct sim_vcpu *sv)
{
    const struct sim_work *w = sv->work;
    ns_t spread = w->extra < w->work ? w->extra : w->work - 1;

    if (spread <= 0)
        return w->work;
    return w->work - spread +
           (ns_t)sim_vcpu_below(sv, 2 * (uint64_t)spread + 1);
}

/* The last one has come to the barrier: the next round begins. */
static void barrier_opens(struct sim_work *w, const struct sim_vcpu *last,
                          ns_t now)
{
    unsigned i;

    w->arrived = 0;
    if (!w->round)
        w->begun = w->start;
    w->round++;
    w->begun = w->period > 1 ? w->begun + w->period : now;
    for (i = 0; i < w->nr_members; i++)
        if (w->member[i] != last)
            sim_notify(w->member[i]);
}

struct sim_act work_forkjoin(struct sim_vcpu *sv, ns_t now)
{
    struct sim_work *w = sv->work;
    struct sim_state *st = &sv->st;

    switch (st->phase) {
    case 1: /* fork */
        st->phase = 2;
        st->joins = w->round;
        st->release = w->round ? w->begun : w->start;
        return act_sleep(st->release);
    case 2:
        st->phase = 3;
        return act_compute(give_or_take(sv));
    case 3: /* join */
        st->phase = 4;
        if (++w->arrived == w->nr_members)
            barrier_opens(w, sv, now);
        break;
    default:
        break;
    }
    if (w->round == st->joins)
        return act_block();
    work_job_end(sv, now);
    if (w->count && st->jobs == (uint64_t)w->count)
        return act_block();
    st->phase = 1;
    return work_forkjoin(sv, now);
}

/* ---- spin locks ---- */

static void unlock(struct sim_work *w)
{
    struct sim_vcpu *next = NULL;

    if (w->waiting) {
        next = w->waiter[w->first];
        w->first = (w->first + 1) % w->nr_members;
        w->waiting--;
    }
    w->owner = next;
    if (next)
        sim_stop_spin(next);
}

static void wait_in_line(struct sim_work *w, struct sim_vcpu *sv)
{
    if (!w->waiter) {
        w->waiter = calloc(w->nr_members, sizeof(struct sim_vcpu *));
        BUG_ON(!w->waiter);
    }
    w->waiter[(w->first + w->waiting++) % w->nr_members] = sv;
}

/* A job is from asking for the lock to having it; st.spun is the CPU time that
 * went into that. */
struct sim_act work_spin(struct sim_vcpu *sv, ns_t now)
{
    struct sim_work *w = sv->work;
    struct sim_state *st = &sv->st;

    switch (st->phase) {
    case 2: /* ask */
        st->phase = 3;
        st->release = now;
        st->asked = sim_ran(sv);
        if (w->owner) {
            wait_in_line(w, sv);
            return (struct sim_act){ SIM_SPIN, 0, NULL };
        }
        w->owner = sv;
        /* fall through */
    case 3: /* it is ours */
        st->phase = 4;
        st->spun += sim_ran(sv) - st->asked;
        work_job_end(sv, now);
        return act_compute(w->hold);
    case 4:
        unlock(w);
        /* fall through */
    default:
        st->phase = 2;
        return act_compute(give_or_take(sv));
    }
}
