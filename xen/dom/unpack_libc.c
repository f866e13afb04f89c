/*
 * unpack_libc.c - what zlib, liblzma and libzstd want of a C library and of
 * the processor. Memory functions are in xen/lib/string.c.
 *
 * Distributions build them with SSE2 and with the stack protector, whose
 * reference value is the word at FS:0x28.
 */
#include <stdlib.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/msr.h"
#include "xen/base/console.h"
#include "xen/base/frame.h"
#include "xen/dom/unpack.h"

void __stack_chk_fail(void) NORETURN;

static uint64_t protector[16]; /* FS points here while they run */

void unpack_begin(struct unpack_state *s)
{
    s->cr0 = read_cr0();
    s->cr4 = read_cr4();
    write_cr0((s->cr0 & ~(uint64_t)(CR0_EM | CR0_TS)) | CR0_MP);
    write_cr4(s->cr4 | CR4_OSFXSR | CR4_OSXMMEXCPT);
    protector[0x28 / 8] = 0x6d6574726f6e6f6d; /* any value will do */
    wrmsr(MSR_FS_BASE, (uintptr_t)protector);
}

void unpack_end(const struct unpack_state *s)
{
    wrmsr(MSR_FS_BASE, 0);
    write_cr4(s->cr4);
    write_cr0(s->cr0);
}

void *malloc(size_t size)
{
    return mem_alloc(size);
}

void *calloc(size_t number, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(number, size, &total))
        return NULL;
    return mem_alloc(total); /* zeroed */
}

void free(void *p)
{
    mem_free(p);
}

void __stack_chk_fail(void)
{
    panic("a decompressor has overrun its stack frame");
}

/* libzstd's tracing hooks: weak there, and not wanted. */
unsigned long long ZSTD_trace_decompress_begin(const void *context);
void ZSTD_trace_decompress_end(unsigned long long token, const void *trace);

unsigned long long ZSTD_trace_decompress_begin(const void *context)
{
    (void)context;
    return 0;
}

void ZSTD_trace_decompress_end(unsigned long long token, const void *trace)
{
    (void)token, (void)trace;
}
