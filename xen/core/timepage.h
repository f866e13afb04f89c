/*
 * timepage.h - the times that a guest reads without asking: its vCPU's time
 * record and the wall clock in the shared info, its runstate area, and the
 * read-only scheduler page (xen/include/metronome.h).
 *
 * Refreshed at every scheduling of the vCPU, and every 10 ms while it runs.
 */
#ifndef XEN_CORE_TIMEPAGE_H
#define XEN_CORE_TIMEPAGE_H

#include "xen/lib/types.h"

struct domain;
struct metronome_scheduler_page;
struct vcpu;

/* v is about to run on this CPU; interrupts off. When it has stopped running,
 * only its runstate area tells. */
void timepage_switch_in(struct vcpu *v);

/* Write v's records now: it runs here, or is not running. */
void timepage_refresh(struct vcpu *v);

/* d's wall clock, from the machine's and d's offset. */
void timepage_set_wall(struct domain *d);

/* Write v's runstate area, if there is one. */
void timepage_publish_runstate(struct vcpu *v);

/* Give v its scheduler page. Its machine frame, or -ENOMEM. Idempotent. */
int64_t timepage_schedpage(struct vcpu *v);

/* *out := what that page would say of v now, whether there is one or not.
 * Interrupts on, no lock held. */
void timepage_view(struct vcpu *v, struct metronome_scheduler_page *out);

#endif
