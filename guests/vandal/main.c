/*
 * vandal: a guest that connects to the back-ends of a disk (51712) and of a
 * network card (0) as a front-end does, uses the disk once, and then writes
 * nonsense into the shared rings: requests without sense, indices that run
 * away, random bytes everywhere. dom0 must go on.
 *
 * rounds=N (200): how often each kind is written.
 * Its last line is `vandal: done`; then it waits to be destroyed.
 */
#include <xen/io/blkif.h>
#include <xen/io/netif.h>
#include <xen/sched.h>

#include "guests/lib/event.h"
#include "guests/lib/grant.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/lock.h"
#include "guests/lib/options.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/random.h"
#include "guests/lib/start.h"
#include "guests/lib/store.h"
#include "guests/lib/string.h"

#define HOME_DISK "device/vbd/51712"
#define HOME_NET  "device/vif/0"
/* Entries of a ring of one page, by __RING_SIZE() of <xen/io/ring.h>. */
#define DISK_RING 32u
#define NET_RING  256u

static struct random dice;
static uint32_t port_disk, port_net;

static void give_way(void)
{
    (void)hypercall_sched_op(SCHEDOP_yield, NULL);
}

static void nothing(uint32_t port, void *arg)
{
    (void)port, (void)arg;
}

static void put(const char *home, const char *key, unsigned value)
{
    char path[64];

    (void)print_to(path, sizeof(path), "%s/%s", home, key);
    if (!store_write_number(path, value))
        guest_fail("vandal: %s cannot be written", path);
}

/* Until the back-end of `home` is in this state. */
static void wait_backend(const char *home, const char *state)
{
    char path[128], backend[96];

    (void)print_to(path, sizeof(path), "%s/backend", home);
    if (!store_read(path, backend, sizeof(backend)))
        guest_fail("vandal: %s is not there", path);
    (void)print_to(path, sizeof(path), "%s/state", backend);
    store_wait(path, state);
}

static uint32_t new_port(void)
{
    uint32_t port = event_alloc_unbound(0, nothing, NULL);

    if (!port)
        guest_fail("vandal: no event channel");
    return port;
}

/* ---- the disk ---- */

static struct blkif_sring *connect_disk(void)
{
    struct blkif_sring *ring = page_alloc();
    char key[40];

    wait_backend(HOME_DISK, "2");
    SHARED_RING_INIT(ring);
    port_disk = new_port();
    put(HOME_DISK, "ring-ref", grant_access(0, ring, false));
    put(HOME_DISK, "event-channel", port_disk);
    (void)print_to(key, sizeof(key), "%s/protocol", HOME_DISK);
    (void)store_write(key, "x86_64-abi");
    put(HOME_DISK, "state", 3);
    wait_backend(HOME_DISK, "4");
    put(HOME_DISK, "state", 4);
    return ring;
}

static blkif_request_t good_request(grant_ref_t page)
{
    blkif_request_t r = { .operation = BLKIF_OP_READ,
                          .nr_segments = 1,
                          .id = 7 };

    r.seg[0].gref = page;
    r.seg[0].last_sect = 7;
    return r;
}

/* A read that works: what follows goes to a back-end that listens. */
static void use_disk(struct blkif_sring *ring, grant_ref_t page)
{
    ring->ring[0].req = good_request(page);
    barrier();
    ring->req_prod = 1;
    (void)event_send(port_disk);
    while (*(volatile RING_IDX *)&ring->rsp_prod != 1)
        give_way();
    if (ring->ring[0].rsp.id != 7 || ring->ring[0].rsp.status)
        guest_fail("vandal: the disk cannot be read");
    print("vandal: disk works\n");
}

static blkif_request_t bad_request(grant_ref_t page)
{
    blkif_request_t r = good_request(page);

    switch (random_below(&dice, 7)) {
    case 0:
        r.operation = (uint8_t)random_next(&dice);
        break;
    case 1:
        r.nr_segments = (uint8_t)random_next(&dice);
        break;
    case 2:
        r.seg[0].gref = (grant_ref_t)random_next(&dice);
        break;
    case 3:
        r.sector_number = random_next(&dice);
        break;
    case 4:
        r.seg[0].first_sect = (uint8_t)random_next(&dice);
        r.seg[0].last_sect = (uint8_t)random_next(&dice);
        break;
    case 5:
        r.handle = (blkif_vdev_t)random_next(&dice);
        r.operation = BLKIF_OP_INDIRECT;
        break;
    default:
        for (unsigned i = 0; i < sizeof(r); i++)
            ((uint8_t *)&r)[i] = (uint8_t)random_next(&dice);
    }
    return r;
}

/* One request at a time, each answered before the next one is made. */
static void bad_requests(struct blkif_sring *ring, grant_ref_t page,
                         long rounds)
{
    unsigned patience;

    for (long i = 0; i < rounds; i++) {
        RING_IDX at = ring->req_prod;

        ring->ring[at % DISK_RING].req = bad_request(page);
        barrier();
        ring->req_prod = at + 1;
        (void)event_send(port_disk);
        for (patience = 0; patience < 100000 &&
                           *(volatile RING_IDX *)&ring->rsp_prod != at + 1;
             patience++)
            give_way();
    }
    print("vandal: disk: %u of %u answered\n", ring->rsp_prod, ring->req_prod);
}

/* ---- the network ---- */

struct net {
    struct netif_tx_sring *tx;
    struct netif_rx_sring *rx;
};

static struct net connect_net(void)
{
    struct net n = { page_alloc(), page_alloc() };

    wait_backend(HOME_NET, "2");
    SHARED_RING_INIT(n.tx);
    SHARED_RING_INIT(n.rx);
    port_net = new_port();
    put(HOME_NET, "tx-ring-ref", grant_access(0, n.tx, false));
    put(HOME_NET, "rx-ring-ref", grant_access(0, n.rx, false));
    put(HOME_NET, "event-channel", port_net);
    put(HOME_NET, "request-rx-copy", 1);
    put(HOME_NET, "state", 4);
    wait_backend(HOME_NET, "4");
    print("vandal: network connected\n");
    return n;
}

static void bad_packets(struct net n, grant_ref_t page, long rounds)
{
    for (long i = 0; i < rounds; i++) {
        netif_tx_request_t r = { .gref = page, .size = 60 };

        if (i % 4) {
            r.gref = (grant_ref_t)random_next(&dice);
            r.offset = (uint16_t)random_next(&dice);
            r.flags = (uint16_t)random_next(&dice);
            r.size = (uint16_t)random_next(&dice);
        }
        n.tx->ring[n.tx->req_prod % NET_RING].req = r;
        n.rx->ring[n.rx->req_prod % NET_RING].req.gref =
            (grant_ref_t)random_next(&dice);
        barrier();
        n.tx->req_prod++;
        n.rx->req_prod++;
        (void)event_send(port_net);
        give_way();
    }
}

/* ---- anything ---- */

static void scribble(void *ring, uint32_t port, long rounds)
{
    uint64_t *word = ring;

    for (long i = 0; i < rounds; i++) {
        word[random_below(&dice, i % 2 ? PAGE_SIZE / 8 : 8)] = random_next(
            &dice);
        (void)event_send(port);
        give_way();
    }
}

void guest_main(void)
{
    struct blkif_sring *disk;
    grant_ref_t page;
    struct net net;
    long rounds = 200;
    const struct option table[] = {
        { "rounds", &rounds, NULL, "how often each kind is written" },
    };

    options_parse("vandal", table, sizeof(table) / sizeof(*table));
    random_seed(&dice, 1);
    if (!store_init() || !grant_init())
        guest_fail("vandal: it wants a toolstack");
    page = grant_access(0, page_alloc(), false);
    disk = connect_disk();
    net = connect_net();
    use_disk(disk, page);
    bad_requests(disk, page, rounds);
    bad_packets(net, page, rounds);
    scribble(net.tx, port_net, rounds);
    scribble(net.rx, port_net, rounds);
    disk->req_prod += 12345; /* an index that ran away */
    (void)event_send(port_disk);
    scribble(disk, port_disk, rounds);
    print("vandal: done\n");
    for (;;)
        event_block();
}
