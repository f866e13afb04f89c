/*
 * live.c - `xentrace live`: a view of the machine as it runs, out of what
 * Debian's xentrace writes: domains, latencies, CPUs and who waits for them.
 * For dom0, where there is no memory file to look at:
 *
 *     xentrace -D -e 0x2f000 /dev/stdout | metronome-xentrace live
 *
 * Windows of different CPUs come one after the other: changes of runstates are
 * held back until all CPUs' are here (HOLD), sorted, and taken frame by frame,
 * by the trace's own clock. That clock is known from the picks, each of which
 * tells a time in ns and one in cycles.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <xen/vcpu.h>

#include "trace/events.h"
#include "xentrace/command.h"
#include "xentrace/live.h"

#define CPU_CHANGE (TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT)
#define HOLD_NS    250e6 /* xentrace looks every 100 ms */

/* ---- reading ---- */

static struct input {
    uint8_t *data;
    size_t bytes, room;
} input;

static void add_change(struct live *l, const struct live_change *c)
{
    if (l->nr == l->room) {
        l->room = 2 * l->room + 4096;
        l->change = command_must(
            realloc(l->change, l->room * sizeof(*l->change)));
    }
    l->change[l->nr++] = *c;
    if (c->tsc > l->newest)
        l->newest = c->tsc;
}

/* pick: id, run_for (2 words), now (2 words). */
static void take_pick(struct live *l, uint64_t tsc, const uint32_t *word)
{
    double ns = (double)(word[3] | (uint64_t)word[4] << 32);

    if (!l->tsc_first) {
        l->tsc_first = tsc;
        l->ns_first = ns;
    } else if (tsc > l->tsc_first && ns - l->ns_first > 5e6) {
        l->cycle = (ns - l->ns_first) / (double)(tsc - l->tsc_first);
    }
}

static void take_record(struct live *l, unsigned cpu, uint32_t header,
                        const uint32_t *word, uint64_t tsc)
{
    uint32_t event = header & 0x0fffffff;
    unsigned nr = header >> TRACE_EXTRA_SHIFT & 7;

    if ((event & 0x0ffff00f) == TRC_SCHED_RUNSTATE_CHANGE && nr)
        add_change(l, &(struct live_change){ tsc, word[0], (uint16_t)cpu,
                                             event >> 8 & 3, event >> 4 & 3 });
    else if (event == TRACE_SCHED_PICK && nr >= 5)
        take_pick(l, tsc, word);
    else if (event == TRC_LOST_RECORDS && nr)
        l->lost += word[0];
}

static void take_window(struct live *l, unsigned cpu, const uint8_t *p,
                        size_t bytes)
{
    const uint8_t *end = p + bytes;
    uint32_t header, word[TRACE_EXTRA_MAX];
    uint64_t tsc = 0;

    while (end - p >= 4) {
        size_t size, head;

        memcpy(&header, p, 4);
        size = trace_record_bytes(header);
        head = header >> 31 ? 12 : 4;
        if (size > (size_t)(end - p))
            return;
        if (header >> 31)
            memcpy(&tsc, p + 4, 8);
        memcpy(word, p + head, size - head);
        take_record(l, cpu, header, word, tsc);
        p += size;
    }
}

/* All windows that are there whole; false: that is no trace. */
static bool take_input(struct live *l)
{
    size_t at = 0;
    uint32_t head[3];

    while (input.bytes - at >= sizeof(head)) {
        memcpy(head, input.data + at, sizeof(head));
        if (head[0] != CPU_CHANGE || head[2] > 1u << 30) {
            fprintf(stderr,
                    "xentrace: live: what comes in is no trace: pipe "
                    "Debian's `xentrace -D -e 0x2f000 /dev/stdout` into it\n");
            return false;
        }
        if (input.bytes - at - sizeof(head) < head[2])
            break;
        take_window(l, head[1], input.data + at + sizeof(head), head[2]);
        at += sizeof(head) + head[2];
    }
    input.bytes -= at;
    memmove(input.data, input.data + at, input.bytes);
    return true;
}

/* 1: more came; 0: its end; -1: no trace. */
static int read_more(struct live *l)
{
    ssize_t got;

    if (input.room - input.bytes < 1u << 16) {
        input.room = 2 * input.room + (1u << 17);
        input.data = command_must(realloc(input.data, input.room));
    }
    got = read(STDIN_FILENO, input.data + input.bytes,
               input.room - input.bytes);
    if (got < 0 && errno == EINTR)
        return 1;
    if (got <= 0)
        return 0;
    input.bytes += (size_t)got;
    return take_input(l) ? 1 : -1;
}

/* ---- the terminal ---- */

static struct termios before;
static int tty = -1;

static void restore(void)
{
    if (tty >= 0)
        (void)tcsetattr(tty, TCSANOW, &before);
}

/* Keys come from the terminal: the trace is what comes in. */
static void open_tty(void)
{
    struct termios now;

    if (!isatty(STDOUT_FILENO) || (tty = open("/dev/tty", O_RDONLY)) < 0)
        return;
    if (tcgetattr(tty, &before)) {
        close(tty);
        tty = -1;
        return;
    }
    now = before;
    now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    (void)tcsetattr(tty, TCSANOW, &now);
    atexit(restore);
}

/* Ctrl-C, or whoever ends it: at the next look, so that the terminal is as it
 * was. */
static volatile sig_atomic_t signalled;

static void note_signal(int number)
{
    signalled = number;
}

static void catch_signals(void)
{
    const struct sigaction catch = { .sa_handler = note_signal };

    (void)sigaction(SIGINT, &catch, NULL);
    (void)sigaction(SIGTERM, &catch, NULL);
    (void)sigaction(SIGHUP, &catch, NULL);
}

/* As if nobody had caught it. */
static void die_of_signal(void)
{
    restore();
    (void)signal(signalled, SIG_DFL);
    (void)raise(signalled);
}

static bool take_key(struct live *l)
{
    char key;

    if (read(tty, &key, 1) != 1 || key == 'q')
        return false;
    if (key == 's')
        l->sort = (l->sort + 1) % LIVE_SORTS;
    if (key == '+' && l->every < 1e10)
        l->every *= 2;
    if (key == '-' && l->every > 2e8)
        l->every /= 2;
    return true;
}

/* ---- frames ---- */

/* Draw what is complete; false: enough were drawn. */
static bool draw_frames(struct live *l, bool ended)
{
    struct winsize size = { .ws_row = 0 };

    if (!l->cycle)
        return true;
    if (!l->from && l->nr)
        live_begin(l);
    while (l->nr && ((double)(l->newest - l->from) * l->cycle >=
                     l->every + (ended ? 0 : HOLD_NS))) {
        live_take(l, l->from + (uint64_t)(l->every / l->cycle));
        if (tty >= 0) {
            (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
            fputs("\033[H\033[J", stdout);
        }
        live_print(l, size.ws_row);
        if (tty >= 0)
            fputs("q end  s sort  + - window", stdout);
        fflush(stdout);
        if (l->frames && !--l->frames)
            return false;
    }
    return true;
}

int command_live(const struct args *a)
{
    static struct live l = { .vcpus.bytes = sizeof(struct live_vcpu),
                             .domains.bytes = sizeof(struct live_domain) };
    struct pollfd wait[2] = { { .fd = STDIN_FILENO, .events = POLLIN } };
    int more = 1;

    l.every = isfinite(a->until) ? a->until : 1e9;
    l.frames = a->frames;
    live_names(&l, a->names);
    catch_signals();
    open_tty();
    wait[1] = (struct pollfd){ .fd = tty, .events = POLLIN };
    while (more > 0 && !signalled) {
        if (poll(wait, 2, -1) < 0) {
            if (errno != EINTR)
                break;
            continue;
        }
        if (wait[1].revents && !take_key(&l))
            break;
        if (wait[0].revents)
            more = read_more(&l);
        if (!draw_frames(&l, more <= 0))
            break;
    }
    if (signalled)
        die_of_signal();
    if (more == 0 && !l.drawn)
        fputs("xentrace: live: no pick in what came in: record the scheduler's "
              "events (-e 0x2f000)\n",
              stderr);
    return l.drawn && more >= 0 ? EXIT_FINE : EXIT_CANNOT;
}
