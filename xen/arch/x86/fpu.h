/*
 * fpu.h - the extended registers (x87, SSE, AVX) of vCPUs.
 *
 * The hypervisor itself is compiled not to touch them. They are saved and
 * restored at every switch between vCPUs, never lazily: nothing of one vCPU's
 * is ever in the registers while another runs (and XSAVEOPT makes it cheap).
 * CR0.TS is set only while a guest runs that asked for it.
 */
#ifndef XEN_ARCH_X86_FPU_H
#define XEN_ARCH_X86_FPU_H

#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/pv/pv.h"
#include "xen/lib/types.h"

#define XCR0_X87 0x1ull
#define XCR0_SSE 0x2ull
#define XCR0_AVX 0x4ull
/* What guests may use of what the processor has: also AVX-512. */
#define XCR0_GUEST 0xe7ull

struct fpu_host {
    bool xsave, xsaveopt, fsgsbase, rdtscp;
    bool keeps_pointers; /* see fpu_forget_pointers() */
    uint64_t xcr0;       /* components that guests may use; 0 without XSAVE */
    uint32_t size;       /* bytes of a save area with all of them */
};
extern struct fpu_host fpu_host; /* constant once CPU 0 is set up */

void fpu_init_cpu(unsigned cpu);

/* p's save area, in the initial state. 0, or -ENOMEM. */
int fpu_create(struct pv_vcpu *p);
void fpu_destroy(struct pv_vcpu *p);
/* Initial values in all components; XCR0 stays. p does not run. */
void fpu_clear(struct pv_vcpu *p);

/* What XCR0 holds on this CPU. */
DECLARE_PER_CPU(uint64_t, fpu_xcr0);

static inline void fpu_write_xcr0(uint64_t value)
{
    this_cpu(fpu_xcr0) = value;
    xsetbv(0, value);
}

/* Before the CPU leaves p; interrupts off. */
static inline void fpu_switch_out(struct pv_vcpu *p)
{
    uint64_t mask = p->xcr0_accum;

    if (unlikely(p->ts))
        clts();
    if (unlikely(p->xcr0 != mask))
        fpu_write_xcr0(mask); /* it has switched some off, may come back */
    if (likely(fpu_host.xsaveopt))
        __asm__ volatile("xsaveopt64 (%0)"
                         :
                         : "r"(p->xsave), "a"((uint32_t)mask), "d"(0)
                         : "memory");
    else if (fpu_host.xsave)
        __asm__ volatile("xsave64 (%0)"
                         :
                         : "r"(p->xsave), "a"((uint32_t)mask), "d"(0)
                         : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(p->xsave) : "memory");
}

/* AMD's processors without XSaveErPtr restore the addresses of the x87's last
 * instruction and operand only if an exception is pending (APM 3, appendix E):
 * those of the vCPU before would stay to be read. FNINIT clears them. */
static inline void fpu_forget_pointers(void)
{
    if (fpu_host.keeps_pointers)
        __asm__ volatile("fninit");
}

/* After the CPU has come to p; interrupts off. Components that another vCPU
 * left and this one has never switched on stay in the registers, out of its
 * reach: fpu_set_xcr0() clears them first. */
static inline void fpu_switch_in(struct pv_vcpu *p)
{
    fpu_forget_pointers();
    if (likely(fpu_host.xsave)) {
        uint64_t mask = p->xcr0_accum;

        if (unlikely(this_cpu(fpu_xcr0) != mask))
            fpu_write_xcr0(mask);
        __asm__ volatile("xrstor64 (%0)"
                         :
                         : "r"(p->xsave), "a"((uint32_t)mask), "d"(0)
                         : "memory");
        if (unlikely(p->xcr0 != mask))
            fpu_write_xcr0(p->xcr0);
    } else {
        __asm__ volatile("fxrstor64 (%0)" : : "r"(p->xsave) : "memory");
    }
    if (unlikely(p->ts))
        write_cr0(read_cr0() | CR0_TS);
}

/* XSETBV by the current guest. False: the value is not allowed. */
bool fpu_set_xcr0(struct pv_vcpu *p, uint64_t xcr0);

/* All of a vCPU that does not run, in the XSAVE format (not compacted): so many
 * bytes for these components; 0 without XSAVE. */
uint32_t fpu_area_size(uint64_t components);
void fpu_get_area(const struct pv_vcpu *p, void *out, uint32_t size);
/* size 0: as in the beginning. False, and nothing has changed: a value that the
 * processor would not take, or not the size for `accum`. */
bool fpu_set_area(struct pv_vcpu *p, uint64_t xcr0, uint64_t accum,
                  const void *in, uint32_t size);

/* The 512 bytes of the FXSAVE format, of a vCPU that does not run. XCR0 and the
 * other components stay: a context says nothing of them. */
void fpu_get_legacy(const struct pv_vcpu *p, void *out);
void fpu_set_legacy(struct pv_vcpu *p, const void *in);

#endif
