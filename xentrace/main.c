/*
 * main.c - xentrace: the commands.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xentrace/events.h"
#include "xentrace/ram.h"
#include "xentrace/trace_file.h"

static int usage(FILE *out)
{
    fputs(
        "usage: xentrace COMMAND ...\n"
        "  record --ram RAM FILE  write the rings in RAM (QEMU's memory file,\n"
        "                         running or stopped) to FILE, and FILE.info\n"
        "  peek --ram RAM         one line: records, lost, time of the last\n"
        "  info FILE              what is in a trace\n"
        "  dump FILE              every record as a line of text\n"
        "  check FILE             is the file whole? 0: yes, 2: damaged\n"
        "  export FILE            records, merged by time, 48 bytes each, to\n"
        "                         stdout (xentrace/trace_file.h, struct rec)\n"
        "  events [--markdown]    the table of events\n"
        "Statistics: python3 -m xentrace FILE\n",
        out);
    return out == stderr ? 1 : 0;
}

/* A write_all that tells why it could not. */
static bool put(FILE *out, const void *data, size_t bytes, const char *name)
{
    if (fwrite(data, 1, bytes, out) == bytes)
        return true;
    fprintf(stderr, "xentrace: %s: %s; what was written stays\n", name,
            strerror(errno));
    return false;
}

static int record(const char *memory, const char *file)
{
    struct ram ram;
    struct trace_meta meta;
    size_t bytes, total = 0;
    FILE *out;
    bool ok = true;

    if (!ram_open(&ram, memory, true))
        return 1;
    out = fopen(file, "wb");
    if (!out) {
        fprintf(stderr, "xentrace: %s: %s\n", file, strerror(errno));
        ram_close(&ram);
        return 1;
    }
    for (unsigned c = 0; c < TRACE_ANCHOR_CPUS && ok; c++) {
        uint8_t *data = ram_ring(&ram, c, &bytes);
        uint32_t change[3] = {
            TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT,
            c,
            (uint32_t)bytes,
        };

        if (!data)
            continue;
        ok = put(out, change, sizeof(change), file) &&
             put(out, data, bytes, file);
        total += bytes;
        free(data);
    }
    ram_meta(&ram, &meta);
    ram_close(&ram);
    if (fclose(out) || !ok || !meta_write(&meta, file))
        return 1;
    if (!total)
        fprintf(stderr, "xentrace: %s: the rings are empty (tevt_mask=?)\n",
                memory);
    return 0;
}

static int peek(const char *memory)
{
    struct ram ram;
    struct trace t = { .name = memory };
    size_t bytes;

    if (!ram_open(&ram, memory, false)) {
        puts("0 0 0 -");
        return 1;
    }
    ram_meta(&ram, &t.meta);
    for (unsigned c = 0; c < TRACE_ANCHOR_CPUS; c++) {
        uint8_t *data = ram_ring(&ram, c, &bytes);

        if (data)
            trace_decode(&t, c, data, bytes, 0);
        free(data);
        t.lost += t.meta.lost_total[c];
    }
    trace_merge(&t);
    printf("%zu %lu %.0f %s\n", t.nr, (unsigned long)t.lost,
           t.nr ? trace_ns(&t, t.rec[t.nr - 1].tsc) : 0.0,
           t.meta.scheduler[0] ? t.meta.scheduler : "-"); /* not yet */
    trace_free(&t);
    ram_close(&ram);
    return 0;
}

static int info(const char *file)
{
    struct trace t;
    double first, last, unit;

    if (!trace_read(&t, file))
        return 1;
    trace_merge(&t);
    unit = t.meta.tsc_khz ? 1e9 : 1;
    first = trace_ns(&t, t.rec[0].tsc) / unit;
    last = trace_ns(&t, t.rec[t.nr - 1].tsc) / unit;
    printf("records    %zu\nlost       %lu\nCPUs       %u\n", t.nr,
           (unsigned long)t.lost, t.nr_cpus);
    printf("from, to   %.6f, %.6f %s\n", first, last,
           t.meta.tsc_khz ? "s" : "cycles");
    if (t.meta.known)
        printf("scheduler  %s\n", t.meta.scheduler);
    for (unsigned i = 0; i < t.meta.nr_domains; i++)
        printf("domain     %u %s (vCPUs: %u)\n", t.meta.domain[i].id,
               t.meta.domain[i].name, t.meta.domain[i].nr_vcpus);
    if (!t.meta.known)
        printf("no %s.info: no names, and times in cycles\n", file);
    trace_free(&t);
    return t.damage ? 2 : 0;
}

static int dump(const char *file)
{
    struct trace t;

    if (!trace_read(&t, file))
        return 1;
    trace_merge(&t);
    for (size_t i = 0; i < t.nr; i++)
        event_print(stdout, &t, &t.rec[i]);
    trace_free(&t);
    return t.damage ? 2 : 0;
}

static int check(const char *file)
{
    struct trace t;

    if (!trace_read(&t, file))
        return 1;
    if (t.damage)
        printf("%s: damaged in %u places; %zu records are whole\n", file,
               t.damage, t.nr);
    else
        printf("%s: whole: %zu records, %lu lost\n", file, t.nr,
               (unsigned long)t.lost);
    trace_free(&t);
    return t.damage ? 2 : 0;
}

static int export(const char *file)
{
    struct trace t;
    bool ok;

    if (!trace_read(&t, file))
        return 1;
    trace_merge(&t);
    ok = put(stdout, t.rec, t.nr * sizeof(*t.rec), "stdout");
    trace_free(&t);
    return !ok ? 1 : t.damage ? 2 : 0;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    bool ram = argc > 3 && !strcmp(argv[2], "--ram");

    if (!strcmp(command, "record") && ram && argc == 5)
        return record(argv[3], argv[4]);
    if (!strcmp(command, "peek") && ram && argc == 4)
        return peek(argv[3]);
    if (!strcmp(command, "info") && argc == 3)
        return info(argv[2]);
    if (!strcmp(command, "dump") && argc == 3)
        return dump(argv[2]);
    if (!strcmp(command, "check") && argc == 3)
        return check(argv[2]);
    if (!strcmp(command, "export") && argc == 3)
        return export(argv[2]);
    if (!strcmp(command, "events")) {
        event_table(stdout, argc == 3 && !strcmp(argv[2], "--markdown"));
        return 0;
    }
    return usage(!strcmp(command, "--help") ? stdout : stderr);
}
