/*
 * command.h - between the files of the command `conformance`: main.c reads the
 * command line, hunt.c plays many scenarios, tell.c says what came of them.
 */
#ifndef SCHED_KIT_COMMAND_H
#define SCHED_KIT_COMMAND_H

#include "sched/kit/kit.h"

#define JOBS_MAX 16
#define STARTS   4 /* scenarios of one broken rule that are shrunk */

struct options {
    const char *sched, *output, *replay, *rule;
    const char *trace; /* a file for what is played once, or NULL */
    uint64_t scenarios, seed, number;
    unsigned jobs;
    bool shrink, quiet, rules, no_shrink, one;
    bool exhaustive; /* all of the small scenarios, instead of `scenarios` */
    bool save;       /* output was given */
};

struct finding {
    const char *rule;               /* a literal: the same in every process */
    uint64_t count, number[STARTS]; /* of the scenarios with the least ones */
};

/* ---- hunt.c ---- */

/* Play o->scenarios, or all of the small ones, with each plug-in that o names,
 * and report. The command's exit status. */
int hunt_all(const struct options *o);
/* Ctrl-C: what takes long is left out from now on. */
bool hunt_interrupted(void);

/* ---- tell.c ---- */

/* A broken rule, found `count` times in `done` scenarios: shrunk, printed,
 * saved. */
void tell_finding(const struct sched_ops *ops, const struct options *o,
                  const struct finding *f, uint64_t count, uint64_t done);
/* What --replay and --shrink, --number, --rules do; the exit status. */
int tell_replay(const struct options *o);
int tell_number(const struct options *o);
int tell_rules(const char *sched);

#endif
