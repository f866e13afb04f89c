/*
 * bench: the main guest (dom0), or with role=peer a helper in another domain.
 *
 * role=main|peer  rows=GROUP[:GROUP...] (all)  peers=none|build|boot
 * self=DOMID (0)  main=DOMID (0, for peers): the main guest's number
 *
 * peers=build: this guest builds the peers itself by domctl, from the copy of
 * its own image that is its ramdisk (Xen). peers=boot: the five domains
 * after this one are peers, started by the hypervisor (Metronome). See peer.h.
 *
 * Output: bench: row=NAME value=V | bench: row=NAME na="WHY"; at the end
 * bench: done. hz= is the TSC's rate; entry_tsc= the TSC when we started.
 */
#include "guests/bench/bench.h"
#include "guests/bench/peer.h"
#include "guests/lib/options.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

static struct {
    const char *role, *rows, *peers;
    long self, main;
} bench = { "main", "all", "none", 0, 0 };

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    { "calls", rows_calls },
    { "multicall", rows_multicall },
    { "mmu", rows_mmu },
    { "faults", rows_faults },
    { "user", rows_user },
    { "grants", rows_grants },
    { "timer", rows_timer },
    { "pingpong", rows_pingpong },
    { "switch", rows_switch },
    { "involuntary", rows_involuntary },
    { "domains", rows_other_domain },
    { "wakeup", rows_wakeup },
    { "weights", rows_weights },
    { "equal", rows_equal },
    { "steps", rows_steps },
};

void row_value(const char *name, ns_t value)
{
    print("bench: row=%s value=%ld\n", name, value);
}

void row_tenths(const char *name, long tenths)
{
    print("bench: row=%s value=%ld.%ld\n", name, tenths / 10, tenths % 10);
}

void row_absent(const char *name, const char *why)
{
    print("bench: row=%s na=\"%s\"\n", name, why);
}

ns_t median(ns_t *values, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        ns_t value = values[i];
        unsigned at = i;

        for (; at && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
    return n ? values[n / 2] : 0;
}

#define BATCHES 9

ns_t measure(void (*batch)(unsigned count), unsigned count)
{
    ns_t times[BATCHES];

    batch(count); /* warm: allocations, first faults */
    for (unsigned i = 0; i < BATCHES; i++) {
        uint64_t start = clock_tsc();

        batch(count);
        times[i] = clock_tsc_to_ns(clock_tsc() - start);
    }
    return (median(times, BATCHES) + count / 2) / count;
}

/* Is name in the colon-separated list? */
static bool chosen(const char *name)
{
    const char *at = bench.rows;
    size_t length = strlen(name);

    if (!strcmp(at, "all"))
        return strcmp(name, "steps");
    for (; *at; at++) {
        if (!strncmp(at, name, length) && (!at[length] || at[length] == ':'))
            return true;
        while (at[1] && *at != ':')
            at++;
    }
    return false;
}

void guest_main(void)
{
    static const struct option table[] = {
        { "role", NULL, &bench.role, "main or peer" },
        { "rows", NULL, &bench.rows, "groups" },
        { "self", &bench.self, NULL, "our own number" },
        { "main", &bench.main, NULL, "the main guest's number" },
        { "peers", NULL, &bench.peers, "none, build or boot" },
    };
    uint64_t entry = clock_tsc();

    options_parse("bench", table, sizeof(table) / sizeof(*table));
    if (!strcmp(bench.role, "peer")) {
        peer_serve((unsigned)bench.main);
        return;
    }
    print("bench: hz=%lu entry_tsc=%lu\n", clock_tsc_hz(), entry);
    peers_find((unsigned)bench.self, !strcmp(bench.peers, "build"),
               !strcmp(bench.peers, "boot"));
    for (unsigned i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
        if (chosen(groups[i].name)) {
            print("bench: group=%s\n", groups[i].name);
            groups[i].run();
        }
    }
    print("bench: done\n");
}
