/*
 * ports.c - which I/O ports a domain may use: the one that owns the machine,
 * all but those that the hypervisor uses itself; others, none.
 */
#include "xen/arch/up.h"
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/serial.h"
#include "xen/core/domain.h"

struct ports {
    uint16_t first, last;
};

static bool overlap(struct ports a, struct ports b)
{
    return a.first <= b.last && a.last >= b.first;
}

static bool ours(struct ports p)
{
    static const struct ports fixed[] = {
        { 0x20, 0x21 }, /* interrupt controllers ... */
        { 0x40, 0x41 }, /* timer: but channel 2 is free, see pv/port.c */
        { 0x43, 0x43 },   { 0xa0, 0xa1 },
        { 0x4d0, 0x4d1 }, /* ... and their edges and levels */
    };
    uint16_t pm = acpi.pm_timer, line = serial_port();
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(fixed); i++)
        if (overlap(p, fixed[i]))
            return true;
    return (pm && overlap(p, (struct ports){ pm, (uint16_t)(pm + 3) })) ||
           (line && overlap(p, (struct ports){ line, (uint16_t)(line + 7) }));
}

bool up_may_use_ports(uint16_t first, uint16_t count)
{
    unsigned last = first + count - 1u;

    return current_domain()->hardware && last <= 0xffff &&
           !ours((struct ports){ first, (uint16_t)last });
}
