/*
 * dirty.h - the log of what frames of a domain have been written, for who
 * copies its memory while it runs (XEN_DOMCTL_shadow_op, `xl migrate`).
 *
 * A bit for each page frame number, set after a write and not before, so that
 * whoever clears it first and then copies the frame gets what was written, or
 * finds the bit set again. What sets it is in docs/memory.md: the guest's own
 * stores by faults on its shadow tables (core/shadow.c), all else by calls of
 * dirty_wrote() where the hypervisor writes for it.
 */
#ifndef XEN_CORE_DIRTY_H
#define XEN_CORE_DIRTY_H

#include "xen/lib/types.h"

struct domain;
struct dirty_log;
struct page;
struct vcpu;

/* How many domains have a log: nearly always 0, which is what the hot paths
 * ask. Written by dirty.c, atomically. */
extern unsigned dirty_logs;

void dirty_wrote_slow(mfn_t mfn);
void dirty_unmapped_slow(const struct domain *d, mfn_t mfn);

/* Frame mfn, RAM which the caller holds, has been written, whoever's it is, or
 * is used in another way (its type, its place). Any context. */
static inline void dirty_wrote(mfn_t mfn)
{
    if (unlikely(__atomic_load_n(&dirty_logs, __ATOMIC_RELAXED)))
        dirty_wrote_slow(mfn);
}

/* The same, of what d itself may have written through a writable entry that has
 * been taken from its tables: nothing to tell if the frame is its own. */
static inline void dirty_unmapped(const struct domain *d, mfn_t mfn)
{
    if (unlikely(__atomic_load_n(&dirty_logs, __ATOMIC_RELAXED)))
        dirty_unmapped_slow(d, mfn);
}

/* May d's guest write frame mfn without our noticing? It may if it is marked,
 * or not one of d's. Any context. */
bool dirty_is_marked(const struct domain *d, mfn_t mfn);

/* Begin a log of d, all clean: its vCPUs run on shadow tables from now on, of
 * `frames` frames in all (0: as many as dirty_frames_default()). 0, -EINVAL (it
 * has one, no vCPU, or owns devices), -ENOMEM. Alone on d
 * (domain_control_begin()), not d itself; lets others run. */
int dirty_start(struct domain *d, unsigned long frames);
/* End it, if there is one. The same rules, or d is dying and paused. */
void dirty_stop(struct domain *d);
unsigned long dirty_frames_default(const struct domain *d);

/* Copy bits [0, pages) to `bitmap` of the caller's (0: nowhere), and with
 * `clean` clear them: what is written from now on is marked anew. What others
 * may write at any time is in it each time. Counts are of bits, and of faults
 * since the last cleaning. 0, -EINVAL (no log), -EFAULT. */
struct dirty_counts {
    uint32_t faults, dirty;
};
int dirty_copy(struct domain *d, uintptr_t bitmap, uint64_t pages, bool clean,
               struct dirty_counts *counts);

/* Frames that its shadow tables take; 0: it has no log. */
unsigned long dirty_frames(const struct domain *d);

#endif
