/*
 * Extended registers (x87, SSE, AVX) and TSC_AUX between domains: a vCPU begins
 * with clean ones, keeps its own across yields and preemption, and never sees
 * another's.
 *
 * Run as two or more boot-time domains on one CPU, each with a pattern of its
 * own; by itself (as dom0) its own vCPUs are the others. Everything is loaded
 * and looked at by XRSTOR and XSAVE, so that no component is overlooked.
 *
 * A hypervisor may load the registers lazily, when the first instruction that
 * uses them traps. QEMU 7.2's XSAVE and XRSTOR never trap, so an instruction
 * that does (TOUCH) stands before each.
 *
 * pattern=N   what fills the registers (1)
 * late=1      AVX is switched on only after rounds in which others used it:
 *             the upper halves must then be zero
 * second=1    a second vCPU is started in the middle, and must be clean
 */
#include <stddef.h>
#include <xen/sched.h>

#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/options.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"
#include "guests/lib/vcpu.h"

#define ROUNDS    300
#define SPIN      200000 /* longer than some schedulers' slice, now and then */
#define XCR0_SSE  3u
#define XCR0_AVX  7u
#define FCW_RESET 0x037f
#define MXCSR     24 /* offsets in the save area: SDM 1, 13.4 */
#define X87       32
#define XMM       160
#define XSTATE_BV 512
#define YMM       576
#define AREA      832

#define TOUCH "movaps %%xmm0, %%xmm0\n"

struct area {
    uint8_t byte[AREA];
} __attribute__((aligned(64)));

static struct {
    long pattern, late, second;
    volatile bool second_done;
    bool avx;
    struct area in[2], out[2];
} vectors = { .pattern = 1 };

/* TSC_AUX, which every program may read by RDTSCP. */
static bool has_rdtscp(void)
{
    uint32_t a = 0x80000001, b, c = 0, d;

    __asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return d & 1u << 27;
}

static uint32_t read_aux(void)
{
    uint32_t a, c = 0, d;

    if (has_rdtscp())
        __asm__ volatile("rdtscp" : "=a"(a), "=c"(c), "=d"(d));
    return c;
}

static void write_aux(uint32_t value)
{
    if (has_rdtscp())
        __asm__ volatile("wrmsr" : : "c"(0xc0000103), "a"(value), "d"(0));
}

static uint32_t cpuid1_ecx(void)
{
    uint32_t a = 1, b, c, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    return c;
}

static void enable(uint32_t xcr0)
{
    unsigned long cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | 1UL << 18));
    __asm__ volatile("xsetbv" : : "a"(xcr0), "d"(0), "c"(0));
}

/* What is in the registers now; a component in its initial state need not be
 * written, so it is put there before. */
static void look(struct area *area, uint32_t mask)
{
    memset(area, 0, sizeof(*area));
    area->byte[0] = FCW_RESET & 0xff;
    area->byte[1] = FCW_RESET >> 8;
    __asm__ volatile(TOUCH "xsave64 (%0)"
                     :
                     : "r"(area), "a"(mask), "d"(0)
                     : "memory");
}

/* Registers := in; a yield, or some spinning; out := registers. One piece of
 * assembly, so that no compiled code comes between. */
static void keep(const struct area *in, struct area *out, uint32_t mask,
                 unsigned spins)
{
    unsigned long number = __HYPERVISOR_sched_op, a = SCHEDOP_yield, b = 0;

    memset(out, 0, sizeof(*out));
    __asm__ volatile(
        TOUCH "mov %[mask], %%eax; xor %%edx, %%edx\n"
              "xrstor64 (%[in])\n"
              "test %[spins], %[spins]; jz 2f\n"
              "1: dec %[spins]; jnz 1b; jmp 3f\n"
              "2: mov %[number], %%rax; syscall\n"
              "3:" TOUCH "mov %[mask], %%eax; xor %%edx, %%edx\n"
              "xsave64 (%[out])\n"
        : [spins] "+r"(spins), "+D"(a), "+S"(b)
        : [in] "r"(in), [out] "r"(out), [mask] "r"(mask), [number] "r"(number)
        : "rax", "rdx", "rcx", "r11", "memory");
}

static void make_pattern(struct area *area, unsigned vcpu, uint32_t mask)
{
    uint8_t *b = area->byte;
    uint8_t fill = (uint8_t)(vectors.pattern * 16 + vcpu + 1);

    memset(b, 0, sizeof(*area));
    b[0] = 0x7f;
    b[1] = (uint8_t)(vectors.pattern & 3) << 2; /* rounding */
    b[4] = 0xff;                                /* all registers in use */
    b[MXCSR] = 0x80;
    b[MXCSR + 1] = 0x1f | (uint8_t)(vectors.pattern & 3) << 5;
    for (unsigned r = 0; r < 8; r++)
        memset(b + X87 + r * 16, fill + (int)r, 10);
    for (unsigned r = 0; r < 16; r++) {
        memset(b + XMM + r * 16, fill + (int)r * 3, 16);
        memset(b + YMM + r * 16, fill + (int)r * 5, 16);
    }
    b[XSTATE_BV] = (uint8_t)mask;
}

static bool same(const struct area *got, const struct area *wanted, unsigned at,
                 unsigned size)
{
    return memcmp(got->byte + at, wanted->byte + at, size) == 0;
}

/* But for the x87's pointers, which processors keep in different ways. */
static bool check_same(const struct area *got, const struct area *wanted,
                       uint32_t mask, const char *when)
{
    bool ok = check(same(got, wanted, 0, 6), "x87 control, status, tags: %s",
                    when);

    ok &= check(same(got, wanted, MXCSR, 4), "MXCSR: %s", when);
    for (unsigned r = 0; r < 8; r++)
        ok &= check(same(got, wanted, X87 + r * 16, 10), "x87 %u: %s", r, when);
    for (unsigned r = 0; r < 16; r++) {
        ok &= check(same(got, wanted, XMM + r * 16, 16), "XMM%u: %s: %x", r,
                    when, got->byte[XMM + r * 16]);
        if (mask == XCR0_AVX)
            ok &= check(same(got, wanted, YMM + r * 16, 16), "YMM%u: %s: %x", r,
                        when, got->byte[YMM + r * 16]);
    }
    return ok;
}

static void check_clean(struct area *area, uint32_t mask, const char *when)
{
    static struct area clean;

    check_equal(read_aux(), 0, "TSC_AUX of a new vCPU");
    clean.byte[0] = FCW_RESET & 0xff;
    clean.byte[1] = FCW_RESET >> 8;
    clean.byte[MXCSR] = 0x80;
    clean.byte[MXCSR + 1] = 0x1f;
    look(area, mask);
    (void)check_same(area, &clean, mask, when);
}

static void run(unsigned vcpu, unsigned rounds, uint32_t mask)
{
    struct area *in = &vectors.in[vcpu], *out = &vectors.out[vcpu];

    uint32_t aux = (uint32_t)vectors.pattern * 100 + vcpu;

    make_pattern(in, vcpu, mask);
    write_aux(aux);
    for (unsigned i = 0; i < rounds; i++) {
        keep(in, out, mask, i % 8 ? 0 : SPIN);
        if (has_rdtscp() && !check_equal(read_aux(), aux, "TSC_AUX"))
            break;
        if (!check_same(out, in, mask,
                        i % 8 ? "after a yield" : "after spinning"))
            break; /* one such list is enough */
    }
}

static void second(void *arg)
{
    uint32_t mask = vectors.avx ? XCR0_AVX : XCR0_SSE;

    (void)arg;
    enable(mask);
    check_clean(&vectors.out[1], mask, "a new vCPU");
    run(1, ROUNDS, mask);
    vectors.second_done = true;
}

static void begin(void)
{
    static const struct option options[] = {
        { "pattern", &vectors.pattern, NULL, "1 to 7" },
        { "late", &vectors.late, NULL, "AVX only after rounds without" },
        { "second", &vectors.second, NULL, "start a second vCPU" },
    };

    report_begin("vectors");
    options_parse("vectors", options, 3);
    if (!(cpuid1_ecx() & 1u << 26))
        report_skip("no XSAVE");
    vectors.avx = cpuid1_ecx() & 1u << 28;
}

void guest_main(void)
{
    uint32_t mask;

    begin();
    mask = vectors.avx && !vectors.late ? XCR0_AVX : XCR0_SSE;
    enable(mask);
    check_clean(&vectors.out[0], mask, "the first vCPU");
    run(0, ROUNDS, mask);
    if (vectors.second || start_is_dom0())
        check_equal(vcpu_start(1, second, NULL), 0, "start vCPU 1");
    else
        vectors.second_done = true;
    run(0, ROUNDS, mask);
    if (vectors.late && vectors.avx) {
        mask = XCR0_AVX;
        enable(mask);
        look(&vectors.out[0], mask);
        for (unsigned r = 0; r < 16; r++)
            check(same(&vectors.out[0], &(struct area){ { 0 } }, YMM + r * 16,
                       16),
                  "YMM%u when AVX is switched on: %x", r,
                  vectors.out[0].byte[YMM + r * 16]);
        run(0, ROUNDS, mask);
    }
    while (!vectors.second_done)
        run(0, 8, mask);
    report_end();
}
