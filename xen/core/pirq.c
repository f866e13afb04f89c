/*
 * pirq.c - from a device's interrupt to an event of the domain that owns the
 * machine.
 *
 * There is one such domain, so there is one table. An interrupt arrives at any
 * CPU and only marks its PIRQ for the softirq that follows, which sends the
 * event under the event lock, and lets the interrupt follow the vCPU that it
 * is for to its CPU. Since a vector means the same on every CPU, that is one
 * write to the IO-APIC or to the device.
 *
 * A level-triggered line is masked from the interrupt until the guest says that
 * it has served the device (pirq_eoi()); the line would interrupt all the time
 * until then. An edge needs nothing of the kind.
 *
 * Locks: the owner's event lock protects everything here but `waiting`, which
 * the interrupt sets while the line is open, and by_vector, which it reads. An
 * entry is put there before its interrupt is opened, and its vector stays this
 * file's for good, so that a straggler finds a handler.
 */
#include "xen/core/pirq.h"

#include <xen/errno.h>
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/apic.h"
#include "xen/arch/x86/ioapic.h"
#include "xen/arch/x86/irq.h"
#include "xen/arch/x86/msi.h"
#include "xen/arch/x86/paging.h"
#include "xen/arch/x86/traps.h"
#include "xen/base/softirq.h"
#include "xen/core/event_private.h"

#define MSIX_PAGES 128u

enum pirq_kind { PIRQ_FREE, PIRQ_RESERVED, PIRQ_GSI, PIRQ_MSI };

struct pirq {
    uint8_t kind;
    bool level, low;  /* of a line */
    bool configured;  /* ... as the guest said, not by default */
    uint8_t vector;   /* 0: none yet */
    uint8_t waiting;  /* masked until the guest's EOI; atomic */
    unsigned group;   /* number among the messages of one MSI */
    unsigned count;   /* how many they are */
    unsigned cpu;     /* where it goes to */
    unsigned port;    /* 0: not bound */
    uint64_t arrived; /* how often; for the debug key */
    struct msi msi;
    struct softirq_work work;
};

static struct {
    struct domain *owner; /* whose PIRQs these are; a reference, for good */
    struct pirq pirq[NR_PIRQS];
    struct pirq *by_vector[256];
    bool ours[256]; /* vectors that this file has got */

    struct page *eoi_page; /* the guest's map of PIRQs that need an EOI */
    bool eoi_unmasks;

    /* Pages with MSI-X tables, mapped for good. */
    unsigned nr_pages;
    struct {
        paddr_t paddr;
        volatile char *address;
    } page[MSIX_PAGES];
} pirqs;

static unsigned number_of(const struct pirq *p)
{
    return (unsigned)(p - pirqs.pirq);
}

static struct pirq *mapped(unsigned pirq)
{
    struct pirq *p = pirq < NR_PIRQS ? &pirqs.pirq[pirq] : NULL;

    return p && p->vector ? p : NULL;
}

/* ---- interrupts ---- */

static void arrive(struct cpu_user_regs *regs)
{
    struct pirq *p = __atomic_load_n(
        &pirqs.by_vector[(uint8_t)regs->entry_vector], __ATOMIC_ACQUIRE);

    if (p && p->level) {
        ioapic_mask(number_of(p), true);
        __atomic_store_n(&p->waiting, 1, __ATOMIC_RELEASE);
    }
    apic_eoi();
    if (p)
        softirq_defer(&p->work);
}

static void send_to_cpu(struct pirq *p, unsigned cpu)
{
    p->cpu = cpu;
    if (p->kind == PIRQ_GSI)
        ioapic_set_cpu(number_of(p), cpu);
    else if (p->group == 0) /* it is the address of them all */
        msi_set_cpu(&p->msi, cpu);
}

/* The softirq after arrive(). */
static void deliver(void *arg)
{
    struct domain *d = pirqs.owner;
    struct pirq *p = arg;
    struct event_channel *ch;
    unsigned cpu;

    spin_lock(&d->event.lock);
    p->arrived++;
    if (p->port) {
        ch = event_channel_of(d, p->port);
        cpu = READ_ONCE(ch->target->run.sv.cpu);
        if (cpu != p->cpu)
            send_to_cpu(p, cpu);
        event_set_pending(d, ch);
    }
    spin_unlock(&d->event.lock);
}

/* ---- vectors ---- */

static bool vectors_unused(unsigned first, unsigned count)
{
    unsigned v;

    for (v = first; v < first + count; v++)
        if (!pirqs.ours[v] || pirqs.by_vector[v])
            return false;
    return true;
}

/* The first of `count`; from what others have given back, or new. 0: none. */
static unsigned take_vectors(unsigned count)
{
    unsigned first, v;

    for (first = 0; first + count <= 256; first += count)
        if (vectors_unused(first, count))
            return first;
    first = irq_alloc_vectors(arrive, count);
    for (v = first; first && v < first + count; v++) {
        irq_set_late(v, true);
        pirqs.ours[v] = true;
    }
    return first;
}

/* ---- the guest's map of PIRQs that need an EOI ---- */

static void set_eoi_bit(unsigned pirq, bool needed)
{
    uint64_t mask = (uint64_t)1 << pirq % 64, *word;

    if (!pirqs.eoi_page)
        return;
    word = (uint64_t *)mfn_to_virt(page_to_mfn(pirqs.eoi_page)) + pirq / 64;
    if (needed)
        __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(word, ~mask, __ATOMIC_SEQ_CST);
}

static bool needs_eoi(const struct pirq *p)
{
    return p->kind == PIRQ_GSI && p->level;
}

int pirq_set_eoi_map(struct domain *d, mfn_t mfn, bool unmask)
{
    struct page *page = mmu_hold(d, mfn);
    int rc = 0;
    unsigned i;

    if (!page)
        return -XEN_EINVAL;
    spin_lock(&d->event.lock);
    if (pirqs.eoi_page) {
        rc = -XEN_EBUSY;
    } else {
        pirqs.eoi_page = page;
        pirqs.eoi_unmasks = unmask;
        for (i = 0; i < NR_PIRQS; i++)
            set_eoi_bit(i, needs_eoi(&pirqs.pirq[i]));
    }
    spin_unlock(&d->event.lock);
    if (rc)
        mmu_unhold(page);
    return rc;
}

int pirq_needs_eoi(unsigned pirq)
{
    return pirq < NR_PIRQS ? needs_eoi(&pirqs.pirq[pirq]) : -XEN_EINVAL;
}

int pirq_eoi(struct domain *d, unsigned pirq)
{
    struct pirq *p;
    unsigned port;

    if (pirq >= NR_PIRQS)
        return -XEN_EINVAL;
    p = &pirqs.pirq[pirq];
    spin_lock(&d->event.lock);
    port = pirqs.eoi_unmasks ? p->port : 0;
    if (p->port && __atomic_exchange_n(&p->waiting, 0, __ATOMIC_ACQ_REL))
        ioapic_mask(pirq, false);
    spin_unlock(&d->event.lock);
    return port ? event_unmask(d, port) : 0;
}

/* ---- mapping ---- */

static void own(struct domain *d)
{
    if (!pirqs.owner)
        pirqs.owner = domain_hold(d);
}

/* How a line is wired unless the guest says otherwise: as ACPI says of ISA
 * interrupts, as PCI has it for the rest. */
static void default_wiring(struct pirq *p, unsigned gsi)
{
    unsigned i;

    p->configured = true;
    p->level = p->low = true;
    for (i = 0; i < ACPI_ISA_IRQS; i++)
        if (acpi.isa[i].gsi == gsi) {
            p->level = (acpi.isa[i].flags & 0xc) == 0xc;
            p->low = (acpi.isa[i].flags & 0x3) == 0x3;
        }
}

static struct pirq *line(unsigned gsi)
{
    struct pirq *p = gsi < ioapic_gsis() ? &pirqs.pirq[gsi] : NULL;

    if (p && !p->configured)
        default_wiring(p, gsi);
    return p;
}

int pirq_setup_gsi(struct domain *d, unsigned gsi, bool level, bool low)
{
    struct pirq *p;
    int rc = 0;

    spin_lock(&d->event.lock);
    p = line(gsi);
    if (!p) {
        rc = -XEN_EINVAL;
    } else if (ioapic_is_ours(gsi) || p->port) {
        rc = -XEN_EEXIST; /* Linux: "already set up", and goes on */
    } else {
        p->level = level;
        p->low = low;
        if (p->vector)
            set_eoi_bit(gsi, level);
    }
    spin_unlock(&d->event.lock);
    return rc;
}

/* p gets this vector. */
static void give_vector(struct domain *d, struct pirq *p, enum pirq_kind kind,
                        unsigned vector)
{
    own(d);
    p->kind = (uint8_t)kind;
    p->work.fn = deliver;
    p->work.arg = p;
    p->vector = (uint8_t)vector;
    __atomic_store_n(&pirqs.by_vector[vector], p, __ATOMIC_RELEASE);
    set_eoi_bit(number_of(p), needs_eoi(p));
}

int pirq_map_gsi(struct domain *d, unsigned gsi)
{
    struct pirq *p;
    unsigned vector;
    int rc = 0;

    spin_lock(&d->event.lock);
    p = line(gsi);
    if (!p) {
        rc = -XEN_EINVAL;
    } else if (!p->vector) {
        vector = take_vectors(1);
        if (vector)
            give_vector(d, p, PIRQ_GSI, vector);
        else
            rc = -XEN_ENOSPC;
    }
    spin_unlock(&d->event.lock);
    return rc;
}

/* The first of `count` free numbers in a row; those of lines are not. */
static int free_pirqs(unsigned count)
{
    unsigned first, n;

    for (first = ioapic_gsis(); first + count <= NR_PIRQS; first += n + 1) {
        for (n = 0; n < count; n++)
            if (pirqs.pirq[first + n].kind != PIRQ_FREE)
                break;
        if (n == count)
            return (int)first;
    }
    return -XEN_ENOSPC;
}

int pirq_reserve(struct domain *d)
{
    int pirq;

    spin_lock(&d->event.lock);
    pirq = free_pirqs(1);
    if (pirq >= 0)
        pirqs.pirq[pirq].kind = PIRQ_RESERVED;
    spin_unlock(&d->event.lock);
    return pirq;
}

/* An MSI-X entry in our address space; NULL: no room, or not a device's. */
static volatile char *map_entry(paddr_t entry)
{
    paddr_t paddr = entry & PAGE_MASK;
    unsigned i;

    if (mfn_valid(paddr_to_mfn(paddr)) || mmu_device_is_ours(paddr >> 12))
        return NULL;
    for (i = 0; i < pirqs.nr_pages; i++)
        if (pirqs.page[i].paddr == paddr)
            break;
    if (i == MSIX_PAGES)
        return NULL;
    if (i == pirqs.nr_pages) {
        pirqs.page[i].address = map_device(paddr, PAGE_SIZE);
        if (!pirqs.page[i].address)
            return NULL;
        pirqs.page[i].paddr = paddr;
        pirqs.nr_pages++;
    }
    return pirqs.page[i].address + (entry & ~PAGE_MASK);
}

static bool same_message(const struct pirq *p, const struct pirq_message *m)
{
    return p->kind == PIRQ_MSI && p->msi.device.bus == m->device.bus &&
           p->msi.device.devfn == m->device.devfn &&
           (p->msi.entry != NULL) == m->msix &&
           (!m->msix || p->msi.index == m->index);
}

/* Has the device such messages, and nobody got them? *entry: MSI-X's. */
static int check_message(const struct pirq_message *m, volatile char **entry)
{
    paddr_t paddr;
    unsigned i;

    *entry = NULL;
    for (i = 0; i < NR_PIRQS; i++)
        if (same_message(&pirqs.pirq[i], m))
            return -XEN_EEXIST;
    if (!m->msix)
        return m->count <= msi_capacity(m->device) ? 0 : -XEN_ENODEV;
    paddr = msix_entry_address(m->device, m->index);
    if (!paddr)
        return -XEN_ENODEV;
    *entry = map_entry(paddr);
    return *entry ? 0 : -XEN_ENOMEM;
}

/* May [pirq, pirq + count) be given to messages? */
static bool numbers_ok(int pirq, unsigned count)
{
    unsigned i;

    if (pirq < (int)ioapic_gsis() || (unsigned)pirq + count > NR_PIRQS)
        return false;
    for (i = 0; i < count; i++)
        if (pirqs.pirq[(unsigned)pirq + i].kind > PIRQ_RESERVED)
            return false;
    return true;
}

static int map_messages(struct domain *d, const struct pirq_message *m,
                        int *pirq)
{
    volatile char *entry;
    unsigned vector, i, cpu = this_cpu_id();
    int rc = check_message(m, &entry);

    if (rc)
        return rc;
    if (*pirq < 0)
        *pirq = free_pirqs(m->count);
    if (!numbers_ok(*pirq, m->count))
        return -XEN_EINVAL;
    vector = take_vectors(m->count);
    if (!vector)
        return -XEN_ENOSPC;
    for (i = 0; i < m->count; i++) {
        struct pirq *p = &pirqs.pirq[(unsigned)*pirq + i];

        p->msi = msi_make(m->device, m->index + i, entry);
        p->group = i;
        p->count = m->count;
        p->cpu = cpu;
        msi_mask(&p->msi, true);
        give_vector(d, p, PIRQ_MSI, vector + i);
    }
    msi_set_message(&pirqs.pirq[*pirq].msi, vector, cpu, m->count);
    return 0;
}

int pirq_map_msi(struct domain *d, const struct pirq_message *m, int *pirq)
{
    int rc;

    if (!m->count || m->count > 32 || (m->count & (m->count - 1)) ||
        (m->msix && m->count != 1))
        return -XEN_EINVAL;
    spin_lock(&d->event.lock);
    rc = map_messages(d, m, pirq);
    spin_unlock(&d->event.lock);
    return rc;
}

int pirq_unmap(struct domain *d, unsigned pirq)
{
    struct pirq *p;
    int rc = 0;

    spin_lock(&d->event.lock);
    p = mapped(pirq);
    if (!p) {
        rc = -XEN_EINVAL;
    } else if (p->port) {
        rc = -XEN_EBUSY;
    } else {
        __atomic_store_n(&pirqs.by_vector[p->vector], NULL, __ATOMIC_RELEASE);
        p->vector = 0;
        p->kind = PIRQ_FREE;
        set_eoi_bit(pirq, false);
    }
    spin_unlock(&d->event.lock);
    return rc;
}

int pirq_restore(struct domain *d, struct pci_device device)
{
    unsigned i;

    spin_lock(&d->event.lock);
    for (i = 0; i < NR_PIRQS; i++) {
        struct pirq *p = &pirqs.pirq[i];

        if (p->kind != PIRQ_MSI || p->msi.device.bus != device.bus ||
            p->msi.device.devfn != device.devfn)
            continue;
        if (p->group == 0)
            msi_set_message(&p->msi, p->vector, p->cpu, p->count);
        msi_mask(&p->msi, p->port == 0);
    }
    spin_unlock(&d->event.lock);
    return 0;
}

/* ---- binding ---- */

int pirq_start(struct domain *d, unsigned pirq, unsigned port,
               const struct vcpu *v)
{
    struct pirq *p = mapped(pirq);

    if (!p || pirqs.owner != d)
        return -XEN_EINVAL;
    if (p->port || (p->kind == PIRQ_GSI && ioapic_is_ours(pirq)))
        return -XEN_EBUSY;
    p->port = port;
    p->waiting = 0;
    p->cpu = READ_ONCE(v->run.sv.cpu);
    if (p->kind == PIRQ_MSI) {
        send_to_cpu(p, p->cpu);
        msi_mask(&p->msi, false);
        return 0;
    }
    (void)ioapic_route(pirq, p->vector, p->cpu,
                       (p->level ? IOAPIC_LEVEL : 0) |
                           (p->low ? IOAPIC_LOW : 0));
    return 0;
}

void pirq_stop(unsigned pirq)
{
    struct pirq *p = &pirqs.pirq[pirq];

    p->port = 0;
    if (p->kind == PIRQ_GSI)
        ioapic_mask(pirq, true);
    else
        msi_mask(&p->msi, true);
}

void pirq_dump(void)
{
    unsigned i;

    for (i = 0; i < NR_PIRQS; i++) {
        const struct pirq *p = &pirqs.pirq[i];

        if (p->vector)
            console_print("  PIRQ %u: %s, vector %#x, CPU %u, port %u, "
                          "arrived %lu%s\n",
                          i,
                          p->kind == PIRQ_MSI ? p->msi.entry ? "MSI-X" : "MSI"
                          : p->level          ? "level"
                                              : "edge",
                          p->vector, p->cpu, p->port, p->arrived,
                          p->waiting ? ", waits for its EOI" : "");
    }
}
