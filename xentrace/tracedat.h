/*
 * tracedat.h - the kinds of events in a trace.dat, and what it says of them.
 */
#ifndef XENTRACE_TRACEDAT_H
#define XENTRACE_TRACEDAT_H

#define TRACEDAT_COMM 16u /* bytes of a task's name */
#define TRACEDAT_NAME 32u /* of a plug-in's event's */

/* What an event's first word says: which kind it is of. */
enum {
    TRACEDAT_SWITCH = 1, /* Linux' */
    TRACEDAT_WAKING,
    TRACEDAT_MIGRATE,
    TRACEDAT_PLUGIN, /* ours */
    TRACEDAT_UNKNOWN,
    TRACEDAT_FIRST /* and on: of trace/events.def, in its order */
};

/* The format of a kind, as text; it stands until the next call. */
const char *tracedat_format(unsigned id);

#endif
