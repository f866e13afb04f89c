/*
 * test_frame.c - the buddy allocator and the heap on the host, over a memory
 * map with a hole, an image-less start and two modules; against a model that
 * knows of each frame who has it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include "xen/arch/x86/boot_info.h"
#include "xen/arch/x86/paging.h"
#include "xen/arch/x86/smp.h"
#include "xen/arch/x86/tlb.h"
#include "xen/arch/up.h"
#include "xen/base/frame.h"
#include "xen/lib/bug.h"

#define MIB (1ul << 20)

static struct boot_info info = {
    .nr_ranges = 4,
    .range = { { 0, 0x9f000, BOOT_MEMORY_RAM },
               { 1 * MIB, 24 * MIB + 0x3000, BOOT_MEMORY_RAM },
               { 24 * MIB + 0x3000, 25 * MIB, BOOT_MEMORY_ACPI },
               { 160 * MIB, 192 * MIB, BOOT_MEMORY_RAM } },
    .nr_modules = 2,
    .module = { { 2 * MIB, 3 * MIB + 5, "" },
                { 3 * MIB + 0x1000, 4 * MIB, "" } },
};

char image_start[1], image_end[1], text_start[1], text_end[1];
char rodata_start[1], rodata_end[1], data_start[1];
struct cpuset smp_online;
unsigned smp_nr_cpus = 1;
static uint64_t latest_stamp;

struct pv_vcpu *current_pv(void)
{
    return NULL;
}

void tlb_flush_stale(const struct cpuset *cpus, uint64_t stamp)
{
    (void)cpus;
    latest_stamp = stamp;
}

static void map_host(uintptr_t at, size_t size)
{
    void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
                   0);

    assert_ptr_equal(p, (void *)at);
}

void paging_init(const struct boot_info *i)
{
    (void)i;
}

int paging_map(uintptr_t va, paddr_t pa, size_t size, pte_t flags)
{
    (void)pa;
    assert_true(flags & PTE_NX);
    map_host(va, size);
    return 0;
}

void bug(const char *what, const char *file, unsigned line)
{
    fail_msg("%s:%u: %s", file, line, what);
    abort();
}

static int start(void **state)
{
    (void)state;
    map_host(DIRECTMAP_START, 192 * MIB);
    frames_init(&info);
    return 0;
}

static bool in_module(mfn_t mfn)
{
    return mfn >= 2 * MIB >> PAGE_SHIFT && mfn < 4 * MIB >> PAGE_SHIFT;
}

static void knows_ram(void **state)
{
    (void)state;
    assert_int_equal(frame_max, 192 * MIB >> PAGE_SHIFT);
    assert_false(mfn_valid(0x10)); /* the firmware's */
    assert_true(mfn_valid(1 * MIB >> PAGE_SHIFT));
    assert_true(mfn_valid((24 * MIB >> PAGE_SHIFT) + 2));
    assert_false(mfn_valid((24 * MIB >> PAGE_SHIFT) + 3));
    assert_false(mfn_valid(100 * MIB >> PAGE_SHIFT));
    assert_false(mfn_valid(frame_max));
    assert_false(mfn_valid(~(mfn_t)0));
}

#define SLOTS 400
static uint8_t owned[192 * MIB >> PAGE_SHIFT];

static void take(struct page **slot, unsigned *order)
{
    mfn_t mfn, i;

    *order = (unsigned)rand() % (rand() % 8 ? 3 : 10);
    *slot = frame_alloc(*order, rand() % 2 ? FRAME_ZERO : 32u << FRAME_BITS);
    if (!*slot)
        return;
    mfn = page_to_mfn(*slot);
    assert_int_equal(mfn & ((1ul << *order) - 1), 0);
    for (i = mfn; i < mfn + (1ul << *order); i++) {
        assert_true(mfn_valid(i));
        assert_false(in_module(i));
        assert_false(owned[i]++);
        memset(mfn_to_virt(i), 0x5a, 8);
    }
}

static void give(struct page *slot, unsigned order)
{
    mfn_t mfn = page_to_mfn(slot), i;

    for (i = mfn; i < mfn + (1ul << order); i++)
        owned[i] = 0;
    if (rand() % 4 || !order) {
        frame_free(slot, order);
        return;
    }
    frame_trim(slot, order, 1);
    frame_free(slot, 0);
}

static void buddy_against_model(void **state)
{
    uint64_t before = frame_count_free();
    struct page *slot[SLOTS] = { NULL };
    unsigned order[SLOTS], i, n;

    (void)state;
    srand(1);
    for (n = 0; n < 40000; n++) {
        i = (unsigned)rand() % SLOTS;
        if (slot[i]) {
            give(slot[i], order[i]);
            slot[i] = NULL;
        } else {
            take(&slot[i], &order[i]);
        }
    }
    for (i = 0; i < SLOTS; i++)
        if (slot[i])
            give(slot[i], order[i]);
    assert_int_equal(frame_count_free(), before);
    /* All joined again: a block of 16 MiB is to be had. */
    slot[0] = frame_alloc(12, 0);
    assert_non_null(slot[0]);
    frame_free(slot[0], 12);
    assert_null(frame_alloc(FRAME_ORDER_MAX + 1, 0));
    assert_null(frame_alloc(FRAME_ORDER_MAX, 0));
}

/* Any width is served, as long as there are frames below it; without a width
 * the low ones are kept. */
static void widths(void **state)
{
    static struct page *page[8192];
    unsigned n = 0, bits;

    (void)state;
    for (bits = 21; bits <= 28; bits++) {
        struct page *p = frame_alloc(0, bits << FRAME_BITS);

        assert_non_null(p);
        assert_true(page_to_mfn(p) >> (bits - PAGE_SHIFT) == 0);
        frame_free(p, 0);
    }
    assert_null(frame_alloc(0, 20u << FRAME_BITS)); /* the firmware's */
    assert_null(frame_alloc(0, 12u << FRAME_BITS));
    assert_null(frame_alloc(0, 1u << FRAME_BITS));
    while ((page[n] = frame_alloc(0, 24u << FRAME_BITS)) != NULL)
        n++; /* 1 to 16 MiB without the modules */
    assert_int_equal(n, 13 * MIB >> PAGE_SHIFT);
    page[n] = frame_alloc(0, 255u << FRAME_BITS);
    assert_true(page_to_mfn(page[n]) >= 160 * MIB >> PAGE_SHIFT);
    for (; n + 1 > 0; n--)
        frame_free(page[n], 0);
}

static void modules_come_back(void **state)
{
    uint64_t before = frame_count_free();

    (void)state;
    frames_release(2 * MIB, 3 * MIB + 0x1000);
    frames_release(3 * MIB + 0x1000, 4 * MIB);
    assert_int_equal(frame_count_free() - before, 512);
}

static void stamps_reach_the_flush(void **state)
{
    struct page *page = frame_alloc(2, 0);

    (void)state;
    page[3].stamp = 77;
    frame_free(page, 2);
    latest_stamp = 0;
    assert_ptr_equal(frame_alloc(2, 0), page);
    assert_int_equal(latest_stamp, 77);
    frame_free(page, 2);
}

/* What is given back holds no secret: a guest gets frames as they are. */
static void freed_memory_is_zero(void **state)
{
    static const unsigned char zeros[PAGE_SIZE];
    struct page *page;
    void *p;

    (void)state;
    p = mem_alloc_pages(0);
    memset(p, 0x5a, PAGE_SIZE);
    mem_free_pages(p, 0);
    page = frame_alloc(0, 0);
    assert_ptr_equal(mfn_to_virt(page_to_mfn(page)), p);
    assert_memory_equal(p, zeros, PAGE_SIZE);
    frame_free(page, 0);
    p = mem_alloc(PAGE_SIZE);
    memset(p, 0x5a, PAGE_SIZE);
    mem_free(p);
    assert_memory_equal(p, zeros, PAGE_SIZE);
}

static void heap_against_model(void **state)
{
    uint64_t before = frame_count_free();
    unsigned char *p[SLOTS] = { NULL };
    size_t size[SLOTS], j;
    unsigned i, n;

    (void)state;
    for (n = 0; n < 40000; n++) {
        i = (unsigned)rand() % SLOTS;
        if (p[i]) {
            for (j = 0; j < size[i]; j++)
                assert_int_equal(p[i][j], (unsigned char)i);
            mem_free(p[i]);
            p[i] = NULL;
            continue;
        }
        size[i] = (size_t)(rand() % (rand() % 16 ? 600 : 20000));
        p[i] = mem_alloc(size[i]);
        assert_non_null(p[i]);
        for (j = 0; j < size[i]; j++)
            assert_int_equal(p[i][j], 0);
        memset(p[i], (int)i, size[i]);
    }
    for (i = 0; i < SLOTS; i++)
        mem_free(p[i]);
    assert_int_equal(frame_count_free(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_ram),
        cmocka_unit_test(buddy_against_model),
        cmocka_unit_test(widths),
        cmocka_unit_test(modules_come_back),
        cmocka_unit_test(stamps_reach_the_flush),
        cmocka_unit_test(freed_memory_is_zero),
        cmocka_unit_test(heap_against_model),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
