/*
 * msr.c - the model-specific registers that a paravirtual guest sees.
 *
 * Those of the segment bases are real; some read as a constant that says
 * "nothing here"; a few take writes without effect, since kernels insist. All
 * others give #GP, for which kernels that probe are prepared. What differs from
 * Xen's answers is listed, with the reason, in tests/guest/test_processor.py.
 */
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fpu.h"
#include "xen/arch/x86/pv/emulate_private.h"
#include "xen/arch/x86/pv/pv_private.h"
#include "xen/lib/log.h"

#define MSR_P5_MC_ADDR       0x00000000
#define MSR_P5_MC_TYPE       0x00000001
#define MSR_FEATURE_CONTROL  0x0000003a
#define MSR_PLATFORM_INFO    0x000000ce
#define MSR_MISC_FEATURES    0x00000140
#define MSR_MCG_CAP          0x00000179
#define MSR_MCG_STATUS       0x0000017a
#define MSR_MCG_CTL          0x0000017b
#define MSR_PERF_CAPABILITY  0x00000345
#define MSR_MC0_CTL          0x00000400
#define MSR_K7_PERF_FIRST    0xc0010000 /* 4 of control, 4 counters */
#define MSR_K7_PERF_LAST     0xc0010007
#define MSR_K8_SYSCFG        0xc0010010
#define MSR_K8_HWCR          0xc0010015
#define MSR_K8_TOP_MEM       0xc001001a
#define MSR_K8_TOP_MEM2      0xc001001d
#define MSR_K8_NB_CFG        0xc001001f
#define MSR_AMD_PSTATE_FIRST 0xc0010061
#define MSR_AMD_PSTATE_LAST  0xc001006b
#define MSR_F15_PERF_FIRST   0xc0010200
#define MSR_F15_PERF_LAST    0xc001020b
#define MSR_AMD_DE_CFG       0xc0011029

/* Fast strings; neither BTS nor PEBS; no xTPR messages. */
#define MISC_ENABLE_GUEST 0x801801u
#define HWCR_TSC_AT_P0    (1u << 24)
#define DE_CFG_LFENCE     2u /* LFENCE orders instructions */
#define APIC_BASE_DEFAULT 0xfee00000u
#define EFER_GUEST        (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)

/* Machine checks: as many banks as Xen shows, and never an error in them. */
#define MC_BANKS    2u
#define MC_PER_BANK 4u /* CTL, STATUS, ADDR, MISC */

/* The attribute table that the ABI promises (tables.c loads it). */
#define PAT_ABI 0x050100070406ull

static bool in(uint32_t msr, uint32_t first, uint32_t last)
{
    return msr - first <= last - first;
}

static bool is_amd(void)
{
    uint32_t ebx = cpuid(0).ebx;

    return ebx == 0x68747541 || ebx == 0x6f677948; /* "Auth", "Hygo" */
}

static bool is_machine_check(uint32_t msr)
{
    return msr == MSR_P5_MC_ADDR || msr == MSR_P5_MC_TYPE ||
           in(msr, MSR_MCG_CAP, MSR_MCG_CTL) ||
           in(msr, MSR_MC0_CTL, MSR_MC0_CTL + MC_BANKS * MC_PER_BANK - 1);
}

static uint64_t read_machine_check(uint32_t msr)
{
    if (msr == MSR_MCG_CAP)
        return MC_BANKS;
    if (msr >= MSR_MC0_CTL && (msr - MSR_MC0_CTL) % MC_PER_BANK == 0)
        return ~0ull; /* all errors are enabled */
    return 0;
}

/* Counters that never count, and power states that nobody sets. */
static bool is_idle_amd(uint32_t msr)
{
    return is_amd() && (in(msr, MSR_K7_PERF_FIRST, MSR_K7_PERF_LAST) ||
                        in(msr, MSR_F15_PERF_FIRST, MSR_F15_PERF_LAST) ||
                        in(msr, MSR_AMD_PSTATE_FIRST, MSR_AMD_PSTATE_LAST) ||
                        msr == MSR_K8_NB_CFG);
}

static bool read_amd(uint32_t msr, uint64_t *value)
{
    if (!is_amd())
        return false;
    switch (msr) {
    case MSR_K8_SYSCFG:
    case MSR_K8_TOP_MEM:
    case MSR_K8_TOP_MEM2: /* the machine's memory is not the guest's */
        *value = 0;
        return true;
    case MSR_K8_HWCR: /* families from 10h on have such a clock */
        *value = (cpuid(1).eax >> 20 & 0xff) ? HWCR_TSC_AT_P0 : 0;
        return true;
    case MSR_AMD_DE_CFG:
        *value = DE_CFG_LFENCE;
        return true;
    default:
        *value = 0;
        return is_idle_amd(msr);
    }
}

static bool read_intel(uint32_t msr, uint64_t *value)
{
    *value = msr == MSR_FEATURE_CONTROL; /* locked, nothing enabled */
    return !is_amd() && (msr == MSR_FEATURE_CONTROL || msr == MSR_PLATFORM_ID);
}

static bool read_other(uint32_t msr, uint64_t *value)
{
    if (is_machine_check(msr)) {
        *value = read_machine_check(msr);
        return true;
    }
    return read_amd(msr, value) || read_intel(msr, value);
}

bool pv_read_msr(struct pv_vcpu *p, uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
    case MSR_BIOS_SIGN_ID:   /* the microcode's revision */
        *value = rdmsr(msr); /* the guest is in kernel mode: as on the CPU */
        return true;
    case MSR_TSC:
        *value = rdtsc();
        return true;
    case MSR_TSC_AUX:
        *value = p->tsc_aux;
        return fpu_host.rdtscp;
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
        *value = MISC_ENABLE_GUEST;
        return true;
    case MSR_PLATFORM_INFO:
    case MSR_MISC_FEATURES:
    case MSR_PERF_CAPABILITY:
        *value = 0;
        return true;
    default:
        if (read_other(msr, value))
            return true;
        log_debug("A guest reads MSR %#x: refused", msr);
        return false;
    }
}

static bool write_other(uint32_t msr, uint64_t value)
{
    if (msr == MSR_MISC_ENABLE || is_machine_check(msr))
        return msr != MSR_P5_MC_ADDR && msr != MSR_P5_MC_TYPE;
    if (msr == MSR_MISC_FEATURES)
        return value == 0;
    if (msr == MSR_BIOS_SIGN_ID) /* on the way to reading it */
        return !is_amd() && value == 0;
    return is_idle_amd(msr) ||
           (is_amd() && (msr == MSR_K8_HWCR || msr == MSR_AMD_DE_CFG));
}

bool pv_write_msr(struct pv_vcpu *p, uint32_t msr, uint64_t value)
{
    switch (msr) {
    case MSR_FS_BASE:
        return pv_set_segment_base(p, SEGBASE_FS, value) == 0;
    case MSR_GS_BASE:
        return pv_set_segment_base(p, SEGBASE_GS_KERNEL, value) == 0;
    case MSR_KERNEL_GS_BASE:
        return pv_set_segment_base(p, SEGBASE_GS_USER, value) == 0;
    case MSR_TSC_AUX:
        if (!fpu_host.rdtscp || value >> 32)
            break;
        pv_set_tsc_aux(p, (uint32_t)value);
        return true;
    case MSR_EFER: /* what changes nothing may be written */
        if (value != EFER_GUEST)
            break;
        return true;
    default:
        if (write_other(msr, value))
            return true;
        break;
    }
    log_debug("A guest writes %#lx to MSR %#x: refused", value, msr);
    return false;
}
