/*
 * test_decode.c - the decoder of emulated instructions: known encodings, and
 * that no bytes whatever make it read beyond them or claim too much.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "xen/arch/x86/pv/emulate_private.h"

struct expected {
    uint8_t bytes[16];
    unsigned size;
    enum instruction_kind kind;
    unsigned length, width, immediate, cr, reg;
};

static const struct expected known[] = {
    { { 0xcd, 0x80 }, 2, INSTR_INT, 2, 4, 0x80, 0, 0 },
    { { 0xcd }, 1, INSTR_NONE, 1, 4, 0, 0, 0 },
    { { 0xe4, 0x60 }, 2, INSTR_IN, 2, 1, 0x60, 0, 0 },
    { { 0xe5, 0x60 }, 2, INSTR_IN, 2, 4, 0x60, 0, 0 },
    { { 0x66, 0xe7, 0x60 }, 3, INSTR_OUT, 3, 2, 0x60, 0, 0 },
    { { 0xec }, 1, INSTR_IN, 1, 1, PORT_IN_DX, 0, 0 },
    { { 0xef }, 1, INSTR_OUT, 1, 4, PORT_IN_DX, 0, 0 },
    { { 0xf3, 0x66, 0x6d }, 3, INSTR_INS, 3, 2, PORT_IN_DX, 0, 0 },
    { { 0xf3, 0x6e }, 2, INSTR_OUTS, 2, 1, PORT_IN_DX, 0, 0 },
    { { 0xfa }, 1, INSTR_CLI, 1, 1, 0, 0, 0 },
    { { 0xfb }, 1, INSTR_STI, 1, 4, 0, 0, 0 },
    { { 0x0f, 0x06 }, 2, INSTR_CLTS, 2, 4, 0, 0, 0 },
    { { 0x0f, 0x09 }, 2, INSTR_WBINVD, 2, 4, 0, 0, 0 },
    { { 0x0f, 0x20, 0xc0 }, 3, INSTR_READ_CR, 3, 4, 0, 0, 0 },
    { { 0x0f, 0x20, 0xd7 }, 3, INSTR_READ_CR, 3, 4, 0, 2, 7 },
    { { 0x0f, 0x22, 0xe3 }, 3, INSTR_WRITE_CR, 3, 4, 0, 4, 3 },
    { { 0x44, 0x0f, 0x20, 0xc0 }, 4, INSTR_READ_CR, 4, 4, 0, 8, 0 },
    { { 0x41, 0x0f, 0x20, 0xc7 }, 4, INSTR_READ_CR, 4, 4, 0, 0, 15 },
    { { 0x0f, 0x21, 0xf8 }, 3, INSTR_READ_DR, 3, 4, 0, 7, 0 },
    { { 0x0f, 0x23, 0xf0 }, 3, INSTR_WRITE_DR, 3, 4, 0, 6, 0 },
    { { 0x0f, 0x30 }, 2, INSTR_WRMSR, 2, 4, 0, 0, 0 },
    { { 0x0f, 0x32 }, 2, INSTR_RDMSR, 2, 4, 0, 0, 0 },
    { { 0x0f, 0x01, 0xd1 }, 3, INSTR_XSETBV, 3, 4, 0, 0, 0 },
    { { 0x0f, 0x01, 0x3f }, 3, INSTR_INVLPG, 2, 4, 0, 0, 0 },
    { { 0x0f, 0x01, 0xf8 }, 3, INSTR_NONE, 2, 4, 0, 0, 0 }, /* SWAPGS */
    { { 0x0f, 0x01, 0x17 }, 3, INSTR_NONE, 2, 4, 0, 0, 0 }, /* LGDT */
    { { 0xf4 }, 1, INSTR_NONE, 1, 1, 0, 0, 0 },             /* HLT */
    { { 0xf0, 0x0f, 0x06 }, 3, INSTR_NONE, 1, 0, 0, 0, 0 }, /* LOCK */
    { { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 },
      7,
      INSTR_CPUID,
      7,
      0,
      0,
      0,
      0 },
    { { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f }, 6, INSTR_NONE, 2, 4, 0, 0, 0 },
    { { 0 }, 0, INSTR_NONE, 0, 0, 0, 0, 0 },
};

static void test_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        const struct expected *e = &known[i];
        struct instruction in = pv_decode(e->bytes, e->size);

        if (in.kind != e->kind || in.length != e->length ||
            in.width != e->width || in.immediate != e->immediate ||
            in.cr != e->cr || in.reg != e->reg)
            fail_msg("entry %zu: kind %d length %u width %u imm %#x cr %u "
                     "reg %u",
                     i, (int)in.kind, in.length, in.width, in.immediate, in.cr,
                     in.reg);
    }
}

static void test_flags(void **state)
{
    static const uint8_t bytes[] = { 0x64, 0x67, 0xf3, 0x6c };
    struct instruction in = pv_decode(bytes, sizeof(bytes));

    (void)state;
    assert_true(in.repeat && in.address32 && in.segment);
    assert_int_equal(in.length, 4);
}

/* Bytes on the heap, exactly as many as given: the sanitizer sees any read
 * beyond them. */
static void test_any_bytes(void **state)
{
    uint32_t seed = 12345;

    (void)state;
    for (unsigned n = 0; n < 500000; n++) {
        unsigned size = n % (INSTRUCTION_MAX + 1);
        uint8_t *bytes = malloc(size ? size : 1);
        struct instruction in;

        for (unsigned i = 0; i < size; i++) {
            seed = seed * 1103515245 + 12345;
            bytes[i] = (uint8_t)(seed >> 16);
            if (seed >> 30 == 0 && i + 1 < size)
                bytes[i] = 0x0f;
        }
        in = pv_decode(bytes, size);
        assert_true(in.length <= size);
        assert_true(in.kind == INSTR_NONE || in.length > 0);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
