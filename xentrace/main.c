/*
 * main.c - xentrace: its front door. The commands are a table; each has its
 * own help. What is statistics in Python stands behind the same door.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xentrace/command.h"

struct command {
    const char *name, *arguments, *about;
    int (*run)(const struct args *a);
    int least, most; /* arguments that are no options */
    const char *more;
    char *module; /* of Python, instead of run */
};

static const struct command commands[] = {
    { "record", "--ram RAM FILE",
      "write the rings in RAM to FILE, names to FILE.info", command_record, 1,
      1,
      "RAM is QEMU's memory file; the machine may run or be stopped, and does\n"
      "not notice. Also a saved image of a memory.\n"
      "  xentrace record --ram /dev/shm/ram out.trace\n",
      NULL },
    { "peek", "--ram RAM", "one line: records, lost, time of the last",
      command_peek, 0, 0, "For programs that wait for a time or a count.\n",
      NULL },
    { "info", "FILE", "what is in a trace", command_info, 1, 1, "", NULL },
    { "dump", "[--from T] [--until T] FILE", "every record as a line of text",
      command_dump, 1, 1,
      "  xentrace dump --from 1.2s --until 1.21s out.trace\n", NULL },
    { "check", "[--quiet] FILE...", "is it whole, and is it possible?",
      command_check, 1, INT_MAX,
      "Finds records that are torn, lost, doubled or out of order, a vCPU in\n"
      "two places, a lost wake-up, time that is nobody's. 0: none of that; 2:\n"
      "something, a line for each of the first; docs/trace.md has the rules.\n"
      "  xentrace check out.trace\n",
      NULL },
    { "stats", "FILE", "records, CPU time, latencies, by event and vCPU",
      command_stats, 1, 1,
      "In one pass, in memory that does not grow with the file.\n", NULL },
    { "latency", "[--domain D] [--above T] [--top N] FILE...",
      "wake to run, by cause; who ran instead", command_latency, 1, INT_MAX,
      "Several files are runs with different seeds: the quantiles get\n"
      "confidence intervals, and maxima are compared over equally many "
      "samples.\n"
      "  xentrace latency --domain 1 out.trace\n"
      "  xentrace latency --above 2ms --top 10 out.trace\n"
      "  xentrace latency seed-*/trace\n",
      NULL },
    { "timeline", "[--from T] [--until T] FILE", "who ran where, line by line",
      command_timeline, 1, 1,
      "  xentrace timeline --from 1.2s --until 1.21s out.trace\n", NULL },
    { "export", "[--to FORMAT] [--from T] [--until T] FILE [OUT]",
      "other programs' formats", command_export, 1, 2,
      "FORMAT is\n"
      "  raw       merged records, 48 bytes each (stream.h, struct rec)\n"
      "  csv       a line for each record\n"
      "  json      Chrome's trace events, for Perfetto's UI\n"
      "  perfetto  its own protobuf: the schedule, as Linux tells it\n"
      "  ctf       a folder, CTF 1.8, with Linux' event names besides ours\n"
      "  trace.dat for trace-cmd and KernelShark, the same events\n"
      "  parquet   a table as csv's, for DuckDB and pandas\n"
      "  xentrace export --to json out.trace out.json\n"
      "  xentrace export --to ctf out.trace out.ctf && babeltrace2 out.ctf\n",
      NULL },
    { "shares", "[--weights NAME=W,...] FILE...",
      "shares over windows of every length", NULL, 0, INT_MAX, "",
      "xentrace.windows" },
    { "top", "--ram RAM", "a live view of domains, latencies, queues", NULL, 0,
      INT_MAX, "", "xentrace.top" },
    { "live", "[--until T] [--frames N] [--names FILE]",
      "the same in dom0, of what Debian's xentrace writes", command_live, 0, 0,
      "For the terminal of dom0; --until: a frame is so long (1s). FILE has\n"
      "lines of a domain's number and its name.\n"
      "  xentrace -D -e 0x2f000 /dev/stdout | metronome-xentrace live\n",
      NULL },
    { "diff", "A B", "do two runs take the same decisions?", NULL, 0, INT_MAX,
      "", "xentrace.diff" },
    { "events", "[--markdown]", "the table of events", command_events, 0, 0, "",
      NULL },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *out)
{
    fputs("usage: xentrace COMMAND ...\n", out);
    for (size_t i = 0; i < NR_COMMANDS; i++)
        fprintf(out, "  %-10s%s\n", commands[i].name, commands[i].about);
    fputs("xentrace COMMAND --help tells more. Times have a unit: 10ms, 1.5s.\n"
          "exit: 0; 1: could not be done; 2: the trace is damaged or "
          "impossible\n"
          "example:\n"
          "  xentrace record --ram /dev/shm/ram a.trace && xentrace check "
          "a.trace &&\n"
          "  xentrace latency a.trace\n",
          out);
    return out == stderr ? EXIT_CANNOT : EXIT_FINE;
}

static int help(const struct command *c)
{
    printf("usage: xentrace %s %s\n%s\n%s", c->name, c->arguments, c->about,
           c->more);
    return EXIT_FINE;
}

/* `xentrace shares` is `python3 -m xentrace.windows`, from the tree in which
 * this program was built. */
static int run_module(const struct command *c, char **argv)
{
    static char python[] = "/usr/bin/python3", option[] = "-m";
    char self[PATH_MAX], path[PATH_MAX + 8];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char **args = command_must(calloc((size_t)INT16_MAX, sizeof(*args)));
    int n = 0;

    if (length < 0)
        return EXIT_CANNOT;
    self[length] = 0;
    setenv("XENTRACE", self, 0);
    for (int up = 0; up < 2; up++) /* TREE/build/xentrace */
        if (strrchr(self, '/'))
            *strrchr(self, '/') = 0;
    if (!getenv("PYTHONPATH")) {
        snprintf(path, sizeof(path), "%s", self);
        setenv("PYTHONPATH", path, 1);
    }
    args[n++] = python;
    args[n++] = option;
    args[n++] = c->module;
    for (; *argv && n < INT16_MAX - 1; argv++)
        args[n++] = *argv;
    execv(args[0], args);
    fprintf(stderr,
            "xentrace: %s: %s: install python3, python3-numpy and "
            "python3-pandas\n",
            args[0], strerror(errno));
    return EXIT_CANNOT;
}

/* ns of "10ms"; NaN if it is none. */
static double time_of(const char *text)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
    char *end;
    double value = strtod(text, &end);

    for (size_t i = 0; i < 4 && end != text; i++)
        if (!strcmp(end, units[i].name))
            return value * units[i].ns;
    return NAN;
}

static bool take_time(double *to, const char *option, const char *text)
{
    *to = time_of(text);
    if (!isnan(*to))
        return true;
    fprintf(stderr,
            "xentrace: --%s %s: not a time: a number and ns, us, ms or "
            "s, as in 10ms\n",
            option, text);
    return false;
}

static bool parse(struct args *a, int argc, char **argv)
{
    static const struct option options[] = {
        { "ram", 1, NULL, 'r' },    { "to", 1, NULL, 't' },
        { "from", 1, NULL, 'f' },   { "until", 1, NULL, 'u' },
        { "above", 1, NULL, 'a' },  { "top", 1, NULL, 'n' },
        { "domain", 1, NULL, 'd' }, { "markdown", 0, NULL, 'm' },
        { "frames", 1, NULL, 'F' }, { "names", 1, NULL, 'N' },
        { "quiet", 0, NULL, 'q' },  { NULL, 0, NULL, 0 },
    };
    int c;
    bool ok = true;

    while (ok && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'r':
            a->ram = optarg;
            break;
        case 't':
            a->to = optarg;
            break;
        case 'f':
            ok = take_time(&a->from, "from", optarg);
            break;
        case 'u':
            ok = take_time(&a->until, "until", optarg);
            break;
        case 'a':
            ok = take_time(&a->above, "above", optarg);
            break;
        case 'n':
            a->top = (unsigned)atoi(optarg);
            break;
        case 'd':
            a->domain = atoi(optarg);
            break;
        case 'F':
            a->frames = (unsigned)atoi(optarg);
            break;
        case 'N':
            a->names = optarg;
            break;
        case 'm':
            a->markdown = true;
            break;
        case 'q':
            a->quiet = true;
            break;
        default:
            return false;
        }
    }
    a->argc = argc - optind;
    a->argv = argv + optind;
    return ok;
}

static int run(const struct command *c, int argc, char **argv)
{
    struct args a = { .command = c->name,
                      .from = -INFINITY,
                      .until = INFINITY,
                      .top = 5,
                      .domain = -1 };

    if (c->module)
        return run_module(c, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "--help"))
        return help(c);
    if (!parse(&a, argc, argv))
        return EXIT_CANNOT;
    if (a.argc < c->least || a.argc > c->most) {
        fprintf(stderr, "usage: xentrace %s %s\n", c->name, c->arguments);
        return EXIT_CANNOT;
    }
    return c->run(&a);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    for (size_t i = 0; i < NR_COMMANDS; i++)
        if (!strcmp(commands[i].name, name))
            return run(&commands[i], argc - 1, argv + 1);
    if (!strcmp(name, "--help") || !strcmp(name, "help"))
        return usage(stdout);
    if (*name)
        fprintf(stderr, "xentrace: %s: no such command\n", name);
    return usage(stderr);
}
