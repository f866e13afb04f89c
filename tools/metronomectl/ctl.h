/*
 * ctl.h - what the files of metronomectl share: dom0's tool for schedulers,
 * their parameters and CPU pools (README.md).
 *
 * It knows no scheduler: all that it says of one, it asks the hypervisor for
 * (xen/include/metronome.h). Whatever goes wrong ends the program by ctl_fail()
 * with one line.
 */
#ifndef METRONOMECTL_CTL_H
#define METRONOMECTL_CTL_H

#include <stdint.h>

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "sched/api/core.h"
#include "xen/include/metronome.h"

/* Exit statuses, besides 0. */
#define CTL_REFUSED 1 /* the hypervisor says no; nothing was changed */
#define CTL_USAGE   2 /* what was asked for makes no sense here */
#define CTL_NOWHERE 3 /* not in dom0, or not on Metronome */

void ctl_fail(int status, const char *format, ...) PRINTF(2, 3) NORETURN;

/* ---- hyper.c: the hypervisor ---- */

/* METRONOMEOP_`op` on a structure. 0, or a negative errno. */
int hyper_call(unsigned op, void *arg, size_t size);
#define HYPER(op, arg) hyper_call(METRONOMEOP_##op, arg, sizeof(*(arg)))

/* The domain with the smallest id that is not below `from`; false: none. */
bool hyper_domain(uint32_t from, struct xen_domctl_getdomaininfo *out);
bool hyper_pool(uint32_t from, struct metronome_pool *out);
/* Of the trace's rings. 0, or a negative errno. */
int hyper_trace(struct xen_sysctl_tbuf_op *tbuf);

/* ---- names.c: as people say it ---- */

/* The name of a domain or pool as `xl` knows it, else "", or the hypervisor's.
 */
void name_of_domain(uint32_t id, char *out, size_t size);
void name_of_pool(const struct metronome_pool *pool, char *out, size_t size);
/* A number or a name, to what it means; ends the program if it is not there. */
void name_find_domain(const char *text, struct xen_domctl_getdomaininfo *out);
void name_find_pool(const char *text, struct metronome_pool *out);
/* A whole number; false: it is none. */
bool name_number(const char *text, uint32_t *out);

/* ---- table.c: a scheduler as the hypervisor describes it ---- */

#define TABLE_MAX 64

struct table {
    struct metronome_scheduler scheduler;
    struct metronome_parameter wire[TABLE_MAX]; /* holds the texts */
    struct sched_param param[TABLE_MAX + 1];
    struct sched_ops ops; /* name and params: for sched_param_parse() */
};

/* The table of a scheduler; ends the program if there is no such one. */
const struct table *table_get(const char *name);
const char *table_scope(const struct sched_param *p);
/* "1 to 65535", "10us to 1s"; a flag: "on, off". */
void table_range(const struct sched_param *p, char *out, size_t size);

/* ---- the commands ---- */

/* What the options of the command line say. */
struct request {
    bool of_pool, of_domain, of_vcpu; /* what is named */
    struct metronome_pool pool;       /* or that of the domain */
    struct xen_domctl_getdomaininfo domain;
    uint32_t vcpu;
    double interval; /* s */
    uint32_t times;  /* 0: for ever */
    char **word;     /* what is not an option */
    int nr_words;
};

int command_list(const struct request *r); /* show.c */
int command_show(const struct request *r);
int command_pools(const struct request *r);
int command_get(const struct request *r); /* settings.c */
int command_set(const struct request *r);
int command_change(const struct request *r);
int command_watch(const struct request *r);   /* watch.c */
int command_trace(char **word, int nr_words); /* trace.c */

#endif
