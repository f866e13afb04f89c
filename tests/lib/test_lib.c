/*
 * test_lib.c - formatting, command lines, serial settings, ACPI tables, the
 * calendar and 128-bit division, on the host.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "xen/arch/x86/acpi.h"
#include "xen/arch/x86/serial.h"
#include "xen/lib/cpuset.h"
#include "xen/lib/calendar.h"
#include "xen/lib/cmdline.h"
#include "xen/lib/format.h"

/* ---- formatting: the C library is the judge ---- */
#define SAME(...)                                                              \
    do {                                                                       \
        char ours[64], theirs[64];                                             \
        size_t n = format_text(ours, sizeof(ours), __VA_ARGS__);               \
        int m = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                 \
        assert_string_equal(ours, theirs);                                     \
        assert_int_equal(n, m);                                                \
    } while (0)

static void test_format_integers(void **state)
{
    (void)state;
    SAME("%d %i %u %x %X %o", -5, 0, 7u, 0xbeefu, 0xBEEFu, 8u);
    SAME("%ld %lu %lx %llx", -1l, ~0ul, 0xdeadbeefcafel, 1ull << 63);
    SAME("%zu %td %jx", (size_t)9, (ptrdiff_t)-9, (intmax_t)255);
    SAME("%hhu %hd %hhx", (unsigned char)200, (short)-3, (unsigned char)255);
    SAME("[%5d] [%-5d] [%05d] [%+d] [% d]", 42, 42, -42, 42, 42);
    SAME("[%#x] [%#lx] [%#x]", 255u, 255ul, 0u);
    SAME("[%.3d] [%8.3x] [%-8.3x] [%.0d]", 5, 10u, 10u, 0);
    SAME("[%*d] [%-*d] [%.*d]", 6, 1, 6, 2, 4, 3);
    SAME("%d %ld", INT32_MIN, INT64_MIN);
    SAME("[%016lx]", 0x1234ul);
}

static void test_format_texts(void **state)
{
    (void)state;
    SAME("[%s] [%10s] [%-10s] [%.2s] [%.*s]", "abc", "abc", "abc", "abc", 1,
         "abc");
    SAME("%c%c%%", 'x', 'y');
    SAME("%p", (void *)0x1234);
}

static void test_format_cut(void **state)
{
    char out[8];
    const char *volatile none = NULL; /* the compiler must not see it */

    (void)state;
    memset(out, 'z', sizeof(out));
    assert_int_equal(format_text(out, 4, "%s", "abcdef"), 6);
    assert_string_equal(out, "abc");
    assert_int_equal(out[4], 'z');
    assert_int_equal(format_text(out, 0, "%d", 12345), 5);
    (void)format_text(out, sizeof(out), "%s", none);
    assert_string_equal(out, "(null)");
}

/* ---- the command line ---- */
static struct {
    bool flag;
    unsigned number;
    uint64_t size;
    char text[8];
    char parsed[32];
    char log[256]; /* what was reported */
} got;

static int take_parsed(const char *value)
{
    if (!strcmp(value, "bad"))
        return -EINVAL;
    (void)snprintf(got.parsed, sizeof(got.parsed), "%s", value);
    return 0;
}

static const struct cmdline_option options[] = {
    { "flag", "on, off", .kind = CMDLINE_FLAG, .variable = &got.flag },
    { "number", "1 to 9", .kind = CMDLINE_UNSIGNED, .variable = &got.number,
      .min = 1, .max = 9 },
    { "size", "a size", .kind = CMDLINE_SIZE, .variable = &got.size,
      .max = UINT64_MAX },
    { "text", "7 letters", .kind = CMDLINE_TEXT, .variable = got.text,
      .max = sizeof(got.text) },
    { "parsed", "not bad", .kind = CMDLINE_PARSED, .parse = take_parsed },
    { "old", "", .kind = CMDLINE_IGNORED },
};

static void note(const char *what, const char *name, const char *value)
{
    size_t used = strlen(got.log);

    (void)snprintf(got.log + used, sizeof(got.log) - used, "%s %s %s;", what,
                   name, value);
}

static void note_unknown(const char *name)
{
    note("unknown", name, "");
}

static void note_ignored(const char *name)
{
    note("ignored", name, "");
}

static void note_refused(const char *name, const char *value,
                         const char *accepted)
{
    assert_non_null(accepted);
    note("refused", name, value);
}

static void note_parameter(const char *name, const char *value)
{
    note("parameter", name, value);
}

static void apply(const char *text)
{
    static const struct cmdline_report report = { note_unknown, note_ignored,
                                                  note_refused,
                                                  note_parameter };

    memset(&got, 0, sizeof(got));
    cmdline_apply(text, options, ARRAY_SIZE(options), &report);
}

static void test_cmdline_values(void **state)
{
    (void)state;
    apply("flag number=7  size=512M text=abc parsed=x,y");
    assert_true(got.flag);
    assert_int_equal(got.number, 7);
    assert_int_equal(got.size, 512ul << 20);
    assert_string_equal(got.text, "abc");
    assert_string_equal(got.parsed, "x,y");
    assert_string_equal(got.log, "");
    apply("flag no-flag number=0x9 size=64");
    assert_false(got.flag);
    assert_int_equal(got.number, 9);
    assert_int_equal(got.size, 65536); /* kibibytes, as Xen has it */
    apply("parsed=\"a b\" flag=yes");
    assert_string_equal(got.parsed, "a b");
    assert_true(got.flag);
    apply("");
    apply("   \t ");
    assert_string_equal(got.log, "");
}

static void test_cmdline_reports(void **state)
{
    (void)state;
    apply("foo bar=1 old old=5 no-old bvt.warp=1ms no-foo a.b");
    assert_string_equal(got.log,
                        "unknown foo ;unknown bar ;ignored old ;ignored old ;"
                        "ignored no-old ;parameter bvt.warp 1ms;"
                        "unknown no-foo ;unknown a.b ;");
    apply("flag=perhaps number=10 number=0 number=x number size=5Q "
          "text=12345678 parsed=bad");
    assert_string_equal(got.log,
                        "refused flag perhaps;refused number 10;"
                        "refused number 0;refused number x;refused number ;"
                        "refused size 5Q;refused text 12345678;"
                        "refused parsed bad;");
}

static void test_cmdline_long_words(void **state)
{
    char text[2000];

    (void)state;
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    apply(text);
    memset(text, '=', sizeof(text) - 1);
    apply(text);
    text[300] = '"';
    apply(text);
    memset(text, 'a', 254);
    text[254] = '=';
    text[255] = '\0';
    apply(text);
}

static void test_cmdline_numbers(void **state)
{
    uint64_t n = 77;

    (void)state;
    assert_int_equal(cmdline_unsigned("18446744073709551615", &n), 0);
    assert_true(n == UINT64_MAX);
    assert_int_equal(cmdline_unsigned("18446744073709551616", &n), -EINVAL);
    assert_int_equal(cmdline_unsigned("0x", &n), -EINVAL);
    assert_int_equal(cmdline_unsigned("", &n), -EINVAL);
    assert_int_equal(cmdline_unsigned("-1", &n), -EINVAL);
    assert_int_equal(cmdline_size("1T", &n), 0);
    assert_true(n == 1ull << 40);
    assert_int_equal(cmdline_size("4096b", &n), 0);
    assert_int_equal(n, 4096);
    assert_int_equal(cmdline_size("99999999999999T", &n), -EINVAL);
    assert_int_equal(cmdline_size("1MB", &n), -EINVAL);
    assert_int_equal(cmdline_size("1=", &n), -EINVAL);
}

/* ---- serial settings ---- */
static void test_serial(void **state)
{
    const struct serial_settings usual = {
        0x3f8, 4, 115200, 1843200, 8, 1, 'n'
    };
    static const char *const wrong[] = {
        "0",        "x",       "115200,9n1",        "9600,8x1",
        "9600,8n3", "1,8n1,0", "9600,8n1,0x3f8,99", "9600,8n1,1,2,3",
        "99999999", "115200/1"
    };
    struct serial_settings s = usual;

    (void)state;
    assert_int_equal(serial_parse(&s, "9600,7e2,0x2f8,3"), 0);
    assert_int_equal(s.baud, 9600);
    assert_int_equal(s.data_bits, 7);
    assert_int_equal(s.parity, 'e');
    assert_int_equal(s.stop_bits, 2);
    assert_int_equal(s.port, 0x2f8);
    assert_int_equal(s.irq, 3);
    s = usual;
    assert_int_equal(serial_parse(&s, "auto,,0x1000"), 0);
    assert_int_equal(s.baud, 0);
    assert_int_equal(s.port, 0x1000);
    assert_int_equal(serial_parse(&s, ""), 0);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        s = usual;
        assert_int_equal(serial_parse(&s, wrong[i]), -EINVAL);
        assert_memory_equal(&s, &usual, sizeof(s));
    }
}

/* ---- ACPI ---- */
static struct acpi_info info;

static void seal(uint8_t *t, size_t size)
{
    uint8_t sum = 0;

    memcpy(t + 4, &(uint32_t){ (uint32_t)size }, 4);
    t[9] = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + t[i]);
    t[9] = (uint8_t)-sum;
}

/* Parse `size` bytes as a table, in memory of exactly that size. */
static void parse(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size);

    memcpy(copy, bytes, size);
    seal(copy, size);
    assert_true(acpi_table_ok((const void *)copy, size));
    acpi_parse_table(&info, (const void *)copy);
    free(copy);
}

static size_t make_madt(uint8_t *t)
{
    static const uint8_t entries[] = {
        0, 8,  0, 0, 1, 0, 0,    0,                   /* CPU: ACPI 0, APIC 0 */
        0, 8,  1, 2, 0, 0, 0,    0,                   /* not enabled */
        0, 8,  2, 4, 1, 0, 0,    0,                   /* ACPI 2, APIC 4 */
        1, 12, 9, 0, 0, 0, 0xc0, 0xfe, 0,    0, 0, 0, /* IO-APIC */
        2, 10, 0, 0, 2, 0, 0,    0,    0,    0,       /* IRQ 0 is GSI 2 */
        2, 10, 0, 9, 9, 0, 0,    0,    0x0d, 0,       /* IRQ 9: low?, level */
        9, 16, 0, 0, 0, 1, 0,    0,    1,    0, 0, 0,
        7, 0,  0, 0, /* x2APIC 256 */
    };

    memset(t, 0, 44);
    memcpy(t, "APIC", 4);
    memcpy(t + 36, &(uint32_t){ 0xfee00000 }, 4);
    memcpy(t + 44, entries, sizeof(entries));
    return 44 + sizeof(entries);
}

static void test_acpi_madt(void **state)
{
    uint8_t t[256];
    size_t size = make_madt(t);

    (void)state;
    acpi_set_defaults(&info);
    parse(t, size);
    assert_int_equal(info.nr_cpus, 3);
    assert_int_equal(info.cpu[1].apic_id, 4);
    assert_int_equal(info.cpu[1].acpi_id, 2);
    assert_int_equal(info.cpu[2].apic_id, 256);
    assert_int_equal(info.nr_ioapics, 1);
    assert_int_equal(info.ioapic[0].address, 0xfec00000);
    assert_int_equal(info.isa[0].gsi, 2);
    assert_int_equal(info.isa[1].gsi, 1);
    assert_int_equal(info.isa[9].flags, 0x0d);
    /* The same CPUs again are no new ones. */
    parse(t, size);
    assert_int_equal(info.nr_cpus, 3);
}

/* Cut off or garbled tables: nothing beyond them is read (ASan is the judge).
 */
static void test_acpi_hostile(void **state)
{
    static const char *const kinds[] = { "APIC", "FACP", "HPET", "MCFG",
                                         "????" };
    uint8_t t[256];
    size_t size = make_madt(t);

    (void)state;
    acpi_set_defaults(&info);
    for (size_t cut = 36; cut <= size; cut++)
        parse(t, cut);
    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        size = 36 + (size_t)rand() % 200;
        for (size_t j = 0; j < size; j++)
            t[j] = (uint8_t)rand();
        memcpy(t, kinds[i % ARRAY_SIZE(kinds)], 4);
        parse(t, size);
    }
    assert_in_range(info.nr_cpus, 0, ACPI_CPUS);
    assert_in_range(info.nr_ioapics, 0, ACPI_IOAPICS);
    assert_in_range(info.nr_segments, 0, ACPI_SEGMENTS);
}

static void test_acpi_checks(void **state)
{
    uint8_t t[256];
    size_t size = make_madt(t);
    uint64_t root;
    bool wide;

    (void)state;
    seal(t, size);
    assert_true(acpi_table_ok((const void *)t, size));
    assert_false(acpi_table_ok((const void *)t, size - 1));
    t[50] ^= 1;
    assert_false(acpi_table_ok((const void *)t, size));

    memset(t, 0, 36);
    memcpy(t, "RSD PTR ", 8);
    memcpy(t + 16, &(uint32_t){ 0x1000 }, 4);
    for (unsigned i = 0; i < 20; i++)
        t[8] = (uint8_t)(t[8] - (i == 8 ? 0 : t[i]));
    assert_true(acpi_parse_rsdp(t, 36, &root, &wide));
    assert_int_equal(root, 0x1000);
    assert_false(wide);
    assert_false(acpi_parse_rsdp(t, 19, &root, &wide));
    t[0] = 'x';
    assert_false(acpi_parse_rsdp(t, 36, &root, &wide));
}

/* ---- the rest ---- */
static void test_calendar(void **state)
{
    (void)state;
    assert_int_equal(calendar_seconds(1970, 1, 1, 0, 0, 0), 0);
    assert_int_equal(calendar_seconds(2000, 2, 29, 12, 30, 15), 951827415);
    assert_int_equal(calendar_seconds(2026, 1, 1, 0, 0, 0), 1767225600);
    assert_int_equal(calendar_seconds(2100, 3, 1, 0, 0, 0), 4107542400);
}

typedef unsigned __int128 u128;

u128 our_udivti3(u128 a, u128 b);
u128 our_umodti3(u128 a, u128 b);

static u128 random_128(void)
{
    u128 n = 0;

    for (unsigned i = 0; i < 8; i++)
        n = n << 16 ^ (unsigned)rand();
    return n >> ((unsigned)rand() % 127);
}

static void test_divide(void **state)
{
    (void)state;
    srand(2);
    for (unsigned i = 0; i < 20000; i++) {
        u128 a = random_128(), b = random_128() | 1;

        assert_true(our_udivti3(a, b) == a / b);
        assert_true(our_umodti3(a, b) == a % b);
    }
}

static void test_cpuset_next(void **state)
{
    struct cpuset s = { .word = { 0 } };

    (void)state;
    assert_int_equal(cpuset_next(&s, 0), CPUSET_NONE);
    cpuset_add(&s, 3);
    cpuset_add(&s, 64);
    cpuset_add(&s, CPUSET_MAX - 1);
    assert_int_equal(cpuset_next(&s, 0), 3);
    assert_int_equal(cpuset_next(&s, 4), 64);
    assert_int_equal(cpuset_next(&s, 65), CPUSET_MAX - 1);
    assert_int_equal(cpuset_next(&s, CPUSET_MAX), CPUSET_NONE);
    assert_int_equal(cpuset_next_within(&s, 3, 1), 3);
    assert_int_equal(cpuset_next_within(&s, 4, 1), CPUSET_NONE);
    assert_int_equal(cpuset_next_within(&s, 4, 2), 64);
    assert_int_equal(cpuset_next_within(&s, 64, 2), 64);
    assert_int_equal(cpuset_next_within(&s, 65, 2), CPUSET_NONE);
    assert_int_equal(cpuset_next_within(&s, 128, 2), CPUSET_NONE);
    assert_int_equal(cpuset_next_within(&s, 0, 0), CPUSET_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cpuset_next),
        cmocka_unit_test(test_format_integers),
        cmocka_unit_test(test_format_texts),
        cmocka_unit_test(test_format_cut),
        cmocka_unit_test(test_cmdline_values),
        cmocka_unit_test(test_cmdline_reports),
        cmocka_unit_test(test_cmdline_long_words),
        cmocka_unit_test(test_cmdline_numbers),
        cmocka_unit_test(test_serial),
        cmocka_unit_test(test_acpi_madt),
        cmocka_unit_test(test_acpi_hostile),
        cmocka_unit_test(test_acpi_checks),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_divide),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
