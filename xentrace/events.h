/*
 * events.h - the table of events (trace/events.def) for the tools.
 */
#ifndef XENTRACE_EVENTS_H
#define XENTRACE_EVENTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "xentrace/stream.h"

struct event_type {
    const char *name;
    uint32_t number;
    const char *about;
    const char *fields; /* "type:name type:name ..." */
};

extern const struct event_type event_types[];
extern const unsigned nr_event_types;

/* The type of an event's number; NULL if events.def has none. */
const struct event_type *event_type(uint32_t event);

/* Words of a field, by its type's name; and of all fields of an event. */
unsigned event_field_words(const char *type, size_t length);
unsigned event_words(const struct event_type *e);

/* One line of text for a record. */
void event_print(FILE *out, const struct trace_meta *m, const struct rec *r);

/* Its name alone, a plug-in's event's with the plug-in's: "bvt.warp". */
void event_name(char *to, size_t room, const struct trace_meta *m,
                uint32_t event);

/* The name of a runstate, from its number in the low two bits. */
const char *event_state(unsigned state);

/* The whole table: tab-separated for programs, or Markdown for the manual. */
void event_table(FILE *out, bool markdown);

#endif
