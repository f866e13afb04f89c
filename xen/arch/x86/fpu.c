/*
 * fpu.c - saving and restoring the extended registers. SDM 1, chapter 13.
 */
#include <string.h>
#include <xen/errno.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/msr.h"
#include "xen/arch/x86/percpu.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/lib/mem.h"

#define XSAVE_MIN       576u /* legacy area and header */
#define FCW_INITIAL     0x037fu
#define MXCSR_INITIAL   0x1f80u
#define XSTATE_BV(area) (((uint64_t *)(uintptr_t)(area))[64]) /* byte 512 */

struct fpu_host fpu_host;

DEFINE_PER_CPU(uint64_t, fpu_xcr0);

/* Intel's restore them always; others say so, by CPUID's XSaveErPtr. */
static bool keeps_pointers(void)
{
    if (cpuid(0).ebx == 0x756e6547) /* "Genu" */
        return false;
    return cpuid(0x80000000).eax < 0x80000008 ||
           !(cpuid(0x80000008).ebx & 1u << 2);
}

static void find_features(void)
{
    uint32_t max = cpuid(0).eax;

    fpu_host.size = XSAVE_MIN;
    fpu_host.rdtscp = cpuid(0x80000001).edx & 1u << 27;
    fpu_host.keeps_pointers = keeps_pointers();
    if (max >= 7 && cpuid_count(7, 0).ebx & 1u << 0)
        fpu_host.fsgsbase = true;
    if (max < 0xd || !(cpuid(1).ecx & 1u << 26))
        return;
    fpu_host.xsave = true;
    fpu_host.xsaveopt = cpuid_count(0xd, 1).eax & 1u;
    fpu_host.xcr0 = cpuid_count(0xd, 0).eax & XCR0_GUEST;
}

void fpu_init_cpu(unsigned cpu)
{
    if (cpu == 0)
        find_features();
    if (fpu_host.fsgsbase)
        write_cr4(read_cr4() | CR4_FSGSBASE);
    if (fpu_host.xsave) {
        write_cr4(read_cr4() | CR4_OSXSAVE);
        fpu_write_xcr0(fpu_host.xcr0);
        if (cpu == 0)
            fpu_host.size = cpuid_count(0xd, 0).ebx;
    }
    if (fpu_host.rdtscp)
        wrmsr(MSR_TSC_AUX, 0); /* as a vCPU begins: pv/switch.c */
    clts();
}

void fpu_clear(struct pv_vcpu *p)
{
    memset(p->xsave, 0, fpu_host.size);
    *(uint16_t *)p->xsave = FCW_INITIAL;
    ((uint32_t *)p->xsave)[6] = MXCSR_INITIAL;
}

static void fpu_reset(struct pv_vcpu *p)
{
    fpu_clear(p);
    /* SSE works whatever XCR0 says of it, so it is always saved. */
    p->xcr0 = p->xcr0_accum = XCR0_X87 | XCR0_SSE;
    p->ts = 0;
}

int fpu_create(struct pv_vcpu *p)
{
    /* Any size, aligned: whole frames where heap blocks might not be. */
    p->xsave = mem_alloc_pages(fpu_host.size > PAGE_SIZE);
    if (!p->xsave)
        return -XEN_ENOMEM;
    fpu_reset(p);
    return 0;
}

void fpu_destroy(struct pv_vcpu *p)
{
    mem_free_pages(p->xsave, fpu_host.size > PAGE_SIZE);
    p->xsave = NULL;
}

/* SDM 1, 13.3: which values XSETBV takes. */
static bool xcr0_ok(uint64_t xcr0)
{
    uint64_t avx512 = xcr0 & 0xe0;

    return fpu_host.xsave && !(xcr0 & ~fpu_host.xcr0) && (xcr0 & XCR0_X87) &&
           !(xcr0 & XCR0_AVX && !(xcr0 & XCR0_SSE)) &&
           !(avx512 && (avx512 != 0xe0 || !(xcr0 & XCR0_AVX)));
}

bool fpu_set_xcr0(struct pv_vcpu *p, uint64_t xcr0)
{
    uint64_t flags;

    if (!xcr0_ok(xcr0))
        return false;
    flags = irq_save();
    /* What it has never used is initial in its save area: a round trip puts
     * that into the registers, in place of what another vCPU left there. */
    fpu_switch_out(p);
    p->xcr0 = xcr0;
    p->xcr0_accum |= xcr0;
    fpu_switch_in(p);
    irq_restore(flags);
    return true;
}

void fpu_get_legacy(const struct pv_vcpu *p, void *out)
{
    uint8_t *to = out;
    uint64_t present = fpu_host.xsave ? XSTATE_BV(p->xsave) : 3;

    /* XSAVEOPT does not write a component that is in its initial state. */
    memcpy(to, p->xsave, 512);
    if (!(present & XCR0_X87)) {
        memset(to, 0, 24);
        memset(to + 32, 0, 128);
        to[0] = FCW_INITIAL & 0xff;
        to[1] = FCW_INITIAL >> 8;
    }
    if (!(present & XCR0_SSE))
        memset(to + 160, 0, 256);
}

void fpu_set_legacy(struct pv_vcpu *p, const void *in)
{
    uint32_t *mxcsr = (uint32_t *)p->xsave + 6;

    memcpy(p->xsave, in, 512);
    *mxcsr &= 0xffff; /* reserved bits would make XRSTOR fault */
    if (fpu_host.xsave)
        XSTATE_BV(p->xsave) |= XCR0_X87 | XCR0_SSE;
}

/* ---- as a whole, for saving and restoring a domain ---- */

uint32_t fpu_area_size(uint64_t components)
{
    uint32_t size = XSAVE_MIN, end;
    unsigned i;

    if (!fpu_host.xsave)
        return 0;
    for (i = 2; i < 63; i++) {
        if (!(components & fpu_host.xcr0 & 1ull << i))
            continue;
        end = cpuid_count(0xd, i).eax + cpuid_count(0xd, i).ebx;
        size = end > size ? end : size;
    }
    return size;
}

void fpu_get_area(const struct pv_vcpu *p, void *out, uint32_t size)
{
    memcpy(out, p->xsave, size);
}

/* SDM 1, 13.4.2 and 13.8: what of the header XRSTOR would fault on. */
static bool header_ok(const uint8_t *area, uint64_t accum)
{
    unsigned i;

    if (XSTATE_BV(area) & ~accum)
        return false;
    for (i = 520; i < XSAVE_MIN; i++)
        if (area[i])
            return false;
    return true;
}

bool fpu_set_area(struct pv_vcpu *p, uint64_t xcr0, uint64_t accum,
                  const void *in, uint32_t size)
{
    uint8_t ts = p->ts;

    if (!xcr0_ok(xcr0) || !xcr0_ok(accum) || (xcr0 & ~accum))
        return false;
    if (size && (size != fpu_area_size(accum) || !header_ok(in, accum)))
        return false;
    fpu_reset(p);
    if (size)
        memcpy(p->xsave, in, size);
    ((uint32_t *)p->xsave)[6] &= 0xffff; /* MXCSR: reserved bits fault */
    p->xcr0 = xcr0;
    p->xcr0_accum |= accum; /* SSE is always in it */
    p->ts = ts;
    return true;
}
