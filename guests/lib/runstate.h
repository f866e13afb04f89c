/*
 * The runstate area of this vCPU: where its time went, by the hypervisor.
 */
#ifndef GUEST_RUNSTATE_H
#define GUEST_RUNSTATE_H

#include <stdbool.h>
#include <xen/vcpu.h>

#include "guests/lib/clock.h"

/* Asks for the area of the calling vCPU. False if refused. */
bool runstate_register(void);

/* A consistent copy, with the time since state_entry_time NOT added. */
struct vcpu_runstate_info runstate_read(void);

/* CPU time that this vCPU has consumed, to the present moment. */
ns_t runstate_cpu_time(void);

/* Spins until this vCPU has consumed so much more CPU time. */
void runstate_consume(ns_t work);

#endif
