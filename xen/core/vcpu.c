/*
 * vcpu.c - a vCPU's life, its timers, and how it waits.
 *
 * A vCPU is created down, which counts as one reason not to run (run_pause);
 * its domain's pause and shutdown are others. It runs when there is none.
 *
 * Timers: singleshot, periodic and poll belong to the vCPU, are set by it (or
 * while it is down) and fire on the CPU where they were last set. They may
 * fire on another CPU than the one that the vCPU has moved to, which is no
 * harm: an event is sent, by the event lock, from wherever.
 *
 * VIRQ_TIMER's period counts while the vCPU runs: a tick that finds it not
 * running is kept (periodic_late) until it is switched in.
 */
#include <string.h>
#include <xen/errno.h>
#include "sched/api/core.h"
#include "xen/base/time.h"
#include "xen/core/domain.h"
#include "xen/core/timepage.h"

#define PERIODIC_DEFAULT MS(10) /* until the guest says otherwise: the ABI */

static struct vcpu *vcpu_of_run(struct run *r)
{
    return container_of(r, struct vcpu, run);
}

static bool vcpu_runs(const struct vcpu *v)
{
    return sched_is_running(&v->run.sv);
}

/* ---- timers ---- */

/* Arm t on this CPU. */
static void set_here(struct timer *t, ns_t when)
{
    unsigned cpu = this_cpu_id();

    if (t->cpu != cpu)
        timer_migrate(t, cpu);
    timer_set(t, when);
}

static void singleshot_fired(void *arg)
{
    event_send_virq(arg, VIRQ_TIMER);
}

static void periodic_fired(void *arg)
{
    struct vcpu *v = arg;

    if (!v->periodic_ns)
        return;
    if (!vcpu_runs(v)) {
        WRITE_ONCE(v->periodic_late, true);
        return;
    }
    event_send_virq(v, VIRQ_TIMER);
    v->periodic_due += v->periodic_ns;
    if (v->periodic_due <= time_now()) /* it slept: no volley of old ticks */
        v->periodic_due = time_now() + v->periodic_ns;
    timer_set(&v->periodic, v->periodic_due);
}

static void poll_fired(void *arg)
{
    struct vcpu *v = arg;

    WRITE_ONCE(v->event.polling, false);
    run_notify(&v->run);
}

void vcpu_set_singleshot(struct vcpu *v, ns_t when)
{
    if (when)
        set_here(&v->singleshot, when);
    else
        timer_stop(&v->singleshot);
}

void vcpu_set_periodic(struct vcpu *v, ns_t period)
{
    v->periodic_ns = period;
    WRITE_ONCE(v->periodic_late, false);
    if (!period) {
        timer_stop(&v->periodic);
        return;
    }
    v->periodic_due = time_now() + period;
    set_here(&v->periodic, v->periodic_due);
}

/* ---- waiting ---- */

static bool has_event(void *arg)
{
    return event_pending(arg);
}

static bool poll_over(void *arg)
{
    struct vcpu *v = arg;

    return !READ_ONCE(v->event.polling) || event_pending(v);
}

void vcpu_block(struct vcpu *v)
{
    v->pv.info->evtchn_upcall_mask = 0;
    barrier(); /* x86 keeps them in order for other CPUs but for loads */
    if (!event_pending(v))
        run_block(has_event, v);
}

void vcpu_poll(struct vcpu *v, ns_t until)
{
    if (until)
        set_here(&v->poll_timer, until);
    if (!poll_over(v))
        run_block(poll_over, v);
    if (until)
        timer_stop(&v->poll_timer);
    WRITE_ONCE(v->event.polling, false);
}

/* ---- on and off a CPU; interrupts off ---- */

static NOINLINE void resume_periodic(struct vcpu *v)
{
    WRITE_ONCE(v->periodic_late, false);
    set_here(&v->periodic, time_now());
}

static void switch_in(struct run *r)
{
    struct vcpu *v = vcpu_of_run(r);

    mmu_load_cr3(v);
    pv_switch_in(&v->pv);
    timepage_switch_in(v);
    if (unlikely(v->periodic_late))
        resume_periodic(v);
}

static NOINLINE void switch_out_told(struct vcpu *v, bool same_tables)
{
    timepage_publish_runstate(v);
    pv_switch_out(&v->pv, same_tables);
}

static void switch_out(struct run *r, struct run *next)
{
    struct vcpu *v = vcpu_of_run(r);
    /* A domain's vCPUs share the slot in which their windows stand, and none of
     * these goes away while another one runs. */
    bool same_tables = next && vcpu_of_run(next)->domain == v->domain;

    if (unlikely(area_present(&v->runstate_area)))
        switch_out_told(v, same_tables);
    else
        pv_switch_out(&v->pv, same_tables);
}

/* ---- its record in the guest's memory ---- */

/* The new place is told of all that could have been pending in the old one,
 * so no event is lost that comes while it moves. */
int vcpu_move_info(struct vcpu *v, mfn_t mfn, size_t offset)
{
    struct page *page;
    struct vcpu_info *new;

    if (offset > PAGE_SIZE - sizeof(*new) || (offset & 7) != 0 ||
        (v != current_vcpu() && READ_ONCE(v->up)))
        return -XEN_EINVAL;
    page = mmu_hold(v->domain, mfn);
    if (!page)
        return -XEN_EINVAL;
    new = (void *)((uint8_t *)mfn_to_virt(mfn) + offset);
    spin_lock(&v->domain->lock);
    if (v->info_page) {
        spin_unlock(&v->domain->lock);
        mmu_unhold(page);
        return -XEN_EINVAL;
    }
    *new = *v->pv.info;
    if (v->id >= XEN_LEGACY_MAX_VCPUS) {
        v->own_info = v->pv.info; /* others may be writing to it: keep it */
        new->evtchn_upcall_mask = 1;
    }
    v->info_page = page;
    __atomic_store_n(&v->pv.info, new, __ATOMIC_SEQ_CST);
    spin_unlock(&v->domain->lock);
    event_info_moved(v);
    return 0;
}

void vcpu_release(struct vcpu *v)
{
    area_release(&v->runstate_area);
    area_release(&v->time_area);
    if (v->info_page) {
        v->pv.info = v->own_info ? v->own_info
                                 : &v->domain->shared->vcpu_info[v->id];
        mmu_unhold(v->info_page);
        v->info_page = NULL;
    }
}

/* ---- stopping another ---- */

int vcpu_hold_still(struct vcpu *v)
{
    if (v == current_vcpu())
        return 0;
    if (__atomic_exchange_n(&v->domain->holds_still, true, __ATOMIC_ACQUIRE))
        return -XEN_EBUSY;
    run_pause(&v->run);
    run_wait_stopped(&v->run);
    return 0;
}

void vcpu_let_go(struct vcpu *v)
{
    if (v == current_vcpu())
        return;
    run_unpause(&v->run);
    __atomic_store_n(&v->domain->holds_still, false, __ATOMIC_RELEASE);
}

/* ---- up and down ---- */

int vcpu_claim(struct vcpu *v)
{
    struct domain *d = v->domain;
    int rc = 0;

    spin_lock(&d->lock);
    if (v->initialised)
        rc = -XEN_EEXIST;
    else if (v->claimed)
        rc = -XEN_EBUSY;
    else
        v->claimed = true;
    spin_unlock(&d->lock);
    return rc;
}

void vcpu_claimed(struct vcpu *v, bool initialised)
{
    struct domain *d = v->domain;

    spin_lock(&d->lock);
    v->claimed = false;
    v->initialised = initialised;
    spin_unlock(&d->lock);
}

int vcpu_up(struct vcpu *v)
{
    struct domain *d = v->domain;
    int rc = 0;
    bool wake = false;

    spin_lock(&d->lock);
    if (!v->initialised)
        rc = -XEN_EINVAL;
    else if (!v->up)
        wake = v->up = true;
    spin_unlock(&d->lock);
    if (wake)
        run_unpause(&v->run);
    return rc;
}

void vcpu_down(struct vcpu *v)
{
    struct domain *d = v->domain;
    bool was_up, last = true;
    unsigned i;

    spin_lock(&d->lock);
    was_up = v->up;
    v->up = false;
    for (i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i] && d->vcpu[i]->up)
            last = false;
    spin_unlock(&d->lock);
    if (was_up)
        run_pause(&v->run);
    if (was_up && last) /* nobody is left who could bring it up again */
        domain_shutdown(d, SHUTDOWN_poweroff);
}

/* ---- life ---- */

static void init_timers(struct vcpu *v)
{
    unsigned cpu = this_cpu_id();

    timer_init(&v->singleshot, singleshot_fired, v, cpu);
    timer_init(&v->periodic, periodic_fired, v, cpu);
    timer_init(&v->poll_timer, poll_fired, v, cpu);
    v->periodic_ns = PERIODIC_DEFAULT;
    v->periodic_late = true; /* begins when it is first switched in */
}

/* Where a vCPU's thread begins. */
static void first_run(void)
{
    run_started();
    pv_enter_guest();
}

static int create_parts(struct vcpu *v)
{
    struct domain *d = v->domain;
    uintptr_t window;
    uint64_t *ptes;
    int rc;

    v->pv.info = v->id < XEN_LEGACY_MAX_VCPUS
                     ? &d->shared->vcpu_info[v->id]
                     : mem_alloc(sizeof(struct vcpu_info));
    if (!v->pv.info)
        return -XEN_ENOMEM;
    v->pv.info->evtchn_upcall_mask = 1;
    rc = mmu_window(d, v->id, &window, &ptes);
    if (!rc)
        rc = thread_create(&v->run.thread, first_run, &v->pv);
    if (rc)
        return rc;
    rc = pv_vcpu_create(&v->pv, stack_top_of(v->run.thread.stack), window,
                        ptes);
    if (rc) {
        thread_destroy(&v->run.thread);
        return rc;
    }
    v->pv.features = &d->features;
    rc = run_create(&v->run, d->sched, d->id, (uint16_t)v->id, switch_out,
                    switch_in);
    if (rc) {
        pv_vcpu_destroy(&v->pv);
        thread_destroy(&v->run.thread);
    }
    return rc;
}

int vcpu_create(struct domain *d, unsigned id)
{
    struct vcpu *v;
    unsigned i;
    int rc;

    if (id >= d->max_vcpus)
        return -XEN_EINVAL;
    if (d->vcpu[id])
        return -XEN_EEXIST;
    v = mem_alloc(sizeof(*v));
    if (!v)
        return -XEN_ENOMEM;
    v->domain = d;
    v->id = id;
    init_timers(v);
    rc = create_parts(v);
    if (rc) {
        mem_free(v);
        return rc;
    }
    spin_lock(&d->lock);
    for (i = 0; i < (d->pause_count != 0) + (unsigned)d->shut_down; i++)
        run_pause(&v->run);
    __atomic_store_n(&d->vcpu[id], v, __ATOMIC_RELEASE);
    spin_unlock(&d->lock);
    return 0;
}

void vcpu_destroy(struct vcpu *v)
{
    timer_kill(&v->singleshot);
    timer_kill(&v->periodic);
    timer_kill(&v->poll_timer);
    run_destroy(&v->run);
    pv_vcpu_destroy(&v->pv);
    thread_destroy(&v->run.thread);
    if (v->id >= XEN_LEGACY_MAX_VCPUS)
        mem_free(v->pv.info); /* its own again: vcpu_release() */
    if (v->schedpage_page)
        mmu_unshare_page(v->schedpage_page);
    mem_free(v);
}
