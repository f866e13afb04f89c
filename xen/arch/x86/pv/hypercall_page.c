/*
 * hypercall_page.c - the page of stubs by which guests make hypercalls: 128 of
 * 32 bytes. rcx and r11, which SYSCALL takes, are kept for the caller.
 */
#include <string.h>
#include "xen/arch/x86/pv/pv.h"

#define STUBS      128u
#define STUB_BYTES 32u

void pv_fill_hypercall_page(void *page)
{
    /* push %rcx; push %r11; mov $nr, %eax; syscall; pop %r11; pop %rcx; ret */
    static const uint8_t call[] = { 0x51, 0x41, 0x53, 0xb8, 0,    0,    0,
                                    0,    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
    /* push %rcx; push %r11; push %rax; mov $nr, %eax; syscall */
    static const uint8_t iret[] = { 0x51, 0x41, 0x53, 0x50, 0xb8, 0,
                                    0,    0,    0,    0x0f, 0x05 };
    uint8_t *stub = page;

    memset(page, 0xcc, STUBS * STUB_BYTES); /* int3 */
    for (unsigned i = 0; i < STUBS; i++, stub += STUB_BYTES) {
        if (i == __HYPERVISOR_iret) {
            memcpy(stub, iret, sizeof(iret));
            stub[5] = (uint8_t)i;
        } else {
            memcpy(stub, call, sizeof(call));
            stub[4] = (uint8_t)i;
        }
    }
}
