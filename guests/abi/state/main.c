/*
 * Registers that are nobody else's business survive a switch to another vCPU
 * that uses them too: FPU, SSE, AVX, segment bases, debug registers.
 */
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/trap.h"
#include "guests/lib/vcpu.h"

#define ROUNDS 2000u

static volatile unsigned rounds[2], wrong[2];
static char with_avx; /* says: with AVX */

static bool has_avx(void)
{
    uint32_t a = 1, b, c = 0, d;

    __asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (c & 1u << 28) && (c & 1u << 27);
}

static void yield(void)
{
    (void)hypercall_sched_op(SCHEDOP_yield, NULL);
}

static void set_vectors(uint64_t pattern, bool avx)
{
    __asm__ volatile("movq %0, %%xmm3\n"
                     "movq %0, %%xmm15\n"
                     "punpcklqdq %%xmm15, %%xmm15"
                     :
                     : "r"(pattern));
    if (avx)
        __asm__ volatile("vinsertf128 $1, %xmm15, %ymm15, %ymm15");
    __asm__ volatile("fninit; fldpi; fld1");
}

static bool vectors_are(uint64_t pattern, bool avx)
{
    uint64_t low, high, three, top = pattern;
    long double one = 0;

    __asm__ volatile("movq %%xmm15, %0\n"
                     "movhlps %%xmm15, %%xmm15\n"
                     "movq %%xmm15, %1\n"
                     "movq %%xmm3, %2"
                     : "=r"(low), "=r"(high), "=r"(three));
    if (avx)
        __asm__ volatile("vextractf128 $1, %%ymm15, %%xmm15\n"
                         "movq %%xmm15, %0"
                         : "=r"(top));
    __asm__ volatile("fstpt %0; fstp %%st(0)" : "=m"(one));
    return low == pattern && high == pattern && three == pattern &&
           top == pattern && ((const uint16_t *)&one)[4] == 0x3fff;
}

static void set_bases(uint64_t base)
{
    (void)hypercall_set_segment_base(SEGBASE_FS, base);
    (void)hypercall_set_segment_base(SEGBASE_GS_USER, base + 8);
}

static uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static bool bases_are(uint64_t base)
{
    return rdmsr(0xc0000100) == base && rdmsr(0xc0000102) == base + 8;
}

static void set_mxcsr(uint32_t value)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(value));
}

static uint32_t get_mxcsr(void)
{
    uint32_t value;

    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

static void work(void *arg)
{
    unsigned me = vcpu_self()->id;
    uint64_t pattern = 0x1111111111111111UL * (me + 1);
    bool avx = arg != NULL;

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t mxcsr = 0x1f80 | (me ? 0x2000 : 0x4000);
        bool ok;

        set_vectors(pattern + i, avx);
        set_mxcsr(mxcsr);
        set_bases(0x100000UL * (me + 1));
        (void)hypercall2(__HYPERVISOR_set_debugreg, 0, 0x1000 * (me + 1));
        yield();
        ok = get_mxcsr() == mxcsr && bases_are(0x100000UL * (me + 1)) &&
             hypercall2(__HYPERVISOR_get_debugreg, 0, 0) ==
                 0x1000 * (long)(me + 1);
        if (!vectors_are(pattern + i, avx) || !ok)
            wrong[me]++;
        rounds[me]++;
    }
}

/* ---- breakpoints ---- */

static volatile unsigned hits;
static uint64_t dr6;
static volatile uint64_t watched;

static void note_debug(struct trap_frame *frame)
{
    (void)frame;
    hits++;
    dr6 = (uint64_t)hypercall2(__HYPERVISOR_get_debugreg, 6, 0);
}

static void test_breakpoint(void)
{
    check(hypercall2(__HYPERVISOR_set_debugreg, 0, HYPERVISOR_VIRT_START) < 0,
          "a breakpoint in the hypervisor");
    check(hypercall2(__HYPERVISOR_set_debugreg, 9, 0) < 0, "register 9");
    trap_set_handler(TRAP_DEBUG, note_debug);
    (void)hypercall2(__HYPERVISOR_set_debugreg, 6, 0);
    check_equal(
        hypercall2(__HYPERVISOR_set_debugreg, 0, (unsigned long)&watched), 0,
        "an address");
    check_equal(hypercall2(__HYPERVISOR_set_debugreg, 7, 0xd0001), 0,
                "watch writes of 4 bytes");
    yield();
    watched = 1;
    check_equal(hits, 1, "hits of a watched word");
    check(dr6 & 1, "DR6 is %lx", dr6);
    (void)hypercall2(__HYPERVISOR_set_debugreg, 7, 0);
    watched = 2;
    check_equal(hits, 1, "hits after it was switched off");
}

void guest_main(void)
{
    void *avx = has_avx() ? (void *)&with_avx : NULL;
    bool two = vcpu_count() > 1;

    report_begin("state");
    if (avx) { /* x87, SSE, AVX */
        uint64_t cr4;

        __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
        __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | 1UL << 18));
        __asm__ volatile("xsetbv" : : "c"(0), "a"(7), "d"(0));
    }
    if (two)
        check_equal(vcpu_start(1, work, NULL), 0, "the second vCPU");
    work(avx);
    while (two && rounds[1] < ROUNDS)
        yield();
    check(wrong[0] == 0 && wrong[1] == 0, "%u and %u times of %u", wrong[0],
          wrong[1], ROUNDS);
    test_breakpoint();
    report_end();
}
