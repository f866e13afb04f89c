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

/* The commonest one, in line: MOV of a 64-bit register to memory (REX.W 89 /r),
 * from the first 8 bytes of the instruction. Its length, or 0: it is none. */
static inline unsigned ptwr_plain_mov(uint64_t bytes, unsigned *reg)
{
    unsigned mod = bytes >> 22 & 3, rm = bytes >> 16 & 7, length = 3;

    if ((bytes & 0xfff8) != 0x8948 || mod == 3)
        return 0;
    *reg = (bytes >> 19 & 7) | (bytes << 1 & 8);
    if (rm == 4) {
        length++;
        rm = bytes >> 24 & 7; /* SIB's base: 5 is none, as RM's is RIP */
    }
    if (mod == 1)
        return length + 1;
    return mod == 2 || rm == 5 ? length + 4 : length;
}

/* A general register by its number in instructions. */
uint64_t ptwr_register(const struct cpu_user_regs *regs, unsigned reg);

/* What the instruction makes of its memory operand, whose value is `old` (size
 * bytes, zero-extended). source: for MOVS. Changes nothing. */
uint64_t ptwr_value(const struct ptwr_op *op, uint64_t old, uint64_t source,
                    const struct cpu_user_regs *regs);

/* Its effects on the registers, now that the write has succeeded. */
void ptwr_commit(const struct ptwr_op *op, uint64_t old,
                 struct cpu_user_regs *regs);

#endif
