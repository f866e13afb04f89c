/*
 * hostile: hypercalls with random numbers and arguments, and wild writes to
 * its own page tables, from a fixed seed. The hypervisor and the other domains
 * must not mind. What could end this guest itself by right (shutdown, iret,
 * stack and callback changes, going to another page table) is left out, so
 * that it lives through its count; a fault of ours is skipped over.
 *
 * count=N (100k)  seed=N (1)  report=N calls (0: only at the end)
 * wild=1: also what may end us; a crash of this domain is then no failure
 *
 * Output: hostile: calls=N ok=N refused=N faults=N seed=N
 */
#include <stdbool.h>
#include <stddef.h>
#include <xen/event_channel.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/options.h"
#include "guests/lib/pages.h"
#include "guests/lib/print.h"
#include "guests/lib/random.h"
#include "guests/lib/start.h"
#include "guests/lib/trap.h"
#include "guests/lib/vcpu.h"

#define SCRATCH_PAGES 16
#define FRAMES        (1UL << 20) /* 4 GiB of machine memory are told apart */

/* Between two pages that are not mapped: a list of random length ends there,
 * and its results do not overwrite the rest of us. */
static char guarded[SCRATCH_PAGES + 2][PAGE_SIZE]
    __attribute__((section(".bss.pages"), aligned(4096)));
static char (*const scratch)[PAGE_SIZE] = guarded + 1;

static struct {
    long count, seed, report, wild;
    unsigned long ok, refused, faults;
    struct random random;
    /* Of the scratch pages; noted before the tables may lie. */
    uint64_t mfn[SCRATCH_PAGES];
    const uint64_t *pte[SCRATCH_PAGES];
    uint64_t pte_machine[SCRATCH_PAGES];
    uint64_t vital[FRAMES / 64]; /* a bit for each frame */
} attack = { .count = 100000, .seed = 1 };

/* The only place of ours that may fault: (where, value). */
void store(const void *where, uint64_t value);
extern const char store_at[], store_end[];
__asm__(".text\n"
        "store:\n"
        "store_at: mov %rsi, (%rdi)\n"
        "store_end: ret\n");

static void skip_fault(struct trap_frame *frame)
{
    if (frame->rip != (uint64_t)store_at) {
        trap_print_frame(frame);
        guest_fail("hostile: a fault of our own code");
    }
    attack.faults++;
    frame->rip = (uint64_t)store_end;
}

/*
 * Is it a frame of ours that is not scratch? Values that would lead there, as
 * a frame or in a page-table entry, are not used: they would let us hurt
 * ourselves, which proves nothing.
 */
static bool is_vital(uint64_t mfn)
{
    return mfn < FRAMES && attack.vital[mfn / 64] >> (mfn % 64) & 1;
}

/* A value that looks like what the hypervisor expects somewhere. */
static uint64_t random_value(void)
{
    struct random *r = &attack.random;
    unsigned index = (unsigned)random_below(r, SCRATCH_PAGES);
    uint64_t page = address_of(scratch[index]);

    switch (random_below(r, 12)) {
    case 0:
        return 0;
    case 1:
        return random_below(r, 16);
    case 2:
        return random_below(r, 4096);
    case 3:
        return page + random_below(r, PAGE_SIZE);
    case 4:
        return page + PAGE_SIZE - random_below(r, 64);
    case 5:
        return attack.mfn[index];
    case 6:
        return attack.mfn[index] << PAGE_SHIFT | random_below(r, 4096);
    case 7:
        return DOMID_SELF - random_below(r, 8);
    case 8:
        return HYPERVISOR_VIRT_START + (random_next(r) & 0x7fffffffffUL);
    case 9:
        return ~random_below(r, 4096);
    case 10:
        return 1UL << random_below(r, 64);
    default:
        return random_next(r);
    }
}

static uint64_t plausible(void)
{
    uint64_t value = random_value();

    if (is_vital(value) || is_vital((value & PTE_FRAME) >> PAGE_SHIFT))
        return 0;
    return value;
}

/* Fill the scratch pages, where many arguments point. */
static void fill_scratch(void)
{
    for (unsigned i = 0; i < 16; i++) {
        uint64_t *page =
            (void *)scratch[random_below(&attack.random, SCRATCH_PAGES)];

        store(page + random_below(&attack.random, PAGE_SIZE / 8), plausible());
    }
}

/* Hypercalls that may rightly end or wreck the caller. */
static bool ends_us(uint64_t number, const uint64_t *args)
{
    switch (number) {
    case __HYPERVISOR_iret:
    case __HYPERVISOR_set_trap_table:
    case __HYPERVISOR_set_callbacks:
    case __HYPERVISOR_callback_op:
    case __HYPERVISOR_stack_switch:
    case __HYPERVISOR_set_gdt:
    case __HYPERVISOR_set_segment_base:
    case __HYPERVISOR_multicall: /* may hold any of these */
    case __HYPERVISOR_kexec_op:
    case __HYPERVISOR_set_debugreg:
        return true;
    case __HYPERVISOR_sched_op:
    case __HYPERVISOR_sched_op_compat:
        return (args[0] & 0xffffffff) != SCHEDOP_yield;
    case __HYPERVISOR_vcpu_op:
        return true;
    case __HYPERVISOR_event_channel_op: /* our console's port */
        return (args[0] & 0xffffffff) == EVTCHNOP_close ||
               (args[0] & 0xffffffff) == EVTCHNOP_reset;
    case __HYPERVISOR_event_channel_op_compat:
        return true;
    case __HYPERVISOR_console_io: /* no harm, but pages of noise */
        return (args[0] & 0xffffffff) == CONSOLEIO_write;
    default:
        return false;
    }
}

static void random_call(void)
{
    uint64_t number = random_below(&attack.random, 64), args[5];
    long result;

    for (unsigned i = 0; i < 5; i++)
        args[i] = plausible();
    if (random_below(&attack.random, 4))
        args[0] = random_below(&attack.random, 40);
    if (!attack.wild && ends_us(number, args))
        number = __HYPERVISOR_mmu_update;
    result = hypercall5(number, args[0], args[1], args[2], args[3], args[4]);
    if (result < 0)
        attack.refused++;
    else
        attack.ok++;
}

/* Memory that scratch mappings may have lost, back to what it was. */
static void restore_scratch(void)
{
    for (unsigned i = 0; i < SCRATCH_PAGES; i++)
        (void)page_remap(scratch[i], attack.mfn[i] << PAGE_SHIFT | PTE_DATA);
}

/* An update of an entry that maps a scratch page, or of any entry. */
static void random_update(void)
{
    struct random *r = &attack.random;
    struct mmu_update update = {
        .ptr = attack.pte_machine[random_below(r, SCRATCH_PAGES)] |
               random_below(r, 4),
        .val = plausible(),
    };

    if (random_below(r, 4) == 0)
        update.ptr = plausible() & ~7UL;
    if (random_below(r, 2))
        update.val = (update.val & PTE_FRAME) | random_below(r, 512);
    if (hypercall_mmu_update(&update, 1, NULL, DOMID_SELF) < 0)
        attack.refused++;
    else
        attack.ok++;
}

/* A plain store into a page table that maps scratch: emulated, or a fault. */
static void random_store(void)
{
    const char *entry =
        (const char *)attack.pte[random_below(&attack.random, SCRATCH_PAGES)];

    store(entry + (random_below(&attack.random, 8) ? 0 : 4), plausible());
}

static void attack_once(void)
{
    unsigned kind = (unsigned)random_below(&attack.random, 16);

    if (kind == 0)
        fill_scratch();
    if (kind == 1)
        restore_scratch();
    else if (kind < 4)
        random_update();
    else if (kind == 4)
        random_store();
    else
        random_call();
}

static void note_pages(void)
{
    const unsigned long *p2m = (const unsigned long *)start_info()->mfn_list;

    for (unsigned long i = 0; i < start_info()->nr_pages; i++) {
        if (p2m[i] < FRAMES)
            attack.vital[p2m[i] / 64] |= 1UL << (p2m[i] % 64);
    }
    for (unsigned i = 0; i < SCRATCH_PAGES; i++) {
        attack.mfn[i] = virt_to_mfn(scratch[i]);
        attack.vital[attack.mfn[i] / 64] &= ~(1UL << (attack.mfn[i] % 64));
        attack.pte[i] = pte_find(address_of(scratch[i]), 1);
        attack.pte_machine[i] = virt_to_machine(attack.pte[i]);
    }
    (void)page_remap(guarded[0], 0);
    (void)page_remap(guarded[SCRATCH_PAGES + 1], 0);
}

static void say(long calls)
{
    print("hostile: calls=%ld ok=%lu refused=%lu faults=%lu seed=%ld\n", calls,
          attack.ok, attack.refused, attack.faults, attack.seed);
}

void guest_main(void)
{
    static const struct option table[] = {
        { "count", &attack.count, NULL, "calls" },
        { "seed", &attack.seed, NULL, "of the random numbers" },
        { "report", &attack.report, NULL, "say so every so many calls" },
        { "wild", &attack.wild, NULL, "also what may end us" },
    };

    options_parse("hostile", table, sizeof(table) / sizeof(*table));
    random_seed(&attack.random, (uint64_t)attack.seed);
    note_pages();
    trap_set_handler(TRAP_PAGE_FAULT, skip_fault);
    trap_set_handler(TRAP_PROTECTION, skip_fault);
    for (long i = 1; i <= attack.count; i++) {
        attack_once();
        if (attack.report && i % attack.report == 0)
            say(i);
    }
    say(attack.count);
}
