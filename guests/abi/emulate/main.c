/*
 * Privileged instructions that the hypervisor carries out for a kernel, those
 * that it refuses, INT n, and CPUID behind the prefix.
 */
#include <xen/version.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"
#include "guests/lib/trap.h"
#include "guests/lib/user.h"

#define CR0_TS (1UL << 3)
#define CR0_PE 1UL
#define CR0_PG (1UL << 31)

static volatile struct {
    unsigned count;
    uint64_t error;
    unsigned skip; /* bytes of the instruction that may fault */
} seen;

static void note(struct trap_frame *frame)
{
    seen.count++;
    seen.error = frame->error;
    frame->rip += seen.skip;
}

/* Runs one instruction of `length` bytes; true if it gave #GP. */
#define FAULTS(length, text, ...)                                              \
    (seen.count = 0, seen.skip = (length),                                     \
     ({ __asm__ volatile(text __VA_ARGS__); }), seen.count != 0)

static uint64_t read_cr0(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static void test_control_registers(void)
{
    uint64_t cr3, cr4;
    uint64_t pt = virt_to_mfn((const void *)start_info()->pt_base);

    check((read_cr0() & (CR0_PE | CR0_PG)) == (CR0_PE | CR0_PG), "CR0 is %lx",
          read_cr0());
    (void)hypercall2(__HYPERVISOR_fpu_taskswitch, 1, 0);
    check(read_cr0() & CR0_TS, "CR0.TS after fpu_taskswitch(1)");
    __asm__ volatile("clts");
    check(!(read_cr0() & CR0_TS), "CR0.TS after CLTS");
    __asm__ volatile("mov %0, %%cr0" : : "r"(read_cr0() | CR0_TS));
    check(read_cr0() & CR0_TS, "CR0.TS after a write of CR0");
    __asm__ volatile("mov %0, %%cr0" : : "r"(read_cr0() & ~CR0_TS));
    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    check_equal((long)cr3, (long)xen_pfn_to_cr3(pt), "CR3");
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4));
    __asm__ volatile("wbinvd");
}

static bool rdmsr(uint32_t msr, uint64_t *value)
{
    uint32_t low = 0, high = 0;

    seen.count = 0;
    seen.skip = 2;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    *value = (uint64_t)high << 32 | low;
    return seen.count == 0;
}

static bool wrmsr(uint32_t msr, uint64_t value)
{
    seen.count = 0;
    seen.skip = 2;
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value),
                       "d"((uint32_t)(value >> 32)));
    return seen.count == 0;
}

/* The register reads as `expected` in the bits of `mask`. */
static void check_msr(uint32_t msr, uint64_t expected, uint64_t mask)
{
    uint64_t value;
    bool ok = rdmsr(msr, &value);

    check(ok && (value & mask) == expected, "MSR %x: %s, %lx", msr,
          ok ? "read" : "refused", value);
}

static void test_msrs(void)
{
    uint64_t value, base = 0x123456789abcUL;

    check_msr(0xc0000080, 0x500, 0x500); /* EFER: long mode */
    check(rdmsr(0x10, &value), "TSC");
    check(wrmsr(0xc0000100, base), "FS base: write");
    check_msr(0xc0000100, base, ~0UL);
    check(!wrmsr(0xc0000100, 1UL << 63), "FS base: not canonical");
    check(wrmsr(0xc0000102, base + 1), "user GS base: write");
    check_msr(0xc0000102, base + 1, ~0UL);
    check(!rdmsr(0x12345, &value), "an MSR that there is not: read");
    check(!wrmsr(0x12345, 0), "an MSR that there is not: write");
    check(!wrmsr(0x277, 0), "the PAT is not the guest's");
}

static void test_refused(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) table = { 0, 0 };

    check(FAULTS(1, "hlt"), "HLT is done");
    check(FAULTS(3, "lgdt (%0)", ::"a"(&table)), "LGDT is done");
    check(FAULTS(3, "lidt (%0)", ::"a"(&table)), "LIDT is done");
    check(FAULTS(3, "ltr %w0", ::"a"(0)), "LTR is done");
    check(FAULTS(3, "swapgs"), "SWAPGS is done");
    check(FAULTS(3, "mov %0, %%cr3", ::"a"(0UL)), "CR3 := 0 is done");
}

static void cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
    __asm__ volatile(XEN_CPUID
                     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                     : "a"(leaf), "c"(sub));
}

static void test_cpuid(void)
{
    uint32_t r[4];

    cpuid(0x40000000, 0, r);
    check(r[1] == 0x566e6558 && r[2] == 0x65584d4d && r[3] == 0x4d4d566e,
          "signature %x %x %x", r[1], r[2], r[3]);
    cpuid(0x40000001, 0, r);
    check((r[0] >> 16) == 4, "version %x", r[0]);
    cpuid(1, 0, r);
    check(r[2] & 1u << 31, "no hypervisor bit");
    check(!(r[2] & (1u << 5 | 1u << 3 | 1u << 17)), "VMX, MONITOR or PCID: %x",
          r[2]);
    cpuid(7, 0, r);
    check(!(r[1] & (1u << 7 | 1u << 20)), "SMEP or SMAP: %x", r[1]);
    cpuid(0x80000001, 0, r);
    check(!(r[2] & 4), "SVM: %x", r[2]);
}

static void user_int80(unsigned long arg)
{
    (void)arg;
    __asm__ volatile("int $0x80; ud2");
}

static void user_int81(unsigned long arg)
{
    (void)arg;
    __asm__ volatile("int $0x81; ud2");
}

/* A gate of the IDT, as the error code of a #GP names it: by 8 * n + 2. QEMU
 * 7.2 says 16 * n + 2, for a gate has 16 bytes there. Metronome, which reads
 * the instruction, tells the guest what a processor would; Xen passes on what
 * it gets. */
static bool names_gate(uint64_t error, unsigned n)
{
    xen_extraversion_t version;

    (void)hypercall_xen_version(XENVER_extraversion, version);
    return error == n * 8 + 2 ||
           (strcmp(version, ".0-metronome") && error == n * 16 + 2);
}

static void test_software_interrupts(void)
{
    extern const char trap_entries[];
    struct trap_info two[3] = { { .vector = 0x80,
                                  .flags = 3,
                                  .cs = FLAT_KERNEL_CS,
                                  .address = (unsigned long)trap_entries +
                                             16 * TRAP_OVERFLOW } };
    struct trap_frame frame;

    two[1] = two[0];
    two[1].vector = 0x81;
    two[1].flags = 0;
    (void)hypercall_set_trap_table(two);
    /* Not by 0x80, for which Xen has a way of its own that looks at no level:
     * it is there for the system calls of 32-bit programs. */
    frame = user_run(user_int81, 0);
    check_equal((long)frame.vector, TRAP_PROTECTION, "INT 81 at level 0");
    check(names_gate(frame.error, 0x81), "its error code is %lx", frame.error);
    frame = user_run(user_int80, 0);
    check_equal((long)frame.vector, TRAP_OVERFLOW, "INT 80 at level 3");
    check_equal(*(const uint16_t *)frame.rip, 0x0b0f, "goes on behind it");
}

static void test_ports(void)
{
    struct {
        uint32_t iopl;
    } op = { 1 };
    uint8_t value = 0;

    if (hypercall2(__HYPERVISOR_physdev_op, 6 /* PHYSDEVOP_set_iopl */,
                   address_of(&op)))
        return;
    seen.count = 0;
    seen.skip = 2;
    __asm__ volatile("in $0x80, %0" : "+a"(value));
    check_equal(seen.count, 0, "IN at IOPL 1");
}

void guest_main(void)
{
    report_begin("emulate");
    trap_set_handler(TRAP_PROTECTION, note);
    test_control_registers();
    test_msrs();
    test_refused();
    test_cpuid();
    test_ports();
    trap_set_handler(TRAP_PROTECTION, NULL);
    if (user_init())
        test_software_interrupts();
    report_end();
}
