/*
 * table.c - is what a loaded plug-in registers readable at all?
 *
 * sched_check() judges what a table says; here it is made sure that it can be
 * read: each pointer leads into the plug-in's own memory, each string and array
 * ends there.
 */
#include <string.h>
#include "sched/api/core.h"
#include "sched/load/load_private.h"

#define LIST_MAX 64u /* names of events, or of a view's numbers */

static bool in_text(const struct load_memory *m, uintptr_t p)
{
    return p - (uintptr_t)m->text < m->text_size;
}

static bool in_constants(const struct load_memory *m, uintptr_t p, size_t size)
{
    uintptr_t offset = p - (uintptr_t)m->constants;

    return offset <= m->constants_size && size <= m->constants_size - offset;
}

static bool good_string(const struct load_memory *m, const char *s)
{
    uintptr_t offset = (uintptr_t)s - (uintptr_t)m->constants;

    return offset < m->constants_size &&
           memchr(s, '\0', m->constants_size - offset);
}

/* A list that ends with NULL; none is fine. */
static bool good_list(const struct load_memory *m, const char *const *list)
{
    unsigned i;

    for (i = 0; list && i < LIST_MAX; i++) {
        if ((uintptr_t)list % sizeof(*list) ||
            !in_constants(m, (uintptr_t)&list[i], sizeof(*list)))
            return false;
        if (!list[i])
            return true;
        if (!good_string(m, list[i]))
            return false;
    }
    return !list;
}

static bool good_params(const struct load_memory *m,
                        const struct sched_param *p)
{
    if (!p)
        return true;
    for (;; p++) {
        if ((uintptr_t)p % sizeof(void *) ||
            !in_constants(m, (uintptr_t)p, sizeof(*p)))
            return false;
        if (!p->name)
            return true;
        if (!good_string(m, p->name) || !good_string(m, p->unit) ||
            !good_string(m, p->help))
            return false;
    }
}

/* Every callback that is there is the plug-in's own code. */
static bool good_callbacks(const struct load_memory *m,
                           const struct sched_ops *ops)
{
    const uintptr_t callback[] = {
        (uintptr_t)ops->enqueue,   (uintptr_t)ops->dequeue,
        (uintptr_t)ops->pick,      (uintptr_t)ops->charge,
        (uintptr_t)ops->sleep,     (uintptr_t)ops->cpu_up,
        (uintptr_t)ops->cpu_down,  (uintptr_t)ops->vcpu_up,
        (uintptr_t)ops->vcpu_down, (uintptr_t)ops->param_set,
        (uintptr_t)ops->place,     (uintptr_t)ops->may_wait,
        (uintptr_t)ops->tick,      (uintptr_t)ops->account,
        (uintptr_t)ops->view,      (uintptr_t)ops->dump,
    };
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(callback); i++)
        if (callback[i] && !in_text(m, callback[i]))
            return false;
    return true;
}

const char *load_check_table(const struct load_memory *m, uintptr_t table)
{
    const struct sched_ops *ops = (const struct sched_ops *)table;

    if (table % sizeof(void *) || !in_constants(m, table, sizeof(*ops)))
        return "it does not lie in the plug-in's constants";
    if (!good_string(m, ops->name) || !good_string(m, ops->about))
        return "its name or about is no string of the plug-in";
    if (!good_callbacks(m, ops))
        return "a callback is not in the plug-in's code";
    if (!good_params(m, ops->params))
        return "its parameters cannot be read";
    if (!good_list(m, ops->events) || !good_list(m, ops->view_names))
        return "its events or view_names do not end with NULL";
    return sched_check(ops);
}
