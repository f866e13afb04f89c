/*
 * control_bitmap.c - sets of CPUs as the ABI's bitmaps in guest memory.
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"
#include "xen/hypercall/control.h"

int control_get_cpus(const struct xenctl_bitmap *map, struct cpuset *out)
{
    uint32_t bits = map->nr_bits < CPUSET_MAX ? map->nr_bits : CPUSET_MAX;

    *out = (struct cpuset){ 0 };
    if (copy_from_guest(out, guest_handle(map->bitmap), (bits + 7) / 8))
        return -XEN_EFAULT;
    if (bits % 8) /* what the last byte holds beyond nr_bits is not ours */
        for (; bits % 8; bits++)
            cpuset_remove(out, bits);
    return 0;
}

int control_put_cpus(const struct cpuset *set, const struct xenctl_bitmap *map)
{
    uint32_t bytes = (map->nr_bits + 7) / 8;

    if (bytes > sizeof(*set))
        bytes = sizeof(*set);
    return copy_to_guest(guest_handle(map->bitmap), set, bytes);
}
