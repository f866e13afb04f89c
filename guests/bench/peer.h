/*
 * The peers: this same guest in further domains, commanded by the main one
 * through a page that each peer grants (its first grant) and an event channel.
 *
 * Peer 1 has 16 vCPUs; peers 2..5 have one, with the weights 64, 256, 256 and
 * 1024. Peer i is the i-th domain after the main one. An idle peer is blocked.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stdint.h>

#define PEER_COUNT 5
#define PEER_HOGS  16
#define PEER_MAGIC 0x72656570686e6562UL

enum peer_command { PEER_IDLE, PEER_HOG, PEER_YIELD };

/* The granted page. */
struct peer_table {
    uint64_t magic; /* last: the rest is valid */
    uint64_t port;
    uint64_t command, argument; /* written by main */
    uint64_t state;             /* written by the peer: what it is doing */
    uint64_t last, switches;    /* PEER_YIELD: as in rows_switch.c */
    uint64_t count[PEER_HOGS];  /* PEER_HOG: turns of vCPU i's loop */
};

/* Makes (or waits for) the peers of domain `self`; maps their tables. */
void peers_find(unsigned self, bool build, bool boot);

/* Peer i's table (1..PEER_COUNT); null when it is not there. */
volatile struct peer_table *peer_table(unsigned peer);

/* Commands a peer and waits (bounded) until it does so. */
bool peer_command(unsigned peer, enum peer_command command, unsigned argument);

/* The life of a peer of domain `main`; never returns. */
void peer_serve(unsigned main) __attribute__((noreturn));

/* Weights by peer number. */
extern const unsigned peer_weights[PEER_COUNT + 1];

/* Builds one peer domain by domctl from our ramdisk; its number, or a negative
 * errno. weight 0: the default. (build.c; dom0 on Xen only.) */
int build_domain(unsigned vcpus, unsigned weight, const char *arguments);

#endif
