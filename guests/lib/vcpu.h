/*
 * The vCPUs of this guest: who am I, how many are there, start another.
 *
 * Each vCPU's GS base points at its struct guest_vcpu.
 */
#ifndef GUEST_VCPU_H
#define GUEST_VCPU_H

#include <stdbool.h>
#include <xen/xen.h>
#include <xen/vcpu.h>

#define VCPU_MAX XEN_LEGACY_MAX_VCPUS

struct guest_vcpu {
    struct guest_vcpu *self; /* first: read through GS */
    unsigned id;
    struct vcpu_info *info;
    void (*run)(void *arg);
    void *arg;
    unsigned long stack_top;
    uint32_t timer_port; /* VIRQ_TIMER's, see clock.h */
};

static inline struct guest_vcpu *vcpu_self(void)
{
    struct guest_vcpu *self;

    __asm__("mov %%gs:0, %0" : "=r"(self));
    return self;
}

/* Any vCPU's record, started or not; id < VCPU_MAX. */
struct guest_vcpu *vcpu_get(unsigned id);

/* Before anything else, on vCPU 0. */
void vcpu_init_first(void);

/* How many vCPUs the domain was given. */
unsigned vcpu_count(void);

/*
 * Starts vCPU id at run(arg), upcalls masked, on a stack of its own, with the
 * trap table and callbacks of vCPU 0 and vCPU 0's page tables. When run
 * returns the vCPU takes itself down. 0, or a negative errno. Once per vCPU.
 */
int vcpu_start(unsigned id, void (*run)(void *arg), void *arg);

#endif
