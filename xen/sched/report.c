/*
 * report.c - what is said of a plug-in that broke a rule.
 *
 * host_breach() is called with the locks of the whole pool, so it only writes
 * text into memory: the rule, whom it concerns, that vCPU's last trace records,
 * the run queues. The fallback then rules at once. The text is printed from a
 * timer, some lines at a time: a serial line takes half a second for it all,
 * which no CPU spends here. A panic (sched_strict) prints it before it ends.
 *
 * One report at a time; of a breach in another pool meanwhile only the head is
 * printed, at once.
 */
#include <string.h>
#include "sched/api/host.h"
#include "sched/api/core.h"
#include "trace/trace.h"
#include "xen/base/console.h"
#include "xen/base/timer.h"
#include "xen/base/trace_host.h"
#include "xen/lib/format.h"
#include "xen/sched/host_private.h"
#include "xen/sched/run_private.h"

#define REPORT_BYTES   32768u
#define REPORT_RECORDS 100u
#define LINES_AT_ONCE  2u
#define PAUSE_NS       MS(20)

static struct {
    char text[REPORT_BYTES];
    size_t used, printed;
    uint32_t taken;      /* atomic: a report is being made or printed */
    unsigned taking_cpu; /* whose text goes into it, plus 1; 0: nobody's */
    bool cut;            /* it did not fit */
    struct timer timer;
} report;

static void add(const char *text)
{
    size_t n = strlen(text);

    if (n >= sizeof(report.text) - report.used) {
        report.cut = true;
        return;
    }
    memcpy(report.text + report.used, text, n + 1);
    report.used += n;
}

bool report_takes(const char *text)
{
    if (READ_ONCE(report.taking_cpu) != this_cpu_id() + 1)
        return false;
    add(text);
    return true;
}

static void add_line(const char *line)
{
    add("    ");
    add(line);
    add("\n");
}

/* ---- printing ---- */

/* One line; false: there is none left. */
static bool print_line(void)
{
    const char *line = report.text + report.printed;
    size_t n = 0;

    if (report.printed == report.used)
        return false;
    while (report.printed + n < report.used && line[n] != '\n')
        n++;
    log_error("%.*s", (int)n, line);
    report.printed += n + 1;
    if (report.printed > report.used)
        report.printed = report.used;
    return true;
}

static void print_some(void *arg)
{
    unsigned i;

    (void)arg;
    for (i = 0; i < LINES_AT_ONCE; i++)
        if (!print_line()) {
            __atomic_store_n(&report.taken, 0, __ATOMIC_RELEASE);
            return;
        }
    timer_set(&report.timer, time_now() + PAUSE_NS);
}

/* ---- making ---- */

static void add_head(const struct sched_breach *b)
{
    char line[192];
    size_t n = format_text(line, sizeof(line),
                           "scheduler %s (pool %u) broke a rule on CPU%u: %s",
                           b->plugin, sched_number(b->sched), b->cpu, b->rule);

    if (b->v && n < sizeof(line))
        (void)format_text(line + n, sizeof(line) - n, ": d%uv%u", b->v->dom,
                          b->v->id);
    add(line);
    add("\n");
}

static void add_records(const struct sched_breach *b)
{
    const struct sched_ops *ops = sched_ops_of(b->sched);
    struct trace_names names = { ops->name, plugin_first_event(ops),
                                 ops->events };
    char line[80];

    if (b->v)
        (void)format_text(line, sizeof(line),
                          "  the last trace records of d%uv%u:\n", b->v->dom,
                          b->v->id);
    else
        (void)format_text(line, sizeof(line),
                          "  the last trace records of CPU%u:\n", b->cpu);
    add(line);
    trace_show(b->v ? trace_id(b->v->dom, b->v->id) : TRACE_OF_CPU(b->cpu),
               REPORT_RECORDS, &names, add_line);
}

static void make(const struct sched_breach *b, bool stops)
{
    report.used = report.printed = 0;
    report.cut = false;
    WRITE_ONCE(report.taking_cpu, this_cpu_id() + 1);
    add_head(b);
    add_records(b);
    add("  its queues:\n");
    sched_dump(b->sched, time_now());
    if (report.cut) { /* room for this: what was cut was longer */
        report.used -= report.used > 64 ? 64 : report.used;
        add("\n  (the rest does not fit)\n");
    }
    if (!stops) {
        add("scheduler rr takes over from ");
        add(b->plugin);
        add("\n");
    }
    WRITE_ONCE(report.taking_cpu, 0);
}

void host_breach(const struct sched_breach *b)
{
    bool stops = run_options.strict || !b->can_fall_back;

    if (__atomic_exchange_n(&report.taken, 1, __ATOMIC_ACQUIRE) && !stops) {
        log_error("scheduler %s (pool %u) broke a rule on CPU%u, too: %s; "
                  "rr takes over",
                  b->plugin, sched_number(b->sched), b->cpu, b->rule);
        return;
    }
    make(b, stops);
    if (stops) {
        while (print_line())
            ;
        panic("scheduler %s broke a rule: %s", b->plugin, b->rule);
    }
    trace_1(TRACE_SCHED_FALLBACK, sched_number(b->sched));
    plugin_announce(b->sched, sched_find("rr"));
    timer_init(&report.timer, print_some, NULL, this_cpu_id());
    timer_set(&report.timer, time_now());
}
