/*
 * plugin_file.h - a compiled plug-in, from a file, for programs on the host.
 */
#ifndef SCHED_SIM_PLUGIN_FILE_H
#define SCHED_SIM_PLUGIN_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Load the object that `make plugin` made, the same that the hypervisor loads,
 * and register its scheduler for the rest of the process. NULL and, in why,
 * one line that begins with the path and says the reason; or its name, for
 * sim_conf.sched. Before there is an instance, by one thread. */
const char *sched_load_file(const char *path, char *why, size_t size);

/* Load what `--plugin FILE` names, as often as it stands at the beginning of a
 * command line, and take these words out of it. False: said on stderr. */
bool sched_load_arguments(int *argc, char ***argv);

#endif
