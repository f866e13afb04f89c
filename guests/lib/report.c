/* Counting checks and saying the outcome. */
#include "guests/lib/report.h"

#include <stdarg.h>

#include "guests/lib/print.h"
#include "guests/lib/start.h"

static struct {
    const char *name;
    unsigned checks, failed;
} report;

void report_begin(const char *name)
{
    report.name = name;
    print("ABI %s: begin\n", name);
}

bool check(bool ok, const char *format, ...)
{
    va_list args;

    report.checks++;
    if (ok)
        return true;
    report.failed++;
    print("ABI %s: not so: ", report.name);
    va_start(args, format);
    print_list(format, args);
    va_end(args);
    print("\n");
    return false;
}

bool check_equal(long got, long expected, const char *what)
{
    return check(got == expected, "%s: %ld (%lx), expected %ld (%lx)", what,
                 got, (unsigned long)got, expected, (unsigned long)expected);
}

static void __attribute__((noreturn))
end(const char *outcome, const char *format, va_list args)
{
    print("ABI %s: %s: ", report.name, outcome);
    print_list(format, args);
    print("\n");
    guest_stop(SHUTDOWN_poweroff);
}

void report_skip(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end("skip", format, args);
}

void report_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end("error", format, args);
}

void report_end(void)
{
    if (report.failed)
        print("ABI %s: failure: %u of %u\n", report.name, report.failed,
              report.checks);
    else
        print("ABI %s: success\n", report.name);
    guest_stop(SHUTDOWN_poweroff);
}
