/*
 * load.c - what the vCPUs of a scenario do. The simulator's own loads, but for
 * those that the kit's actions drive, and in such pieces that a run can end.
 */
#include "sched/kit/run_private.h"

static struct sim_act compute(ns_t time)
{
    return (struct sim_act){ SIM_COMPUTE, time > 0 ? time : 1, NULL };
}

static struct sim_act block(void)
{
    return (struct sim_act){ SIM_BLOCK, 0, NULL };
}

/* Blocks first; then, once per wake-up, `cost` of work. */
static struct sim_act event(struct sim_vcpu *sv)
{
    sv->st.phase ^= 1;
    return sv->st.phase ? block() : compute(sv->st.cost);
}

/* The next vCPU is woken after each piece of work, which ours waits for. */
static struct sim_act ping(struct sim_vcpu *sv)
{
    unsigned next = (sv->index + 1) % sv->sim->nr_vcpus;

    sv->st.phase = (sv->st.phase + 1) % 3;
    if (sv->st.phase == 1)
        return compute(sv->st.cost);
    if (sv->st.phase == 2 && next != sv->index)
        return (struct sim_act){ SIM_NOTIFY, 0, sv->sim->vcpus[next] };
    sv->st.phase = 0;
    return block();
}

struct sim_act kit_load(struct sim_vcpu *sv, ns_t now)
{
    const struct kit_run *r = kit_now;

    if (r->draining)
        return block();
    switch (r->sc->vcpu[sv->index].load) {
    case KIT_HOG:
        return compute(sv->st.cost);
    case KIT_PERIODIC:
        return sim_periodic(sv, now);
    case KIT_SPORADIC:
        return sim_sporadic(sv, now);
    case KIT_ON_OFF:
        return sim_on_off(sv, now);
    case KIT_YIELDER:
        return sim_yielder(sv, now);
    case KIT_EVENT:
        return event(sv);
    case KIT_PING:
        return ping(sv);
    case KIT_LOADS:
        break;
    }
    return block();
}
