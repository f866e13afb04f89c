/*
 * world.h - two domains of two vCPUs and 64 frames, for the host tests of event
 * channels: those of every binding (test_event.c) and of the FIFO ABI
 * (test_event_fifo.c).
 */
#ifndef TESTS_EVENT_WORLD_H
#define TESTS_EVENT_WORLD_H

#include "xen/core/event_private.h"

extern struct domain dom[2];
extern struct vcpu vcpu[2][2];
extern struct vcpu_info info[2][2];
extern unsigned notified[2][2]; /* how often each vCPU was told */
/* domain_crash() calls; those of them under a lock that they must not have. */
extern unsigned crashed, crashed_locked;
extern unsigned pirq_port;      /* of the one PIRQ that there is, 7 */
extern void *guest_memory;      /* the frames, mapped once more */
extern void *fifo_of_dom0;      /* looked at, then NULL, when it is freed */
extern void (*meanwhile)(void); /* what others do at a preemption point */
extern struct softirq_work *deferred; /* the latest, or NULL */

int setup(void **state);
int teardown(void **state);

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* The FIFO ABI of domain 0, both vCPUs: control blocks in frame 8, event words
 * in frame 9. */
void fifo_start(void);

#endif
