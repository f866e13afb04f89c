/*
 * sets.c - the registry of rules: the linker gathers them, as it does the
 * plug-ins; nothing else names them.
 */
#include <string.h>
#include "sched/kit/kit.h"
#include "sched/kit/run_private.h"

extern const struct kit_rules *const __start_kit_rules[] WEAK;
extern const struct kit_rules *const __stop_kit_rules[] WEAK;

const struct kit_rules *kit_set(unsigned i)
{
    unsigned nr = (unsigned)(__stop_kit_rules - __start_kit_rules);

    return i < nr ? __start_kit_rules[i] : NULL;
}

/* Is `name` the set's plug-in, or a variant of it: NAME_x? */
static bool judges(const struct kit_rules *set, const char *name)
{
    size_t length;

    if (!set->plugin)
        return true;
    length = strlen(set->plugin);
    return !strncmp(name, set->plugin, length) &&
           (name[length] == '\0' || name[length] == '_');
}

unsigned kit_sets_of(const char *name, const struct kit_rules **out)
{
    const struct kit_rules *set;
    unsigned i, n = 0;

    for (i = 0; (set = kit_set(i)) != NULL && n < KIT_SETS; i++)
        if (judges(set, name))
            out[n++] = set;
    return n;
}

bool kit_excused(const struct sched_ops *ops, const char *rule)
{
    const struct kit_rules *sets[KIT_SETS];
    unsigned n = kit_sets_of(ops->name, sets), i;
    const char *const *e;

    for (i = 0; i < n; i++)
        for (e = sets[i]->excused; e && *e; e++)
            if (!strcmp(*e, rule))
                return true;
    return false;
}

bool kit_may_starve(const struct kit_run *r, const struct kit_member *m)
{
    const struct kit_rules *sets[KIT_SETS];
    unsigned n = kit_sets_of(kit_ops_of(r, m)->name, sets), i;

    for (i = 0; i < n; i++)
        if (sets[i]->may_starve && sets[i]->may_starve(r, m))
            return true;
    return false;
}
