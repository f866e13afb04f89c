/*
 * export.h - the forms in which `xentrace export` writes a trace.
 *
 * A form is handed the records in order of time, one by one, and keeps no more
 * than it needs: a trace of any length goes through.
 */
#ifndef XENTRACE_EXPORT_H
#define XENTRACE_EXPORT_H

#include "xentrace/command.h"

struct export
{
    const struct trace_meta *meta;
    struct source *source;
    const char *name; /* of the file or folder that is written */
    FILE *out;        /* NULL for a form that makes a folder */
    bool failed;      /* and it was told */
};

struct export_form {
    const char *name;
    bool folder;
    void (*begin)(struct export *e);
    void (*record)(struct export *e, const struct rec *r);
    void (*end)(struct export *e, const struct stream *st);
};

extern const struct export_form export_csv, export_json, export_perfetto,
    export_ctf, export_parquet, export_tracedat;

void export_put(struct export *e, const void *data, size_t bytes);

/* Nanoseconds of system time, whole; negative ones are 0. */
uint64_t export_ns(const struct export *e, uint64_t tsc);

#endif
