/*
 * services.c - the names that a plug-in's calls are resolved by.
 */
#include <string.h>
#include "sched/load/load_private.h"

static const struct service {
    const char *name;
    void (*function)(void); /* called through the plug-in's own declaration */
} services[] = {
#define SERVICE(f) { #f, (void (*)(void))f },
#include "sched/api/services.def"
#undef SERVICE
};

_Static_assert(ARRAY_SIZE(services) <= LOAD_SERVICES_MAX,
               "each may want a stub");

unsigned load_service(const char *name, uintptr_t *address)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(services); i++)
        if (!strcmp(services[i].name, name)) {
            *address = (uintptr_t)services[i].function;
            return i;
        }
    return LOAD_SERVICES_MAX;
}
