/*
 * kit.h - what the tests of the plug-ins share: a record of who ran when.
 */
#ifndef TESTS_SCHED_KIT_H
#define TESTS_SCHED_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sched/sim/sim.h"

struct ran {
    unsigned index, cpu; /* which vCPU, where */
    ns_t from, to;
};

/* Filled by kit_watch(), as sim->watch with the record as its argument. */
struct record {
    struct ran *ran;
    size_t nr, room;
};

sim_watch kit_watch;
void kit_end(struct record *r);
/* CPU time of one vCPU within [from, to). What still runs isn't in it. */
ns_t kit_in(const struct record *r, unsigned index, ns_t from, ns_t to);

struct sim *kit_sim(const char *sched, unsigned nr_cpus, uint64_t seed);
/* A vCPU in a domain of its own, started. weight 0: the default. */
struct sim_vcpu *kit_hog(struct sim *sim, int64_t weight);
struct sim_vcpu *kit_load(struct sim *sim, sim_load *load, ns_t period,
                          ns_t cost);
/* A load that joins first and a hog, watched until then. */
struct record kit_beside_hog(struct sim *sim, sim_load *load, ns_t period,
                             ns_t cost, ns_t until);
int64_t kit_view(struct sim_vcpu *sv, const char *name);
/* |a - b| <= most, with a message. */
void kit_near(const char *what, int64_t a, int64_t b, int64_t most);

#endif
