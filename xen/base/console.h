/*
 * console.h - what the hypervisor says, on serial line and screen, and the
 * ring that keeps it for later.
 *
 * Any context; takes the console lock (the innermost rank) with interrupts
 * off. A line is "(XEN) text" as Xen's users know it.
 */
#ifndef XEN_BASE_CONSOLE_H
#define XEN_BASE_CONSOLE_H

#include "xen/lib/types.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Prints when level is within loglvl=. One call, one or more whole lines. */
void console_log(enum log_level level, const char *format, ...) PRINTF(2, 3);
#define log_error(...)   console_log(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) console_log(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    console_log(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   console_log(LOG_DEBUG, __VA_ARGS__)

/* Raw text, as it is (debug keys, guests' output). */
void console_print(const char *format, ...) PRINTF(1, 2);
void console_write(const char *text, size_t length);

/* A guest's console output: put out line by line, each after "(name) ". */
struct console_guest {
    char name[32];
    char line[128];
    unsigned used;
};
void console_guest_write(struct console_guest *g, const char *text,
                         size_t length);

/* Where input goes that is not for the hypervisor's debug keys (three Ctrl-A
 * switch). Called in interrupt context with interrupts off. */
void console_set_input(void (*take)(char c));

/* A debug key: h lists them. Handlers run in a softirq, interrupts on. */
void console_add_key(char key, const char *help, void (*handler)(void));

/* Says why, with registers and a symbolised backtrace, on every console; then
 * stops all CPUs and reboots, or halts with noreboot. */
void panic(const char *format, ...) PRINTF(1, 2) NORETURN;

/* As panic(), for what is the user's to mend (a wrong option, too little
 * memory): one line that names the thing and the remedy, without a backtrace. */
void die(const char *format, ...) PRINTF(1, 2) NORETURN;

#endif
