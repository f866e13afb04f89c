/*
 * record.h - the trace of a simulation, in the hypervisor's form.
 *
 * The same events with the same words, in the same order, as xen/sched/ writes
 * them (trace/events.def); a nanosecond is 64 cycles (record.c tells why).
 * FILE is what Debian's xentrace writes: windows of one CPU's records
 * after another. They are written for all CPUs together, so that what is in
 * the file is whole at any time. FILE.info has the names (xentrace/meta.c).
 */
#ifndef SCHED_SIM_RECORD_H
#define SCHED_SIM_RECORD_H

#include "sched/sim/sim.h"

struct sim_record;

/* Begin a trace of the classes and subclasses of `mask` (trace.h). NULL: file
 * cannot be written, errno says why. It ends up in sim->record, too. */
struct sim_record *record_begin(struct sim *sim, const char *file,
                                uint32_t mask);
/* FILE.info: the scheduler's and the domains' names. 0 or -1, errno. */
int record_info(const struct sim *sim, const char *file,
                const char *const *domain_name);
/* Write what is left, and close. Number of records, or -1 and errno: something
 * could not be written. */
int64_t record_end(struct sim *sim);

/* Apart from the engine, most runs of which write no trace. */
NOINLINE void record_state(struct sim_record *r, struct sim_vcpu *sv,
                           enum sched_state to, ns_t now);
NOINLINE void record_idle(struct sim_record *r, unsigned cpu, bool begins,
                          ns_t now);
NOINLINE void record_decision(struct sim_record *r, const struct sim_vcpu *prev,
                              const struct sim_vcpu *next, ns_t now);
NOINLINE void record_timer(struct sim_record *r);
NOINLINE void record_yield(struct sim_record *r, const struct sim_vcpu *sv);
NOINLINE void record_plugin(struct sim_record *r, const struct sched *s,
                            unsigned event, const struct sched_vcpu *v,
                            int64_t a);

#endif
