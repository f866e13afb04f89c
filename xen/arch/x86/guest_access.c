/*
 * guest_access.c - checked copies from and to a guest's addresses.
 */
#include <xen/errno.h>
#include "xen/arch/x86/guest_access.h"

int guest_copy_in(void *to, uintptr_t guest, size_t size)
{
    if (!guest_range_ok(guest, size) ||
        guest_copy_raw(to, (const void *)guest, size))
        return -XEN_EFAULT;
    return 0;
}

int guest_copy_out(uintptr_t guest, const void *from, size_t size)
{
    if (!guest_range_ok(guest, size) ||
        guest_copy_raw((void *)guest, from, size))
        return -XEN_EFAULT;
    return 0;
}
