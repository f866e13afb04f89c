/*
 * ptwr_decode.c - see ptwr_decode.h.
 */
#include "xen/core/ptwr_decode.h"

#include <stddef.h>
#include <string.h>

#define CF         0x001u
#define PF         0x004u
#define AF         0x010u
#define ZF         0x040u
#define SF         0x080u
#define DF         0x400u
#define OF         0x800u
#define ARITHMETIC (CF | PF | AF | ZF | SF | OF)

/* ---- decoding ---- */

struct cursor {
    const uint8_t *b;
    unsigned at;
    uint8_t rex;
    bool opsize, repeat, repne, modrm_seen;
    uint8_t modrm;
};

/* Prefixes: only those that change nothing here, LOCK, REP, 66, and REX. */
static bool prefixes(struct cursor *c)
{
    if (likely((c->b[0] & 0xf0) == 0x40)) {
        c->rex = c->b[c->at++];
        return true;
    }
    for (; c->at < 8; c->at++) {
        switch (c->b[c->at]) {
        case 0x66:
            c->opsize = true;
            break;
        case 0xf0: /* LOCK: all that we do is atomic */
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x26:
        case 0x64:
        case 0x65: /* segments: CR2 has the address */
            break;
        case 0xf3:
            c->repeat = true;
            break;
        case 0xf2:
            c->repne = true;
            break;
        default:
            if ((c->b[c->at] & 0xf0) == 0x40)
                c->rex = c->b[c->at++];
            return true;
        }
    }
    return false;
}

/* ModRM with a memory operand, SIB, displacement: step over them. */
static bool memory_operand(struct cursor *c)
{
    unsigned mod, rm;

    c->modrm = c->b[c->at++];
    mod = c->modrm >> 6;
    rm = c->modrm & 7;
    if (mod == 3)
        return false;
    if (rm == 4) {
        unsigned base = c->b[c->at++] & 7;

        if (mod == 0 && base == 5)
            c->at += 4;
    } else if (mod == 0 && rm == 5) {
        c->at += 4; /* RIP-relative */
    }
    c->at += mod == 1 ? 1 : mod == 2 ? 4 : 0;
    return c->at <= PTWR_BYTES;
}

static unsigned modrm_reg(const struct cursor *c)
{
    return (c->modrm >> 3) & 7;
}

/* An immediate of n bytes (1, 2, 4), sign-extended. */
static bool take_immediate(struct cursor *c, struct ptwr_op *op, unsigned n)
{
    uint32_t value = 0;
    unsigned shift = 64 - 8 * n;

    if (c->at + n > PTWR_BYTES)
        return false;
    memcpy(&value, c->b + c->at, n);
    c->at += n;
    op->immediate = true;
    op->imm = (uint64_t)((int64_t)((uint64_t)value << shift) >> shift);
    return true;
}

static bool take_register(const struct cursor *c, struct ptwr_op *op)
{
    op->reg = modrm_reg(c) | (c->rex & 4 ? 8 : 0);
    op->high_byte = op->size == 1 && !c->rex && op->reg >= 4;
    return true;
}

static unsigned size_of_immediate(const struct ptwr_op *op)
{
    return op->size == 8 ? 4 : op->size;
}

/* The ALU operations by their number in opcodes and ModRM; -1: not ours. */
static const int8_t alu_kind[8] = { PTWR_ADD, PTWR_OR,  -1,       -1,
                                    PTWR_AND, PTWR_SUB, PTWR_XOR, -1 };

static bool set_alu(struct ptwr_op *op, unsigned number)
{
    if (alu_kind[number] < 0)
        return false;
    op->kind = (enum ptwr_kind)alu_kind[number];
    return true;
}

static bool string_op(const struct cursor *c, struct ptwr_op *op,
                      enum ptwr_kind kind)
{
    op->kind = kind;
    op->repeat = c->repeat || c->repne;
    return true;
}

static bool one_byte(struct cursor *c, struct ptwr_op *op, uint8_t opcode)
{
    if (!(opcode & 1))
        op->size = 1;
    if (opcode == 0xaa || opcode == 0xab)
        return string_op(c, op, PTWR_STOS);
    if (opcode == 0xa4 || opcode == 0xa5)
        return string_op(c, op, PTWR_MOVS);
    if (!memory_operand(c))
        return false;
    if (opcode < 0x40 && (opcode & 7) < 2)
        return set_alu(op, opcode >> 3) && take_register(c, op);
    switch (opcode) {
    case 0x88:
    case 0x89:
        op->kind = PTWR_MOV;
        return take_register(c, op);
    case 0x86:
    case 0x87:
        op->kind = PTWR_XCHG;
        return take_register(c, op);
    case 0xc6:
    case 0xc7:
        op->kind = PTWR_MOV;
        return modrm_reg(c) == 0 &&
               take_immediate(c, op, size_of_immediate(op));
    case 0x80:
    case 0x81:
        return set_alu(op, modrm_reg(c)) &&
               take_immediate(c, op, size_of_immediate(op));
    case 0x83:
        return set_alu(op, modrm_reg(c)) && take_immediate(c, op, 1);
    default:
        return false;
    }
}

static bool two_bytes(struct cursor *c, struct ptwr_op *op, uint8_t opcode)
{
    if (!memory_operand(c))
        return false;
    switch (opcode) {
    case 0xb0:
    case 0xb1:
    case 0xc0:
    case 0xc1:
        if (!(opcode & 1))
            op->size = 1;
        op->kind = opcode < 0xc0 ? PTWR_CMPXCHG : PTWR_XADD;
        return take_register(c, op);
    case 0xab:
        op->kind = PTWR_BTS;
        return take_register(c, op);
    case 0xb3:
        op->kind = PTWR_BTR;
        return take_register(c, op);
    case 0xbb:
        op->kind = PTWR_BTC;
        return take_register(c, op);
    case 0xba:
        if (modrm_reg(c) < 5)
            return false; /* BT only reads */
        op->kind = (enum ptwr_kind)(PTWR_BTS + modrm_reg(c) - 5);
        return take_immediate(c, op, 1);
    default:
        return false;
    }
}

bool ptwr_decode(const uint8_t bytes[PTWR_BYTES], struct ptwr_op *op)
{
    struct cursor c = { .b = bytes };
    uint8_t opcode;
    bool ok;

    *op = (struct ptwr_op){ .size = 4 };
    if (!prefixes(&c))
        return false;
    if (c.rex & 8)
        op->size = 8;
    else if (c.opsize)
        op->size = 2;
    opcode = c.b[c.at++];
    if (opcode == 0x0f) {
        opcode = c.b[c.at++];
        ok = two_bytes(&c, op, opcode);
    } else {
        ok = one_byte(&c, op, opcode);
    }
    op->length = c.at;
    return ok && c.at <= 15;
}

/* ---- carrying out ---- */

#define REG(name) (uint8_t) offsetof(struct cpu_user_regs, name)

static const uint8_t reg_offset[16] = {
    REG(rax), REG(rcx), REG(rdx), REG(rbx), REG(rsp), REG(rbp),
    REG(rsi), REG(rdi), REG(r8),  REG(r9),  REG(r10), REG(r11),
    REG(r12), REG(r13), REG(r14), REG(r15),
};

static uint64_t *reg_of(struct cpu_user_regs *r, unsigned reg)
{
    return (uint64_t *)(void *)((char *)r + reg_offset[reg]);
}

uint64_t ptwr_register(const struct cpu_user_regs *r, unsigned reg)
{
    return *(const uint64_t *)(const void *)((const char *)r + reg_offset[reg]);
}

static uint64_t mask_of(unsigned size)
{
    return ~(uint64_t)0 >> (64 - 8 * size);
}

static uint64_t operand(const struct ptwr_op *op, const struct cpu_user_regs *r)
{
    if (op->immediate)
        return op->imm & mask_of(op->size);
    if (op->high_byte)
        return (ptwr_register(r, op->reg - 4) >> 8) & 0xff;
    return ptwr_register(r, op->reg) & mask_of(op->size);
}

/* Write to a register as the processor does: 4 bytes clear the upper half. */
static void put_reg(uint64_t *reg, unsigned size, bool high, uint64_t value)
{
    uint64_t mask = mask_of(size);

    if (high)
        *reg = (*reg & ~(uint64_t)0xff00) | (value & 0xff) << 8;
    else if (size == 4)
        *reg = value & mask;
    else
        *reg = (*reg & ~mask) | (value & mask);
}

static void put_operand(const struct ptwr_op *op, struct cpu_user_regs *r,
                        uint64_t value)
{
    put_reg(reg_of(r, op->high_byte ? op->reg - 4 : op->reg), op->size,
            op->high_byte, value);
}

static uint64_t sign_bit(unsigned size)
{
    return (uint64_t)1 << (8 * size - 1);
}

/* SF, ZF, PF of a result. */
static unsigned flags_of(uint64_t result, unsigned size)
{
    unsigned flags = 0;

    if (!(result & mask_of(size)))
        flags |= ZF;
    if (result & sign_bit(size))
        flags |= SF;
    if (!__builtin_parity((unsigned)(result & 0xff)))
        flags |= PF;
    return flags;
}

static unsigned flags_add(uint64_t a, uint64_t b, uint64_t sum, unsigned size)
{
    unsigned flags = flags_of(sum, size);

    if ((sum & mask_of(size)) < (a & mask_of(size)))
        flags |= CF;
    if ((a ^ sum) & (b ^ sum) & sign_bit(size))
        flags |= OF;
    return flags | ((a ^ b ^ sum) & AF ? AF : 0);
}

static unsigned flags_sub(uint64_t a, uint64_t b, uint64_t difference,
                          unsigned size)
{
    unsigned flags = flags_of(difference, size);

    if ((a & mask_of(size)) < (b & mask_of(size)))
        flags |= CF;
    if ((a ^ b) & (a ^ difference) & sign_bit(size))
        flags |= OF;
    return flags | ((a ^ b ^ difference) & AF ? AF : 0);
}

static void set_flags(struct cpu_user_regs *r, unsigned flags)
{
    r->rflags = (r->rflags & ~(uint64_t)ARITHMETIC) | flags;
}

/* RDI, RSI, RCX after a step; the instruction goes on while RCX is not 0. */
static void step_string(const struct ptwr_op *op, struct cpu_user_regs *r)
{
    uint64_t step = r->rflags & DF ? -(uint64_t)op->size : op->size;

    r->rdi += step;
    if (op->kind == PTWR_MOVS)
        r->rsi += step;
    if (op->repeat && --r->rcx)
        r->rip -= op->length;
}

uint64_t ptwr_value(const struct ptwr_op *op, uint64_t old, uint64_t source,
                    const struct cpu_user_regs *regs)
{
    uint64_t mask = mask_of(op->size), b = operand(op, regs);
    uint64_t bit = (uint64_t)1 << (b & (8 * op->size - 1));

    switch (op->kind) {
    case PTWR_MOV:
    case PTWR_XCHG:
        return b;
    case PTWR_CMPXCHG:
        return (regs->rax & mask) == old ? b : old;
    case PTWR_BTS:
        return old | bit;
    case PTWR_BTR:
        return old & ~bit;
    case PTWR_BTC:
        return old ^ bit;
    case PTWR_STOS:
        return regs->rax & mask;
    case PTWR_MOVS:
        return source & mask;
    case PTWR_XADD:
    case PTWR_ADD:
        return (old + b) & mask;
    case PTWR_OR:
        return old | b;
    case PTWR_AND:
        return old & b;
    case PTWR_SUB:
        return (old - b) & mask;
    case PTWR_XOR:
        break;
    }
    return old ^ b;
}

static void commit_cmpxchg(const struct ptwr_op *op, uint64_t old,
                           struct cpu_user_regs *r)
{
    uint64_t expected = r->rax & mask_of(op->size);

    set_flags(r, flags_sub(expected, old, expected - old, op->size));
    if (expected != old)
        put_reg(&r->rax, op->size, false, old);
}

static void commit_bit(const struct ptwr_op *op, uint64_t old, uint64_t b,
                       struct cpu_user_regs *r)
{
    uint64_t bit = (uint64_t)1 << (b & (8 * op->size - 1));

    r->rflags = (r->rflags & ~(uint64_t)CF) | (old & bit ? CF : 0);
}

void ptwr_commit(const struct ptwr_op *op, uint64_t old,
                 struct cpu_user_regs *r)
{
    uint64_t b;

    r->rip += op->length;
    if (op->kind == PTWR_MOV)
        return;
    b = operand(op, r);
    switch (op->kind) {
    case PTWR_MOV:
        break;
    case PTWR_XCHG:
        put_operand(op, r, old);
        break;
    case PTWR_CMPXCHG:
        commit_cmpxchg(op, old, r);
        break;
    case PTWR_BTS:
    case PTWR_BTR:
    case PTWR_BTC:
        commit_bit(op, old, b, r);
        break;
    case PTWR_STOS:
    case PTWR_MOVS:
        step_string(op, r);
        break;
    case PTWR_XADD:
    case PTWR_ADD:
        set_flags(r, flags_add(old, b, old + b, op->size));
        if (op->kind == PTWR_XADD)
            put_operand(op, r, old);
        break;
    case PTWR_SUB:
        set_flags(r, flags_sub(old, b, old - b, op->size));
        break;
    case PTWR_OR:
    case PTWR_AND:
    case PTWR_XOR:
        set_flags(r, flags_of(ptwr_value(op, old, 0, r), op->size));
        break;
    }
}
