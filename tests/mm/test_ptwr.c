/*
 * test_ptwr.c - the decoder of writes to page tables, against the processor:
 * each instruction is executed on real memory by the test itself, and its
 * effect on memory and registers is compared with ptwr_value() and
 * ptwr_commit(). Then bytes at random: nothing may be read out of bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include "xen/core/ptwr_decode.h"

#define ARITHMETIC 0x8d5u /* OF SF ZF AF PF CF */
#define CF_ONLY    0x001u

struct sample {
    const char *text;
    uint8_t bytes[PTWR_BYTES];
    unsigned length;
    uint32_t flags; /* that the instruction defines */
};

/* The memory operand is (%rdi) or near it; others are rax, rcx, rdx, r8. */
static const struct sample samples[] = {
    { "mov %rax,(%rdi)", { 0x48, 0x89, 0x07 }, 3, 0 },
    { "mov %r8,(%rdi)", { 0x4c, 0x89, 0x07 }, 3, 0 },
    { "mov %eax,(%rdi)", { 0x89, 0x07 }, 2, 0 },
    { "mov %ax,(%rdi)", { 0x66, 0x89, 0x07 }, 3, 0 },
    { "mov %ah,(%rdi)", { 0x88, 0x27 }, 2, 0 },
    { "mov %dl,(%rdi)", { 0x88, 0x17 }, 2, 0 },
    { "mov %r8b,(%rdi)", { 0x44, 0x88, 0x07 }, 3, 0 },
    { "mov %rax,8(%rdi)", { 0x48, 0x89, 0x47, 0x08 }, 4, 0 },
    { "mov %rax,0x10(%rdi)", { 0x48, 0x89, 0x87, 0x10, 0, 0, 0 }, 7, 0 },
    { "mov %rax,(%rdi,%rbx,1)", { 0x48, 0x89, 0x04, 0x1f }, 4, 0 },
    { "mov %rax,8(%rdi,%rbx,2)", { 0x48, 0x89, 0x44, 0x5f, 0x08 }, 5, 0 },
    { "movq $-5,(%rdi)", { 0x48, 0xc7, 0x07, 0xfb, 0xff, 0xff, 0xff }, 7, 0 },
    { "movl $7,(%rdi)", { 0xc7, 0x07, 7, 0, 0, 0 }, 6, 0 },
    { "movw $7,(%rdi)", { 0x66, 0xc7, 0x07, 7, 0 }, 5, 0 },
    { "movb $7,(%rdi)", { 0xc6, 0x07, 7 }, 3, 0 },
    { "xchg %rax,(%rdi)", { 0x48, 0x87, 0x07 }, 3, 0 },
    { "xchg %ecx,(%rdi)", { 0x87, 0x0f }, 2, 0 },
    { "xchg %ch,(%rdi)", { 0x86, 0x2f }, 2, 0 },
    { "lock cmpxchg %rdx,(%rdi)",
      { 0xf0, 0x48, 0x0f, 0xb1, 0x17 },
      5,
      ARITHMETIC },
    { "lock cmpxchg %edx,(%rdi)", { 0xf0, 0x0f, 0xb1, 0x17 }, 4, ARITHMETIC },
    { "cmpxchg %dl,(%rdi)", { 0x0f, 0xb0, 0x17 }, 3, ARITHMETIC },
    { "lock xadd %rax,(%rdi)",
      { 0xf0, 0x48, 0x0f, 0xc1, 0x07 },
      5,
      ARITHMETIC },
    { "xadd %ax,(%rdi)", { 0x66, 0x0f, 0xc1, 0x07 }, 4, ARITHMETIC },
    { "add %rax,(%rdi)", { 0x48, 0x01, 0x07 }, 3, ARITHMETIC },
    { "add %dl,(%rdi)", { 0x00, 0x17 }, 2, ARITHMETIC },
    { "sub %rax,(%rdi)", { 0x48, 0x29, 0x07 }, 3, ARITHMETIC },
    { "or %rax,(%rdi)", { 0x48, 0x09, 0x07 }, 3, ARITHMETIC & ~0x10u },
    { "lock and %rax,(%rdi)",
      { 0xf0, 0x48, 0x21, 0x07 },
      4,
      ARITHMETIC & ~0x10u },
    { "xor %eax,(%rdi)", { 0x31, 0x07 }, 2, ARITHMETIC & ~0x10u },
    { "lock andb $0xfd,(%rdi)",
      { 0xf0, 0x80, 0x27, 0xfd },
      4,
      ARITHMETIC & ~0x10u },
    { "orl $0x42,(%rdi)",
      { 0x81, 0x0f, 0x42, 0, 0, 0 },
      6,
      ARITHMETIC & ~0x10u },
    { "andq $-2,(%rdi)", { 0x48, 0x83, 0x27, 0xfe }, 4, ARITHMETIC & ~0x10u },
    { "subq $3,(%rdi)", { 0x48, 0x83, 0x2f, 0x03 }, 4, ARITHMETIC },
    { "lock btr $1,(%rdi)",
      { 0xf0, 0x48, 0x0f, 0xba, 0x37, 0x01 },
      6,
      CF_ONLY },
    { "lock bts $33,(%rdi)",
      { 0xf0, 0x48, 0x0f, 0xba, 0x2f, 0x21 },
      6,
      CF_ONLY },
    { "btcl $5,(%rdi)", { 0x0f, 0xba, 0x3f, 0x05 }, 4, CF_ONLY },
    { "stos %rax", { 0x48, 0xab }, 2, 0 },
    { "stos %al", { 0xaa }, 1, 0 },
    { "movs (8 bytes)", { 0x48, 0xa5 }, 2, 0 },
    { "movs (4 bytes)", { 0xa5 }, 1, 0 },
};

/* Registers as the stub loads and stores them. */
struct frame {
    uint64_t rax, rcx, rdx, rbx, rsi, rdi, r8, flags;
};

static uint8_t *code;
static uint64_t memory[64], source[4];

/* push of the frame's address, loads, the instruction, stores, ret. */
static const uint8_t before[] = {
    0x53,                   /* push %rbx */
    0x57,                   /* push %rdi: the frame */
    0xff, 0x77, 0x38,       /* push 56(%rdi): flags */
    0x9d,                   /* popf */
    0x48, 0x8b, 0x07,       /* mov (%rdi),%rax */
    0x48, 0x8b, 0x4f, 0x08, /* mov 8(%rdi),%rcx */
    0x48, 0x8b, 0x57, 0x10, /* mov 16(%rdi),%rdx */
    0x48, 0x8b, 0x5f, 0x18, /* mov 24(%rdi),%rbx */
    0x48, 0x8b, 0x77, 0x20, /* mov 32(%rdi),%rsi */
    0x4c, 0x8b, 0x47, 0x30, /* mov 48(%rdi),%r8 */
    0x48, 0x8b, 0x7f, 0x28, /* mov 40(%rdi),%rdi */
};
static const uint8_t after[] = {
    0x57,                         /* push %rdi */
    0x48, 0x8b, 0x7c, 0x24, 0x08, /* mov 8(%rsp),%rdi: the frame */
    0x48, 0x89, 0x07,             /* mov %rax,(%rdi) */
    0x9c,                         /* pushf */
    0x8f, 0x47, 0x38,             /* pop 56(%rdi) */
    0x48, 0x89, 0x4f, 0x08, 0x48, 0x89, 0x57, 0x10, 0x48, 0x89,
    0x77, 0x20, 0x4c, 0x89, 0x47, 0x30, 0x8f, 0x47, 0x28, /* pop 40(%rdi): rdi
                                                           */
    0x5f, 0x5b, 0xc3, /* pop %rdi; pop %rbx; ret */
};

static void execute(const struct sample *s, struct frame *f)
{
    uint8_t *at = code;

    memcpy(at, before, sizeof(before));
    at += sizeof(before);
    memcpy(at, s->bytes, s->length);
    at += s->length;
    memcpy(at, after, sizeof(after));
    ((void (*)(struct frame *))(uintptr_t)code)(f);
}

static uint64_t random64(void)
{
    uint64_t values[] = { 0,          1,    0x7f,
                          0x80,       0xff, 0x7fffffff,
                          0x80000000, ~0ul, 0x8000000000000000 };

    if (rand() % 3 == 0)
        return values[(unsigned)rand() % ARRAY_SIZE(values)];
    return (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
}

static void random_frame(struct frame *f)
{
    f->rax = random64();
    f->rcx = random64();
    f->rdx = random64();
    f->rbx = 8;
    f->rsi = (uintptr_t)source;
    f->rdi = (uintptr_t)&memory[32];
    f->r8 = random64();
    f->flags = (uint64_t)rand() & ARITHMETIC;
}

static void to_regs(const struct frame *f, struct cpu_user_regs *r)
{
    memset(r, 0, sizeof(*r));
    r->rax = f->rax;
    r->rcx = f->rcx;
    r->rdx = f->rdx;
    r->rbx = f->rbx;
    r->rsi = f->rsi;
    r->rdi = f->rdi;
    r->r8 = f->r8;
    r->rflags = f->flags;
}

/* Which word the instruction changes: what CR2 would say. */
static unsigned operand_of(const struct sample *s)
{
    if (s->bytes[2] == 0x44)
        return 32 + 3; /* 8 + 2 * 8 */
    if (s->bytes[2] == 0x87 && s->length == 7)
        return 32 + 2;
    if ((s->bytes[1] == 0x89 && s->bytes[2] == 0x47) || s->bytes[3] == 0x1f)
        return s->length == 4 ? 32 + 1 : 32;
    return 32;
}

static void compare(const struct sample *s)
{
    struct cpu_user_regs regs, want;
    uint64_t mask, old, value;
    struct ptwr_op op;
    struct frame f;
    unsigned at = operand_of(s);

    random_frame(&f);
    memory[at] = rand() % 4 ? random64() : f.rax;
    source[0] = random64();
    to_regs(&f, &regs);
    assert_true(ptwr_decode(s->bytes, &op));
    assert_int_equal(op.length, s->length);
    mask = ~0ul >> (64 - 8 * op.size);
    old = memory[at];
    value = ptwr_value(&op, old & mask, source[0], &regs);
    value = (old & ~mask) | value;
    ptwr_commit(&op, old & mask, &regs);
    execute(s, &f);
    to_regs(&f, &want);
    if (memory[at] != value)
        fail_msg("%s: %#lx becomes %#lx, not %#lx", s->text, old, memory[at],
                 value);
    assert_int_equal(regs.rip, s->length);
    if ((want.rflags ^ regs.rflags) & s->flags)
        fail_msg("%s: flags %#lx, not %#lx", s->text, want.rflags & ARITHMETIC,
                 regs.rflags & ARITHMETIC);
    if (regs.rax != want.rax || regs.rcx != want.rcx || regs.rdx != want.rdx ||
        regs.r8 != want.r8 || regs.rsi != want.rsi || regs.rdi != want.rdi)
        fail_msg("%s: registers differ", s->text);
}

static void as_the_processor_does(void **state)
{
    unsigned i, n;

    (void)state;
    for (i = 0; i < ARRAY_SIZE(samples); i++)
        for (n = 0; n < 300; n++)
            compare(&samples[i]);
}

static void others_are_refused(void **state)
{
    static const uint8_t other[][PTWR_BYTES] = {
        { 0x48, 0x89, 0xc7 },             /* mov %rax,%rdi: no memory */
        { 0x48, 0x8b, 0x07 },             /* a load */
        { 0x48, 0x39, 0x07 },             /* cmp */
        { 0x48, 0x11, 0x07 },             /* adc */
        { 0x48, 0x0f, 0xba, 0x27, 0x01 }, /* bt */
        { 0x0f, 0xc7, 0x0f },             /* cmpxchg8b */
        { 0xff, 0x07 },                   /* inc */
        { 0x50 },                         /* push */
        { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
          0x66, 0x66, 0x66, 0x66, 0x66 },
    };
    struct ptwr_op op;
    unsigned i;

    (void)state;
    for (i = 0; i < ARRAY_SIZE(other); i++)
        assert_false(ptwr_decode(other[i], &op));
}

static void the_plain_one_agrees(void **state)
{
    struct ptwr_op op;
    unsigned n, reg, length, found = 0;
    uint64_t first;

    (void)state;
    for (n = 0; n < 2000000; n++) {
        uint8_t *bytes = malloc(PTWR_BYTES); /* ASan sees its end */
        unsigned i;

        for (i = 0; i < PTWR_BYTES; i++)
            bytes[i] = (uint8_t)rand();
        if (n % 2) {
            bytes[0] = (uint8_t)(0x48 | (rand() & 7));
            bytes[1] = 0x89;
        }
        memcpy(&first, bytes, 8);
        length = ptwr_plain_mov(first, &reg);
        if (ptwr_decode(bytes, &op) && op.kind == PTWR_MOV && op.size == 8 &&
            !op.immediate && (bytes[0] & 0xf8) == 0x48) {
            assert_int_equal(length, op.length);
            assert_int_equal(reg, op.reg);
            found++;
        } else {
            assert_int_equal(length, 0);
        }
        free(bytes);
    }
    assert_true(found > 1000);
}

static void strings_repeat(void **state)
{
    static const uint8_t rep_stos[PTWR_BYTES] = { 0xf3, 0x48, 0xab };
    struct cpu_user_regs r = { .rcx = 2, .rdi = 4096, .rip = 100 };
    struct ptwr_op op;

    (void)state;
    assert_true(ptwr_decode(rep_stos, &op));
    assert_true(op.repeat);
    ptwr_commit(&op, 0, &r);
    assert_int_equal(r.rip, 100);
    assert_int_equal(r.rcx, 1);
    ptwr_commit(&op, 0, &r);
    assert_int_equal(r.rip, 103);
    assert_int_equal(r.rcx, 0);
    assert_int_equal(r.rdi, 4096 + 16);
}

static int start(void **state)
{
    (void)state;
    srand(1);
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return code == MAP_FAILED;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_processor_does),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(the_plain_one_agrees),
        cmocka_unit_test(strings_repeat),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
