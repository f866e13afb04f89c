/*
 * ptwr_decode.h - the instructions by which guests write to page tables.
 *
 * A guest kernel that writes to a page table, which it has mapped read-only,
 * faults; the write is then carried out through us. CR2 tells where, so only
 * the kind of operation, its operands that are not memory, and its length have
 * to be known. 64-bit mode, operands of 1, 2, 4, 8 bytes. Pure: no memory is
 * touched here. Formats: SDM 2, 2.1 and appendix A.
 */
#ifndef XEN_CORE_PTWR_DECODE_H
#define XEN_CORE_PTWR_DECODE_H

#include <xen/xen.h>
#include "xen/lib/types.h"

#define PTWR_BYTES 16u /* as many are given to the decoder */

enum ptwr_kind {
    PTWR_MOV,
    PTWR_XCHG,
    PTWR_CMPXCHG,
    PTWR_XADD,
    PTWR_ADD,
    PTWR_OR,
    PTWR_AND,
    PTWR_SUB,
    PTWR_XOR,
    PTWR_BTS,
    PTWR_BTR,
    PTWR_BTC,
    PTWR_STOS,
    PTWR_MOVS,
};

struct ptwr_op {
    enum ptwr_kind kind;
    unsigned size;   /* of the operand, in bytes */
    unsigned length; /* of the instruction */
    unsigned reg;    /* the register operand, 0..15 */
    bool high_byte;  /* it is bits 15..8 of reg - 4 (AH, CH, DH, BH) */
    bool immediate;  /* the other operand is imm, not reg */
    bool repeat;     /* REP before STOS or MOVS */
    uint64_t imm;    /* sign-extended */
};

/* False: not such an instruction. */
bool ptwr_decode(const uint8_t bytes[PTWR_BYTES], struct ptwr_op *op);

/* What the instruction does to its memory operand, whose value is `old`
 * (size bytes, zero-extended), and to the registers. source: for MOVS. The
 * new value; *after: regs with all effects, for when the write succeeded. */
uint64_t ptwr_apply(const struct ptwr_op *op, uint64_t old, uint64_t source,
                    const struct cpu_user_regs *regs,
                    struct cpu_user_regs *after);

#endif
