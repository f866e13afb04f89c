/* Both ends of the peers' protocol. */
#include "guests/bench/peer.h"

#include "guests/bench/bench.h"
#include "guests/lib/event.h"
#include "guests/lib/grant.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/vcpu.h"

#define MAP_TRIES  200 /* a millisecond each */
#define TURN_SPINS 60  /* about 200 instructions between two counts */

const unsigned peer_weights[PEER_COUNT + 1] = { 0, 0, 64, 256, 256, 1024 };

static struct {
    volatile struct peer_table *table[PEER_COUNT + 1];
    uint32_t port[PEER_COUNT + 1];
    volatile struct peer_table *own;
} peers;

static void woken(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
}

static bool find_peer(unsigned peer, unsigned domain)
{
    void *page = page_alloc();
    volatile struct peer_table *table = page;
    grant_handle_t handle;
    unsigned tries = 0;
    int status;

    while ((status = grant_map(domain, GNTTAB_NR_RESERVED_ENTRIES, page,
                               &handle)) != GNTST_okay) {
        if (++tries == MAP_TRIES) {
            print("bench: peer %u: grant map gives %d\n", peer, status);
            return false;
        }
        clock_sleep_until(clock_now() + NS_PER_MS);
    }
    if (table->magic != PEER_MAGIC)
        return false;
    peers.port[peer] = event_bind_interdomain(domain, (uint32_t)table->port,
                                              woken, NULL);
    if (peers.port[peer])
        peers.table[peer] = table;
    return peers.port[peer];
}

void peers_find(unsigned self, bool build, bool boot)
{
    if (!build && !boot)
        return;
    for (unsigned peer = 1; peer <= PEER_COUNT; peer++) {
        int domain = (int)(self + peer);

        if (build)
            domain = build_domain(peer == 1 ? PEER_HOGS : 1, peer_weights[peer],
                                  "role=peer");
        if (domain < 0 || !find_peer(peer, (unsigned)domain)) {
            print("bench: peer %u is not there (%d)\n", peer, domain);
            break;
        }
    }
}

volatile struct peer_table *peer_table(unsigned peer)
{
    return peers.table[peer];
}

bool peer_command(unsigned peer, enum peer_command command, unsigned argument)
{
    volatile struct peer_table *table = peers.table[peer];

    if (!table)
        return false;
    table->argument = argument;
    barrier();
    table->command = command;
    (void)event_send(peers.port[peer]);
    for (unsigned i = 0; i < 2000; i++) {
        if (table->state == command)
            return true;
        clock_sleep_until(clock_now() + NS_PER_MS);
    }
    return false;
}

static void hog_job(unsigned id)
{
    while (peers.own->command == PEER_HOG) {
        for (unsigned i = 0; i < TURN_SPINS; i++)
            barrier();
        peers.own->count[id] = peers.own->count[id] + 1;
    }
}

static void serve_hog(void)
{
    if (!crew_start((unsigned)peers.own->argument, hog_job))
        return;
    peers.own->state = PEER_HOG;
    hog_job(0);
    while (crew_busy())
        clock_sleep_until(clock_now() + NS_PER_MS);
}

static void serve_yield(void)
{
    peers.own->state = PEER_YIELD;
    while (peers.own->command == PEER_YIELD) {
        (void)hypercall_sched_op(SCHEDOP_yield, NULL);
        if (peers.own->last != 1) {
            peers.own->last = 1;
            peers.own->switches = peers.own->switches + 1;
        }
    }
}

static void open_table(unsigned main)
{
    void *page = page_alloc();

    peers.own = page;
    peers.own->port = event_alloc_unbound(main, woken, NULL);
    if (!peers.own->port || !grant_init())
        guest_fail("bench peer: no event channel or grant table");
    peers.own->magic = PEER_MAGIC;
    (void)grant_access(main, page, false);
}

void peer_serve(unsigned main)
{
    open_table(main);
    for (;;) {
        (void)event_mask();
        while (peers.own->command == PEER_IDLE) {
            peers.own->state = PEER_IDLE;
            event_block();
            (void)event_mask();
        }
        event_unmask();
        if (peers.own->command == PEER_HOG)
            serve_hog();
        else
            serve_yield();
    }
}
