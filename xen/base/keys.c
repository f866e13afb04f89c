/*
 * keys.c - the console's input: three times Ctrl-A switches it between a guest
 * and the hypervisor, whose debug keys run in a softirq.
 *
 * Locks: none. Input comes on one CPU only; a key that is pressed before the
 * last one has been served replaces it.
 */
#include "xen/base/console.h"
#include "xen/base/console_private.h"
#include "xen/base/softirq.h"

#define SWITCH_CHAR  '\001' /* Ctrl-A */
#define SWITCH_COUNT 3

struct key {
    const char *help;
    void (*handler)(void);
};

static struct {
    struct key key[128];
    void (*take)(char c); /* NULL: nobody but us */
    bool ours;            /* input is for the debug keys */
    unsigned switches;    /* Ctrl-A so far */
    char pressed;         /* the key to serve; 0: none. Atomic */
} keys = { .ours = true };

static void list_keys(void)
{
    log_error("Debug keys (three Ctrl-A switch the input back):");
    for (unsigned i = 0; i < ARRAY_SIZE(keys.key); i++)
        if (keys.key[i].handler)
            log_error("  %c  %s", (char)i, keys.key[i].help);
}

void console_serve_key(char c)
{
    const struct key *k = &keys.key[c & 0x7f];

    if (c && k->handler)
        k->handler();
    else if (c > ' ')
        log_error("Key %c does nothing; h lists those that do.", c);
}

static void serve(void)
{
    console_serve_key(
        __atomic_exchange_n(&keys.pressed, '\0', __ATOMIC_ACQUIRE));
}

static void open_keys(void)
{
    softirq_open(SOFTIRQ_KEYS, serve);
    keys.key['h'] = (struct key){ "list the keys", list_keys };
}

void console_add_key(char key, const char *help, void (*handler)(void))
{
    if (!keys.key['h'].handler)
        open_keys();
    keys.key[key & 0x7f] = (struct key){ help, handler };
}

void console_set_input(void (*take)(char c))
{
    keys.take = take;
    keys.ours = !take;
}

static void switch_input(void)
{
    keys.switches = 0;
    if (!keys.take)
        return;
    keys.ours = !keys.ours;
    log_error("Input goes to %s (three Ctrl-A switch).",
              keys.ours ? "the hypervisor; h lists its keys" : "the guest");
}

void console_take(char c)
{
    if (c == SWITCH_CHAR) {
        if (++keys.switches == SWITCH_COUNT)
            switch_input();
        return;
    }
    if (!keys.ours) {
        /* Fewer than three were meant for the guest. */
        for (; keys.switches; keys.switches--)
            keys.take(SWITCH_CHAR);
        keys.take(c);
        return;
    }
    keys.switches = 0;
    __atomic_store_n(&keys.pressed, c, __ATOMIC_RELEASE);
    softirq_raise(SOFTIRQ_KEYS);
}
