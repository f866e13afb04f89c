/*
 * console.c - console_io: the hypervisor's console for dom0, and for boot-time
 * domains, whose lines come out after their names.
 */
#include <xen/errno.h>
#include <xen/xen.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/core/console_ring.h"
#include "xen/core/domain.h"
#include "xen/hypercall/again.h"
#include "xen/hypercall/hypercall.h"

#define CHUNK 128u

static int64_t do_write(struct domain *d, uint64_t count, uintptr_t guest)
{
    char text[CHUNK];

    while (count) {
        size_t part = count < CHUNK ? count : CHUNK;

        if (copy_from_guest(text, guest, part))
            return -XEN_EFAULT;
        if (d->privileged) {
            console_dom0_write(text, part);
        } else {
            spin_lock(&d->event.lock); /* that of the ring's output, too */
            console_guest_write(&d->console, text, part);
            spin_unlock(&d->event.lock);
        }
        guest += part;
        count -= part;
        if (preempt_point_ends() && count)
            return hypercall_again(CONSOLEIO_write, count, guest);
    }
    return 0;
}

static int64_t do_read(struct domain *d, uint64_t count, uintptr_t guest)
{
    char text[CHUNK];
    size_t part = count < CHUNK ? count : CHUNK;

    part = console_input_read(d, text, part);
    return copy_to_guest(guest, text, part) ? -XEN_EFAULT : (int64_t)part;
}

/* console_io(unsigned cmd, unsigned count, char *buffer) */
int64_t hypercall_console_io(uint64_t cmd, uint64_t count, uint64_t guest,
                             uint64_t d, uint64_t e, uint64_t f)
{
    struct domain *self = current_domain();

    (void)d, (void)e, (void)f;
    count = (uint32_t)count;
    if (!guest_range_ok(guest, count))
        return -XEN_EFAULT;
    switch ((uint32_t)cmd) {
    case CONSOLEIO_write:
        return do_write(self, count, guest);
    case CONSOLEIO_read:
        return do_read(self, count, guest);
    default:
        return hypercall_unknown_op(__HYPERVISOR_console_io, (uint32_t)cmd);
    }
}
