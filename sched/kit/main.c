/*
 * main.c - the command `conformance`: plays many scenarios with a plug-in and
 * says which rules it breaks, if any. The command line; hunt.c does the work,
 * tell.c says what came of it.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "sched/kit/command.h"
#include "sched/sim/plugin_file.h"

static const char help[] =
    "usage: conformance [OPTION]...\n"
    "Plays scenarios with a scheduler plug-in and says which rules it breaks.\n"
    "\n"
    "  -s, --sched=NAME      the plug-in; \"all\": each of them (default)\n"
    "  -n, --scenarios=N     how many for each (default 10000)\n"
    "  -e, --exhaustive      all of the small scenarios, each once, instead\n"
    "      --seed=N          of the scenarios (default 1)\n"
    "  -j, --jobs=N          processes (default 2)\n"
    "  -o, --output=DIR      for what is found (default build/conformance)\n"
    "      --replay=FILE     play the scenario in FILE and print each call;\n"
    "                        with --output, if it breaks a rule, save it "
    "there\n"
    "      --trace=FILE      of --replay, --number: write the trace\n"
    "      --shrink=FILE     make the scenario in FILE as small as it can be\n"
    "      --number=N        print scenario number N, and play it\n"
    "      --rules           list the rules that judge NAME (or all)\n"
    "      --rule=RULE       shrink and report breaches of this rule only\n"
    "      --plugin FILE     (before all else) load this object\n"
    "      --no-shrink       report what is found as it was found\n"
    "  -q, --quiet           no progress\n"
    "  -h, --help            this text\n"
    "\n"
    "Exit status: 0 no rule is broken, 1 one is, 2 wrong usage, 130 Ctrl-C\n"
    "(what was done until then is reported).\n";

/* ---- options ---- */

static bool whole(const char *text, uint64_t least, uint64_t most, uint64_t *n)
{
    char *end;

    *n = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && *n >= least && *n <= most;
}

static int wrong(const char *what, const char *text)
{
    (void)fprintf(stderr, "conformance: %s: %s; see --help\n", text, what);
    return 2;
}

static int option(struct options *o, int c)
{
    uint64_t n;

    switch (c) {
    case 's':
        o->sched = optarg;
        return 0;
    case 'n':
        return whole(optarg, 1, UINT64_MAX / 2, &o->scenarios)
                   ? 0
                   : wrong("not a number of scenarios", optarg);
    case 'S':
        return whole(optarg, 0, UINT64_MAX, &o->seed)
                   ? 0
                   : wrong("not a seed", optarg);
    case 'j':
        if (!whole(optarg, 1, JOBS_MAX, &n))
            return wrong("jobs are 1 to 16", optarg);
        o->jobs = (unsigned)n;
        return 0;
    case 'N':
        o->one = true;
        return whole(optarg, 0, UINT64_MAX / 2, &o->number)
                   ? 0
                   : wrong("not a scenario's number", optarg);
    case 'o':
        o->output = optarg;
        o->save = true;
        return 0;
    case 't':
        o->trace = optarg;
        return 0;
    case 'R':
    case 'm':
        o->replay = optarg;
        o->shrink = c == 'm';
        return 0;
    case 'r':
        o->rule = optarg;
        return 0;
    case 'l':
        return (o->rules = true, 0);
    case 'X':
        return (o->no_shrink = true, 0);
    case 'e':
        return (o->exhaustive = true, 0);
    case 'q':
        return (o->quiet = true, 0);
    default:
        return 2;
    }
}

static int options(struct options *o, int argc, char **argv)
{
    static const struct option list[] = {
        { "sched", 1, NULL, 's' },      { "scenarios", 1, NULL, 'n' },
        { "seed", 1, NULL, 'S' },       { "jobs", 1, NULL, 'j' },
        { "output", 1, NULL, 'o' },     { "replay", 1, NULL, 'R' },
        { "rule", 1, NULL, 'r' },       { "shrink", 1, NULL, 'm' },
        { "number", 1, NULL, 'N' },     { "rules", 0, NULL, 'l' },
        { "no-shrink", 0, NULL, 'X' },  { "quiet", 0, NULL, 'q' },
        { "help", 0, NULL, 'h' },       { "trace", 1, NULL, 't' },
        { "exhaustive", 0, NULL, 'e' }, { NULL, 0, NULL, 0 },
    };
    int c, error = 0;

    while (!error &&
           (c = getopt_long(argc, argv, "s:n:j:o:eqh", list, NULL)) != -1) {
        if (c == 'h') {
            (void)fputs(help, stdout);
            exit(0);
        }
        error = option(o, c);
    }
    if (!error && optind < argc)
        error = wrong("unexpected", argv[optind]);
    return error;
}

static int unknown(const char *name)
{
    char names[512];

    sched_names(names, sizeof(names));
    (void)fprintf(stderr, "conformance: no scheduler %s; there are: %s\n", name,
                  names);
    return 2;
}

int main(int argc, char **argv)
{
    struct options o = { .sched = "all",
                         .output = "build/conformance",
                         .scenarios = 10000,
                         .seed = 1,
                         .jobs = 2 };
    int error;

    if (!sched_load_arguments(&argc, &argv))
        return 2;
    error = options(&o, argc, argv);
    if (error)
        return error;
    if (o.replay)
        return tell_replay(&o);
    if (strcmp(o.sched, "all") && !sched_find(o.sched))
        return unknown(o.sched);
    if (o.rules)
        return tell_rules(o.sched);
    if (o.one)
        return strcmp(o.sched, "all") ? tell_number(&o)
                                      : wrong("needs --sched=NAME", "--number");
    return hunt_all(&o);
}
