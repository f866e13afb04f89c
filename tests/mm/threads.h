/*
 * threads.h - see threads.c.
 */
#ifndef TESTS_MM_THREADS_H
#define TESTS_MM_THREADS_H

void host_yield(void);
/* fn(0) .. fn(n - 1), each in a thread of its own, to their ends. */
void host_run_threads(void (*fn)(unsigned who), unsigned n);

#endif
