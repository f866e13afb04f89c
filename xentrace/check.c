/*
 * check.c - `xentrace check`: the command. The rules: check.h.
 */
#include "xentrace/check.h"

#include <stdarg.h>
#include <stdlib.h>

const char *check_name(uint32_t who)
{
    static char text[4][24];
    static unsigned next;
    char *to = text[next++ % 4];

    snprintf(to, sizeof(text[0]), "d%uv%u", who >> 16, who & 0xffff);
    return to;
}

void check_fault(struct check *c, uint64_t tsc, const char *rule,
                 const char *format, ...)
{
    va_list args;

    if (c->faults++ >= c->print)
        return;
    printf("%.3f us: %s: ", meta_ns(c->meta, tsc) / 1e3, rule);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static void on_read(struct rec *r, bool after_gap, void *arg)
{
    check_lie(arg, r, after_gap);
}

static int check_file(const char *file, unsigned print)
{
    static struct source s;
    struct check c = { .meta = &s.meta, .print = print };
    struct stream st;
    const struct rec *r;

    if (!source_open(&s, file))
        return EXIT_CANNOT;
    stream_begin(&st, &s);
    st.on_read = on_read;
    st.arg = &c;
    check_time_begin(&c, s.nr_cpus ? s.cpus[s.nr_cpus - 1] + 1u : 1);
    while ((r = stream_next(&st)))
        check_time(&c, &st, r);
    if (c.faults)
        printf("%lu faults\n", (unsigned long)c.faults);
    if (!st.records)
        fprintf(stderr, "xentrace: %s: no record in it: not a trace?\n", file);
    else if (s.damage)
        printf("%s: damaged in %u places; %lu records are whole\n", file,
               s.damage, (unsigned long)st.records);
    else
        printf("%s: %s: %lu records, %lu lost in %u gaps\n", file,
               c.faults ? "impossible" : "whole and possible",
               (unsigned long)st.records, (unsigned long)st.lost, st.gaps_ever);
    check_time_end(&c);
    if (!st.records) {
        (void)command_close(&s, &st);
        return EXIT_CANNOT;
    }
    return command_close(&s, &st) || c.faults ? EXIT_DAMAGED : EXIT_FINE;
}

int command_check(const struct args *a)
{
    int worst = EXIT_FINE;

    for (int i = 0; i < a->argc; i++) {
        int status = check_file(a->argv[i], a->quiet ? 0 : a->top);

        if (status && worst != EXIT_CANNOT)
            worst = status;
    }
    return worst;
}
