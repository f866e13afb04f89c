/*
 * pingpong: two domains take turns, by an event channel and a shared page.
 *
 * role=a|b  peer=DOMID  interval=T (0: at once)  rounds=N (0: no limit)
 * duration=T (10s; 0: no limit)  start=T (0: at once): system time of the
 * first round
 *
 * A allocates an unbound port for B, and grants B one page as its first grant
 * (reference 8); the page tells the port. B tries to map it until A is there.
 * Then A writes a new turn, notifies and blocks until B has answered it: one
 * round trip. A reports; at the end both power off.
 *
 * Output: pingpong: rounds=N roundtrip_min=.. roundtrip_p50=.. .. (ns)
 */
#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/grant.h"
#include "guests/lib/histogram.h"
#include "guests/lib/options.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

#define MAGIC       0x676e6f70676e6970UL
#define FIRST_GRANT GNTTAB_NR_RESERVED_ENTRIES

/* The shared page. A writes all but `ready` and `pong`, which are B's. */
struct table {
    uint64_t magic; /* last: the rest is valid */
    uint64_t port;
    uint64_t ping, stop;
    uint64_t ready, pong;
};

static struct {
    const char *role;
    long peer, start, interval, rounds, duration;
    volatile struct table *table;
    uint32_t port;
    struct histogram roundtrip;
} game = { .peer = -1, .duration = 10 * NS_PER_S };

static void notified(uint32_t port, void *arg)
{
    (void)port;
    (void)arg; /* the wake-up is the message */
}

/* Blocks until *word is value, or the game has stopped. Upcalls stay masked:
 * what comes between the test and the block ends the block. */
static void wait_for(volatile uint64_t *word, uint64_t value)
{
    (void)event_mask();
    while (*word != value && !game.table->stop) {
        event_block();
        (void)event_mask();
    }
    event_unmask();
}

static bool over(ns_t start, uint64_t round)
{
    return (game.rounds && round > (uint64_t)game.rounds) ||
           (game.duration && clock_now() - start > game.duration);
}

static void play_a(void)
{
    void *page = page_alloc();
    ns_t start, sent;

    game.table = page;
    game.port = event_alloc_unbound((unsigned)game.peer, notified, NULL);
    if (!game.port || !grant_init())
        guest_fail("pingpong a: no event channel or grant table");
    game.table->port = game.port;
    game.table->magic = MAGIC;
    if (grant_access((unsigned)game.peer, page, false) != FIRST_GRANT)
        guest_fail("pingpong a: the first grant is not %d", FIRST_GRANT);
    wait_for(&game.table->ready, 1);
    clock_sleep_until(game.start);
    start = clock_now();
    for (uint64_t round = 1; !over(start, round); round++) {
        sent = clock_now();
        game.table->ping = round;
        (void)event_send(game.port);
        wait_for(&game.table->pong, round);
        histogram_add(&game.roundtrip, clock_now() - sent);
        if (game.interval)
            clock_sleep_until(sent + game.interval);
    }
    game.table->stop = 1;
    (void)event_send(game.port);
    print("pingpong: rounds=%lu", game.roundtrip.count);
    histogram_print("roundtrip", &game.roundtrip);
    print("\n");
}

static void play_b(void)
{
    grant_handle_t handle;
    void *page = page_alloc();

    while (grant_map((unsigned)game.peer, FIRST_GRANT, page, &handle) !=
           GNTST_okay)
        clock_sleep_until(clock_now() + NS_PER_MS);
    game.table = page;
    if (game.table->magic != MAGIC)
        guest_fail("pingpong b: the page is not a pingpong table");
    game.port = event_bind_interdomain(
        (unsigned)game.peer, (uint32_t)game.table->port, notified, NULL);
    if (!game.port)
        guest_fail("pingpong b: cannot bind port %lu", game.table->port);
    game.table->ready = 1;
    (void)event_send(game.port);
    for (uint64_t round = 1; !game.table->stop; round++) {
        wait_for(&game.table->ping, round);
        game.table->pong = round;
        (void)event_send(game.port);
    }
    (void)grant_unmap(page, handle);
    print("pingpong: b done\n");
}

void guest_main(void)
{
    static const struct option table[] = {
        { "role", NULL, &game.role, "a or b" },
        { "peer", &game.peer, NULL, "domain id" },
        { "start", &game.start, NULL, "begin at this system time" },
        { "interval", &game.interval, NULL, "between starts of rounds" },
        { "rounds", &game.rounds, NULL, "how many" },
        { "duration", &game.duration, NULL, "system time" },
    };

    options_parse("pingpong", table, sizeof(table) / sizeof(*table));
    if (game.peer < 0 || !game.role ||
        (strcmp(game.role, "a") && strcmp(game.role, "b")))
        guest_fail("pingpong: role=a|b and peer=DOMID are needed");
    event_unmask();
    if (!strcmp(game.role, "a"))
        play_a();
    else
        play_b();
}
