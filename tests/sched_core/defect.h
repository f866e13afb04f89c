/* defect.h - a plug-in that breaks the rule it is told to. */
#ifndef TESTS_SCHED_CORE_DEFECT_H
#define TESTS_SCHED_CORE_DEFECT_H

#include "sched/api/sched.h"

enum defect {
    DEFECT_NONE,
    DEFECT_GRANTS_NOTHING,
    DEFECT_IDLES,
    DEFECT_PICK_KEEPS,
    DEFECT_PICKS_OTHERS,
    DEFECT_DEQUEUE_KEEPS,
    DEFECT_STEALS_UNLOCKED,
    DEFECT_PLACES_BADLY,
    DEFECT_STARVES,
    DEFECTS,
};

extern const struct sched_ops defect_ops;

#endif
