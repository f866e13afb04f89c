/*
 * vcpu_context.h - a public context to and from a vCPU, for its domain
 * (vcpu_op) and for the toolstack (domctl).
 */
#ifndef XEN_HYPERCALL_VCPU_CONTEXT_H
#define XEN_HYPERCALL_VCPU_CONTEXT_H

#include "xen/core/domain.h"

/* v, which has no context, gets its first one: tables, descriptors, registers.
 * All or nothing. 0, -EINVAL, -EEXIST (it has one), -EBUSY. */
int vcpu_context_begin(struct vcpu *v, const struct vcpu_guest_context *c);

/* v, which does not run, has one: other registers and handlers, the same page
 * tables and GDT. -EOPNOTSUPP: they are not the same. */
int vcpu_context_change(struct vcpu *v, const struct vcpu_guest_context *c);

/* *c := that of v, which does not run. */
void vcpu_context_get(const struct vcpu *v, struct vcpu_guest_context *c);

#endif
