/* stack.h - which processor a test is on. */
#ifndef XEN_ARCH_X86_STACK_H
#define XEN_ARCH_X86_STACK_H

extern unsigned fake_cpu;

static inline unsigned this_cpu_id(void)
{
    return fake_cpu;
}

#endif
