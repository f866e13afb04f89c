/*
 * tracedat_format.c - what a trace.dat says of its kinds of events: as Linux'
 * format files, a line a field (name, place, size), and how to print them.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <xen/trace.h>

#include "xentrace/events.h"
#include "xentrace/tracedat.h"

#define TEXT_MAX 4096u

struct text {
    char data[TEXT_MAX];
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *t,
                                                      const char *format, ...)
{
    va_list words;
    int n;

    va_start(words, format);
    n = vsnprintf(t->data + t->length, TEXT_MAX - t->length, format, words);
    va_end(words);
    t->length += n < 0 ? 0 : (size_t)n;
    if (t->length >= TEXT_MAX)
        t->length = TEXT_MAX - 1;
}

/* A field, and the place behind it. */
static unsigned field(struct text *t, const char *type, const char *name,
                      int length, unsigned at, unsigned size, bool is_signed)
{
    say(t, "\tfield:%s %.*s;\toffset:%u;\tsize:%u;\tsigned:%d;\n", type, length,
        name, at, size, is_signed);
    return at + size;
}

static unsigned named(struct text *t, const char *type, const char *name,
                      unsigned at, unsigned size)
{
    return field(t, type, name, (int)strlen(name), at, size, type[0] != 'u');
}

static unsigned format_begin(struct text *t, const char *name, unsigned id)
{
    unsigned at;

    t->length = 0;
    say(t, "name: %s\nID: %u\nformat:\n", name, id);
    at = named(t, "unsigned short", "common_type", 0, 2);
    at = named(t, "unsigned char", "common_flags", at, 1);
    at = named(t, "unsigned char", "common_preempt_count", at, 1);
    at = named(t, "int", "common_pid", at, 4);
    say(t, "\n");
    return at;
}

static unsigned format_task(struct text *t, const char *prefix, unsigned at)
{
    char comm[32], pid[24], prio[24];

    snprintf(comm, sizeof(comm), "%scomm[16]", prefix);
    snprintf(pid, sizeof(pid), "%spid", prefix);
    snprintf(prio, sizeof(prio), "%sprio", prefix);
    at = field(t, "char", comm, (int)strlen(comm), at, TRACEDAT_COMM, false);
    at = named(t, "int", pid, at, 4);
    return named(t, "int", prio, at, 4);
}

static void format_switch(struct text *t)
{
    unsigned at = format_begin(t, "sched_switch", TRACEDAT_SWITCH);

    at = format_task(t, "prev_", at);
    at = named(t, "long", "prev_state", at, 8);
    format_task(t, "next_", at);
    say(t, "\nprint fmt: \"%%s:%%d %%ld to %%s:%%d\", REC->prev_comm, "
           "REC->prev_pid, REC->prev_state, REC->next_comm, REC->next_pid\n");
}

static void format_waking(struct text *t)
{
    unsigned at = format_begin(t, "sched_waking", TRACEDAT_WAKING);

    at = format_task(t, "", at);
    named(t, "int", "target_cpu", at, 4);
    say(t, "\nprint fmt: \"%%s:%%d on CPU %%d\", REC->comm, REC->pid, "
           "REC->target_cpu\n");
}

static void format_migrate(struct text *t)
{
    unsigned at = format_begin(t, "sched_migrate_task", TRACEDAT_MIGRATE);

    at = format_task(t, "", at);
    at = named(t, "int", "orig_cpu", at, 4);
    named(t, "int", "dest_cpu", at, 4);
    say(t, "\nprint fmt: \"%%s:%%d from CPU %%d to %%d\", REC->comm, REC->pid, "
           "REC->orig_cpu, REC->dest_cpu\n");
}

static void format_plugin(struct text *t)
{
    unsigned at = format_begin(t, "plugin_event", TRACEDAT_PLUGIN);

    at = field(t, "char", "event[32]", 9, at, TRACEDAT_NAME, false);
    at = named(t, "unsigned int", "number", at, 4);
    at = named(t, "unsigned short", "vcpu", at, 2);
    at = named(t, "unsigned short", "dom", at, 2);
    named(t, "long", "value", at, 8);
    say(t, "\nprint fmt: \"%%s d%%uv%%u %%ld\", REC->event, REC->dom, "
           "REC->vcpu, REC->value\n");
}

static void format_unknown(struct text *t)
{
    unsigned at = format_begin(t, "unknown", TRACEDAT_UNKNOWN);
    char name[] = "w0";

    at = named(t, "unsigned int", "number", at, 4);
    at = named(t, "unsigned int", "nr", at, 4);
    for (unsigned i = 0; i < 7; i++, name[1]++)
        at = named(t, "unsigned int", name, at, 4);
    say(t, "\nprint fmt: \"%%#x, %%u words: %%#x %%#x %%#x %%#x %%#x %%#x "
           "%%#x\", REC->number, REC->nr, REC->w0, REC->w1, REC->w2, REC->w3, "
           "REC->w4, REC->w5, REC->w6\n");
}

/* A field of events.def: its letters to print, the place behind it. */
static unsigned format_field(struct text *t, struct text *print,
                             struct text *words, const char *type,
                             const char *name, int length, unsigned at)
{
    unsigned size = 4 * event_field_words(type, (size_t)(name - type - 1));
    const char *c_type, *letter;

    if (!strncmp(type, "id:", 3)) {
        say(t,
            "\tfield:unsigned short %.*s_vcpu;\toffset:%u;\tsize:2;\t"
            "signed:0;\n",
            length, name, at);
        say(t,
            "\tfield:unsigned short %.*s_dom;\toffset:%u;\tsize:2;\t"
            "signed:0;\n",
            length, name, at + 2);
        say(print, " %.*s=d%%uv%%u", length, name);
        say(words, ", REC->%.*s_dom, REC->%.*s_vcpu", length, name, length,
            name);
        return at + 4;
    }
    if (type[0] == 'n') {
        c_type = size == 8 ? "long" : "int";
        letter = size == 8 ? "%ld" : "%d";
    } else {
        c_type = size == 8 ? "unsigned long" : "unsigned int";
        letter = type[0] == 'x' ? (size == 8 ? "%#lx" : "%#x")
                                : (size == 8 ? "%lu" : "%u");
    }
    say(print, " %.*s=%s", length, name, letter);
    say(words, ", REC->%.*s", length, name);
    return field(t, c_type, name, length, at, size, type[0] == 'n');
}

static void format_record(struct text *t, unsigned i)
{
    const struct event_type *e = &event_types[i];
    unsigned at = format_begin(t, e->name, TRACEDAT_FIRST + i);
    static struct text print, words;

    print.length = words.length = 0;
    if (e->number == TRC_SCHED_RUNSTATE_CHANGE) {
        at = named(t, "unsigned short", "old", at, 2);
        at = named(t, "unsigned short", "new", at, 2);
        say(&print, " %%u -> %%u");
        say(&words, ", REC->old, REC->new");
    }
    for (const char *f = e->fields; *f; f = strchr(f, ' ') + 1) {
        const char *colon = strchr(f, ':'), *end = strchr(f, ' ');

        at = format_field(t, &print, &words, f, colon + 1,
                          (int)(end - colon - 1), at);
    }
    say(t, "\nprint fmt: \"%s\"%s\n", print.length ? print.data + 1 : "",
        words.length ? words.data : "");
}

const char *tracedat_format(unsigned id)
{
    static struct text t;

    t.length = 0;
    if (id >= TRACEDAT_FIRST)
        format_record(&t, id - TRACEDAT_FIRST);
    else if (id == TRACEDAT_SWITCH)
        format_switch(&t);
    else if (id == TRACEDAT_WAKING)
        format_waking(&t);
    else if (id == TRACEDAT_MIGRATE)
        format_migrate(&t);
    else if (id == TRACEDAT_PLUGIN)
        format_plugin(&t);
    else
        format_unknown(&t);
    return t.data;
}
