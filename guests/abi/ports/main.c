/*
 * I/O ports in user mode: by the bitmap that its kernel keeps (set_iobitmap),
 * and by IOPL. What is used are ports that dom0 may read without effect: 0x80
 * and those about it. The user's page table lacks the bitmap's page.
 */
#include <stddef.h>
#include <xen/physdev.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/pages.h"
#include "guests/lib/report.h"
#include "guests/lib/start.h"
#include "guests/lib/user.h"

#define APART      0xffff960000000000UL /* of the kernel's alone */
#define NOWHERE    0xffff970000000000UL
#define HYPERVISOR 0xffff820000000000UL
#define PORT       0x80u
#define ALL_PORTS  65536u

void user_inb(unsigned long port), user_inw(unsigned long port);
void user_inl(unsigned long port), user_outb(unsigned long port);
void user_insb(unsigned long port);

/* Each ends by UD2, or by #GP before. */
__asm__(".text\n"
        "user_inb: mov %edi, %edx; inb %dx, %al; ud2\n"
        "user_inw: mov %edi, %edx; inw %dx, %ax; ud2\n"
        "user_inl: mov %edi, %edx; inl %dx, %eax; ud2\n"
        "user_outb: mov %edi, %edx; outb %al, %dx; ud2\n"
        "user_insb: mov %edi, %edx; lea -64(%rsp), %rdi; insb; ud2\n");

static uint8_t *bitmap; /* two pages, seen at APART too */

static bool may(void (*way)(unsigned long), unsigned long port)
{
    struct trap_frame f = user_run(way, port);

    if (f.vector == TRAP_INVALID)
        return true;
    check(f.vector == TRAP_PROTECTION && f.error == 0,
          "port %lx: vector %lu, error code %lx", port, f.vector, f.error);
    return false;
}

static long set_bitmap(uint64_t address, uint32_t ports)
{
    struct physdev_set_iobitmap op = { .nr_ports = ports };

    set_xen_guest_handle(op.bitmap, (uint8_t *)address);
    return hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap,
                      address_of(&op));
}

static long set_iopl(uint32_t level)
{
    struct physdev_set_iopl op = { .iopl = level };

    return hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl,
                      address_of(&op));
}

/* A read-only page that is the table with this one entry. */
static uint64_t table_of(unsigned index, uint64_t entry)
{
    uint64_t *table = page_alloc();

    table[index] = entry;
    if (page_protect(table))
        report_error("no page table");
    return virt_to_machine(table) | PTE_TABLE;
}

/* The bitmap at APART, in the kernel's table only. */
static void set_up(void)
{
    uint64_t *top = (uint64_t *)start_info()->pt_base, *table = page_alloc();
    struct mmuext_op op = { .cmd = MMUEXT_NEW_USER_BASEPTR };
    uint64_t entry;

    bitmap = page_alloc();
    table[0] = virt_to_machine(bitmap) | PTE_DATA;
    if (page_protect(table))
        report_error("no page table");
    entry = table_of(0, table_of(0, virt_to_machine(table) | PTE_TABLE));
    op.arg1.mfn = table_of(511, top[511]) >> PAGE_SHIFT;
    if (hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF) ||
        pte_write(&top[APART >> 39 & 511], entry))
        report_error("no user page table");
}

static void test_none(void)
{
    check(!may(user_inb, PORT), "a port without bitmap");
    check_equal(set_bitmap(APART, ALL_PORTS + 1), -XEN_EINVAL, "65537 ports");
    check(!may(user_inb, PORT), "a port after that");
}

static void forbid_all_but(unsigned first, unsigned last)
{
    unsigned port;

    for (port = 0; port < PAGE_SIZE; port++)
        bitmap[port] = 0xff;
    for (port = first; port <= last; port++)
        bitmap[port / 8] &= (uint8_t) ~(1u << port % 8);
}

static void test_bitmap(void)
{
    forbid_all_but(PORT, PORT + 3);
    check_equal(set_bitmap(APART, ALL_PORTS), 0, "set_iobitmap");
    check(may(user_inb, PORT), "in of a byte");
    check(may(user_outb, PORT), "out of a byte");
    check(may(user_insb, PORT), "ins of a byte");
    check(may(user_inl, PORT), "in of four bytes");
    check(!may(user_inb, PORT - 1), "the port before");
    check(!may(user_inb, PORT + 4), "the port behind");
    check(!may(user_inw, PORT + 3), "two bytes, one of them forbidden");
    forbid_all_but(PORT + 7, PORT + 8);
    check(may(user_inw, PORT + 7), "two bytes, by two bytes of the bitmap");
    check(!may(user_inl, PORT + 7), "four, two of them forbidden");
}

static void test_bounds(void)
{
    forbid_all_but(PORT, PORT + 7);
    check_equal(set_bitmap(APART, PORT + 4), 0, "a short bitmap");
    check(may(user_inl, PORT), "its last four ports");
    check(!may(user_inb, PORT + 4), "the port behind its end");
    check(!may(user_inw, PORT + 3), "two bytes across its end");
    check_equal(set_bitmap(NOWHERE, ALL_PORTS), 0, "a bitmap nowhere");
    check(!may(user_inb, PORT), "a port by that");
    check_equal(set_bitmap(HYPERVISOR, ALL_PORTS), -XEN_EINVAL,
                "a bitmap in the hypervisor's memory");
    check(!may(user_inb, PORT), "a port by that");
    check_equal(set_bitmap(0, 0), 0, "no bitmap");
    check(!may(user_inb, PORT), "a port without bitmap again");
}

static void test_iopl(void)
{
    check_equal(set_iopl(3), 0, "set_iopl to 3");
    check(may(user_inb, PORT), "a port at IOPL 3");
    check_equal(set_iopl(1), 0, "set_iopl to 1");
    check(!may(user_inb, PORT), "a port at IOPL 1");
}

void guest_main(void)
{
    report_begin("ports");
    set_up();
    test_none();
    test_bitmap();
    test_bounds();
    test_iopl();
    report_end();
}
