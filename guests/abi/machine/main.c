/*
 * The machine's devices: the domain that owns it may use them, another may not.
 *
 * As dom0 the calls are made that a kernel makes of an interrupt line, the
 * configuration space, a device's memory, the firmware; as any other domain
 * every one of them is refused, ports read as if nothing were there, and no
 * frame that is not RAM can be mapped.
 */
#include <stddef.h>
#include <xen/event_channel.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/arch-x86/xen-mca.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"

#define SCREEN     0xb8000UL
#define IO_APIC    0xfec00000UL
#define LOCAL_APIC 0xfee00000UL
#define PTE_PCD    0x010UL

static union {
    struct physdev_irq_status_query query;
    struct physdev_map_pirq map;
    struct physdev_unmap_pirq unmap;
    struct physdev_setup_gsi gsi;
    struct physdev_eoi eoi;
    struct physdev_get_free_pirq free;
    struct physdev_set_iopl iopl;
    struct physdev_pci_device_add add;
    struct physdev_op compat;
    uint8_t zeros[256];
} arg;

static void clear(void)
{
    for (size_t i = 0; i < sizeof(arg); i++)
        arg.zeros[i] = 0;
}

static long physdev(unsigned op)
{
    return hypercall2(__HYPERVISOR_physdev_op, op, address_of(&arg));
}

static long map_line(int gsi)
{
    clear();
    arg.map.domid = DOMID_SELF;
    arg.map.type = MAP_PIRQ_TYPE_GSI;
    arg.map.index = gsi;
    arg.map.pirq = gsi;
    return physdev(PHYSDEVOP_map_pirq);
}

static long bind(unsigned pirq, unsigned *port)
{
    struct evtchn_bind_pirq op = { .pirq = pirq };
    long rc = hypercall_event_channel_op(EVTCHNOP_bind_pirq, &op);

    *port = op.port;
    return rc;
}

static long close_port(unsigned port)
{
    struct evtchn_close op = { .port = port };

    return hypercall_event_channel_op(EVTCHNOP_close, &op);
}

static long platform(unsigned cmd)
{
    static struct xen_platform_op op;

    op.cmd = cmd;
    op.interface_version = XENPF_INTERFACE_VERSION;
    return hypercall2(__HYPERVISOR_platform_op, address_of(&op), 0);
}

static long machine_map(void)
{
    static struct {
        uint64_t start, size;
        uint32_t type;
    } __attribute__((packed)) entries[128];
    struct xen_memory_map map = { .nr_entries = 128 };

    set_xen_guest_handle(map.buffer, (void *)entries);
    return hypercall_memory_op(XENMEM_machine_memory_map, &map);
}

static void outl(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static uint32_t inl(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* Vendor and device of the host bridge. */
static uint32_t host_bridge(void)
{
    outl(0xcf8, 0x80000000);
    return inl(0xcfc);
}

static void set_iopl(void)
{
    clear();
    arg.iopl.iopl = 1;
    check_equal(physdev(PHYSDEVOP_set_iopl), 0, "set_iopl");
    arg.iopl.iopl = 4;
    check_equal(physdev(PHYSDEVOP_set_iopl), -XEN_EINVAL, "set_iopl to 4");
}

/* Map a frame in place of a page of ours, and that again. */
static long try_frame(uint64_t machine, uint64_t flags)
{
    static void *page;
    uint64_t own;
    long rc;

    if (!page)
        page = page_alloc();
    own = virt_to_machine(page);
    rc = page_remap(page, (machine ? machine : own) | flags);
    check_equal(page_remap(page, own | PTE_DATA), 0, "own page again");
    return rc;
}

/* ---- the owner ---- */

static void test_lines(void)
{
    unsigned port;

    check_equal(map_line(9), 0, "map line 9");
    check_equal(arg.map.pirq, 9, "its number");
    clear();
    arg.query.irq = 9;
    check_equal(physdev(PHYSDEVOP_irq_status_query), 0, "query line 9");
    check(arg.query.flags & XENIRQSTAT_needs_eoi, "a level line needs EOI");
    check_equal(bind(9, &port), 0, "bind line 9");
    clear();
    arg.eoi.irq = 9;
    check_equal(physdev(PHYSDEVOP_eoi), 0, "EOI of line 9");
    check_equal(close_port(port), 0, "close its port");
    check_equal(bind(9, &port), 0, "bind line 9 again");
    check_equal(close_port(port), 0, "close its port again");
    clear();
    arg.unmap.domid = DOMID_SELF;
    arg.unmap.pirq = 9;
    check_equal(physdev(PHYSDEVOP_unmap_pirq), 0, "unmap line 9");
    check(bind(9, &port) < 0, "bind what is not mapped");
    check(map_line(100000) < 0, "map a line that is not there");
    check(bind(4, &port) < 0, "bind the console's line");
}

static void test_messages(void)
{
    clear();
    arg.free.type = MAP_PIRQ_TYPE_MSI;
    check_equal(physdev(PHYSDEVOP_get_free_pirq), 0, "a free number");
    check(arg.free.pirq >= 16, "which is no ISA line's: %u", arg.free.pirq);
    clear();
    arg.map.domid = DOMID_SELF;
    arg.map.type = MAP_PIRQ_TYPE_MSI_SEG;
    arg.map.pirq = -1;
    arg.map.bus = 0xff;
    arg.map.devfn = 0xf8;
    check(physdev(PHYSDEVOP_map_pirq) < 0, "MSI of no device");
}

static void test_owner(void)
{
    test_lines();
    test_messages();
    check_equal(machine_map(), 0, "machine memory map");
    check_equal(platform(XENPF_get_cpuinfo), 0, "get_cpuinfo");
    set_iopl();
    check(host_bridge() != 0xffffffff, "host bridge by CF8");
    check_equal(try_frame(SCREEN, PTE_DATA | PTE_PCD), 0, "map the screen");
    check(try_frame(LOCAL_APIC, PTE_DATA) < 0, "map the local APIC");
}

/* ---- others ---- */

static void test_others(void)
{
    static struct xen_mc mc = {
        .cmd = XEN_MC_physcpuinfo,
        .interface_version = XEN_MCA_INTERFACE_VERSION,
    };
    unsigned op, port;

    clear();
    for (op = 0; op < 40; op++)
        if (op != PHYSDEVOP_set_iopl && op != PHYSDEVOP_set_iobitmap)
            check(physdev(op) == -XEN_EPERM, "physdev_op %u", op);
    arg.compat.cmd = PHYSDEVOP_irq_status_query;
    check_equal(hypercall2(__HYPERVISOR_physdev_op_compat, address_of(&arg), 0),
                -XEN_EPERM, "the old form of it");
    check_equal(bind(9, &port), -XEN_EPERM, "bind_pirq");
    for (op = 0; op < 70; op++)
        check(platform(op) == -XEN_EPERM, "platform_op %u", op);
    check_equal(hypercall2(__HYPERVISOR_mca, address_of(&mc), 0), -XEN_EPERM,
                "mca");
    check_equal(machine_map(), -XEN_EPERM, "machine memory map");
    set_iopl();
    check(host_bridge() == 0xffffffff, "host bridge by CF8");
    check(inl(0xcf8) == 0xffffffff, "CF8 itself");
    check(try_frame(SCREEN, PTE_DATA) < 0, "map the screen");
    check(try_frame(IO_APIC, PTE_DATA) < 0, "map the IO-APIC");
    check(try_frame(0xfed00000, PTE_READ) < 0, "map the HPET");
    check(try_frame(0x100000000000, PTE_READ) < 0, "map beyond all memory");
    check(try_frame(0, PTE_DATA | PTE_PCD) < 0, "an own page uncached");
}

void guest_main(void)
{
    report_begin("machine");
    if (start_is_dom0())
        test_owner();
    else
        test_others();
    report_end();
}
