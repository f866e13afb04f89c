/*
 * domctl_private.h - domctl's operations, which stand in a file per family;
 * domctl.c has the table.
 *
 * Each is given the domain that the call names, with a reference; the caller is
 * privileged. Those that change a domain run alone on it, and it is not dying
 * (domain_control_begin()). They return 0, DOMCTL_AGAIN, or a negative errno.
 */
#ifndef XEN_HYPERCALL_DOMCTL_PRIVATE_H
#define XEN_HYPERCALL_DOMCTL_PRIVATE_H

#include <xen/domctl.h>
#include "xen/core/domain.h"

/* The call is to be made again as it is. */
#define DOMCTL_AGAIN DOMAIN_KILL_AGAIN

typedef int domctl_fn(struct domain *d, struct xen_domctl *op);

/* domctl_life.c: a domain comes, is stopped, and goes. */
domctl_fn domctl_createdomain; /* d is NULL; op->domain becomes its id */
domctl_fn domctl_destroydomain;
domctl_fn domctl_pausedomain;
domctl_fn domctl_unpausedomain;
domctl_fn domctl_resumedomain;
domctl_fn domctl_max_vcpus;
domctl_fn domctl_setdomainhandle;

/* domctl_info.c: what is known of it. */
domctl_fn domctl_getdomaininfo;
domctl_fn domctl_getvcpuinfo;

/* domctl_vcpu.c: its vCPUs. */
domctl_fn domctl_setvcpucontext;
domctl_fn domctl_getvcpucontext;
domctl_fn domctl_setvcpuaffinity;
domctl_fn domctl_getvcpuaffinity;
domctl_fn domctl_setnodeaffinity;
domctl_fn domctl_getnodeaffinity;
domctl_fn domctl_scheduler_op;
domctl_fn domctl_sendtrigger;

/* domctl_state.c: what else there is of a vCPU, to save and restore. */
domctl_fn domctl_get_ext_vcpucontext;
domctl_fn domctl_set_ext_vcpucontext;
domctl_fn domctl_getvcpuextstate;
domctl_fn domctl_setvcpuextstate;
domctl_fn domctl_get_vcpu_msrs;
domctl_fn domctl_set_vcpu_msrs;

/* domctl_shadow.c: what it writes, to copy it while it runs. */
domctl_fn domctl_shadow_op;

/* domctl_memory.c: its memory. */
domctl_fn domctl_max_mem;
domctl_fn domctl_hypercall_init;
domctl_fn domctl_getpageframeinfo3;
domctl_fn domctl_set_address_size;
domctl_fn domctl_get_address_size;

/* domctl_machine.c: what of the machine it sees, and may use. */
domctl_fn domctl_settimeoffset;
domctl_fn domctl_settscinfo;
domctl_fn domctl_gettscinfo;
domctl_fn domctl_irq_permission;
domctl_fn domctl_iomem_permission;
domctl_fn domctl_ioport_permission;
domctl_fn domctl_get_cpu_policy;
domctl_fn domctl_set_cpu_policy;

#endif
