/*
 * hypercall.h - the entries of the hypercall table (table.c).
 *
 * Each takes the guest's six argument registers and returns what goes into its
 * rax: 0 or more, or a negative Xen errno. Called on the vCPU's own stack with
 * interrupts on. Arguments are the guest's word: narrow ones are cut to their
 * public width first.
 */
#ifndef XEN_HYPERCALL_HYPERCALL_H
#define XEN_HYPERCALL_HYPERCALL_H

#include "xen/arch/up.h"

hypercall_fn hypercall_event_channel_op;
hypercall_fn hypercall_event_channel_op_compat;

#endif
