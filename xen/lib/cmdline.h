/*
 * cmdline.h - options of the hypervisor's command line, as data.
 *
 * A module declares its option next to what the option sets:
 *
 *     static unsigned max_cpus = NR_CPUS;
 *     CMDLINE_OPTION(maxcpus) = { "maxcpus", "1 to 256",
 *         .kind = CMDLINE_UNSIGNED, .variable = &max_cpus,
 *         .min = 1, .max = NR_CPUS };
 *
 * It lands in the linker section cmdline_options: nothing central to edit. An
 * option has the form name=value, or name alone for a flag (no-name, name=off
 * to clear it). The applying function is pure, so it is tested on the host.
 */
#ifndef XEN_LIB_CMDLINE_H
#define XEN_LIB_CMDLINE_H

#include "xen/lib/types.h"

enum cmdline_kind {
    CMDLINE_FLAG,     /* bool */
    CMDLINE_UNSIGNED, /* unsigned; decimal or 0x hexadecimal; min..max */
    CMDLINE_SIZE,     /* uint64_t, bytes; suffix B K M G T; none is K, as Xen */
    CMDLINE_TEXT,     /* char[max] */
    CMDLINE_PARSED,   /* parse(value): 0, or -EINVAL */
    CMDLINE_IGNORED,  /* known to Xen's users, has no effect here */
};

struct cmdline_option {
    const char *name;
    const char *accepted; /* what values: ends the message of a refusal */
    enum cmdline_kind kind;
    void *variable;
    uint64_t min, max;
    int (*parse)(const char *value);
};

#define CMDLINE_OPTION(id)                                                     \
    static const struct cmdline_option cmdline_##id USED ALIGNED(8)            \
        SECTION("cmdline_options")

struct cmdline_report {
    /* Nobody knows this option. */
    void (*unknown)(const char *name);
    /* Known, without effect here. */
    void (*ignored)(const char *name);
    /* The value is wrong; `accepted` says what would be right. */
    void (*refused)(const char *name, const char *value, const char *accepted);
    /* name contains a dot: a parameter of a scheduler. */
    void (*parameter)(const char *name, const char *value);
};

/* Act on the whole text, from left to right. Words are separated by blanks;
 * "..." within a word keeps blanks. */
void cmdline_apply(const char *text, const struct cmdline_option *options,
                   size_t nr_options, const struct cmdline_report *report);

/* Values: 0 and *out, or -EINVAL, *out then unchanged. */
int cmdline_unsigned(const char *text, uint64_t *out);
int cmdline_size(const char *text, uint64_t *out); /* bytes */
int cmdline_flag(const char *text, bool *out);

#endif
