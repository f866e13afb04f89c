/*
 * load.c - ready-made loads for simulated vCPUs.
 *
 * A job's release is the time at which its vCPU is (or should have been)
 * woken; its response ends when its work is done.
 */
#include "sched/sim/sim_private.h"

static struct sim_act compute(ns_t time)
{
    return (struct sim_act){ SIM_COMPUTE, time > 0 ? time : 1, NULL };
}

static struct sim_act sleep_until(ns_t time)
{
    return (struct sim_act){ SIM_SLEEP, time, NULL };
}

struct sim_act sim_hog(struct sim_vcpu *sv, ns_t now)
{
    (void)sv, (void)now;
    return compute(SIM_FOR_LONG);
}

/* The job is done. */
static void job_end(struct sim_vcpu *sv, ns_t now)
{
    struct sim_state *st = &sv->st;
    ns_t response = now - st->release;

    st->jobs++;
    if (response > (st->deadline ? st->deadline : st->period))
        st->misses++;
    if (response > st->worst)
        st->worst = response;
}

static struct sim_act jobs(struct sim_vcpu *sv, ns_t gap, ns_t now)
{
    struct sim_state *st = &sv->st;

    switch (st->phase) {
    case 0: /* for the first release */
        st->phase = 1;
        st->release = now + st->offset;
        return sleep_until(st->release);
    case 1:
        st->phase = 2;
        return compute(st->cost);
    default:
        st->phase = 1;
        job_end(sv, now);
        st->release += gap;
        return sleep_until(st->release);
    }
}

struct sim_act sim_periodic(struct sim_vcpu *sv, ns_t now)
{
    return jobs(sv, sv->st.period, now);
}

struct sim_act sim_sporadic(struct sim_vcpu *sv, ns_t now)
{
    ns_t gap = sv->st.period +
               (ns_t)sim_vcpu_below(sv, (uint64_t)sv->st.period);

    return jobs(sv, gap, now);
}

static ns_t up_to_twice(struct sim_vcpu *sv, ns_t time)
{
    return 1 + (ns_t)sim_vcpu_below(sv, (uint64_t)time * 2);
}

struct sim_act sim_on_off(struct sim_vcpu *sv, ns_t now)
{
    struct sim_state *st = &sv->st;

    st->phase ^= 1;
    if (st->phase)
        return compute(up_to_twice(sv, st->cost));
    st->jobs++;
    return sleep_until(now + up_to_twice(sv, st->period));
}

static struct sim_act ball(struct sim_vcpu *sv)
{
    struct sim_state *st = &sv->st;

    st->phase = (st->phase + 1) % 3;
    if (st->phase == 0)
        return (struct sim_act){ SIM_BLOCK, 0, NULL };
    if (st->phase == 1)
        return compute(st->cost);
    st->jobs++;
    return (struct sim_act){ SIM_NOTIFY, 0, st->peer };
}

struct sim_act sim_ping(struct sim_vcpu *sv, ns_t now)
{
    (void)now;
    return ball(sv);
}

struct sim_act sim_pong(struct sim_vcpu *sv, ns_t now)
{
    (void)now;
    if (!sv->st.jobs && !sv->st.phase && !sv->st.release) {
        sv->st.release = 1;
        return (struct sim_act){ SIM_BLOCK, 0, NULL };
    }
    return ball(sv);
}

struct sim_act sim_yielder(struct sim_vcpu *sv, ns_t now)
{
    (void)now;
    sv->st.phase ^= 1;
    if (sv->st.phase)
        return compute(sv->st.cost);
    sv->st.jobs++;
    return (struct sim_act){ SIM_YIELD, 0, NULL };
}
