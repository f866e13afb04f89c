/*
 * processor: prints the processor as a paravirtual kernel sees it: CPUID behind
 * the ABI's prefix, leaf by leaf, and model-specific registers, read and
 * written back. tests/guest/test_processor.py compares it with Xen's.
 *
 * Output: CPUID LEAF.SUBLEAF EAX EBX ECX EDX
 *         MSR NUMBER VALUE|fault write|fault
 *         PMU RESULT
 */
#include <stddef.h>
#include <xen/pmu.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/trap.h"

static volatile bool faulted;

static void note(struct trap_frame *frame)
{
    faulted = true;
    frame->rip += 2; /* RDMSR, WRMSR */
}

static void show_leaf(uint32_t leaf, uint32_t sub)
{
    uint32_t a = leaf, b, c = sub, d;

    __asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    print("CPUID %08x.%u %08x %08x %08x %08x\n", leaf, sub, a, b, c, d);
}

static void show_leaves(void)
{
    static const struct {
        uint32_t first, last, subleaves;
    } ranges[] = {
        { 0, 3, 1 },
        { 4, 4, 5 },
        { 5, 6, 1 },
        { 7, 7, 3 },
        { 8, 0xa, 1 },
        { 0xb, 0xb, 3 },
        { 0xc, 0xc, 1 },
        { 0xd, 0xd, 10 },
        { 0xe, 0x20, 1 },
        { 0x40000000, 0x40000006, 1 },
        { 0x40000100, 0x40000101, 1 },
        { 0x80000000, 0x80000022, 1 },
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        for (uint32_t leaf = ranges[i].first; leaf <= ranges[i].last; leaf++)
            for (uint32_t sub = 0; sub < ranges[i].subleaves; sub++)
                show_leaf(leaf, sub);
}

/* Of Intel's and AMD's, those for which kernels ask. */
static const uint32_t msrs[] = {
    0x0,        0x1,        0x10,       0x17,       0x1b,       0x2a,
    0x33,       0x34,       0x3a,       0x3b,       0x48,       0x49,
    0x79,       0x8b,       0xc1,       0xc2,       0xce,       0xe2,
    0xe7,       0xe8,       0xfe,       0x10a,      0x10b,      0x11e,
    0x122,      0x123,      0x140,      0x174,      0x175,      0x176,
    0x179,      0x17a,      0x17b,      0x186,      0x187,      0x198,
    0x199,      0x19a,      0x19b,      0x19c,      0x1a0,      0x1a2,
    0x1a6,      0x1ad,      0x1b0,      0x1c9,      0x1d9,      0x1fc,
    0x200,      0x201,      0x250,      0x277,      0x2ff,      0x309,
    0x345,      0x38d,      0x38e,      0x38f,      0x390,      0x3f1,
    0x400,      0x401,      0x402,      0x403,      0x404,      0x480,
    0x48b,      0x4c1,      0x560,      0x570,      0x606,      0x60d,
    0x610,      0x611,      0x639,      0x641,      0x6a0,      0x6a2,
    0x6e0,      0x770,      0x802,      0x808,      0x80b,      0xc80,
    0xda0,      0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,
    0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103, 0xc0000104, 0xc0000408,
    0xc0010000, 0xc0010004, 0xc0010010, 0xc0010015, 0xc001001a, 0xc001001d,
    0xc001001f, 0xc0010055, 0xc0010058, 0xc0010061, 0xc0010062, 0xc0010064,
    0xc0010071, 0xc0010114, 0xc0010117, 0xc001011f, 0xc0010140, 0xc0010200,
    0xc0010201, 0xc0011004, 0xc0011005, 0xc0011020, 0xc0011021, 0xc0011022,
    0xc0011023, 0xc0011029, 0xc001102a, 0xc0011030,
};

static void show_msr(uint32_t number)
{
    uint32_t low = 0, high = 0;
    const char *write = "write";

    faulted = false;
    __asm__ volatile("rdmsr" : "+a"(low), "+d"(high) : "c"(number));
    print("MSR %08x ", number);
    if (faulted)
        print("fault ");
    else
        print("%08x%08x ", high, low);
    faulted = false;
    __asm__ volatile("wrmsr" : : "c"(number), "a"(low), "d"(high));
    if (faulted)
        write = "fault";
    print("%s\n", write);
}

void guest_main(void)
{
    static struct xen_pmu_params pmu = {
        .version.maj = XENPMU_VER_MAJ,
        .version.min = XENPMU_VER_MIN,
    };

    show_leaves();
    (void)trap_set_handler(TRAP_PROTECTION, note);
    for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
        show_msr(msrs[i]);
    print("PMU %ld\n",
          hypercall2(__HYPERVISOR_xenpmu_op, XENPMU_init, address_of(&pmu)));
    print("processor: done\n");
}
