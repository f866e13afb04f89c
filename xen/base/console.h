/*
 * console.h - what the hypervisor says, on serial line and screen, and the
 * ring that keeps it for later.
 *
 * Any context; takes the console lock (the innermost rank) with interrupts
 * off. A line is "(XEN) text" as Xen's users know it.
 */
#ifndef XEN_BASE_CONSOLE_H
#define XEN_BASE_CONSOLE_H

#include "xen/lib/log.h"
#include "xen/lib/types.h"

/* As it comes from dom0. It is kept in the ring only with console_to_ring. */
void console_dom0_write(const char *text, size_t length);

/* A guest's console output: put out line by line, each after "(name) ". */
struct console_guest {
    char name[32];
    char line[512];
    unsigned used;
};
void console_guest_write(struct console_guest *g, const char *text,
                         size_t length);

/* Where input goes that is not for the hypervisor's debug keys (three Ctrl-A
 * switch). Called in interrupt context with interrupts off. */
void console_set_input(void (*take)(char c));

/* The screen is dom0's from now on; ours no more. */
void console_release_screen(void);

/* A debug key: h lists them. Handlers run in a softirq, interrupts on. */
void console_add_key(char key, const char *help, void (*handler)(void));
/* As if it had been pressed; where a softirq may run. */
void console_serve_key(char c);

#endif
