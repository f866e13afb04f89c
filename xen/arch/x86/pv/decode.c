/*
 * decode.c - the few instructions that a guest's kernel may have emulated.
 *
 * SDM 2, appendix A. 64-bit code; what 32-bit programs may use of it (INT n and
 * port I/O) is encoded alike, but for REX, which they can't bring here: those
 * are INC and DEC, which don't fault.
 */
#include "xen/arch/x86/pv/emulate_private.h"

struct prefixes {
    bool operand16, address32, repeat, segment, lock;
    uint8_t rex;
};

static unsigned take_prefixes(const uint8_t *b, unsigned size,
                              struct prefixes *p)
{
    unsigned i;

    for (i = 0; i < size; i++) {
        switch (b[i]) {
        case 0x66:
            p->operand16 = true;
            break;
        case 0x67:
            p->address32 = true;
            break;
        case 0xf2:
        case 0xf3:
            p->repeat = true;
            break;
        case 0xf0:
            p->lock = true;
            break;
        case 0x64:
        case 0x65:
            p->segment = true;
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
            break;
        default:
            if ((b[i] & 0xf0) != 0x40)
                return i;
            p->rex = b[i]; /* last, or without effect */
            if (i + 1 < size && (b[i + 1] & 0xf0) != 0x40)
                return i + 1;
        }
    }
    return i;
}

/* MOV between a general and a control or debug register. */
static void decode_mov(struct instruction *in, enum instruction_kind kind,
                       uint8_t modrm, uint8_t rex)
{
    in->kind = kind; /* mod is taken for 3, whatever it is */
    in->cr = (modrm >> 3 & 7) | (rex & 4 ? 8u : 0u);
    in->reg = (modrm & 7u) | (rex & 1 ? 8u : 0u);
    in->length++;
}

/* 0f 01 /r */
static void decode_group7(struct instruction *in, uint8_t modrm)
{
    if (modrm == 0xd1) {
        in->kind = INSTR_XSETBV;
        in->length++;
    } else if ((modrm & 0xc0) != 0xc0 && (modrm >> 3 & 7) == 7) {
        in->kind = INSTR_INVLPG;
    }
}

static void decode_0f(struct instruction *in, const uint8_t *b, unsigned size,
                      uint8_t rex)
{
    if (!size)
        return;
    in->length++;
    switch (b[0]) {
    case 0x01:
        if (size > 1)
            decode_group7(in, b[1]);
        break;
    case 0x06:
        in->kind = INSTR_CLTS;
        break;
    case 0x08:
    case 0x09:
        in->kind = INSTR_WBINVD;
        break;
    case 0x20 ... 0x23:
        if (size > 1)
            decode_mov(in,
                       (enum instruction_kind[]){ INSTR_READ_CR, INSTR_READ_DR,
                                                  INSTR_WRITE_CR,
                                                  INSTR_WRITE_DR }[b[0] & 3],
                       b[1], rex);
        break;
    case 0x30:
        in->kind = INSTR_WRMSR;
        break;
    case 0x32:
        in->kind = INSTR_RDMSR;
        break;
    default:
        break;
    }
}

/* IN, OUT: bit 0 wide, bit 1 out, bit 3 the port is in dx. */
static void decode_port(struct instruction *in, const uint8_t *b, unsigned size)
{
    if (b[0] & 8) {
        in->immediate = PORT_IN_DX;
    } else {
        if (size < 2)
            return;
        in->immediate = b[1];
        in->length++;
    }
    in->kind = b[0] & 2 ? INSTR_OUT : INSTR_IN;
}

static void decode_opcode(struct instruction *in, const uint8_t *b,
                          unsigned size, const struct prefixes *p)
{
    in->length++;
    in->width = !(b[0] & 1) ? 1 : p->operand16 ? 2 : 4;
    switch (b[0]) {
    case 0x0f:
        decode_0f(in, b + 1, size - 1, p->rex);
        break;
    case 0x6c:
    case 0x6d:
        in->kind = INSTR_INS;
        in->immediate = PORT_IN_DX;
        break;
    case 0x6e:
    case 0x6f:
        in->kind = INSTR_OUTS;
        in->immediate = PORT_IN_DX;
        break;
    case 0xcd:
        if (size < 2)
            break;
        in->kind = INSTR_INT;
        in->immediate = b[1];
        in->length++;
        break;
    case 0xe4 ... 0xe7:
    case 0xec ... 0xef:
        decode_port(in, b, size);
        break;
    case 0xfa:
        in->kind = INSTR_CLI;
        break;
    case 0xfb:
        in->kind = INSTR_STI;
        break;
    default:
        break;
    }
}

/* UD2, "xen", then CPUID: the ABI's way to ask us, not the processor. */
static bool is_forced_cpuid(const uint8_t *b, unsigned size)
{
    static const uint8_t bytes[] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };

    if (size < sizeof(bytes))
        return false;
    for (unsigned i = 0; i < sizeof(bytes); i++)
        if (b[i] != bytes[i])
            return false;
    return true;
}

struct instruction pv_decode(const uint8_t *bytes, unsigned size)
{
    struct instruction in = { .kind = INSTR_NONE };
    struct prefixes p = { .rex = 0 };

    if (is_forced_cpuid(bytes, size)) {
        in.kind = INSTR_CPUID;
        in.length = 7;
        return in;
    }
    in.length = take_prefixes(bytes, size, &p);
    in.repeat = p.repeat;
    in.address32 = p.address32;
    in.segment = p.segment;
    if (in.length < size && !p.lock)
        decode_opcode(&in, bytes + in.length, size - in.length, &p);
    return in;
}
