/*
 * log.h - saying something, from any layer. The console (xen/base/console.h)
 * supplies it in the hypervisor; host tests bring their own.
 *
 * Any context. A line is "(XEN) text" as Xen's users know it.
 */
#ifndef XEN_LIB_LOG_H
#define XEN_LIB_LOG_H

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Prints when level is within loglvl=. One call, one or more whole lines. */
void console_log(enum log_level level, const char *format, ...) PRINTF(2, 3);
#define log_error(...)   console_log(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) console_log(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    console_log(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   console_log(LOG_DEBUG, __VA_ARGS__)

/* Raw text, as it is (debug keys, guests' output). */
void console_print(const char *format, ...) PRINTF(1, 2);

/* Says why, with registers and a symbolised backtrace, on every console; then
 * stops all CPUs and reboots, or halts with noreboot. */
void panic(const char *format, ...) PRINTF(1, 2) NORETURN;

/* As panic(), for what is the user's to mend (a wrong option, too little
 * memory): one line that names the thing and the remedy, without a backtrace.
 */
void die(const char *format, ...) PRINTF(1, 2) NORETURN;

#endif
