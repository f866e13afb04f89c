/*
 * features.h - the processor's feature words, as the ABI numbers them
 * (<xen/arch-x86/cpufeatureset.h>), and the policy of a domain: which of the
 * features that it could have it is to have.
 *
 * A policy only takes away: what the hypervisor does not offer stays off.
 */
#ifndef XEN_ARCH_X86_PV_FEATURES_H
#define XEN_ARCH_X86_PV_FEATURES_H

#include "xen/lib/types.h"

struct cpuid_regs;

#define PV_FEATURE_WORDS 19u

/* A domain's: bits that it may see. Written while none of its vCPUs has run. */
struct pv_features {
    uint32_t keep[PV_FEATURE_WORDS];
};

/* Everything that is offered. */
void pv_features_all(struct pv_features *f);
/* What one leaf of a policy says; a leaf without feature words says nothing. */
void pv_features_take(struct pv_features *f, uint32_t leaf, uint32_t subleaf,
                      const struct cpuid_regs *r);
/* r, a leaf as it is offered, less what f takes away. f NULL: nothing. */
struct cpuid_regs pv_features_apply(const struct pv_features *f, uint32_t leaf,
                                    uint32_t subleaf, struct cpuid_regs r);

/* Word i of the processor's own (offered: of what guests are offered). */
uint32_t pv_feature_word(unsigned i, bool offered);

/* Leaf `index` of a policy as the ABI lists them: its number and subleaf
 * (XEN_CPUID_NO_SUBLEAF) and what is offered, less f. False: the list ends. */
bool pv_policy_leaf(const struct pv_features *f, bool offered, unsigned index,
                    uint32_t *leaf, uint32_t *subleaf, struct cpuid_regs *r);

#endif
