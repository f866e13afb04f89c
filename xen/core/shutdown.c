/*
 * shutdown.c - how a domain stops: its own wish, a crash, its watchdog.
 *
 * A shut-down domain stays, with all its vCPUs stopped, until somebody kills
 * it: dom0's toolstack, which hears of it by VIRQ_DOM_EXC, or nobody (the
 * boot-time domains of an experiment). What the hypervisor itself does about
 * it is in the hook: see xen/dom/finish.c.
 *
 * Stopping is asynchronous: each vCPU stops at its next return to the guest;
 * the caller's own too.
 */
#include <xen/errno.h>
#include "trace/trace.h"
#include "xen/arch/up.h"
#include "xen/arch/x86/guest_access.h"
#include "xen/base/softirq.h"
#include "xen/base/time.h"
#include "xen/base/trace_host.h"
#include "xen/core/domain_private.h"
#include "xen/lib/format.h"

static struct {
    void (*hook)(struct domain *d);
    ns_t show_next; /* atomically: no records for a watchdog before this */
} shutdown;

void domain_on_shutdown(void (*hook)(struct domain *d))
{
    shutdown.hook = hook;
}

void domain_shutdown(struct domain *d, unsigned reason)
{
    bool first;

    spin_lock(&d->lock);
    first = !d->shut_down;
    if (first) {
        d->shut_down = true;
        if (!d->announced)
            d->shutdown_code = (uint8_t)reason;
        domain_pause_vcpus(d);
    }
    spin_unlock(&d->lock);
    if (current_pv() && current_domain() == d)
        WRITE_ONCE(current_pv()->stop, 1); /* no further into the guest */
    if (!first)
        return;
    event_send_global_virq(VIRQ_DOM_EXC);
    if (shutdown.hook)
        shutdown.hook(d);
}

void domain_announce_shutdown(struct domain *d, unsigned reason)
{
    spin_lock(&d->lock);
    if (!d->shut_down) {
        d->announced = true;
        d->shutdown_code = (uint8_t)reason;
    }
    spin_unlock(&d->lock);
}

void domain_resume(struct domain *d)
{
    domain_pause(d);
    spin_lock(&d->lock);
    if (d->shut_down) {
        d->shut_down = d->announced = false;
        d->shutdown_code = 0;
        domain_unpause_vcpus(d);
    }
    spin_unlock(&d->lock);
    (void)domain_unpause(d); /* unless it is dying */
}

/* ---- crashes ---- */

static void say_registers(void)
{
    const struct cpu_user_regs *r = guest_regs();

    log_error("  rip %016lx cs %04x rflags %016lx", r->rip, r->cs, r->rflags);
    log_error("  rsp %016lx ss %04x", r->rsp, r->ss);
    log_error("  rax %016lx rbx %016lx rcx %016lx", r->rax, r->rbx, r->rcx);
    log_error("  rdx %016lx rsi %016lx rdi %016lx", r->rdx, r->rsi, r->rdi);
    log_error("  rbp %016lx r8  %016lx r9  %016lx", r->rbp, r->r8, r->r9);
    log_error("  r10 %016lx r11 %016lx r12 %016lx", r->r10, r->r11, r->r12);
    log_error("  r13 %016lx r14 %016lx r15 %016lx", r->r13, r->r14, r->r15);
}

/* The top of the kernel's stack, and what may be return addresses in it is for
 * whoever has its symbols. */
static void say_stack(void)
{
    uint64_t word[24];
    unsigned i;

    if (copy_from_guest(word, guest_regs()->rsp, sizeof(word)))
        return; /* too near to its end, or none */
    log_error("  stack from rsp:");
    for (i = 0; i < ARRAY_SIZE(word); i += 4)
        log_error("    %016lx %016lx %016lx %016lx", word[i], word[i + 1],
                  word[i + 2], word[i + 3]);
}

void domain_say_state(const struct domain *d)
{
    if (!current_pv() || current_domain() != d)
        return;
    log_error("Domain %u (%s), vCPU %u:", d->id, d->name, current_vcpu()->id);
    say_registers();
    say_stack();
}

void domain_crashv(struct domain *d, const char *format, va_list args)
{
    bool own = current_pv() && current_domain() == d;
    char why[160];

    if (READ_ONCE(d->shut_down)) { /* it crashes once; the rest is silence */
        if (own) /* whoever shuts it down may not have paused us yet */
            domain_shutdown(d, SHUTDOWN_crash);
        return;
    }
    format_textv(why, sizeof(why), format, args);
    if (own)
        log_error("Domain %u (%s) crashed on its vCPU %u: %s", d->id, d->name,
                  current_vcpu()->id, why);
    else
        log_error("Domain %u (%s) crashed: %s", d->id, d->name, why);
    if (own && d->id != 0) /* dom0's end shows it: xen/dom/finish.c */
        say_registers();
    d->crashed = true;
    domain_shutdown(d, SHUTDOWN_crash);
}

void domain_crash(struct domain *d, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    domain_crashv(d, format, args);
    va_end(args);
}

void up_crash(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    domain_crashv(current_domain(), format, args);
    va_end(args);
}

/* ---- the watchdog ---- */

/* On a serial line the records take half a second of this CPU, and a guest may
 * let its watchdog expire, and be made again, as often as it likes. */
#define SHOW_AGAIN S(60)

static bool may_show(void)
{
    ns_t next = __atomic_load_n(&shutdown.show_next, __ATOMIC_RELAXED);
    ns_t now = time_now();

    return trace_get_mask() && now >= next &&
           __atomic_compare_exchange_n(&shutdown.show_next, &next,
                                       now + SHOW_AGAIN, false,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static void watchdog_fired(void *arg)
{
    struct domain *d = arg;

    log_warning("Domain %u (%s): its watchdog has expired", d->id, d->name);
    if (may_show())
        trace_show_last();
    domain_shutdown(d, SHUTDOWN_watchdog);
}

void domain_watchdog_create(struct domain *d)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(d->watchdog); i++)
        timer_init(&d->watchdog[i], watchdog_fired, d, this_cpu_id());
}

void domain_watchdog_destroy(struct domain *d)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(d->watchdog); i++)
        timer_kill(&d->watchdog[i]);
}

int domain_watchdog(struct domain *d, unsigned slot, unsigned seconds)
{
    bool any = slot == 0;

    if (slot > ARRAY_SIZE(d->watchdog))
        return -XEN_EINVAL;
    for (slot = any ? 1 : slot; slot <= ARRAY_SIZE(d->watchdog); slot++) {
        struct timer *t = &d->watchdog[slot - 1];

        if (any && timer_armed(t))
            continue;
        if (!any && !timer_armed(t))
            return -XEN_EINVAL;
        if (seconds == 0)
            timer_stop(t);
        else
            timer_set(t, time_now() + S(seconds));
        return any ? (int)slot : 0;
    }
    return -XEN_ENOSPC;
}

/* ---- what arch asks of us ---- */

void up_stop(void)
{
    struct vcpu *v = current_vcpu();

    /* Whoever set it has given v a reason not to run, so that the scheduler
     * leaves it here until there is none. */
    WRITE_ONCE(v->pv.stop, 0);
    softirq_raise(SOFTIRQ_SCHEDULE);
    softirq_run();
}

bool up_is_hardware_domain(void)
{
    return current_domain()->hardware;
}
