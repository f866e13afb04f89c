/*
 * tsc.c - a program for Linux that prints the time-stamp counter, for
 * `make bench-boot`: in deterministic mode that is the machine's age in ns.
 *
 * Without a C library, so that what is measured is the boot and not its
 * start-up. The counter is read before anything else.
 */
#define SYS_WRITE 1
#define SYS_EXIT  60

static long call(long number, long a, long b, long c)
{
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return number;
}

void _start(void);

__attribute__((force_align_arg_pointer)) void _start(void)
{
    char text[32] = "TSC ";
    unsigned long tsc;
    unsigned at = 4, shift = 64;

    __asm__ volatile("rdtsc; shl $32, %%rdx; or %%rdx, %%rax"
                     : "=a"(tsc)
                     :
                     : "rdx");
    while (shift) {
        shift -= 4;
        text[at++] = "0123456789abcdef"[tsc >> shift & 15];
    }
    text[at++] = '\n';
    call(SYS_WRITE, 1, (long)text, at);
    call(SYS_EXIT, 0, 0, 0);
    for (;;)
        ;
}
