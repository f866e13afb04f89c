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

/*
 * For dom0 alone, each with rsi = address of the structure, which comes back
 * filled in: what schedulers there are, what can be set of them, and how it is
 * set. All errors are -EPERM, -EFAULT and those that are named. Parameters are
 * in the unit of their table; names end with a NUL, and the rest is NULs.
 */

/* The scheduler number `index`, in order of name. -ENOENT: there are no more.
 */
#define METRONOMEOP_scheduler 3

struct metronome_scheduler {
    uint32_t index;         /* asked for */
    uint32_t xen_id;        /* XEN_SCHEDULER_* of <xen/domctl.h>; 0: none */
    uint32_t nr_parameters; /* METRONOMEOP_parameter, from 0 */
    uint32_t reserved;
    char name[16];
    char about[112]; /* one line */
};

/* The parameter number `index` of `scheduler`. -ENOENT: no such one. */
#define METRONOMEOP_parameter 4

#define METRONOME_PER_POOL   0
#define METRONOME_PER_DOMAIN 1
#define METRONOME_PER_VCPU   2

struct metronome_parameter {
    char scheduler[16]; /* asked for */
    uint32_t index;     /* asked for */
    uint32_t scope;     /* METRONOME_PER_* */
    char name[24];
    char unit[16];    /* ns, ppm, percent, flag; any other is a number */
    char help[112];   /* one line */
    int64_t min, max; /* of 2^63-1: no limit */
    int64_t initial;  /* options of the command line are in it */
};

/* The pool with the smallest id that is not below `pool`. -ENOENT: none. */
#define METRONOMEOP_pool 5

struct metronome_pool {
    uint32_t pool; /* asked for; comes back as the pool's */
    uint32_t nr_domains;
    char name[32]; /* the hypervisor's; xl has its own in the store */
    char scheduler[16];
    uint64_t cpus[16]; /* a bitmap */
};

/* Get, or put (all or none), the parameters that are named: of a pool's
 * scheduler, of a domain, or of one of its vCPUs. With METRONOME_ALL as vCPU a
 * vCPU's parameters are put to each, and what a new one gets is got. -ESRCH: no
 * such pool, domain or vCPU; -ENOENT: its scheduler has no such parameter, or
 * not there; -EINVAL: too many, or out of range, or not with each other;
 * or what the scheduler's admission test says (-ENOSPC). */
#define METRONOMEOP_get 6
#define METRONOMEOP_put 7

#define METRONOME_SETTINGS 8
#define METRONOME_NONE     0xffffffffu /* as `domain`: the pool is meant */
#define METRONOME_ALL      0xffffffffu /* as `vcpu`: the domain is meant */

struct metronome_settings {
    uint32_t pool;
    uint32_t domain;
    uint32_t vcpu;
    uint32_t nr; /* of setting[] */
    struct {
        char name[24];
        int64_t value;
    } setting[METRONOME_SETTINGS];
};

/* What the scheduler page of a vCPU would say now. -ESRCH: no such vCPU. */
#define METRONOMEOP_view 8

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

struct metronome_view {
    uint32_t domain, vcpu;                /* asked for */
    uint32_t pool, reserved;              /* in which it is */
    struct metronome_scheduler_page page; /* its version is 0 */
};

#endif
