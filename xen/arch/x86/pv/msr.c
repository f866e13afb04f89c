/*
 * msr.c - the model-specific registers that a paravirtual guest sees.
 *
 * Those of the segment bases are real; some others read as a constant that
 * says "nothing here"; a few take writes without effect, since kernels insist.
 * All others give #GP, for which kernels that probe are prepared.
 */
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/pv/emulate_private.h"
#include "xen/arch/x86/pv/pv_private.h"
#include "xen/lib/log.h"

#define MSR_FEATURE_CONTROL 0x0000003a
#define MSR_K8_HWCR         0xc0010015
#define MSR_AMD_DE_CFG      0xc0011029

#define MISC_ENABLE_NO_BTS_PEBS 0x1800u /* neither BTS nor PEBS */
#define HWCR_TSC_AT_P0          (1u << 24)
#define DE_CFG_LFENCE           2u /* LFENCE orders instructions */
#define APIC_BASE_DEFAULT       0xfee00000u
#define EFER_GUEST              (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)

/* The attribute table that the ABI promises (tables.c loads it). */
#define PAT_ABI 0x050100070406ull

bool pv_read_msr(struct pv_vcpu *p, uint32_t msr, uint64_t *value)
{
    (void)p;
    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
        *value = rdmsr(msr); /* the guest is in kernel mode: as on the CPU */
        return true;
    case MSR_TSC:
        *value = rdtsc();
        return true;
    case MSR_EFER:
        *value = EFER_GUEST;
        return true;
    case MSR_PAT:
        *value = PAT_ABI;
        return true;
    case MSR_APIC_BASE:
        *value = APIC_BASE_DEFAULT | APIC_BASE_ENABLE;
        return true;
    case MSR_MISC_ENABLE:
        *value = MISC_ENABLE_NO_BTS_PEBS;
        return true;
    case MSR_FEATURE_CONTROL:
        *value = 1; /* locked, nothing enabled */
        return true;
    case MSR_K8_HWCR:
        *value = HWCR_TSC_AT_P0;
        return true;
    case MSR_AMD_DE_CFG:
        *value = DE_CFG_LFENCE;
        return true;
    case MSR_PLATFORM_ID:
    case MSR_BIOS_SIGN_ID:
    case MSR_DEBUGCTL:
    case MSR_SYSENTER_CS:
    case MSR_SYSENTER_ESP:
    case MSR_SYSENTER_EIP:
        *value = 0;
        return true;
    default:
        log_debug("A guest reads MSR %#x: refused", msr);
        return false;
    }
}

bool pv_write_msr(struct pv_vcpu *p, uint32_t msr, uint64_t value)
{
    uint64_t now = 0;

    switch (msr) {
    case MSR_FS_BASE:
        return pv_set_segment_base(p, SEGBASE_FS, value) == 0;
    case MSR_GS_BASE:
        return pv_set_segment_base(p, SEGBASE_GS_KERNEL, value) == 0;
    case MSR_KERNEL_GS_BASE:
        return pv_set_segment_base(p, SEGBASE_GS_USER, value) == 0;
    case MSR_TSC:
    case MSR_TSC_AUX:
    case MSR_BIOS_SIGN_ID:
    case MSR_MISC_ENABLE:
    case MSR_DEBUGCTL:
    case MSR_AMD_DE_CFG:
    case MSR_K8_HWCR:
    case MSR_STAR: /* hypercalls have set it all up */
    case MSR_LSTAR:
    case MSR_CSTAR:
    case MSR_SYSCALL_MASK:
    case MSR_SYSENTER_CS:
    case MSR_SYSENTER_ESP:
    case MSR_SYSENTER_EIP:
        return true;
    default: /* what changes nothing may be written */
        if (pv_read_msr(p, msr, &now) && now == value)
            return true;
        log_debug("A guest writes %#lx to MSR %#x: refused", value, msr);
        return false;
    }
}
