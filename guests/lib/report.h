/*
 * A guest test has one of four outcomes, printed as its last line:
 *
 *     ABI NAME: success
 *     ABI NAME: skip: why         the hypervisor lacks what is tested
 *     ABI NAME: error: why        the test itself could not be set up
 *     ABI NAME: failure: n of m   a check did not hold; each said so before
 */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

#include <stdbool.h>

/* First thing in guest_main(). */
void report_begin(const char *name);

/* Counts a check; says so when it does not hold. Returns ok. */
bool check(bool ok, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for an expected value. */
bool check_equal(long got, long expected, const char *what);

/* End at once, with this outcome. */
void report_skip(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));
void report_error(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/* End: success, or failure when a check did not hold. */
void report_end(void) __attribute__((noreturn));

#endif
