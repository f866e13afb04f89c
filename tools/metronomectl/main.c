/*
 * main.c - metronomectl: the command line.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/metronomectl/ctl.h"

static const char help[] =
    "usage: metronomectl sched COMMAND [OPTION...] [WORD...]\n"
    "       metronomectl trace [MASK]\n"
    "\n"
    "Schedulers, their parameters and CPU pools of Metronome, from dom0.\n"
    "\n"
    "  list                       the schedulers that there are\n"
    "  show SCHEDULER...          its parameters: unit, range, meaning\n"
    "  pools                      CPU pools with their schedulers\n"
    "  get [-p POOL | -d DOMAIN [-v VCPU]]\n"
    "                             parameters as they are; without an option,\n"
    "                             everybody's\n"
    "  set -p POOL NAME=VALUE...\n"
    "  set -d DOMAIN [-v VCPU] NAME=VALUE...\n"
    "                             set parameters: all of them, or none\n"
    "  change -p POOL SCHEDULER [NAME=VALUE...]\n"
    "                             another scheduler, while guests run; all\n"
    "                             else begins with initial values\n"
    "  watch [-p POOL | -d DOMAIN [-v VCPU]] [-i SECONDS] [-n TIMES]\n"
    "                             each vCPU's share, waiting, and what its\n"
    "                             scheduler thinks of it\n"
    "\n"
    "`trace` tells which events are recorded, as xentrace's -e has them, or "
    "has\n"
    "others recorded from now on; 0: none.\n"
    "\n"
    "POOL and DOMAIN are numbers, or names as `xl` shows them. Values are\n"
    "written as on the hypervisor's command line: 5ms, 100us, 2.5%, on, 512.\n"
    "\n"
    "Examples:\n"
    "  metronomectl sched show bvt sedf\n"
    "  metronomectl sched change -p Pool-0 bvt ctx_allow=1ms\n"
    "  metronomectl sched set -d web weight=512 warp=20ms\n"
    "  metronomectl sched set -d radio period=10ms slice=2ms extra=off\n"
    "  metronomectl sched watch -d web -i 0.5 -n 10\n"
    "\n"
    "Exit status: 0 done; 1 the hypervisor refused, and nothing was changed;\n"
    "2 what was asked for makes no sense; 3 not in dom0, or not on "
    "Metronome.\n";

void ctl_fail(int status, const char *format, ...)
{
    va_list args;

    (void)fflush(stdout);
    va_start(args, format);
    (void)fprintf(stderr, "metronomectl: ");
    (void)vfprintf(stderr, format, args);
    (void)fprintf(stderr, "\n");
    va_end(args);
    exit(status);
}

static const struct command {
    const char *name;
    const char *options; /* as getopt() takes them */
    int (*run)(const struct request *r);
} commands[] = {
    { "list", "", command_list },
    { "show", "", command_show },
    { "pools", "", command_pools },
    { "get", "p:d:v:", command_get },
    { "set", "p:d:v:", command_set },
    { "change", "p:", command_change },
    { "watch", "p:d:v:i:n:", command_watch },
};

static const struct command *find_command(const char *name)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    ctl_fail(CTL_USAGE, "%s: no such command: `metronomectl --help` lists them",
             name);
}

/* The texts of the options: what they mean is asked for when all are known. */
struct words {
    const char *pool, *domain, *vcpu, *interval, *times;
};

static struct words options(const struct command *command, int argc,
                            char **argv)
{
    struct words w = { 0 };
    char known[16];
    int c;

    (void)snprintf(known, sizeof(known), ":%s", command->options);
    while ((c = getopt(argc, argv, known)) != -1)
        switch (c) {
        case 'p':
            w.pool = optarg;
            break;
        case 'd':
            w.domain = optarg;
            break;
        case 'v':
            w.vcpu = optarg;
            break;
        case 'i':
            w.interval = optarg;
            break;
        case 'n':
            w.times = optarg;
            break;
        case ':':
            ctl_fail(CTL_USAGE, "%s: -%c wants a word after it", command->name,
                     optopt);
        default:
            ctl_fail(CTL_USAGE,
                     "%s: unknown option -%c: see `metronomectl "
                     "--help`",
                     command->name, optopt);
        }
    return w;
}

static void read_times(struct request *r, const struct words *w)
{
    char *end = NULL;

    r->interval = 1.0;
    if (w->interval)
        r->interval = strtod(w->interval, &end);
    if (w->interval && (end == w->interval || *end ||
                        !(r->interval >= 0.01 && r->interval <= 86400)))
        ctl_fail(CTL_USAGE, "-i %s: seconds are wanted, 0.01 to 86400",
                 w->interval);
    if (w->times && (!name_number(w->times, &r->times) || !r->times))
        ctl_fail(CTL_USAGE, "-n %s: a number from 1 on is wanted", w->times);
}

/* The domain, its pool and vCPU. */
static void read_domain(struct request *r, const struct words *w)
{
    r->of_domain = true;
    name_find_domain(w->domain, &r->domain);
    if (!hyper_pool(r->domain.cpupool, &r->pool))
        ctl_fail(CTL_REFUSED, "%s: it is in no pool", w->domain);
    if (!w->vcpu)
        return;
    r->of_vcpu = true;
    if (!name_number(w->vcpu, &r->vcpu) ||
        r->domain.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ||
        r->vcpu > r->domain.max_vcpu_id)
        ctl_fail(CTL_USAGE, "-v %s: domain %s has no such vCPU", w->vcpu,
                 w->domain);
}

static void read_request(struct request *r, const struct words *w)
{
    if (w->pool && w->domain)
        ctl_fail(CTL_USAGE, "-p or -d, not both");
    if (w->vcpu && !w->domain)
        ctl_fail(CTL_USAGE, "-v goes with -d DOMAIN");
    read_times(r, w);
    if (w->domain)
        read_domain(r, w);
    r->of_pool = w->pool != NULL;
    if (w->pool)
        name_find_pool(w->pool, &r->pool);
}

static int finish(int status)
{
    if (fflush(stdout) || ferror(stdout))
        ctl_fail(CTL_REFUSED, "the output cannot be written");
    return status;
}

int main(int argc, char **argv)
{
    const struct command *command;
    struct request r = { 0 };
    struct words w;
    int i;

    for (i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return fputs(help, stdout) < 0;
    if (argc >= 2 && !strcmp(argv[1], "trace"))
        return finish(command_trace(argv + 2, argc - 2));
    if (argc < 3 || strcmp(argv[1], "sched") != 0)
        ctl_fail(CTL_USAGE, "`metronomectl sched COMMAND` is wanted; "
                            "`metronomectl --help` lists the commands");
    command = find_command(argv[2]);
    w = options(command, argc - 2, argv + 2);
    r.word = argv + 2 + optind;
    r.nr_words = argc - 2 - optind;
    read_request(&r, &w);
    return finish(command->run(&r));
}
