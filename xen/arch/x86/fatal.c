/*
 * fatal.c - registers and backtrace of a panic, and the reset.
 *
 * Runs in a broken hypervisor: follows no pointer that it has not checked.
 */
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/fatal.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/arch/x86/stack.h"
#include "xen/lib/log.h"
#include "xen/lib/format.h"

#define LOADED_MAX 32u

/* Made by tools/symbols.py, sorted by offset. */
struct symbol {
    uint32_t offset; /* from image_start */
    uint32_t name;   /* in symbol_names */
};
extern const uint32_t symbol_count;
extern const struct symbol symbol_table[];
extern const char symbol_names[];

/* Code that was loaded at boot. */
static struct loaded_text {
    uintptr_t start;
    size_t size;
    const char *name;
} loaded[LOADED_MAX];
static unsigned nr_loaded;

void fatal_add_text(const void *start, size_t size, const char *name)
{
    if (nr_loaded < LOADED_MAX)
        loaded[nr_loaded++] = (struct loaded_text){ (uintptr_t)start, size,
                                                    name };
}

/* An address in loaded code, as its object's name and an offset in .text. */
static bool name_loaded(char *out, size_t size, uintptr_t address)
{
    for (unsigned i = 0; i < nr_loaded; i++)
        if (address - loaded[i].start < loaded[i].size) {
            (void)format_text(out, size, "%s.o:.text+%#lx", loaded[i].name,
                              address - loaded[i].start);
            return true;
        }
    return false;
}

void fatal_name(char *out, size_t size, uintptr_t address)
{
    uintptr_t offset = address - (uintptr_t)image_start;
    uint32_t low = 0, high = symbol_count;

    if (name_loaded(out, size, address))
        return;
    if (address < (uintptr_t)text_start || address >= (uintptr_t)text_end ||
        !symbol_count) {
        (void)format_text(out, size, "%#lx", address);
        return;
    }
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (symbol_table[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    (void)format_text(out, size, "%s+%#lx",
                      symbol_names + symbol_table[low].name,
                      offset - symbol_table[low].offset);
}

const char *fatal_symbol(uint32_t n, uintptr_t *address)
{
    if (n >= symbol_count)
        return NULL;
    *address = (uintptr_t)image_start + symbol_table[n].offset;
    return symbol_names + symbol_table[n].name;
}

static void show_address(const char *before, uintptr_t address)
{
    char name[96];

    fatal_name(name, sizeof(name), address);
    log_error("%s[%016lx] %s", before, address, name);
}

void fatal_show_backtrace(uintptr_t frame)
{
    uintptr_t stack_end = (frame | (STACK_SIZE - 1)) + 1;

    log_error("Backtrace:");
    for (unsigned i = 0; i < 32; i++) {
        const uintptr_t *f = (const uintptr_t *)frame;

        if (frame % 8 || frame < HOLE_START || frame > stack_end - 16)
            return;
        if (f[1] < (uintptr_t)text_start || f[1] >= (uintptr_t)text_end)
            return;
        show_address("   ", f[1]);
        if (f[0] <= frame || f[0] >= stack_end)
            return;
        frame = f[0];
    }
}

void fatal_show_registers(const struct cpu_user_regs *r)
{
    show_address("rip ", r->rip);
    log_error("cs  %04x  rflags %08lx  ss:rsp %04x:%016lx", r->cs, r->rflags,
              r->ss, r->rsp);
    log_error("rax %016lx  rbx %016lx  rcx %016lx", r->rax, r->rbx, r->rcx);
    log_error("rdx %016lx  rsi %016lx  rdi %016lx", r->rdx, r->rsi, r->rdi);
    log_error("rbp %016lx  r8  %016lx  r9  %016lx", r->rbp, r->r8, r->r9);
    log_error("r10 %016lx  r11 %016lx  r12 %016lx", r->r10, r->r11, r->r12);
    log_error("r13 %016lx  r14 %016lx  r15 %016lx", r->r13, r->r14, r->r15);
}

void fatal_show_context(void)
{
    log_error("cr0 %08lx  cr2 %016lx  cr3 %016lx  cr4 %08lx", read_cr0(),
              read_cr2(), read_cr3(), read_cr4());
    if (!current_pv())
        return;
    log_error("The guest that this CPU runs, or serves:");
    fatal_show_registers(guest_regs());
}

static const char *exception_name(unsigned vector)
{
    static const char *const names[] = {
        "divide error",
        "debug",
        "NMI",
        "breakpoint",
        "overflow",
        "bound",
        "invalid opcode",
        "no FPU",
        "double fault",
        "coprocessor overrun",
        "invalid TSS",
        "segment not present",
        "stack fault",
        "general protection",
        "page fault",
        "reserved",
        "FPU error",
        "alignment check",
        "machine check",
        "SIMD error",
    };

    return vector < ARRAY_SIZE(names) ? names[vector] : "interrupt";
}

void fatal_trap(const struct cpu_user_regs *regs)
{
    irq_disable();
    log_error("Unexpected exception %u (%s), error code %#x, on CPU %u:",
              regs->entry_vector, exception_name(regs->entry_vector),
              regs->error_code, this_cpu_id());
    fatal_show_registers(regs);
    fatal_show_backtrace(regs->rbp);
    panic("exception %u (%s) in the hypervisor", regs->entry_vector,
          exception_name(regs->entry_vector));
}

void fatal_reboot(void)
{
    static const struct table_register nothing = { 0, 0 };

    outb(0xcf9, 0x02); /* PIIX and ICH reset control */
    outb(0xcf9, 0x06);
    for (unsigned i = 0; i < 100000; i++)
        cpu_pause();
    outb(0x64, 0xfe); /* keyboard controller */
    for (unsigned i = 0; i < 100000; i++)
        cpu_pause();
    lidt(&nothing); /* triple fault */
    __asm__ volatile("int3");
    for (;;)
        cpu_halt();
}
