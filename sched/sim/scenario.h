/*
 * scenario.h - what schedsim is to simulate, and what came of it.
 *
 * A scenario comes as lines of words, which the reader of manifests
 * (experiments/simulate/) has made from TOML and checked for form; README.md
 * lists them. What only the plug-ins' tables can tell, names of schedulers and
 * parameters and their ranges, is checked here. A line may end in a tab, the
 * line of the TOML file it comes from, a tab, and the key: so that a message
 * can name these.
 */
#ifndef SCHED_SIM_SCENARIO_H
#define SCHED_SIM_SCENARIO_H

#include <stdio.h>
#include "sched/sim/sim.h"
#include "sched/sim/spread.h"
#include "sched/sim/work.h"

/* Of all vCPUs of a row. */
struct scenario_sums {
    ns_t ran, waited, spun;
    uint64_t jobs, misses, runs;
};

/* What the table shows in one line: a domain, or several alike. */
struct scenario_row {
    const char *name;
    unsigned domains, vcpus;
    struct sim_spread latency, response;
    struct scenario_sums then, now; /* when the window begins; when it ends */
};

#define SCENARIO_CHANGE_MAX 16u

/* Parameters of a domain that are set while it runs, as in a run that is
 * followed. */
struct scenario_change {
    ns_t time;
    unsigned dom, cpu, nr;
    struct sched_setting set[SCENARIO_CHANGE_MAX];
};

struct scenario {
    const char *file; /* for messages */
    char name[64];    /* of the scenario */
    struct sim_conf conf;
    char sched[16];
    struct sim *sim;          /* once the machine is known */
    ns_t from, until, end;    /* the window of the table; the run's end */
    char *trace, *csv;        /* files to write, or NULL */
    uint32_t mask;            /* of the trace's events */
    struct sim_work **work;   /* by domain; NULL: none */
    const char **domain_name; /* by domain */
    unsigned *row_of;         /* by domain */
    unsigned nr_domains;      /* of these */
    unsigned domain;          /* the one that is being described */
    struct scenario_row **row;
    unsigned nr_rows;
    struct scenario_change *change; /* in order of time */
    unsigned nr_changes, changed;   /* of these, made by now */
    bool adjusts;                   /* the domain's parameters are the latest */
    bool refused;                   /* a change, by the scheduler */
    /* of the line that is being read: */
    unsigned line;
    char *origin_line, *origin_key;
};

/* Read lines from `in` into an empty *s. False: a message has told what is
 * wrong. */
bool scenario_read(struct scenario *s, FILE *in);
/* Let all vCPUs begin. False: a scheduler refuses one. */
bool scenario_start(struct scenario *s);
/* As sim_run_some(), with what is changed on the way. */
bool scenario_run_some(struct scenario *s, ns_t until, uint64_t events);
void scenario_end(struct scenario *s);

/* Take in a plug-in's object; its name is known from then on. False: a message
 * has told why not. (plugin.c) */
bool plugin_load(const char *file);

/* The window of the table begins now: what came before counts no more. */
void report_begin(struct scenario *s);
/* The window ends now. Prints the table, and writes s->csv. False, and a
 * message: that cannot be written. */
bool report_end(struct scenario *s, FILE *out);

#endif
