/*
 * domain_private.h - between domain.c, vcpu.c and shutdown.c.
 */
#ifndef XEN_CORE_DOMAIN_PRIVATE_H
#define XEN_CORE_DOMAIN_PRIVATE_H

#include "xen/core/domain.h"

/* One more, one less reason not to run, for each vCPU; under d's lock. */
void domain_pause_vcpus(struct domain *d);
void domain_unpause_vcpus(struct domain *d);

void domain_watchdog_create(struct domain *d);
void domain_watchdog_destroy(struct domain *d);

#endif
