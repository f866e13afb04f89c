/*
 * command.c - the small commands, and what all have in common: command.h.
 */
#include "xentrace/command.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xentrace/events.h"
#include "xentrace/ram.h"

void *command_must(void *memory)
{
    if (!memory) {
        fputs("xentrace: out of memory\n", stderr);
        exit(EXIT_CANNOT);
    }
    return memory;
}

bool command_put(FILE *out, const void *data, size_t bytes, const char *name)
{
    if (fwrite(data, 1, bytes, out) == bytes)
        return true;
    fprintf(stderr, "xentrace: %s: %s; what was written stays\n", name,
            strerror(errno));
    return false;
}

const char *command_domain(const struct trace_meta *m, unsigned dom)
{
    static char text[8][24];
    static unsigned next;
    char *to = text[next++ % 8];

    if (dom == IDLE_DOMAIN)
        return "idle";
    for (unsigned i = 0; i < m->nr_domains; i++)
        if (m->domain[i].id == dom && m->domain[i].name[0])
            return m->domain[i].name;
    snprintf(to, sizeof(text[0]), "d%u", dom);
    return to;
}

void command_empty(const struct source *s)
{
    fprintf(stderr, "xentrace: %s: no record in it: not a trace?\n", s->name);
}

bool command_open(struct source *s, struct stream *st, const char *file,
                  const struct rec **first)
{
    if (!source_open(s, file))
        return false;
    stream_begin(st, s);
    *first = stream_next(st);
    if (*first)
        return true;
    command_empty(s);
    stream_end(st);
    source_close(s);
    return false;
}

int command_close(struct source *s, struct stream *st)
{
    int status = s->damage ? EXIT_DAMAGED : EXIT_FINE;

    stream_end(st);
    source_close(s);
    return status;
}

/* ---- out of a memory ---- */

static bool record_rings(struct ram *ram, FILE *out, const char *file,
                         size_t *total)
{
    size_t bytes;
    bool ok = true;

    for (unsigned c = 0; c < TRACE_ANCHOR_CPUS && ok; c++) {
        uint8_t *data = ram_ring(ram, c, &bytes);
        uint32_t change[3] = {
            TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT,
            c,
            (uint32_t)bytes,
        };

        if (!data)
            continue;
        ok = command_put(out, change, sizeof(change), file) &&
             command_put(out, data, bytes, file);
        *total += bytes;
        free(data);
    }
    return ok;
}

static bool need_ram(const struct args *a)
{
    if (!a->ram)
        fprintf(stderr,
                "xentrace: %s: --ram RAM is missing: QEMU's memory "
                "file\n",
                a->command);
    return a->ram;
}

int command_record(const struct args *a)
{
    const char *file = a->argv[0];
    static struct ram ram;
    static struct trace_meta meta;
    size_t total = 0;
    FILE *out;
    bool ok;

    if (!need_ram(a) || !ram_open(&ram, a->ram, true))
        return EXIT_CANNOT;
    out = fopen(file, "wb");
    if (!out) {
        fprintf(stderr, "xentrace: %s: %s\n", file, strerror(errno));
        ram_close(&ram);
        return EXIT_CANNOT;
    }
    ok = record_rings(&ram, out, file, &total);
    ram_meta(&ram, &meta);
    ram_close(&ram);
    if (fclose(out) || !ok || !meta_write(&meta, file))
        return EXIT_CANNOT;
    if (!total)
        fprintf(stderr, "xentrace: %s: the rings are empty (tevt_mask=?)\n",
                a->ram);
    return EXIT_FINE;
}

int command_peek(const struct args *a)
{
    static struct ram ram;
    static struct source s;
    struct stream st;
    const struct rec *r;
    uint64_t last = 0, lost = 0;
    size_t bytes;

    if (!need_ram(a) || !ram_open(&ram, a->ram, false)) {
        puts("0 0 0 -");
        return EXIT_CANNOT;
    }
    s = (struct source){ .name = a->ram };
    ram_meta(&ram, &s.meta);
    for (unsigned c = 0; c < TRACE_ANCHOR_CPUS; c++) {
        uint8_t *data = ram_ring(&ram, c, &bytes);

        if (data)
            source_add_ring(&s, c, data, bytes);
        lost += s.meta.lost_total[c];
    }
    stream_begin(&st, &s);
    while ((r = stream_next(&st)))
        last = r->tsc;
    printf("%lu %lu %.0f %s\n", (unsigned long)st.records,
           (unsigned long)(lost > st.lost ? lost : st.lost),
           st.records ? meta_ns(&s.meta, last) : 0.0,
           s.meta.scheduler[0] ? s.meta.scheduler : "-"); /* not yet */
    (void)command_close(&s, &st);
    ram_close(&ram);
    return EXIT_FINE;
}

/* ---- of a file ---- */

int command_dump(const struct args *a)
{
    static struct source s;
    struct stream st;
    const struct rec *r;

    if (!command_open(&s, &st, a->argv[0], &r))
        return EXIT_CANNOT;
    for (; r; r = stream_next(&st)) {
        double ns = meta_ns(&s.meta, r->tsc);

        if (ns >= a->from && ns < a->until)
            event_print(stdout, &s.meta, r);
    }
    return command_close(&s, &st);
}

int command_events(const struct args *a)
{
    event_table(stdout, a->markdown);
    return EXIT_FINE;
}
