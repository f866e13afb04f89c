/*
 * features.c - see features.h.
 */
#include "xen/arch/x86/pv/features.h"

#include <xen/xen.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/pv/emulate_private.h"

enum reg { REG_A, REG_B, REG_C, REG_D };

/* Where a word stands; words 16 and 17 are no leaf's but an MSR's. */
static const struct {
    uint32_t leaf, subleaf;
    enum reg reg;
} words[PV_FEATURE_WORDS] = {
    { 1, 0, REG_D },          { 1, 0, REG_C },
    { 0x80000001, 0, REG_D }, { 0x80000001, 0, REG_C },
    { 0xd, 1, REG_A },        { 7, 0, REG_B },
    { 7, 0, REG_C },          { 0x80000007, 0, REG_D },
    { 0x80000008, 0, REG_B }, { 7, 0, REG_D },
    { 7, 1, REG_A },          { 0x80000021, 0, REG_A },
    { 7, 1, REG_B },          { 7, 2, REG_D },
    { 7, 1, REG_C },          { 7, 1, REG_D },
    { ~0u, 0, REG_A },        { ~0u, 0, REG_A },
    { 0x80000021, 0, REG_C },
};

/* The ABI's own in leaf 1: OSXSAVE follows XSAVE, HYPERVISOR is always on. */
#define LEAF1_ECX_OSXSAVE    (1u << 27)
#define LEAF1_ECX_XSAVE      (1u << 26)
#define LEAF1_ECX_HYPERVISOR (1u << 31)

static uint32_t *reg_of(struct cpuid_regs *r, enum reg reg)
{
    switch (reg) {
    case REG_A:
        return &r->eax;
    case REG_B:
        return &r->ebx;
    case REG_C:
        return &r->ecx;
    case REG_D:
        break;
    }
    return &r->edx;
}

void pv_features_all(struct pv_features *f)
{
    unsigned i;

    for (i = 0; i < PV_FEATURE_WORDS; i++)
        f->keep[i] = ~0u;
}

void pv_features_take(struct pv_features *f, uint32_t leaf, uint32_t subleaf,
                      const struct cpuid_regs *r)
{
    struct cpuid_regs copy = *r;
    unsigned i;

    if (subleaf == XEN_CPUID_NO_SUBLEAF)
        subleaf = 0;
    for (i = 0; i < PV_FEATURE_WORDS; i++)
        if (words[i].leaf == leaf && words[i].subleaf == subleaf)
            WRITE_ONCE(f->keep[i], *reg_of(&copy, words[i].reg));
}

struct cpuid_regs pv_features_apply(const struct pv_features *f, uint32_t leaf,
                                    uint32_t subleaf, struct cpuid_regs r)
{
    unsigned i;

    if (!f)
        return r;
    for (i = 0; i < PV_FEATURE_WORDS; i++) {
        uint32_t keep = f->keep[i];

        if (words[i].leaf != leaf ||
            (subleaf != words[i].subleaf && (leaf == 7 || leaf == 0xd)))
            continue;
        if (i == 1)
            keep |= LEAF1_ECX_HYPERVISOR |
                    (keep & LEAF1_ECX_XSAVE ? LEAF1_ECX_OSXSAVE : 0);
        *reg_of(&r, words[i].reg) &= keep;
    }
    return r;
}

static struct cpuid_regs ask(bool offered, uint32_t leaf, uint32_t subleaf)
{
    return offered ? pv_cpuid(NULL, leaf, subleaf) : cpuid_count(leaf, subleaf);
}

/* A processor answers a leaf beyond its last with another one's. */
static bool leaf_exists(bool offered, uint32_t leaf)
{
    return leaf <= ask(offered, leaf & 0xf0000000u, 0).eax;
}

uint32_t pv_feature_word(unsigned i, bool offered)
{
    struct cpuid_regs r;

    if (words[i].leaf == ~0u || !leaf_exists(offered, words[i].leaf))
        return 0;
    r = ask(offered, words[i].leaf, words[i].subleaf);
    return *reg_of(&r, words[i].reg);
}

/* Leaves of a policy, and how many subleaves each has; 0: none. */
static const struct {
    uint32_t first, last;
    unsigned subleaves;
} ranges[] = {
    { 0, 3, 0 },     { 4, 4, 6 },      { 5, 6, 0 },
    { 7, 7, 3 },     { 8, 0xa, 0 },    { 0xb, 0xb, 2 },
    { 0xc, 0xc, 0 }, { 0xd, 0xd, 63 }, { 0x80000000, 0x80000008, 0 },
};

bool pv_policy_leaf(const struct pv_features *f, bool offered, unsigned index,
                    uint32_t *leaf, uint32_t *subleaf, struct cpuid_regs *r)
{
    unsigned i, each, n;

    for (i = 0; i < ARRAY_SIZE(ranges); i++, index -= n) {
        each = ranges[i].subleaves ? ranges[i].subleaves : 1;
        n = (ranges[i].last - ranges[i].first + 1) * each;
        if (index < n)
            break;
    }
    if (i == ARRAY_SIZE(ranges))
        return false;
    *leaf = ranges[i].first + index / each;
    *subleaf = ranges[i].subleaves ? index % each : XEN_CPUID_NO_SUBLEAF;
    *r = (struct cpuid_regs){ 0, 0, 0, 0 };
    if (leaf_exists(offered, *leaf))
        *r = pv_features_apply(f, *leaf, index % each,
                               ask(offered, *leaf, index % each));
    return true;
}
