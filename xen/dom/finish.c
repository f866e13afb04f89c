/*
 * finish.c - how a run ends.
 *
 * With a dom0 it is the machine's master: its shutdown is the machine's.
 * Without one, the run ends when all boot-time domains have shut down, or the
 * one named by stop_after=, or when run_for= has passed. A domain that crashes
 * is said so, and its run ends with a message that cannot be overlooked.
 */
#include <string.h>
#include "xen/arch/x86/power.h"
#include "xen/base/time.h"
#include "xen/core/domain.h"
#include "xen/dom/dom.h"
#include "xen/lib/cmdline.h"
#include "sched/api/core.h"

enum at_end { END_POWEROFF, END_REBOOT, END_HALT };

static struct {
    char stop_after[32];
    ns_t run_for; /* 0: no limit */
    enum at_end at_end;
    bool has_dom0;
    unsigned running; /* boot-time domains that are; atomic */
    bool crashed;
    struct timer timer;
} finish;

static int parse_run_for(const char *value)
{
    static const struct {
        const char *suffix;
        ns_t unit;
    } units[] = {
        { "s", S(1) }, { "ms", MS(1) }, { "us", US(1) }, { "", S(1) }
    };
    uint64_t number;
    char digits[16];
    size_t n = 0, i;

    while (value[n] >= '0' && value[n] <= '9')
        n++;
    if (n == 0 || n >= sizeof(digits))
        return -1;
    memcpy(digits, value, n);
    digits[n] = '\0';
    if (cmdline_unsigned(digits, &number) || number > 1000000000)
        return -1;
    for (i = 0; i < ARRAY_SIZE(units); i++)
        if (strcmp(value + n, units[i].suffix) == 0) {
            finish.run_for = (ns_t)number * units[i].unit;
            return 0;
        }
    return -1;
}

static int parse_at_end(const char *value)
{
    static const char *const names[] = { "poweroff", "reboot", "halt" };
    size_t i;

    for (i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(value, names[i]) == 0) {
            finish.at_end = (enum at_end)i;
            return 0;
        }
    return -1;
}

CMDLINE_OPTION(stop_after) = { "stop_after", "the name of a boot-time domain",
                               .kind = CMDLINE_TEXT,
                               .variable = finish.stop_after,
                               .max = sizeof(finish.stop_after) };
CMDLINE_OPTION(run_for) = { "run_for", "a time such as 10s or 500ms",
                            .kind = CMDLINE_PARSED, .parse = parse_run_for };
CMDLINE_OPTION(at_end) = { "at_end", "poweroff, reboot, halt",
                           .kind = CMDLINE_PARSED, .parse = parse_at_end };

static void NORETURN end_now(enum at_end how)
{
    switch (how) {
    case END_POWEROFF:
        power_off();
    case END_REBOOT:
        power_reboot();
    case END_HALT:
        power_halt();
    }
    power_halt();
}

static void NORETURN end_run(const char *why)
{
    log_info("End of the run: %s%s", why,
             finish.crashed ? " (a domain has crashed)" : "");
    end_now(finish.at_end);
}

/* dom0's wish is the machine's. What is no wish ends as our own faults do:
 * reboots, or halts with noreboot. */
static void end_dom0(const struct domain *d)
{
    switch (d->shutdown_code) {
    case SHUTDOWN_poweroff:
        log_info("dom0 has powered off");
        end_now(END_POWEROFF);
    case SHUTDOWN_reboot:
        log_info("dom0 reboots");
        end_now(END_REBOOT);
    case SHUTDOWN_suspend:
        log_info("dom0 has suspended itself");
        end_now(END_REBOOT);
    case SHUTDOWN_watchdog:
        domain_say_state(d);
        die("dom0's watchdog has expired");
    default:
        domain_say_state(d);
        die("dom0 has crashed");
    }
}

static const char *reason_name(unsigned reason)
{
    static const char *const names[] = {
        "power-off", "reboot", "suspend", "crash", "watchdog", "soft reset"
    };

    return reason < ARRAY_SIZE(names) ? names[reason] : "unknown";
}

static void shut_down(struct domain *d)
{
    if (d->id == 0)
        end_dom0(d);
    log_info("Domain %u (%s) has shut down: %s", d->id, d->name,
             reason_name(d->shutdown_code));
    if (d->shutdown_code == SHUTDOWN_crash ||
        d->shutdown_code == SHUTDOWN_watchdog)
        finish.crashed = true;
    if (finish.has_dom0)
        return;
    if (__atomic_sub_fetch(&finish.running, 1, __ATOMIC_SEQ_CST) == 0)
        end_run("all domains have shut down");
    if (strcmp(d->name, finish.stop_after) == 0)
        end_run("the domain of stop_after= has shut down");
}

static void time_is_up(void *arg)
{
    (void)arg;
    end_run("the time of run_for= is up");
}

struct search {
    bool found;
};

static void look_for_name(struct domain *d, void *arg)
{
    struct search *s = arg;

    s->found |= strcmp(d->name, finish.stop_after) == 0;
}

void dom_watch_for_end(unsigned nr_domains, bool has_dom0)
{
    struct search s = { false };

    finish.has_dom0 = has_dom0;
    finish.running = nr_domains;
    if (finish.stop_after[0]) {
        domain_visit(look_for_name, &s);
        if (!s.found)
            die("stop_after=%s: there is no such domain", finish.stop_after);
    }
    domain_on_shutdown(shut_down);
    if (finish.run_for) {
        timer_init(&finish.timer, time_is_up, NULL, 0);
        timer_set(&finish.timer, time_now() + finish.run_for);
    }
}
