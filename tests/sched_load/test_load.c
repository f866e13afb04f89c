/*
 * test_load.c - the loader of plug-ins: a good object runs, every bad one is
 * refused with its reason, and none does harm.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sched/sim/plugin_file.h"
#include "tests/sched_load/try.h"
#include "tests/sched/kit.h"

#define MUTATIONS 60000u

/* The good object, and a copy to spoil. */
static uint8_t good[65536], bad[65536];
static size_t good_size;

static int read_good(void **state)
{
    FILE *f = fopen(LOAD_OBJECT, "rb");

    (void)state;
    assert_non_null(f);
    good_size = fread(good, 1, sizeof(good), f);
    fclose(f);
    assert_in_range(good_size, 1000, sizeof(good) - 1);
    return 0;
}

/* ---- it runs ---- */

static uint64_t run(const char *name, uint64_t *decisions)
{
    static sim_load *const loads[] = { sim_hog, sim_periodic, sim_on_off,
                                       sim_yielder };
    struct sim *sim = kit_sim(name, 3, 7);
    uint64_t hash;
    unsigned i;

    for (i = 0; i < 12; i++)
        assert_int_equal(
            sim_start(kit_load(sim, loads[i % 4], MS(3 + i), US(700))), 0);
    sim_run(sim, MS(500));
    assert_null(sim->breach);
    hash = sim->hash;
    *decisions = sim->decisions;
    sim_destroy(sim);
    return hash;
}

/* The loaded one decides as its source does when it is built in. */
static void test_runs(void **state)
{
    uint64_t decisions, others;
    char why[LOAD_WHY + 64];
    const char *name = sched_load_file(LOAD_OBJECT, why, sizeof(why));

    (void)state;
    if (!name)
        fail_msg("%s", why);
    assert_string_equal(name, "loaded");
    assert_non_null(sched_find("loaded"));
    assert_true(run("loaded", &decisions) == run("rr", &others));
    assert_int_equal(decisions, others);
    assert_in_range(decisions, 200, 100000);
    /* Once is enough. */
    assert_null(sched_load_file(LOAD_OBJECT, why, sizeof(why)));
    assert_non_null(strstr(why, LOAD_OBJECT ": there is a scheduler loaded "
                                            "already"));
    assert_null(sched_load_file("/nowhere.o", why, sizeof(why)));
    assert_string_equal(why, "/nowhere.o: No such file or directory");
}

/* ---- spoiling ---- */

static Elf64_Ehdr *header(void)
{
    return (Elf64_Ehdr *)(void *)bad;
}

static Elf64_Shdr *section(const char *name)
{
    Elf64_Shdr *s = (Elf64_Shdr *)(void *)(bad + header()->e_shoff);
    const char *names = (char *)bad + s[header()->e_shstrndx].sh_offset;
    unsigned i;

    for (i = 0; i < header()->e_shnum; i++)
        if (!strcmp(names + s[i].sh_name, name))
            return &s[i];
    fail_msg("no section %s", name);
    return NULL;
}

static void *contents(const char *name)
{
    return bad + section(name)->sh_offset;
}

static void rename_section(const char *name, char first)
{
    char *names = contents(".shstrtab");

    names[section(name)->sh_name] = first;
}

static Elf64_Rela *first_rela(const char *name)
{
    return contents(name);
}

static void spoil_magic(void)
{
    bad[1] = 'e';
}

static void spoil_class(void)
{
    bad[EI_CLASS] = ELFCLASS32;
}

static void spoil_order(void)
{
    bad[EI_DATA] = ELFDATA2MSB;
}

static void spoil_machine(void)
{
    header()->e_machine = EM_AARCH64;
}

static void spoil_type(void)
{
    header()->e_type = ET_DYN;
}

static void spoil_count(void)
{
    header()->e_shnum = 60000;
}

static void spoil_version(void)
{
    *((uint8_t *)contents(".note.metronome") + 24) ^= 1;
}

static void spoil_owner(void)
{
    *((char *)contents(".note.metronome") + 12) = 'N';
}

static void spoil_note(void)
{
    rename_section(".note.metronome", ',');
}

static void spoil_name(void)
{
    char *names = contents(".strtab");
    char *p = memmem(names, section(".strtab")->sh_size, "sched_steal", 11);

    assert_non_null(p);
    memcpy(p, "sched_stool", 11);
}

static void spoil_entry(void)
{
    section("sched_plugins")->sh_flags = 0;
}

static void spoil_entries(void)
{
    section("sched_plugins")->sh_size = 16;
}

static void spoil_data(void)
{
    section(".data")->sh_size = 8;
}

static void spoil_bss(void)
{
    section(".bss")->sh_size = 4096;
}

static void spoil_rodata(void)
{
    section(".rodata")->sh_flags |= SHF_WRITE;
}

static void spoil_common(void)
{
    Elf64_Sym *symbols = contents(".symtab");

    symbols[ELF64_R_SYM(first_rela(".rela.text")->r_info)].st_shndx =
        SHN_COMMON;
}

static void set_type(const char *name, uint64_t type)
{
    Elf64_Rela *r = first_rela(name);

    r->r_info = ELF64_R_INFO(ELF64_R_SYM(r->r_info), type);
}

static void spoil_32s(void)
{
    set_type(".rela.text", R_X86_64_32S);
}

static void spoil_relocation(void)
{
    set_type(".rela.text", 200);
}

static void spoil_offset(void)
{
    first_rela(".rela.text")->r_offset = section(".text")->sh_size - 3;
}

static void spoil_addend(void)
{
    first_rela(".rela.text")->r_addend = (int64_t)1 << 40;
}

static void spoil_symbol(void)
{
    first_rela(".rela.text")->r_info = ELF64_R_INFO(100000, R_X86_64_PC32);
}

static void spoil_align(void)
{
    section(".text")->sh_addralign = 24;
}

static void spoil_align_large(void)
{
    section(".text")->sh_addralign = 8192;
}

static void spoil_note_size(void)
{
    section(".note.metronome")->sh_size = 8;
}

static void spoil_large(void)
{
    Elf64_Shdr *s = section(".text");

    s->sh_type = SHT_PROGBITS;
    s->sh_addralign = 4096;
    s->sh_size = 2 << 20;
}

/* The table itself: where in .data.rel.ro it stands, by its name's size. */
static struct sched_ops *table(void)
{
    return contents(".data.rel.ro");
}

static void spoil_class_(void)
{
    table()->class_ = 9;
}

static void spoil_area(void)
{
    table()->cpu_size = (size_t)1 << 40;
}

/* The relocation of a field of the table. */
static Elf64_Rela *rela_of(size_t offset)
{
    Elf64_Rela *r = first_rela(".rela.data.rel.ro");

    while (r->r_offset != offset)
        r++;
    return r;
}

static void spoil_callback(void)
{
    rela_of(offsetof(struct sched_ops, pick))->r_addend += 1 << 20;
}

static void spoil_pick(void)
{
    rela_of(offsetof(struct sched_ops, pick))->r_info = R_X86_64_NONE;
}

static void spoil_text(void)
{
    rela_of(offsetof(struct sched_ops, about))->r_addend += 1 << 20;
}

static void spoil_params(void)
{
    rela_of(offsetof(struct sched_ops, params))->r_addend += 4;
}

static void spoil_events(void)
{
    rela_of(offsetof(struct sched_ops, cpu_up))->r_offset = offsetof(
        struct sched_ops, events);
}

/* The first parameter: where, in the constants. */
static size_t param(void)
{
    return (size_t)rela_of(offsetof(struct sched_ops, params))->r_addend;
}

static void spoil_param_name(void)
{
    rela_of(param() + offsetof(struct sched_param, name))->r_addend += 1 << 20;
}

static void spoil_param_offset(void)
{
    uint8_t *data = contents(".data.rel.ro");
    struct sched_param *p = (struct sched_param *)(void *)(data + param());

    p->offset = (size_t)-8;
}

static const struct {
    void (*spoil)(void);
    const char *why;
} cases[] = {
    { spoil_magic, "it is not an ELF object" },
    { spoil_class, "it is for another machine than x86-64" },
    { spoil_order, "it is for another machine than x86-64" },
    { spoil_machine, "it is for another machine than x86-64" },
    { spoil_type, "it is linked: a relocatable object is wanted" },
    { spoil_count, "it has more than 256 sections" },
    { spoil_version, "it was compiled for version " },
    { spoil_owner, "its note on the version is damaged" },
    { spoil_note, "it does not say for which version of sched.h it is" },
    { spoil_name, "it calls sched_stool, which is no service of sched.h" },
    { spoil_entry, "it has no SCHED_PLUGIN()" },
    { spoil_entries, "it has more than one SCHED_PLUGIN()" },
    { spoil_data, "it has writable data in .data: state lives in" },
    { spoil_bss, "it has writable data in .bss: state lives in" },
    { spoil_rodata, "it has writable data in .rodata: state lives in" },
    { spoil_common, "it has writable data in sched_" },
    { spoil_32s, "it has a relocation of R_X86_64_32S" },
    { spoil_relocation, "it has a relocation of an unknown type" },
    { spoil_offset, "a relocation lies outside of its section" },
    { spoil_addend, "a relocation is out of range" },
    { spoil_symbol, "a relocation is damaged" },
    { spoil_align, "section .text wants an impossible alignment" },
    { spoil_align_large, "section .text wants an impossible alignment" },
    { spoil_note_size, "it is cut short" },
    { spoil_large, "it is cut short" },
    { spoil_class_, "its table is wrong: its trace class is above 7" },
    { spoil_area, "its table is wrong: one of its areas is larger than 1 MiB" },
    { spoil_callback, "its table is wrong: a callback is not in the plug-in's "
                      "code" },
    { spoil_pick, "its table is wrong: it lacks about, enqueue, dequeue or" },
    { spoil_text, "its table is wrong: its name or about is no string" },
    { spoil_events, "its table is wrong: its events or view_names do not" },
    { spoil_params, "its table is wrong: its parameters cannot be read" },
    { spoil_param_name, "its table is wrong: its parameters cannot be read" },
    { spoil_param_offset, "its table is wrong: a parameter lies outside of its "
                          "area" },
};

static void test_refusals(void **state)
{
    char why[LOAD_WHY];
    unsigned i;

    (void)state;
    if (try_load(good, good_size, NULL, why))
        fail_msg("%s", why);
    for (i = 0; i < ARRAY_SIZE(cases); i++) {
        memcpy(bad, good, good_size);
        cases[i].spoil();
        if (!try_load(bad, good_size, NULL, why))
            fail_msg("taken, where due: %s", cases[i].why);
        if (strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
            fail_msg("due: %s; but: %s", cases[i].why, why);
    }
}

/* Cut anywhere, it is refused. */
static void test_cut(void **state)
{
    char why[LOAD_WHY];
    size_t size;

    (void)state;
    for (size = 0; size < good_size; size++)
        assert_int_not_equal(try_load(good, size, NULL, why), 0);
}

/* ---- damaged at random: the sanitizers watch ---- */

static uint64_t random_state = 1;
static uint64_t below(uint64_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 20) % n;
}

static uint64_t odd_value(void)
{
    static const uint64_t values[] = { 0,
                                       1,
                                       7,
                                       8,
                                       24,
                                       64,
                                       4096,
                                       0xff00,
                                       0xfff2,
                                       0xffff,
                                       0x10000,
                                       0x7fffffff,
                                       0x80000000,
                                       0xffffffff,
                                       0x100000000,
                                       INT64_MAX,
                                       (uint64_t)INT64_MIN,
                                       UINT64_MAX,
                                       UINT64_MAX - 7,
                                       UINT64_MAX - 24 };

    return below(3) ? values[below(ARRAY_SIZE(values))] : below(2 * good_size);
}

/* A byte anywhere; or a field of the headers or tables gets an odd value. */
static void mutate(void)
{
    static const char *const rich[] = {
        ".rela.text", ".rela.data.rel.ro", ".relasched_plugins",
        ".symtab",    ".data.rel.ro",      ".note.metronome"
    };
    static const unsigned widths[] = { 1, 2, 4, 8 };
    size_t width = widths[below(4)], at;
    uint64_t value = odd_value();
    const Elf64_Shdr *s;

    switch (below(4)) {
    case 0:
        bad[below(good_size)] = (uint8_t)below(256);
        return;
    case 1:
        at = below(sizeof(Elf64_Ehdr));
        break;
    case 2:
        at = header()->e_shoff + below(16 * sizeof(Elf64_Shdr));
        break;
    default:
        memcpy(bad, good, good_size); /* where are its sections? */
        s = section(rich[below(ARRAY_SIZE(rich))]);
        at = s->sh_offset + below(s->sh_size);
        break;
    }
    at &= ~(width - 1);
    if (at < good_size && width <= good_size - at)
        memcpy(bad + at, &value, width);
}

static void test_damaged(void **state)
{
    unsigned i, taken = 0;
    char why[LOAD_WHY];

    (void)state;
    for (i = 0; i < MUTATIONS; i++) {
        uint64_t n = 1 + below(3);

        memcpy(bad, good, good_size);
        while (n--)
            mutate();
        taken += try_load(bad, good_size, NULL, why) == 0;
    }
    /* Damage to code or texts cannot be seen; the rest is. */
    assert_in_range(taken, MUTATIONS / 100, MUTATIONS / 2);
    print_message("%u of %u damaged objects were refused\n", MUTATIONS - taken,
                  MUTATIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged),
    };

    return cmocka_run_group_tests(tests, read_good, NULL);
}
