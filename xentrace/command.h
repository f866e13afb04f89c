/*
 * command.h - what the commands of `xentrace` have in common.
 *
 * Exit: 0, fine; 1, it could not be done (one line on stderr says why); 2, the
 * trace is damaged or impossible, and what was read of it was used.
 */
#ifndef XENTRACE_COMMAND_H
#define XENTRACE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "xentrace/stream.h"

enum { EXIT_FINE = 0, EXIT_CANNOT = 1, EXIT_DAMAGED = 2 };

/* The arguments of a command: options, then files. */
struct args {
    const char *command;
    int argc; /* what is not an option */
    char **argv;
    bool markdown, quiet;
    const char *ram, *to;
    double from, until; /* ns of system time */
    double above;       /* ns */
    unsigned top;
    unsigned frames; /* of live; 0: no end */
    const char *names;
    int domain; /* -1: all */
};

int command_record(const struct args *a);
int command_peek(const struct args *a);
int command_info(const struct args *a);
int command_dump(const struct args *a);
int command_check(const struct args *a);
int command_stats(const struct args *a);
int command_latency(const struct args *a);
int command_timeline(const struct args *a);
int command_export(const struct args *a);
int command_live(const struct args *a);
int command_events(const struct args *a);

/* Say that there is no record in s. */
void command_empty(const struct source *s);
/* Open FILE and its stream. False, with a message, if there is no record. The
 * stream's first record is *first. */
bool command_open(struct source *s, struct stream *st, const char *file,
                  const struct rec **first);
/* Close both; the exit status: damaged or fine. */
int command_close(struct source *s, struct stream *st);

/* Write all, or tell why not. */
bool command_put(FILE *out, const void *data, size_t bytes, const char *name);

/* A domain's name, its number if it has none; in one of a few buffers. */
const char *command_domain(const struct trace_meta *m, unsigned dom);

void *command_must(void *memory); /* or out of memory */

#define IDLE_DOMAIN 32767u

#endif
