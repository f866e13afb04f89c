/*
 * A guest's command line: words `key=value`. An unknown key, a value that is
 * not a number, or out of range is one line of error and SHUTDOWN_crash.
 *
 * Numbers may end in ns, us, ms, s (to ns), or k, M (times 1000, 1000000).
 */
#ifndef GUEST_OPTIONS_H
#define GUEST_OPTIONS_H

#include <stddef.h>

struct option {
    const char *key;
    long *number;      /* one of the two is not null */
    const char **text; /* points into a copy of the command line */
    const char *help;
};

/* Reads the whole command line into the variables of the table. */
void options_parse(const char *guest, const struct option *table, size_t count);

#endif
