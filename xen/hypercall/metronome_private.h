/*
 * metronome_private.h - what the files that serve metronome.h share.
 */
#ifndef XEN_HYPERCALL_METRONOME_PRIVATE_H
#define XEN_HYPERCALL_METRONOME_PRIVATE_H

#include "xen/hypercall/hypercall.h"

/* An operation whose argument is the address of a structure (METRONOMEOP_*
 * from _scheduler on); any other is an unknown one. */
int64_t metronome_sched_op(uint32_t op, uint64_t arg);

#endif
