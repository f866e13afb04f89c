/*
 * load.c - laying a plug-in out in memory, and relocating it.
 *
 * Sections of code go one after the other into the text, all others that are
 * to be in memory into the constants; stubs for services that are out of reach
 * stand behind the text. Anything that could be written to is refused: state
 * lives in the areas that the core gives a plug-in. (A table of pointers is
 * constant once relocated: .data.rel.ro, and the entry in sched_plugins.)
 *
 * Relocations: those that the compiler's small, position-independent code model
 * leaves (psABI 4.4.1). Absolute 32-bit addresses would tie an object to one
 * place, and are refused.
 */
#include <string.h>
#include "sched/api/core.h"
#include "sched/load/load_private.h"

#define ALIGN_MAX 4096u

/* ---- which sections are wanted, and where ---- */

static bool begins(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
}

static int refuse_writable(struct load *l, const char *name)
{
    return load_refuse(l, "it has writable data in ", name,
                       ": state lives in the areas of *_size bytes");
}

/* Of one that is to be in memory. */
static int classify(struct load *l, const Elf64_Shdr *s, enum load_kind *kind)
{
    const char *name = load_section_name(l, s);
    bool relocated = begins(name, ".data.rel.ro") ||
                     !strcmp(name, "sched_plugins");

    *kind = s->sh_flags & SHF_EXECINSTR ? LOAD_TEXT : LOAD_CONSTANT;
    if (s->sh_size == 0 || s->sh_type == SHT_NOTE || !strcmp(name, ".eh_frame"))
        *kind = LOAD_SKIP;
    else if (s->sh_flags & SHF_TLS || s->sh_type == SHT_NOBITS ||
             (s->sh_flags & SHF_WRITE && !relocated))
        return refuse_writable(l, name);
    else if (s->sh_type != SHT_PROGBITS || s->sh_flags & SHF_COMPRESSED ||
             (s->sh_flags & SHF_EXECINSTR && s->sh_flags & SHF_WRITE))
        return load_refuse(l, "section ", name,
                           " is of a kind that no plug-in has");
    else if (!load_inside(l, s->sh_offset, s->sh_size))
        return load_refuse(l, "it is cut short");
    return 0;
}

/* Give section i its place at the end of its area. */
static int lay_out(struct load *l, unsigned i, const Elf64_Shdr *s)
{
    size_t *end = l->section[i].kind == LOAD_TEXT ? &l->text_size
                                                  : &l->constants_size;
    size_t align = s->sh_addralign ? s->sh_addralign : 1;

    if (align > ALIGN_MAX || (align & (align - 1)))
        return load_refuse(l, "section ", load_section_name(l, s),
                           " wants an impossible alignment");
    *end = (*end + align - 1) & ~(align - 1);
    if (s->sh_size > LOAD_AREA_MAX - LOAD_STUBS - ALIGN_MAX ||
        *end + s->sh_size > LOAD_AREA_MAX - LOAD_STUBS - ALIGN_MAX)
        return load_refuse(l, "it is larger than 1 MiB");
    l->section[i].at = *end;
    *end += s->sh_size;
    return 0;
}

static int note_entry(struct load *l, unsigned i, const Elf64_Shdr *s)
{
    if (strcmp(load_section_name(l, s), "sched_plugins") != 0)
        return 0;
    if (l->entry_section || s->sh_size != sizeof(uintptr_t))
        return load_refuse(l, "it has more than one SCHED_PLUGIN()");
    l->entry_section = i;
    return 0;
}

static int plan(struct load *l)
{
    unsigned i;
    int rc = 0;

    for (i = 0; i < l->nr_sections && !rc; i++) {
        Elf64_Shdr s;

        load_section_header(l, i, &s);
        l->section[i].kind = LOAD_SKIP;
        if (s.sh_flags & SHF_ALLOC)
            rc = classify(l, &s, &l->section[i].kind);
        if (!rc && l->section[i].kind != LOAD_SKIP)
            rc = lay_out(l, i, &s);
        if (!rc && l->section[i].kind != LOAD_SKIP)
            rc = note_entry(l, i, &s);
    }
    if (!rc && !l->entry_section)
        rc = load_refuse(l, "it has no SCHED_PLUGIN()");
    l->text_size = (l->text_size + LOAD_STUB - 1) & ~(size_t)(LOAD_STUB - 1);
    return rc;
}

int load_measure(const struct load_object *o, size_t *text_size,
                 size_t *constants_size, char *why)
{
    struct load l = { .why = why };
    int rc = load_read(&l, o);

    if (!rc)
        rc = plan(&l);
    *text_size = l.text_size + LOAD_STUBS;
    *constants_size = l.constants_size;
    return rc;
}

/* ---- relocating ---- */

/* What a relocation refers to. */
struct target {
    uintptr_t value;
    unsigned service; /* its number, or LOAD_SERVICES_MAX: the plug-in's own */
};

static int resolve_own(struct load *l, const Elf64_Sym *symbol,
                       const char *name, struct target *t)
{
    Elf64_Shdr s;

    if (symbol->st_shndx >= l->nr_sections)
        return load_refuse(l, "its symbol ", name, " is damaged");
    load_section_header(l, symbol->st_shndx, &s);
    if (l->section[symbol->st_shndx].kind == LOAD_SKIP)
        return load_refuse(l, "it refers to section ", load_section_name(l, &s),
                           ", which is not loaded");
    if (symbol->st_value > s.sh_size)
        return load_refuse(l, "its symbol ", name, " is damaged");
    t->value = l->section[symbol->st_shndx].at + symbol->st_value;
    t->service = LOAD_SERVICES_MAX;
    return 0;
}

static int resolve(struct load *l, uint64_t index, struct target *t)
{
    const char *name;
    Elf64_Sym symbol;

    if (!index || !load_symbol(l, index, &symbol))
        return load_refuse(l, "a relocation is damaged");
    name = load_string(l, &l->symbol_names, symbol.st_name);
    if (symbol.st_shndx == SHN_COMMON)
        return refuse_writable(l, name);
    if (symbol.st_shndx != SHN_UNDEF)
        return resolve_own(l, &symbol, name, t);
    t->service = load_service(name, &t->value);
    if (t->service == LOAD_SERVICES_MAX)
        return load_refuse(l, "it calls ", name,
                           ", which is no service of sched.h");
    return 0;
}

/* A jump to a service, within reach of the plug-in: its address. */
static uintptr_t stub(const struct load *l, const struct load_memory *m,
                      const struct target *t)
{
    static const uint8_t jump[] = { 0xff, 0x25, 0, 0, 0, 0 }; /* jmp *0(%rip) */
    uint8_t *p = m->text + l->text_size + t->service * LOAD_STUB;

    memcpy(p, jump, sizeof(jump));
    memcpy(p + sizeof(jump), &t->value, sizeof(t->value));
    return (uintptr_t)p;
}

static bool reaches(uint64_t distance)
{
    return distance + 0x80000000u <= UINT32_MAX;
}

static int relocate_near(struct load *l, const struct load_memory *m,
                         uint8_t *place, const Elf64_Rela *r,
                         const struct target *t)
{
    uint64_t from = (uintptr_t)place - (uint64_t)r->r_addend;
    uint64_t distance = t->value - from;
    uint32_t field;

    if (!reaches(distance) && t->service != LOAD_SERVICES_MAX)
        distance = stub(l, m, t) - from;
    if (!reaches(distance))
        return load_refuse(l, "a relocation is out of range");
    field = (uint32_t)distance;
    memcpy(place, &field, sizeof(field));
    return 0;
}

static const char *type_name(uint64_t type)
{
    switch (type) {
    case R_X86_64_32:
        return "R_X86_64_32";
    case R_X86_64_32S:
        return "R_X86_64_32S";
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
        return "R_X86_64_GOTPCREL";
    default:
        return "an unknown type";
    }
}

/* One relocation, of a section that stands at `base`. */
static int relocate(struct load *l, const struct load_memory *m, uint8_t *base,
                    uint64_t size, const Elf64_Rela *r)
{
    uint64_t type = ELF64_R_TYPE(r->r_info), width, value;
    struct target t;
    int rc;

    if (type == R_X86_64_NONE)
        return 0;
    if (type != R_X86_64_64 && type != R_X86_64_PC32 && type != R_X86_64_PLT32)
        return load_refuse(l, "it has a relocation of ", type_name(type),
                           "; make it by `make plugin DIR=...`");
    width = type == R_X86_64_64 ? 8 : 4;
    if (size < width || r->r_offset > size - width)
        return load_refuse(l, "a relocation lies outside of its section");
    rc = resolve(l, ELF64_R_SYM(r->r_info), &t);
    if (rc)
        return rc;
    if (type != R_X86_64_64)
        return relocate_near(l, m, base + r->r_offset, r, &t);
    value = t.value + (uint64_t)r->r_addend;
    memcpy(base + r->r_offset, &value, sizeof(value));
    return 0;
}

/* All those of one section of relocations. */
static int relocate_section(struct load *l, const struct load_memory *m,
                            const Elf64_Shdr *s)
{
    Elf64_Shdr target;
    uint64_t at;
    int rc = 0;

    if (s->sh_info >= l->nr_sections)
        return load_refuse(l, "its relocations are damaged");
    if (l->section[s->sh_info].kind == LOAD_SKIP)
        return 0; /* of debugging information, say */
    if (s->sh_type != SHT_RELA || s->sh_entsize != sizeof(Elf64_Rela) ||
        s->sh_link != l->symbols_index)
        return load_refuse(l, "its relocations are damaged");
    if (!load_inside(l, s->sh_offset, s->sh_size))
        return load_refuse(l, "it is cut short");
    load_section_header(l, s->sh_info, &target);
    for (at = 0; at + sizeof(Elf64_Rela) <= s->sh_size && !rc;
         at += sizeof(Elf64_Rela)) {
        Elf64_Rela r;

        memcpy(&r, l->data + s->sh_offset + at, sizeof(r));
        /* The address is a number to the loader; here it is memory again. */
        rc = relocate(l, m, (uint8_t *)l->section[s->sh_info].at,
                      target.sh_size, &r);
    }
    return rc;
}

static void copy_sections(struct load *l, const struct load_memory *m)
{
    unsigned i;

    for (i = 0; i < l->nr_sections; i++) {
        uint8_t *area = l->section[i].kind == LOAD_TEXT ? m->text
                                                        : m->constants;
        Elf64_Shdr s;

        if (l->section[i].kind == LOAD_SKIP)
            continue;
        load_section_header(l, i, &s);
        memcpy(area + l->section[i].at, l->data + s.sh_offset, s.sh_size);
        l->section[i].at += (uintptr_t)area;
    }
}

static int relocate_all(struct load *l, const struct load_memory *m)
{
    unsigned i;
    int rc = 0;

    for (i = 0; i < l->nr_sections && !rc; i++) {
        Elf64_Shdr s;

        load_section_header(l, i, &s);
        if (s.sh_type == SHT_RELA || s.sh_type == SHT_REL)
            rc = relocate_section(l, m, &s);
    }
    return rc;
}

int load_place(const struct load_object *o, const struct load_memory *m,
               const struct sched_ops **ops, char *why)
{
    struct load l = { .why = why };
    const char *wrong;
    uintptr_t table;
    int rc = load_read(&l, o);

    if (!rc)
        rc = plan(&l);
    if (!rc && (m->text_size < l.text_size + LOAD_STUBS ||
                m->constants_size < l.constants_size))
        rc = load_refuse(&l, "there is no room for it");
    if (rc)
        return rc;
    copy_sections(&l, m);
    rc = relocate_all(&l, m);
    if (rc)
        return rc;
    memcpy(&table, (const void *)l.section[l.entry_section].at, sizeof(table));
    wrong = load_check_table(m, table);
    if (wrong)
        return load_refuse(&l, "its table is wrong: ", wrong);
    *ops = (const struct sched_ops *)table;
    return 0;
}

int load_register(const struct sched_ops *ops, char *why)
{
    struct load l = { .why = why };

    switch (sched_register(ops)) {
    case 0:
        return 0;
    case -LOAD_EEXIST:
        (void)load_refuse(&l, "there is a scheduler ", ops->name, " already");
        return -LOAD_EEXIST;
    case -LOAD_ENOSPC:
        (void)load_refuse(&l, "there are too many schedulers");
        return -LOAD_ENOSPC;
    default:
        return load_refuse(&l, "its table is wrong: ", sched_check(ops));
    }
}
