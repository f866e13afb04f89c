/*
 * asm-offsets.c - the offsets and sizes that assembly knows.
 *
 * Compiled to assembly only; the Makefile turns each marked line into a
 * #define in build/gen/asm-offsets.h, which .S files include by that name.
 */
#include <stddef.h>
#include "xen/arch/x86/stack.h"

#define DEFINE(name, value)                                                    \
    __asm__ volatile("\n@OFF@ " #name " %0" : : "i"(value))
#define OFFSET(name, type, member) DEFINE(name, offsetof(type, member))

void asm_offsets(void);

void asm_offsets(void)
{
    DEFINE(STACK_TOP_SIZE, sizeof(struct stack_top));
    OFFSET(STACK_TOP_PERCPU, struct stack_top, percpu_offset);
    OFFSET(STACK_TOP_PV, struct stack_top, pv);
    OFFSET(STACK_TOP_CPU, struct stack_top, cpu);
}
