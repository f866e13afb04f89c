/*
 * dump.c - domains, vCPUs and frames as debug keys show them.
 *
 * Reads without locks what may change meanwhile, but for the lists: a figure
 * may be off by what happens just now.
 */
#include "xen/base/console.h"
#include "xen/core/dirty.h"
#include "xen/core/domain.h"
#include "xen/core/dump.h"
#include "xen/core/grant.h"
#include "xen/core/pagetype.h"

static const char *state_name(int state)
{
    static const char *const names[] = { "running", "runnable", "blocked",
                                         "offline" };

    return state >= 0 && state < 4 ? names[state] : "?";
}

static void dump_vcpu(const struct vcpu *v)
{
    struct vcpu_runstate_info times;

    run_times(&v->run, &times);
    console_print(
        "  vCPU %u: %s, CPU %u of %#lx%s%s; events %s%s; ms: %lu running, "
        "%lu runnable, %lu blocked, %lu offline\n",
        v->id, state_name(times.state), v->run.last_cpu,
        v->run.sv.affinity.word[0], v->up ? "" : ", down",
        v->initialised ? "" : ", without context",
        event_pending(v) ? "pending" : "none",
        v->event.polling ? ", polling" : "",
        times.time[RUNSTATE_running] / 1000000,
        times.time[RUNSTATE_runnable] / 1000000,
        times.time[RUNSTATE_blocked] / 1000000,
        times.time[RUNSTATE_offline] / 1000000);
}

/* Its kernel may have something to say, too. */
static void ask_guest(struct domain *d)
{
    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i] && d->vcpu[i]->event.virq_port[VIRQ_DEBUG]) {
            console_print("  VIRQ_DEBUG to vCPU %u\n", i);
            event_send_virq(d->vcpu[i], VIRQ_DEBUG);
        }
}

static void dump_domain(struct domain *d, void *arg)
{
    (void)arg;
    console_print("domain %u (%.*s): %lu frames of %lu, %lu references%s%s%s\n",
                  d->id, (int)sizeof(d->name), d->name, d->mmu.nr_pages,
                  d->mmu.max_pages, d->refs, d->crashed ? ", crashed" : "",
                  d->shut_down ? ", shut down" : "", d->dying ? ", dying" : "");
    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            dump_vcpu(d->vcpu[i]);
    ask_guest(d);
}

void dump_domains(void)
{
    domain_visit(dump_domain, NULL);
}

static void count_pages(struct domain *d, void *arg)
{
    static const char *const names[8] = { "untyped",  "L1",       "L2",
                                          "L3",       "L4",       "descriptors",
                                          "writable", "read-only" };
    unsigned long count[8] = { 0 }, pinned = 0;
    struct page *page;

    (void)arg;
    spin_lock(&d->mmu.page_lock);
    TAILQ_FOREACH (page, &d->mmu.pages, entry) {
        uint64_t word = page_word(page);

        count[word & TYPE_COUNT ? word >> PT_SHIFT : 0]++;
        pinned += (word & PAGE_PINNED) != 0;
    }
    spin_unlock(&d->mmu.page_lock);
    console_print("domain %u: %lu frames; %lu pinned;", d->id, d->mmu.nr_pages,
                  pinned);
    for (unsigned i = 0; i < 8; i++)
        if (count[i])
            console_print(" %s %lu", names[i], count[i]);
    console_print("\n");
}

void dump_pages(void)
{
    domain_visit(count_pages, NULL);
}

static void count_held(struct domain *d, void *arg)
{
    uint64_t *owned = arg;
    unsigned long released = 0;
    struct page *page;

    spin_lock(&d->mmu.page_lock);
    TAILQ_FOREACH (page, &d->mmu.released, entry)
        released++;
    *owned += d->mmu.nr_pages;
    spin_unlock(&d->mmu.page_lock);
    console_print("domain %u: %lu frames, %lu of them given up and in use; "
                  "%u ports, %u grants in use, %u mappings, %lu references",
                  d->id, d->mmu.nr_pages, released, event_count(d),
                  grant_count_pinned(d), grant_count_maps(d), d->refs);
    if (dirty_frames(d))
        console_print("; %lu frames of shadow tables", dirty_frames(d));
    console_print("\n");
}

void dump_counts(void)
{
    uint64_t owned = 0, free;

    domain_visit(count_held, &owned);
    free = frame_count_free();
    console_print("frames: %lu free, %lu of those domains, %lu others; domains "
                  "not yet freed: %u\n",
                  free, owned, frame_count_total() - free - owned,
                  domain_count());
}

void dump_guest_here(void)
{
    const struct cpu_user_regs *regs = guest_regs();

    if (current_pv())
        console_print("  domain %u vCPU %u: rip %016lx rsp %016lx rflags "
                      "%08lx\n",
                      current_domain()->id, current_vcpu()->id, regs->rip,
                      regs->rsp, regs->rflags);
}
