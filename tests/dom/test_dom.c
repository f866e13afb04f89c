/*
 * test_dom.c - reading kernels and descriptions: good ones, damaged ones, cut
 * ones. The sanitizers watch every byte that is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include "tests/dom/image.h"
#include "xen/dom/describe.h"
#include "xen/dom/elf.h"
#include "xen/dom/plan.h"
#include "xen/dom/unpack.h"

static uint8_t image[IMAGE_SIZE];

/* A cheap generator: the same numbers each time. */
static uint32_t random_state = 1;
static uint32_t random_next(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

static int parse(const void *file, size_t size, struct elf_kernel *k)
{
    const char *why = NULL;
    void *copy = image_cut(file, size);
    int rc = elf_parse(copy, size, k, &why);

    assert_true(rc == 0 || why != NULL);
    free(copy);
    return rc;
}

/* ---- ELF ---- */

static void test_elf_good(void **state)
{
    struct elf_kernel k;

    (void)state;
    image_make(image);
    assert_int_equal(parse(image, sizeof(image), &k), 0);
    assert_true(k.virt_base == IMAGE_BASE);
    assert_true(k.entry == IMAGE_BASE + 0x1000010);
    assert_true(k.start == IMAGE_BASE + 0x1000000);
    assert_true(k.end == IMAGE_BASE + 0x1006000);
    assert_true(k.has_p2m && k.p2m == 0x8000000000);
    assert_true(k.has_hypercall_page && k.unmapped_module && !k.no_dom0);
    assert_int_equal(k.nr_segments, 2);
    assert_string_equal(k.os, "linux");
}

static void test_elf_legacy(void **state)
{
    struct elf_kernel k;

    (void)state;
    image_make_legacy(image);
    assert_int_equal(parse(image, sizeof(image), &k), 0);
    assert_true(k.hypercall_page == IMAGE_BASE + 0x1001000);
    assert_true(k.entry == IMAGE_BASE + 0x1000000);
    assert_string_equal(k.os, "old");
}

static void test_elf_cut(void **state)
{
    struct elf_kernel k;
    size_t size;

    (void)state;
    image_make(image);
    for (size = 0; size < IMAGE_SIZE; size++) /* the last segment reaches to */
        assert_int_not_equal(parse(image, size, &k), 0); /* the very end */
}

static void test_elf_damaged(void **state)
{
    struct elf_kernel k;
    unsigned round, i;

    (void)state;
    for (round = 0; round < 20000; round++) {
        if (round & 1)
            image_make(image);
        else
            image_make_legacy(image);
        for (i = 0; i <= round % 6; i++)
            image[random_next() % 0x800] = (uint8_t)random_next();
        (void)parse(image, sizeof(image), &k); /* no byte too far */
    }
}

static void test_elf_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } damage[] = {
        { 4, 1 },  /* 32 bits */
        { 18, 3 }, /* i386 */
        { 54, 1 }, /* size of a program header */
    };
    struct elf_kernel k;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_SIZE(damage); i++) {
        image_make(image);
        image[damage[i].at] = damage[i].value;
        assert_int_not_equal(parse(image, sizeof(image), &k), 0);
    }
    image_make(image);
    memset(image + 0x400, 0, 16); /* no notes */
    assert_int_not_equal(parse(image, sizeof(image), &k), 0);
}

/* ---- compressed ---- */

static void put32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
}

/* A bzImage around a payload. Returns its size. */
static size_t wrap(uint8_t *out, const uint8_t *payload, size_t size)
{
    memset(out, 0, 2048);
    out[0x1f1] = 1;
    out[0x1fe] = 0x55;
    out[0x1ff] = 0xaa;
    memcpy(out + 0x202, "HdrS", 4);
    out[0x206] = 0x0f;
    out[0x207] = 2;
    put32(out + 0x248, 16);
    put32(out + 0x24c, (uint32_t)size);
    memcpy(out + 1024 + 16, payload, size);
    return 1024 + 16 + size;
}

static size_t squeeze(enum payload_kind kind, uint8_t *out, size_t room)
{
    size_t used = 0;
    z_stream z = { 0 };

    switch (kind) {
    case PAYLOAD_ELF:
        break;
    case PAYLOAD_GZIP:
        assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
        z.next_in = image;
        z.avail_in = IMAGE_SIZE;
        z.next_out = out;
        z.avail_out = (uInt)room;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        used = z.total_out;
        deflateEnd(&z);
        return used;
    case PAYLOAD_XZ:
        assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL,
                                                 image, IMAGE_SIZE, out, &used,
                                                 room),
                         LZMA_OK);
        break;
    case PAYLOAD_ZSTD:
        used = ZSTD_compress(out, room, image, IMAGE_SIZE, 19);
        assert_false(ZSTD_isError(used));
        break;
    }
    put32(out + used, IMAGE_SIZE);
    return used + 4;
}

static int open_and_unpack(const uint8_t *file, size_t size, uint8_t **out)
{
    const char *why = NULL;
    uint8_t *copy = image_cut(file, size);
    struct payload p;
    int rc = payload_find(copy, size, &p, &why);

    *out = NULL;
    if (!rc && p.unpacked_size <= 1u << 20) {
        *out = malloc(p.unpacked_size);
        assert_non_null(*out);
        rc = payload_unpack(&p, *out, &why);
    }
    assert_true(rc == 0 || why != NULL);
    free(copy);
    return rc;
}

static void test_unpack(void **state)
{
    static uint8_t packed[65536], file[65536];
    enum payload_kind kind;
    uint8_t *out;
    size_t size, cut;
    unsigned round;

    (void)state;
    image_make(image);
    for (kind = PAYLOAD_GZIP; kind <= PAYLOAD_ZSTD; kind++) {
        size = wrap(file, packed, squeeze(kind, packed, 60000));
        assert_int_equal(open_and_unpack(file, size, &out), 0);
        assert_memory_equal(out, image, IMAGE_SIZE);
        free(out);
        for (cut = 0; cut < size; cut++) {
            assert_int_not_equal(open_and_unpack(file, cut, &out), 0);
            free(out);
        }
        for (round = 0; round < 2000; round++) {
            size_t at = 0x1f0 + random_next() % (size - 0x1f0);
            uint8_t old = file[at];

            file[at] ^= (uint8_t)(1 + random_next() % 255);
            (void)open_and_unpack(file, size, &out); /* no byte too far */
            free(out);
            file[at] = old;
        }
    }
}

/* ---- descriptions ---- */

static int describe(const char *text, struct description *d, char *why)
{
    size_t length = strlen(text);
    char *copy = image_cut(text, length);
    int rc = describe_parse(copy, length, d, why, DESCRIBE_WHY);

    free(copy);
    return rc;
}

static void test_describe_good(void **state)
{
    struct description d;
    char why[DESCRIBE_WHY];

    (void)state;
    assert_int_equal(describe("domain name=lat kernel=vmlinuz ramdisk=rd "
                              "mem=192M vcpus=2 cpus=0-1,5 soft_cpus=1 "
                              "weight=512 bvt.warp=10ms "
                              "cmdline=\"console=hvc0 a=\\\"b\\\"\"",
                              &d, why),
                     0);
    assert_string_equal(d.name, "lat");
    assert_string_equal(d.kernel, "vmlinuz");
    assert_string_equal(d.cmdline, "console=hvc0 a=\"b\"");
    assert_true(d.memory_bytes == 192u << 20);
    assert_int_equal(d.vcpus, 2);
    assert_true(cpuset_has(&d.cpus, 5) && !cpuset_has(&d.cpus, 2));
    assert_int_equal(d.nr_params, 2);
    assert_string_equal(d.param[1].key, "bvt.warp");
    assert_string_equal(d.param[1].value, "10ms");
    assert_int_equal(describe("domain name=a mem=1G -- x \"y z\" ", &d, why),
                     0);
    assert_string_equal(d.cmdline, "x \"y z\"");
}

static void test_describe_bad(void **state)
{
    static const struct {
        const char *text, *names;
    } bad[] = {
        { "domain name=a", "mem" },
        { "domain mem=1M", "name" },
        { "domain name=a mem=192", "mem=192" },
        { "domain name=a mem=99999999999G", "mem=" },
        { "domain name=a mem=18446744073709551615T", "mem=" },
        { "domain name=a mem=1M vcpus=0", "vcpus=0" },
        { "domain name=a mem=1M vcpus=two", "vcpus=two" },
        { "domain name=a mem=1M vcpus=129", "1 to 128" },
        { "domain name=a mem=1M cpus=3-1", "cpus=3-1" },
        { "domain name=a mem=1M cpus=1,", "cpus=" },
        { "domain name=a mem=1M cpus=9999", "cpus=" },
        { "domain name=a/b mem=1M", "name=a/b" },
        { "domain name=a mem=1M word", "word" },
        { "domain name=a mem=1M =5", "=5" },
        { "domain name=a mem=1M cmdline=\"x", "quote" },
        { "dominion name=a", "domain" },
        { "", "domain" },
    };
    struct description d;
    char why[DESCRIBE_WHY];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_not_equal(describe(bad[i].text, &d, why), 0);
        assert_non_null(strstr(why, bad[i].names));
        assert_null(strchr(why, '\n'));
    }
}

static void test_describe_lines(void **state)
{
    static const char text[] = "# all of it\n\n domain a # rest\n"
                               "domain \"#b\"\n   ";
    const char *line;
    size_t at = 0, length;
    unsigned number = 0;

    (void)state;
    assert_true(describe_next_line(text, sizeof(text) - 1, &at, &line, &length,
                                   &number));
    assert_int_equal(number, 3);
    assert_memory_equal(line, " domain a ", length);
    assert_true(describe_next_line(text, sizeof(text) - 1, &at, &line, &length,
                                   &number));
    assert_int_equal(number, 4);
    assert_int_equal(length, 11);
    assert_false(describe_next_line(text, sizeof(text) - 1, &at, &line, &length,
                                    &number));
}

static void test_describe_noise(void **state)
{
    static const char pieces[] = "domain name=kernl-\"'\\ 0123,MGT#=\t\n";
    struct description d;
    char text[200], why[DESCRIBE_WHY];
    unsigned round, i;

    (void)state;
    for (round = 0; round < 50000; round++) {
        size_t n = random_next() % (sizeof(text) - 1);

        for (i = 0; i < n; i++)
            text[i] = pieces[random_next() % (sizeof(pieces) - 1)];
        text[n] = '\0';
        memcpy(text, "domain ", n < 7 ? n : 7);
        (void)describe(text, &d, why);
    }
}

/* ---- layout ---- */

static void check_plan(const struct plan *p, uint64_t nr_pages)
{
    assert_true(p->virt_end % (4u << 20) == 0);
    assert_true(p->virt_end - p->stack_top >= 512u << 10);
    assert_true(p->end_pfn <= nr_pages);
    assert_true(p->stack_top ==
                p->tables + ((uint64_t)p->nr_tables + 1) * PAGE_SIZE);
}

static void test_plan(void **state)
{
    struct elf_kernel k;
    struct plan p;
    const char *why = "";
    uint64_t pages;

    (void)state;
    image_make(image);
    assert_int_equal(parse(image, sizeof(image), &k), 0);
    for (pages = 1 << 13; pages < 1 << 24; pages = pages * 3 / 2) {
        assert_int_equal(plan_make(&p, &k, pages, 5000, &why), 0);
        check_plan(&p, pages);
        /* L4, L3, L2, and one L1 for each 2 MiB, exactly. */
        assert_true(p.nr_tables == 3 + ((p.virt_end - p.virt_base) >> 21));
        assert_true(p.ramdisk == 0 && p.ramdisk_pfn != 0);
        assert_true(p.p2m == k.p2m && p.nr_p2m_tables >= 3);
    }
    assert_int_not_equal(plan_make(&p, &k, 1000, 0, &why), 0);
    k.has_p2m = k.unmapped_module = false;
    assert_int_equal(plan_make(&p, &k, 1 << 15, 5000, &why), 0);
    check_plan(&p, 1 << 15);
    assert_true(p.ramdisk != 0 && p.nr_p2m_tables == 0);
    assert_true(p.p2m == p.ramdisk + 2 * PAGE_SIZE);
}

static void test_plan_impossible(void **state)
{
    struct elf_kernel k, good;
    struct plan p;
    const char *why;
    unsigned round;

    (void)state;
    image_make(image);
    assert_int_equal(parse(image, sizeof(image), &good), 0);
    k = good;
    k.p2m = 0xffff830000000000; /* the hypervisor's */
    assert_int_not_equal(plan_make(&p, &k, 1 << 15, 0, &why), 0);
    k.p2m = 0xffffffffc0000000; /* its own L4 entry */
    assert_int_not_equal(plan_make(&p, &k, 1 << 15, 0, &why), 0);
    for (round = 0; round < 5000; round++) {
        k = good;
        k.virt_base = (uint64_t)random_next() << (12 + random_next() % 40);
        k.start = k.virt_base + 4096;
        k.end = k.start + ((uint64_t)random_next() << 4);
        k.p2m = (uint64_t)random_next() << (12 + random_next() % 40);
        (void)plan_make(&p, &k, 1 << (10 + random_next() % 20), 9, &why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elf_good),
        cmocka_unit_test(test_elf_legacy),
        cmocka_unit_test(test_elf_cut),
        cmocka_unit_test(test_elf_damaged),
        cmocka_unit_test(test_elf_refused),
        cmocka_unit_test(test_unpack),
        cmocka_unit_test(test_describe_good),
        cmocka_unit_test(test_describe_bad),
        cmocka_unit_test(test_describe_lines),
        cmocka_unit_test(test_describe_noise),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_plan_impossible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
