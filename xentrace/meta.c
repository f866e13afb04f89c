/*
 * meta.c - FILE.info: a line each of "key values...". Keys that are not known
 * are passed over, so that newer files can be read.
 */
#include "xentrace/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *info_name(const char *file)
{
    size_t length = strlen(file) + sizeof(".info");
    char *name = malloc(length);

    if (name)
        snprintf(name, length, "%s.info", file);
    return name;
}

/* plugin NUMBER-OF-FIRST-EVENT NAME EVENT... */
static void read_plugin(struct trace_meta *m, const char *line)
{
    struct trace_anchor_plugin *p = &m->plugin[m->nr_plugins];
    int at;

    if (m->nr_plugins == TRACE_ANCHOR_PLUGINS ||
        sscanf(line, "plugin %x %23s%n", &p->first, p->name, &at) != 2)
        return;
    m->nr_plugins++;
    for (line += at; p->nr_events < TRACE_ANCHOR_EVENTS; line += at)
        if (sscanf(line, " %23s%n", p->event_name[p->nr_events], &at) == 1)
            p->nr_events++;
        else
            return;
}

static void read_line(struct trace_meta *m, const char *line)
{
    struct trace_anchor_domain d = { 0 };
    uint64_t number;
    unsigned i;

    if (sscanf(line, "tsc_khz %" SCNu64, &m->tsc_khz) == 1 ||
        sscanf(line, "tsc_zero %" SCNu64, &m->tsc_zero) == 1)
        return;
    if (sscanf(line, "metronome-trace %u", &m->version) == 1)
        return;
    if (sscanf(line, "scheduler %23s %u", m->scheduler, &m->sched_id) == 2)
        return;
    if (sscanf(line, "event %u", &i) == 1 && i < TRACE_ANCHOR_EVENTS) {
        if (sscanf(line, "event %*u %23s", m->event_name[i]) == 1 &&
            i >= m->nr_events)
            m->nr_events = i + 1;
        return;
    }
    read_plugin(m, line);
    if (sscanf(line, "domain %u %u %23s", &d.id, &d.nr_vcpus, d.name) == 3 &&
        m->nr_domains < TRACE_ANCHOR_DOMAINS)
        m->domain[m->nr_domains++] = d;
    if (sscanf(line, "lost %u %" SCNu64, &i, &number) == 2 &&
        i < TRACE_ANCHOR_CPUS)
        m->lost_total[i] = number;
    if (sscanf(line, "overwritten %u", &i) == 1 && i < TRACE_ANCHOR_CPUS)
        m->overwritten[i] = true;
}

bool meta_read(struct trace_meta *m, const char *file)
{
    char *name = info_name(file), line[2048];
    FILE *in = name ? fopen(name, "r") : NULL;

    free(name);
    if (!in)
        return false;
    while (fgets(line, sizeof(line), in))
        read_line(m, line);
    fclose(in);
    m->known = true;
    if (m->version > TRACE_ANCHOR_VERSION)
        fprintf(stderr,
                "xentrace: %s.info: of version %u, this tool reads %u: names "
                "may be missing\n",
                file, m->version, TRACE_ANCHOR_VERSION);
    return true;
}

bool meta_write(const struct trace_meta *m, const char *file)
{
    char *name = info_name(file);
    FILE *out = name ? fopen(name, "w") : NULL;

    if (!out)
        perror(name);
    free(name);
    if (!out)
        return false;
    fprintf(out, "metronome-trace %u\n", TRACE_ANCHOR_VERSION);
    fprintf(out, "tsc_khz %" PRIu64 "\ntsc_zero %" PRIu64 "\n", m->tsc_khz,
            m->tsc_zero);
    fprintf(out, "scheduler %s %u\n", m->scheduler[0] ? m->scheduler : "none",
            m->sched_id);
    for (unsigned i = 0; i < m->nr_events; i++)
        fprintf(out, "event %u %s\n", i, m->event_name[i]);
    for (unsigned i = 0; i < m->nr_plugins; i++) {
        fprintf(out, "plugin %#x %s", m->plugin[i].first, m->plugin[i].name);
        for (unsigned j = 0; j < m->plugin[i].nr_events; j++)
            fprintf(out, " %s", m->plugin[i].event_name[j]);
        fputc('\n', out);
    }
    for (unsigned i = 0; i < m->nr_domains; i++)
        fprintf(out, "domain %u %u %s\n", m->domain[i].id,
                m->domain[i].nr_vcpus, m->domain[i].name);
    for (unsigned i = 0; i < TRACE_ANCHOR_CPUS; i++)
        if (m->lost_total[i])
            fprintf(out, "lost %u %" PRIu64 "\n", i, m->lost_total[i]);
    for (unsigned i = 0; i < TRACE_ANCHOR_CPUS; i++)
        if (m->overwritten[i])
            fprintf(out, "overwritten %u\n", i);
    return fclose(out) == 0;
}
