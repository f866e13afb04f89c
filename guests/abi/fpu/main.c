/*
 * Floating-point state: two vCPUs on one CPU hold different values in every
 * vector register and yield to each other; neither sees the other's.
 */
#include <stddef.h>
#include <xen/sched.h>

#include "guests/lib/avx.h"
#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"
#include "guests/lib/vcpu.h"

#define ROUNDS 500

struct vectors {
    uint64_t word[16][4];
} __attribute__((aligned(32)));

static struct {
    struct vectors in[2], out[2];
    volatile unsigned wrong[2], rounds[2];
    volatile bool stop;
    bool avx;
} fpu;

/* Load, yield, store: one asm, so that no compiled code comes between. */
#define EACH(what)                                                             \
    what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7) what(8)    \
        what(9) what(10) what(11) what(12) what(13) what(14) what(15)
#define LOAD_XMM(n) "movups 32*" #n "(%[in]), %%xmm" #n "\n"
#define SAVE_XMM(n) "movups %%xmm" #n ", 32*" #n "(%[out])\n"
#define LOAD_YMM(n) "vmovups 32*" #n "(%[in]), %%ymm" #n "\n"
#define SAVE_YMM(n) "vmovups %%ymm" #n ", 32*" #n "(%[out])\n"

static void keep_sse(const struct vectors *in, struct vectors *out)
{
    unsigned long number = __HYPERVISOR_sched_op, a = SCHEDOP_yield, b = 0;

    __asm__ volatile(EACH(LOAD_XMM) "syscall\n" EACH(SAVE_XMM)
                     : "+a"(number), "+D"(a), "+S"(b)
                     : [in] "r"(in), [out] "r"(out)
                     : "rcx", "r11", "memory");
}

static void keep_avx(const struct vectors *in, struct vectors *out)
{
    unsigned long number = __HYPERVISOR_sched_op, a = SCHEDOP_yield, b = 0;

    __asm__ volatile(EACH(LOAD_YMM) "syscall\n" EACH(SAVE_YMM)
                     : "+a"(number), "+D"(a), "+S"(b)
                     : [in] "r"(in), [out] "r"(out)
                     : "rcx", "r11", "memory");
}

static void rounds(unsigned id)
{
    for (unsigned i = 0; i < 16; i++) {
        for (unsigned k = 0; k < 4; k++)
            fpu.in[id].word[i][k] = (id + 1) * 0x0101010101010101UL + i * 4 + k;
    }
    while (!fpu.stop && fpu.rounds[id] < ROUNDS * 4) {
        memset(&fpu.out[id], 0, sizeof(fpu.out[id]));
        if (fpu.avx)
            keep_avx(&fpu.in[id], &fpu.out[id]);
        else
            keep_sse(&fpu.in[id], &fpu.out[id]);
        for (unsigned i = 0; i < 16; i++)
            fpu.wrong[id] += memcmp(fpu.in[id].word[i], fpu.out[id].word[i],
                                    fpu.avx ? 32 : 16) != 0;
        fpu.rounds[id]++;
        if (id == 0 && fpu.rounds[0] >= ROUNDS)
            fpu.stop = true;
    }
}

static void other(void *arg)
{
    (void)arg;
    if (fpu.avx)
        (void)avx_enable();
    rounds(1);
}

void guest_main(void)
{
    report_begin("fpu");
    fpu.avx = avx_enable();
    if (vcpu_count() < 2)
        report_skip("one vcpu only");
    check_equal(vcpu_start(1, other, NULL), 0, "start vcpu 1");
    clock_sleep_until(clock_now() + NS_PER_MS);
    rounds(0);
    clock_sleep_until(clock_now() + NS_PER_MS);
    check(fpu.rounds[1] > 0, "vcpu 1 never ran");
    check_equal(fpu.wrong[0], 0, "registers of vcpu 0 that changed");
    check_equal(fpu.wrong[1], 0, "registers of vcpu 1 that changed");
    report_end();
}
