/*
 * Messages (MSI) of real devices: that they arrive, are written again after a
 * reset, and that several of one device each have a PIRQ of their own.
 *
 * QEMU's `edu` raises its interrupt when told to, and copies memory by DMA. A
 * message is a write to an address: so edu also sends those of the USB
 * controller (nec-usb-xhci with msi=on), which has several. Without these
 * devices the test is skipped; tests/dom0/test_messages.py has them.
 *
 * What is not tested: masking of a single message (these devices have none).
 */
#include <stddef.h>
#include <xen/event_channel.h>
#include <xen/physdev.h>

#include "guests/lib/clock.h"
#include "guests/lib/event.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/options.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"

#define EDU     0x11e81234u
#define XHCI    0x01941033u
#define PTE_PCD 0x010UL
#define SEVERAL 4u
#define CAP_MSI 5u

/* Of the configuration space and the MSI capability. */
#define COMMAND      0x04u
#define COMMAND_DEV  0x06u /* memory, bus master */
#define BAR0         0x10u
#define CAPABILITIES 0x34u
#define MSI_CONTROL  0u /* upper half of the first word */
#define MSI_ENABLE   (1u << 16)
#define MSI_COUNT(c) (1u << ((c) >> 20 & 7))
#define MSI_ADDRESS  4u
#define MSI_DATA(c)  ((c)&1u << 23 ? 12u : 8u)

/* edu's registers (docs/specs/edu.txt of QEMU), and its own memory. */
#define EDU_RAISE   0x60u
#define EDU_ACK     0x64u
#define EDU_SOURCE  0x80u
#define EDU_TARGET  0x88u
#define EDU_COUNT   0x90u
#define EDU_START   0x98u
#define EDU_RUNNING 1u
#define EDU_OUT     2u
#define EDU_MEMORY  0x40000u

struct device {
    unsigned devfn, msi; /* msi: where its capability is */
};

static struct device edu, xhci;
static volatile uint8_t *registers;
static long several; /* they have to be there: several=1 */

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

static uint32_t config_read(unsigned devfn, unsigned at)
{
    outl(0xcf8, 0x80000000u | devfn << 8 | at);
    return inl(0xcfc);
}

static void config_write(unsigned devfn, unsigned at, uint32_t value)
{
    outl(0xcf8, 0x80000000u | devfn << 8 | at);
    outl(0xcfc, value);
}

static bool find(struct device *d, uint32_t id)
{
    unsigned at;

    for (d->devfn = 0; d->devfn < 256; d->devfn++)
        if (config_read(d->devfn, 0) == id)
            break;
    if (d->devfn == 256)
        return false;
    at = config_read(d->devfn, CAPABILITIES) & 0xfc;
    while (at && (config_read(d->devfn, at) & 0xff) != CAP_MSI)
        at = config_read(d->devfn, at) >> 8 & 0xfc;
    d->msi = at;
    return at != 0;
}

static uint32_t msi_read(const struct device *d, unsigned at)
{
    return config_read(d->devfn, d->msi + at);
}

static uint32_t msi_data(const struct device *d)
{
    return msi_read(d, MSI_DATA(msi_read(d, MSI_CONTROL))) & 0xffff;
}

static void msi_enable(const struct device *d)
{
    config_write(d->devfn, d->msi, msi_read(d, MSI_CONTROL) | MSI_ENABLE);
}

/* ---- hypercalls ---- */

/* The kernel may use I/O ports. */
static void open_ports(void)
{
    struct physdev_set_iopl op = { .iopl = 1 };

    check_equal(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl,
                           address_of(&op)),
                0, "set_iopl");
}

static long map_messages(const struct device *d, int type, int count,
                         unsigned *pirq)
{
    struct physdev_map_pirq map = {
        .domid = DOMID_SELF,
        .type = type,
        .index = -1,
        .pirq = -1,
        .devfn = (int)d->devfn,
        .entry_nr = count,
    };
    long rc = hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq,
                         address_of(&map));

    *pirq = (unsigned)map.pirq;
    return rc;
}

/* A device is one after its owner's kernel has found it. */
static void add_device(const struct device *d)
{
    struct physdev_pci_device_add op = { .devfn = (uint8_t)d->devfn };

    check_equal(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_pci_device_add,
                           address_of(&op)),
                0, "pci_device_add");
}

static uint32_t bind(unsigned pirq)
{
    struct evtchn_bind_pirq op = { .pirq = pirq };

    if (!check_equal(hypercall_event_channel_op(EVTCHNOP_bind_pirq, &op), 0,
                     "bind a message"))
        report_end();
    return op.port;
}

/* ---- edu ---- */

static void edu_write64(unsigned at, uint64_t value)
{
    *(volatile uint64_t *)(registers + at) = value;
}

static void edu_raise(void)
{
    *(volatile uint32_t *)(registers + EDU_RAISE) = 1;
    *(volatile uint32_t *)(registers + EDU_ACK) = 1;
}

static void edu_copy(uint64_t source, uint64_t target, uint64_t command)
{
    edu_write64(EDU_SOURCE, source);
    edu_write64(EDU_TARGET, target);
    edu_write64(EDU_COUNT, 4);
    edu_write64(EDU_START, command | EDU_RUNNING);
    do
        clock_sleep_until(clock_now() + 110 * NS_PER_MS); /* it takes 100 */
    while (*(volatile uint64_t *)(registers + EDU_START) & EDU_RUNNING);
}

/* What a device does that sends this message. */
static void edu_send(uint64_t address, uint32_t data)
{
    static uint32_t *word;

    if (!word)
        word = page_alloc();
    *word = data;
    edu_copy(virt_to_machine(word), EDU_MEMORY, 0);
    edu_copy(EDU_MEMORY, address, EDU_OUT);
}

static void edu_open(void)
{
    void *page = page_alloc();
    uint64_t bar = config_read(edu.devfn, BAR0) & ~0xfUL;

    if (page_remap(page, bar | PTE_DATA | PTE_PCD | PTE_NX))
        report_error("cannot map edu's registers at %lx", bar);
    registers = page;
    config_write(edu.devfn, COMMAND, COMMAND_DEV);
}

/* Has the port become pending, some time after now? And then it is not any
 * more. */
static bool arrives(uint32_t port)
{
    bool pending;

    clock_sleep_until(clock_now() + NS_PER_MS);
    pending = event_pending(port);
    event_clear(port);
    return pending;
}

/* ---- tests ---- */

static uint32_t test_one(void)
{
    unsigned pirq;
    uint32_t port;

    if (!check_equal(map_messages(&edu, MAP_PIRQ_TYPE_MSI_SEG, 0, &pirq), 0,
                     "map edu's message"))
        report_end();
    port = bind(pirq);
    msi_enable(&edu);
    edu_raise();
    check(arrives(port), "edu's interrupt does not arrive");
    check(!arrives(port), "it arrives twice");
    return port;
}

/* A reset clears the capability; restore_msi writes the message again. */
static void test_restore(uint32_t port)
{
    struct physdev_pci_device op = { .devfn = (uint8_t)edu.devfn };
    uint32_t control = msi_read(&edu, MSI_CONTROL);
    uint32_t address = msi_read(&edu, MSI_ADDRESS), data = msi_data(&edu);

    config_write(edu.devfn, edu.msi, control & ~MSI_ENABLE);
    config_write(edu.devfn, edu.msi + MSI_ADDRESS, 0);
    config_write(edu.devfn, edu.msi + MSI_DATA(control), 0);
    edu_raise();
    check(!arrives(port), "a message that is not written arrives");
    check_equal(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_restore_msi_ext,
                           address_of(&op)),
                0, "restore_msi_ext");
    check_equal(msi_read(&edu, MSI_ADDRESS), address, "the address restored");
    check_equal(msi_data(&edu), data, "the data restored");
    msi_enable(&edu);
    edu_raise();
    check(arrives(port), "edu's interrupt does not arrive after a reset");
}

/* Each of several messages is its own PIRQ's, and nobody else's. */
static void test_several(uint32_t single)
{
    uint32_t port[SEVERAL], data, address;
    unsigned first, i, k;
    long rc = map_messages(&xhci, MAP_PIRQ_TYPE_MULTI_MSI, SEVERAL, &first);

    if (rc && several) {
        check_equal(rc, 0, "map several messages");
        return;
    }
    if (rc) {
        print("message: several are refused here: %ld\n", rc);
        return;
    }
    for (i = 0; i < SEVERAL; i++)
        port[i] = bind(first + i);
    check_equal(MSI_COUNT(msi_read(&xhci, MSI_CONTROL)), SEVERAL,
                "messages enabled");
    address = msi_read(&xhci, MSI_ADDRESS);
    data = msi_data(&xhci);
    check_equal(data % SEVERAL, 0, "the device counts from the data");
    for (i = 0; i < SEVERAL; i++) {
        edu_send(address, data + i);
        for (k = 0; k < SEVERAL; k++)
            check(arrives(port[k]) == (k == i), "message %u at port %u", i, k);
        check(!event_pending(single), "message %u at edu's port", i);
    }
}

static void test_refused(void)
{
    unsigned pirq;

    if (several) /* Xen gives it a second number */
        check(map_messages(&edu, MAP_PIRQ_TYPE_MSI_SEG, 0, &pirq) < 0,
              "edu's message is mapped already");
    check(map_messages(&xhci, MAP_PIRQ_TYPE_MULTI_MSI, 64, &pirq) < 0,
          "more messages than there may be");
    check(map_messages(&xhci, MAP_PIRQ_TYPE_MULTI_MSI, 3, &pirq) < 0,
          "three messages");
}

void guest_main(void)
{
    static const struct option options[] = {
        { "several", &several, NULL, "1: several messages must work" },
    };
    uint32_t port;

    options_parse("message", options, 1);
    report_begin("message");
    if (start_is_dom0())
        open_ports();
    if (!start_is_dom0() || !find(&edu, EDU) || !find(&xhci, XHCI))
        report_skip("wants QEMU's -device edu, nec-usb-xhci");
    add_device(&edu);
    add_device(&xhci);
    edu_open();
    port = test_one();
    test_restore(port);
    test_several(port);
    test_refused();
    report_end();
}
