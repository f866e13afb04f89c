/*
 * cpuid.c - the processor as a paravirtual guest shall see it.
 *
 * What the real one says, less what a guest in ring 3 can't use or what is the
 * hypervisor's, plus Xen's own leaves (public arch-x86/cpuid.h). Every vCPU is
 * a package of its own. Programs in user mode see the real one: they ask it
 * directly.
 */
#include <xen/arch-x86/cpuid.h>
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/pv/emulate_private.h"
#include "xen/arch/x86/pv/features.h"
#include "xen/arch/x86/pv/pv.h"

#define BIT(n)       (1u << (n))
#define MAX_BASIC    0xdu
#define MAX_EXTENDED 0x80000008u
#define XEN_VERSION  (4u << 16 | 17u)

/* Leaf 1: FPU DE TSC MSR PAE MCE CX8 APIC MCA CMOV PAT CLFLUSH MMX FXSR SSE
 * SSE2 SS; not VME PSE SEP MTRR PGE PSE36 and what reports on power or traces.
 */
#define LEAF1_EDX 0x0f89c3f5u
/* SSE3 PCLMUL SSSE3 FMA CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C
 * RDRAND; not MONITOR VMX PCID x2APIC TSC_DEADLINE ... */
#define LEAF1_ECX            0x76d83203u
#define LEAF1_ECX_OSXSAVE    BIT(27)
#define LEAF1_ECX_HYPERVISOR BIT(31)
#define LEAF1_ECX_XSAVE      (BIT(12) | BIT(26) | BIT(28) | BIT(29))
/* Leaf 7: FSGSBASE BMI1 AVX2 FDP BMI2 ERMS AVX512F,DQ RDSEED ADX IFMA
 * CLFLUSHOPT CLWB AVX512CD SHA AVX512BW,VL. */
#define LEAF7_EBX 0xf1af0369u
/* VBMI VBMI2 GFNI VAES VPCLMULQDQ VNNI BITALG VPOPCNTDQ; not UMIP PKU LA57
 * RDPID. */
#define LEAF7_ECX   0x00005f42u
#define LEAF7_EDX   0x0000011cu /* AVX512 4VNNIW, 4FMAPS, FSRM, VP2INTERSECT */
#define LEAF7_1_EAX 0x00001c30u
#define LEAFD_1_EAX 0x00000007u /* XSAVEOPT XSAVEC XGETBV(1); not XSAVES */
/* 0x80000001: SYSCALL NX MMXEXT RDTSCP LM 3DNow; AMD's copies of leaf 1. */
#define EXT1_EDX 0xe9d1cbf5u
/* LAHF ABM SSE4A MISALIGNSSE PREFETCHW XOP FMA4 TBM; not SVM, TOPOEXT ... */
#define EXT1_ECX 0x002109e1u
#define EXT8_EBX 0x00000005u /* CLZERO, XSAVEERPTR */

static struct cpuid_regs leaf1(struct cpuid_regs r)
{
    r.ebx &= 0x0000ffffu; /* APIC id 0, and no count of logical processors */
    r.ecx &= LEAF1_ECX;
    r.edx &= LEAF1_EDX;
    /* The ABI: says whether the guest may use XSAVE, whatever its own CR4. */
    if (fpu_host.xsave)
        r.ecx |= LEAF1_ECX_OSXSAVE;
    else
        r.ecx &= ~LEAF1_ECX_XSAVE;
    r.ecx |= LEAF1_ECX_HYPERVISOR;
    return r;
}

static struct cpuid_regs leaf7(struct cpuid_regs r, uint32_t subleaf)
{
    if (subleaf == 0) {
        r.eax = r.eax ? 1 : 0;
        r.ebx &= LEAF7_EBX;
        r.ecx &= LEAF7_ECX;
        r.edx &= LEAF7_EDX;
    } else {
        r.eax &= LEAF7_1_EAX;
        r.ebx = r.ecx = r.edx = 0;
    }
    return r;
}

static struct cpuid_regs leaf_xsave(struct cpuid_regs r, uint32_t subleaf)
{
    if (!fpu_host.xsave)
        return (struct cpuid_regs){ 0, 0, 0, 0 };
    switch (subleaf) {
    case 0: /* ebx is for XCR0 as it stands: the guest's */
        r.eax = (uint32_t)fpu_host.xcr0;
        r.ecx = fpu_host.size;
        r.edx = (uint32_t)(fpu_host.xcr0 >> 32);
        return r;
    case 1:
        return (struct cpuid_regs){ r.eax & LEAFD_1_EAX, 0, 0, 0 };
    default:
        if (subleaf < 63 && fpu_host.xcr0 >> subleaf & 1)
            return r;
        return (struct cpuid_regs){ 0, 0, 0, 0 };
    }
}

static struct cpuid_regs basic(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r = cpuid_count(leaf, subleaf);

    switch (leaf) {
    case 0:
        if (r.eax > MAX_BASIC)
            r.eax = MAX_BASIC;
        return r;
    case 1:
        return leaf1(r);
    case 2:
        return r;
    case 4:
        r.eax &= 0x3fff; /* caches are shared by nobody */
        return r;
    case 7:
        if (subleaf <= 1)
            return leaf7(r, subleaf);
        break;
    case 0xd:
        return leaf_xsave(r, subleaf);
    default: /* MONITOR, power, monitoring, PMU, topology ... */
        break;
    }
    return (struct cpuid_regs){ 0, 0, 0, 0 };
}

static struct cpuid_regs extended(uint32_t leaf)
{
    struct cpuid_regs r = cpuid(leaf);

    switch (leaf) {
    case 0x80000000:
        if (r.eax > MAX_EXTENDED)
            r.eax = MAX_EXTENDED;
        return r;
    case 0x80000001:
        r.ecx &= EXT1_ECX;
        r.edx &= EXT1_EDX;
        return r;
    case 0x80000002 ... 0x80000006: /* name; caches */
        return r;
    case 0x80000008: /* linear addresses of four-level tables */
        return (struct cpuid_regs){ (r.eax & 0xff) | 48 << 8, r.ebx & EXT8_EBX,
                                    0, 0 };
    default:
        return (struct cpuid_regs){ 0, 0, 0, 0 };
    }
}

/* Bits of a machine address of RAM. */
static uint32_t address_width(void)
{
    paddr_t last = 1;

    for (unsigned i = 0; i < boot_info.nr_ranges; i++)
        if (boot_info.range[i].type == BOOT_MEMORY_RAM &&
            boot_info.range[i].end - 1 > last)
            last = boot_info.range[i].end - 1;
    return 64 - (uint32_t)__builtin_clzl(last);
}

static struct cpuid_regs xen_leaf(uint32_t leaf)
{
    switch (leaf) {
    case XEN_CPUID_LEAF(0):
        return (struct cpuid_regs){ XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES),
                                    XEN_CPUID_SIGNATURE_EBX,
                                    XEN_CPUID_SIGNATURE_ECX,
                                    XEN_CPUID_SIGNATURE_EDX };
    case XEN_CPUID_LEAF(1):
        return (struct cpuid_regs){ XEN_VERSION, 0, 0, 0 };
    case XEN_CPUID_LEAF(2): /* one hypercall page; the MSR to ask for it */
        return (struct cpuid_regs){ 1, 0x40000000,
                                    XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD,
                                    0 };
    case XEN_CPUID_LEAF(3): /* the TSC is the processor's; of RDTSCP: yes */
        return (struct cpuid_regs){ fpu_host.rdtscp ? 1u << 2 : 0, 0, 0, 0 };
    case XEN_CPUID_LEAF(5):
        return (struct cpuid_regs){ 0, address_width(), 0, 0 };
    default:
        return (struct cpuid_regs){ 0, 0, 0, 0 };
    }
}

static struct cpuid_regs offered(uint32_t leaf, uint32_t subleaf)
{
    if (leaf <= MAX_BASIC)
        return basic(leaf, subleaf);
    if (leaf - XEN_CPUID_FIRST_LEAF < 0x100)
        return xen_leaf(leaf);
    if (leaf - 0x80000000u <= MAX_EXTENDED - 0x80000000u)
        return extended(leaf);
    return (struct cpuid_regs){ 0, 0, 0, 0 };
}

struct cpuid_regs pv_cpuid(const struct pv_vcpu *p, uint32_t leaf,
                           uint32_t subleaf)
{
    return pv_features_apply(p ? p->features : NULL, leaf, subleaf,
                             offered(leaf, subleaf));
}
