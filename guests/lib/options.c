/* One pass over the words of start_info.cmd_line. */
#include "guests/lib/options.h"

#include <stdbool.h>

#include "guests/lib/clock.h"
#include "guests/lib/print.h"
#include "guests/lib/start.h"
#include "guests/lib/string.h"

static bool parse_number(const char *text, long *number)
{
    static const struct {
        const char *suffix;
        long factor;
    } suffixes[] = {
        { "", 1 },           { "ns", 1 },       { "us", NS_PER_US },
        { "ms", NS_PER_MS }, { "s", NS_PER_S }, { "k", 1000 },
        { "M", 1000000 },
    };
    long value = 0;
    const char *at = text;

    for (; *at >= '0' && *at <= '9' && value < 1L << 58; at++)
        value = value * 10 + (*at - '0');
    if (at == text)
        return false;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        if (!strcmp(at, suffixes[i].suffix))
            return !__builtin_mul_overflow(value, suffixes[i].factor, number);
    }
    return false;
}

static void parse_word(const char *guest, const struct option *table,
                       size_t count, const char *word, const char *value)
{
    size_t length = (size_t)(value - word) - 1;

    for (size_t i = 0; i < count; i++) {
        const struct option *o = &table[i];

        if (strlen(o->key) != length || strncmp(o->key, word, length))
            continue;
        if (o->text)
            *o->text = value;
        else if (!parse_number(value, o->number))
            guest_fail("%s: %s: not a number (ns us ms s k M may follow)",
                       guest, word);
        return;
    }
    print("%s: unknown option %s; known:", guest, word);
    for (size_t i = 0; i < count; i++)
        print(" %s=", table[i].key);
    guest_fail("%s", "");
}

void options_parse(const char *guest, const struct option *table, size_t count)
{
    static char line[MAX_GUEST_CMDLINE + 1];
    char *at = line;

    memcpy(line, start_info()->cmd_line, MAX_GUEST_CMDLINE);
    while (*at) {
        char *word = at, *value = NULL;

        for (; *at && *at != ' '; at++) {
            if (*at == '=' && !value)
                value = at + 1;
        }
        if (*at)
            *at++ = 0;
        if (!*word)
            continue;
        if (!value)
            guest_fail("%s: %s: expected key=value", guest, word);
        parse_word(guest, table, count, word, value);
    }
}
