/*
 * scenario_private.h - between scenario.c and scenario_follow.c: readers of
 * lines. Each takes the line's words, itself first; false: a message has told.
 */
#ifndef SCHED_SIM_SCENARIO_PRIVATE_H
#define SCHED_SIM_SCENARIO_PRIVATE_H

#include "sched/sim/scenario.h"

/* A message that names the line. Always false. */
bool scenario_wrong(const struct scenario *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool scenario_number(const char *text, int64_t *value);
void scenario_sim_begins(struct scenario *s); /* the machine is known */

bool scenario_line_burst(struct scenario *s, char **word);
bool scenario_line_born(struct scenario *s, char **word);
bool scenario_line_adjusted(struct scenario *s, char **word);
bool scenario_line_follow(struct scenario *s, char **word);
/* A parameter of a domain that was adjusted. */
bool scenario_set_later(struct scenario *s, const struct sched_param *p,
                        int64_t value);

#endif
