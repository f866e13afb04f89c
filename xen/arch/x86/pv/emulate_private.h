/*
 * emulate_private.h - one instruction that we carry out for a guest.
 *
 * decode() takes the bytes apart without touching anything else (pure; tested
 * on the host); the others change the guest's registers, or report that it is
 * not for us: then the guest gets its exception.
 */
#ifndef XEN_ARCH_X86_PV_EMULATE_PRIVATE_H
#define XEN_ARCH_X86_PV_EMULATE_PRIVATE_H

#include <xen/xen.h>
#include "xen/lib/types.h"

struct pv_vcpu;

#define INSTRUCTION_MAX 15u

enum instruction_kind {
    INSTR_NONE, /* nothing that we know */
    INSTR_INT,  /* immediate: vector */
    INSTR_IN,   /* immediate: port, or 0x10000: dx */
    INSTR_OUT,
    INSTR_INS, /* immediate: 0x10000 */
    INSTR_OUTS,
    INSTR_CLI,
    INSTR_STI,
    INSTR_CLTS,
    INSTR_WBINVD, /* or INVD */
    INSTR_INVLPG, /* immediate: nothing; the address is not decoded */
    INSTR_READ_CR,
    INSTR_WRITE_CR,
    INSTR_READ_DR,
    INSTR_WRITE_DR,
    INSTR_RDMSR,
    INSTR_WRMSR,
    INSTR_XSETBV,
    INSTR_CPUID, /* behind the prefix that forces its emulation */
};

#define PORT_IN_DX 0x10000u

struct instruction {
    enum instruction_kind kind;
    unsigned length; /* bytes, prefixes included */
    unsigned width;  /* of IN, OUT, INS, OUTS: 1, 2 or 4 bytes */
    unsigned immediate;
    unsigned cr;    /* number of the control or debug register */
    unsigned reg;   /* number of the general one */
    bool repeat;    /* REP */
    bool address32; /* INS, OUTS: esi, edi, ecx */
    bool segment;   /* a prefix names FS or GS */
};

/* Decode what stands at bytes, of which `size` could be read. */
struct instruction pv_decode(const uint8_t *bytes, unsigned size);

static inline bool pv_is_port_io(const struct instruction *in)
{
    return in->kind >= INSTR_IN && in->kind <= INSTR_OUTS;
}

/* General register `number` of a frame. */
uint64_t *pv_register(struct cpu_user_regs *regs, unsigned number);

/* False: the guest gets #GP (and rip stays). *done: go on behind it. */
bool pv_port_io(struct pv_vcpu *p, struct cpu_user_regs *regs,
                const struct instruction *in, bool *done);
bool pv_read_msr(struct pv_vcpu *p, uint32_t msr, uint64_t *value);
bool pv_write_msr(struct pv_vcpu *p, uint32_t msr, uint64_t value);

struct cpuid_regs pv_cpuid(const struct pv_vcpu *p, uint32_t leaf,
                           uint32_t subleaf);

#endif
