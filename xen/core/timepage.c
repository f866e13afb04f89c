/*
 * timepage.c - writing the pages from which guests read times.
 *
 * A vCPU's records are written by the CPU that runs or switches it, or by its
 * own hypercalls: one writer at a time. Readers follow the version protocol:
 * odd while it is being written (public xen.h, vcpu_time_info).
 *
 * The 10-ms refresh is a timer per CPU, not per vCPU: it runs while the CPU
 * is not idle, and costs a switch one test.
 */
#include <string.h>
#include <xen/errno.h>
#include "sched/api/core.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/percpu.h"
#include "xen/base/time.h"
#include "xen/core/domain.h"
#include "xen/core/timepage.h"
#include "xen/include/metronome.h"
#include "xen/lib/format.h"

#define REFRESH_EVERY        MS(10)
#define RUNSTATE_UPDATE_FLAG (1ul << VMASST_TYPE_runstate_update_flag)

struct tick {
    struct timer timer;
    bool ready, armed;
};

static DEFINE_PER_CPU(struct tick, timepage_tick);

/* ---- the time record ---- */

static void begin_write(uint32_t *version)
{
    WRITE_ONCE(*version, *version + 1);
    barrier(); /* x86 keeps stores in order */
}

static void end_write(uint32_t *version)
{
    barrier();
    WRITE_ONCE(*version, *version + 1);
}

static void set_scale(struct vcpu_time_info *t)
{
    const struct time_scale *scale = time_scale();

    t->tsc_to_system_mul = scale->mul;
    t->tsc_shift = scale->shift;
    t->flags = XEN_PVCLOCK_TSC_STABLE_BIT;
}

/* With a reading of the clock, as counter and as system time. */
static inline void refresh_record(struct vcpu_time_info *t, uint64_t tsc,
                                  ns_t now)
{
    begin_write(&t->version);
    t->tsc_timestamp = tsc;
    t->system_time = (uint64_t)now;
    if (unlikely(t->tsc_to_system_mul != time_scale()->mul))
        set_scale(t); /* a new page */
    end_write(&t->version);
}

/* The copy that user space reads; its version is that of the record. */
static void refresh_area(struct vcpu *v)
{
    const struct vcpu_time_info *record = &v->pv.info->time;
    struct vcpu_time_info copy = *record;

    copy.version = record->version | 1;
    area_write(&v->time_area, 0, &copy.version, sizeof(copy.version));
    barrier();
    area_write(&v->time_area, 4, (uint8_t *)&copy + 4, sizeof(copy) - 4);
    barrier();
    copy.version++;
    area_write(&v->time_area, 0, &copy.version, sizeof(copy.version));
}

/* ---- the scheduler page ---- */

/* The plug-in's names: written once for each that the vCPU is under. */
static void name_values(struct metronome_scheduler_page *p,
                        const struct sched_ops *ops)
{
    unsigned i;

    memset(p->value, 0, sizeof(p->value));
    format_text(p->scheduler, sizeof(p->scheduler), "%s", ops->name);
    for (i = 0; i < METRONOME_VALUES && ops->view_names && ops->view_names[i];
         i++)
        format_text(p->value[i].name, sizeof(p->value[i].name), "%s",
                    ops->view_names[i]);
}

/* All but the names and the version. */
static void fill_values(struct vcpu *v, struct metronome_scheduler_page *p)
{
    struct vcpu_runstate_info times;
    int64_t values[SCHED_VIEW_MAX];
    unsigned i, number = sched_view(&v->run.sv, time_now(), values);

    run_times(&v->run, &times);
    for (i = 0; i < number && i < METRONOME_VALUES; i++)
        p->value[i].value = values[i];
    p->nr_values = i;
    p->time = (uint64_t)time_now();
    p->virtual_time = (uint64_t)run_virtual_time(&v->run);
    memcpy(p->runstate, times.time, sizeof(p->runstate));
    p->state = (uint32_t)times.state;
    p->cpu = v->run.sv.cpu;
}

static void refresh_schedpage(struct vcpu *v)
{
    struct metronome_scheduler_page *p = v->schedpage;
    const struct sched_ops *ops = run_ops(&v->run);

    begin_write(&p->version);
    if (v->schedpage_ops != ops) {
        name_values(p, ops);
        v->schedpage_ops = ops;
    }
    fill_values(v, p);
    end_write(&p->version);
}

void timepage_view(struct vcpu *v, struct metronome_scheduler_page *out)
{
    const struct sched_ops *ops;
    uint64_t flags;

    memset(out, 0, sizeof(*out));
    do { /* the names are of the plug-in that gave the numbers */
        ops = run_ops(&v->run);
        name_values(out, ops);
        flags = irq_save();
        fill_values(v, out);
        irq_restore(flags);
    } while (ops != run_ops(&v->run));
}

static int make_schedpage(struct vcpu *v)
{
    struct domain *d = v->domain;
    struct page *page = frame_alloc(0, FRAME_ZERO);

    if (!page)
        return -XEN_ENOMEM;
    spin_lock(&d->lock); /* several of its vCPUs may ask at once */
    if (!v->schedpage_page) {
        mmu_share_page(page, d, false);
        __atomic_store_n(&v->schedpage_page, page, __ATOMIC_RELEASE);
        __atomic_store_n(&v->schedpage, mfn_to_virt(page_to_mfn(page)),
                         __ATOMIC_RELEASE);
        page = NULL;
    }
    spin_unlock(&d->lock);
    if (page)
        frame_free(page, 0);
    return 0;
}

int64_t timepage_schedpage(struct vcpu *v)
{
    bool there = __atomic_load_n(&v->schedpage_page, __ATOMIC_ACQUIRE);
    int rc = there ? 0 : make_schedpage(v);

    if (rc)
        return rc;
    if (v == current_vcpu()) {
        irq_disable();
        timepage_refresh(v);
        irq_enable();
    }
    return (int64_t)page_to_mfn(v->schedpage_page);
}

/* ---- the runstate area ---- */

void timepage_publish_runstate(struct vcpu *v)
{
    struct vcpu_runstate_info now;
    bool flag = v->domain->vm_assist & RUNSTATE_UPDATE_FLAG;
    size_t at = offsetof(struct vcpu_runstate_info, state_entry_time);
    uint64_t entry;

    if (!area_present(&v->runstate_area))
        return;
    run_times_at_entry(&v->run, &now);
    if (flag) {
        entry = now.state_entry_time | XEN_RUNSTATE_UPDATE;
        area_write(&v->runstate_area, at, &entry, sizeof(entry));
        barrier();
        entry = now.state_entry_time;
        now.state_entry_time |= XEN_RUNSTATE_UPDATE;
    }
    area_write(&v->runstate_area, 0, &now, sizeof(now));
    if (flag) {
        barrier();
        area_write(&v->runstate_area, at, &entry, sizeof(entry));
    }
}

/* ---- when ---- */

/* Those records that not every guest asks for. */
static void refresh_others(struct vcpu *v)
{
    if (area_present(&v->time_area))
        refresh_area(v);
    if (v->schedpage)
        refresh_schedpage(v);
}

void timepage_refresh(struct vcpu *v)
{
    uint64_t tsc = rdtsc();

    refresh_record(&v->pv.info->time, tsc, time_of_tsc(tsc));
    refresh_others(v);
}

static void tick(void *arg)
{
    struct tick *t = &this_cpu(timepage_tick);
    struct pv_vcpu *pv = current_pv();
    uint64_t flags = irq_save();

    (void)arg;
    t->armed = false;
    if (pv) {
        timepage_refresh(container_of(pv, struct vcpu, pv));
        t->armed = true;
        timer_set(&t->timer, time_now() + REFRESH_EVERY);
    }
    irq_restore(flags);
}

static void start_tick(struct tick *t)
{
    if (!t->ready) {
        timer_init(&t->timer, tick, NULL, this_cpu_id());
        t->ready = true;
    }
    t->armed = true;
    timer_set(&t->timer, time_now() + REFRESH_EVERY);
}

static NOINLINE void switch_in_others(struct vcpu *v)
{
    struct tick *t = &this_cpu(timepage_tick);

    refresh_others(v);
    if (area_present(&v->runstate_area))
        timepage_publish_runstate(v);
    if (!t->armed)
        start_tick(t);
}

void timepage_switch_in(struct vcpu *v)
{
    const struct run_cpu *here = &this_cpu(run_cpu);

    /* The reading of the switch itself. */
    refresh_record(&v->pv.info->time, here->tsc, here->now);
    if (unlikely(area_present(&v->runstate_area) ||
                 area_present(&v->time_area) || v->schedpage ||
                 !this_cpu(timepage_tick).armed))
        switch_in_others(v);
}

/* ---- the wall clock ---- */

void timepage_set_wall(struct domain *d)
{
    struct shared_info *s = d->shared;
    uint64_t base = time_wall_base();
    uint64_t seconds = base / 1000000000u + (uint64_t)d->time_offset_s;

    begin_write(&s->wc_version);
    s->wc_sec = (uint32_t)seconds;
    s->wc_sec_hi = (uint32_t)(seconds >> 32);
    s->wc_nsec = (uint32_t)(base % 1000000000u);
    end_write(&s->wc_version);
}
