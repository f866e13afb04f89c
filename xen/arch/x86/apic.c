/*
 * apic.c - setting up local APICs and sending interrupts between them.
 */
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/apic.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/paging.h"
#include "xen/arch/x86/spinlock.h"
#include "xen/lib/log.h"
#include "xen/lib/cmdline.h"

struct apic apic;

static bool want_x2apic = true;
CMDLINE_OPTION(x2apic) = { "x2apic", "on, off", .kind = CMDLINE_FLAG,
                           .variable = &want_x2apic };

static bool has_x2apic(void)
{
    return cpuid(1).ecx & 1u << 21;
}

void apic_send(uint32_t apic_id, uint32_t low)
{
    uint64_t flags;

    if (!apic.registers) {
        /* The MSR is not serialising: what was stored must be seen first. */
        __asm__ volatile("mfence; lfence" : : : "memory");
        wrmsr(MSR_X2APIC_FIRST + APIC_ICR / 16, (uint64_t)apic_id << 32 | low);
        return;
    }
    flags = irq_save();
    while (apic_read(APIC_ICR) & APIC_ICR_PENDING)
        cpu_pause();
    apic_write(APIC_ICR_HIGH, apic_id << 24);
    apic_write(APIC_ICR, low);
    irq_restore(flags);
}

void apic_send_others(uint32_t low)
{
    apic_send(0, low | APIC_ICR_OTHERS);
}

uint32_t apic_own_id(void)
{
    uint32_t id = apic_read(APIC_ID);

    return apic.registers ? id >> 24 : id;
}

/* Only ever an APIC's own fault, as an illegal vector: worth a line. */
static void error_interrupt(struct cpu_user_regs *regs)
{
    (void)regs;
    apic_write(APIC_ESR, 0);
    log_warning("Local APIC error %#x", apic_read(APIC_ESR));
}

void apic_cpu_init(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

    wrmsr(MSR_APIC_BASE, base);
    if (!apic.registers)
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    apic_write(APIC_LVT_LINT0, APIC_LVT_MASKED);
    apic_write(APIC_LVT_LINT1, APIC_LVT_NMI);
    apic_write(APIC_LVT_ERROR, VECTOR_ERROR);
    apic_write(APIC_SVR, 0x100 | VECTOR_SPURIOUS);
    apic_eoi(); /* what the firmware may have left in service */
}

void apic_init(void)
{
    bool firmware = rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC;

    if (!firmware && !(want_x2apic && has_x2apic())) {
        apic.registers = map_device(acpi.local_apic, PAGE_SIZE);
        if (!apic.registers)
            panic("no memory to map the local APIC");
    }
    irq_set_handler(VECTOR_ERROR, error_interrupt);
    apic_cpu_init();
    log_info("Local APIC: %s mode", apic.registers ? "xAPIC" : "x2APIC");
}
