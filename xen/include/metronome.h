/*
 * metronome.h - what Metronome adds to the public ABI. For guests too: it
 * needs only fixed-width types.
 *
 * hypercall __HYPERVISOR_metronome (in rax), operation in rdi, argument in rsi.
 * -ENOSYS: not Metronome.
 */
#ifndef METRONOME_H
#define METRONOME_H

#define __HYPERVISOR_metronome 55 /* __HYPERVISOR_arch_7 */

/* rsi: number of a vCPU of the caller's domain. Returns the machine frame of
 * its scheduler page, which the caller may map read-only. */
#define METRONOMEOP_scheduler_page 0

/* rsi: address of a struct metronome_pool_scheduler. dom0 only: the pool has
 * this scheduler from now on, with its defaults, while guests run. -EPERM,
 * -EFAULT; -EINVAL: no such scheduler; -ENOENT: no such pool; -ENOMEM. */
#define METRONOMEOP_pool_scheduler 1

struct metronome_pool_scheduler {
    uint32_t pool;      /* id, as of XEN_SYSCTL_cpupool_op */
    char scheduler[16]; /* name of the plug-in */
};

/* rsi: kind, a number of the caller's own; rdx, r10: two words of 64 bits. The
 * trace has them as a record `guest` of the calling vCPU from now, if the class
 * is on (tevt_mask, class 0x8000000): guest and hypervisor share one time line.
 * Returns 0, on or off. */
#define METRONOMEOP_trace 2

#define METRONOME_VALUES 8

/*
 * The scheduler page of a vCPU: written by the hypervisor at every scheduling
 * of the vCPU and every 10 ms while it runs. Sequence lock: `version` is odd
 * while it is being written; read it before and after.
 */
struct metronome_scheduler_page {
    uint32_t version;
    uint32_t nr_values;    /* how many of value[] are in use */
    char scheduler[16];    /* name of the plug-in */
    uint64_t time;         /* system time of all that follows, ns */
    uint64_t virtual_time; /* ns for which the vCPU has run */
    uint64_t runstate[4];  /* ns in each RUNSTATE_*; the sum is its age */
    uint32_t state;        /* RUNSTATE_* */
    uint32_t cpu;          /* where it runs, or ran last */
    struct {
        char name[24]; /* as the plug-in calls it */
        int64_t value;
    } value[METRONOME_VALUES];
};

#endif
