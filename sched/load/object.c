/*
 * object.c - reading an ELF relocatable object that nobody vouches for.
 *
 * Offsets and lengths are compared with what is left, never added first.
 * Headers are copied out before use: the file may be aligned to nothing.
 * ELF: System V gABI, chapters 4 and 5; the psABI for x86-64.
 */
#include <string.h>
#include "sched_interface.h"
#include "sched/load/load_private.h"

#define NOTE_SECTION ".note.metronome"
#define NOTE_OWNER   "Metronome"
#define NOTE_TYPE    1u

/* The note that sched/load/note.S makes. */
struct note {
    uint32_t owner_size, data_size, type;
    char owner[12];
    uint64_t interface;
} PACKED;

int load_refuse_(struct load *l, const char *const *part, size_t nr)
{
    size_t used = 0, i;

    for (i = 0; i < nr; i++)
        for (const char *p = part[i]; *p && used + 1 < LOAD_WHY; p++)
            /* Names come out of the file. */
            l->why[used++] = *p >= ' ' && *p <= '~' ? *p : '?';
    l->why[used] = '\0';
    return -LOAD_EINVAL;
}

bool load_inside(const struct load *l, uint64_t offset, uint64_t size)
{
    return offset <= l->size && size <= l->size - offset;
}

void load_section_header(const struct load *l, unsigned i, Elf64_Shdr *out)
{
    memcpy(out, l->data + l->sections_offset + i * sizeof(*out), sizeof(*out));
}

const char *load_string(const struct load *l, const Elf64_Shdr *table,
                        uint64_t offset)
{
    const char *text = (const char *)l->data + table->sh_offset;

    if (offset >= table->sh_size ||
        !memchr(text + offset, '\0', table->sh_size - offset))
        return "";
    return text + offset;
}

const char *load_section_name(const struct load *l, const Elf64_Shdr *s)
{
    return load_string(l, &l->names, s->sh_name);
}

bool load_symbol(const struct load *l, uint64_t index, Elf64_Sym *out)
{
    if (index >= l->symbols.sh_size / sizeof(*out))
        return false;
    memcpy(out, l->data + l->symbols.sh_offset + index * sizeof(*out),
           sizeof(*out));
    return true;
}

static int read_header(struct load *l, Elf64_Ehdr *h)
{
    if (l->size < sizeof(*h) || memcmp(l->data, ELFMAG, SELFMAG) != 0)
        return load_refuse(l, "it is not an ELF object; ",
                           "make one by `make plugin DIR=...`");
    memcpy(h, l->data, sizeof(*h));
    if (h->e_ident[EI_CLASS] != ELFCLASS64 ||
        h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_machine != EM_X86_64)
        return load_refuse(l, "it is for another machine than x86-64");
    if (h->e_type != ET_REL)
        return load_refuse(l, "it is linked: a relocatable object is wanted, ",
                           "as `make plugin DIR=...` makes it");
    if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shnum == 0)
        return load_refuse(l, "its ELF header is damaged");
    if (h->e_shnum > LOAD_SECTIONS_MAX)
        return load_refuse(l, "it has more than 256 sections; ",
                           "make it by `make plugin DIR=...`");
    if (!load_inside(l, h->e_shoff, h->e_shnum * sizeof(Elf64_Shdr)))
        return load_refuse(l, "it is cut short");
    return 0;
}

/* A section that is used as a table of strings. */
static int read_strings(struct load *l, unsigned i, Elf64_Shdr *out)
{
    if (i >= l->nr_sections)
        return load_refuse(l, "its tables are damaged");
    load_section_header(l, i, out);
    if (out->sh_type != SHT_STRTAB)
        return load_refuse(l, "its tables are damaged");
    if (!load_inside(l, out->sh_offset, out->sh_size))
        return load_refuse(l, "it is cut short");
    return 0;
}

static int read_symbols(struct load *l)
{
    unsigned i, found = 0;
    Elf64_Shdr s;

    for (i = 0; i < l->nr_sections; i++) {
        load_section_header(l, i, &s);
        if (s.sh_type != SHT_SYMTAB)
            continue;
        l->symbols = s;
        l->symbols_index = i;
        found++;
    }
    if (found != 1)
        return load_refuse(l, "it has no symbol table: it is stripped");
    if (l->symbols.sh_entsize != sizeof(Elf64_Sym))
        return load_refuse(l, "its symbol table is damaged");
    if (!load_inside(l, l->symbols.sh_offset, l->symbols.sh_size))
        return load_refuse(l, "it is cut short");
    return read_strings(l, l->symbols.sh_link, &l->symbol_names);
}

static void hex(char out[17], uint64_t value)
{
    unsigned i;

    for (i = 0; i < 16; i++)
        out[i] = "0123456789abcdef"[(value >> (60 - 4 * i)) & 15];
    out[16] = '\0';
}

static int check_version(struct load *l, uint64_t version)
{
    char theirs[17], ours[17];

    if (version == SCHED_INTERFACE)
        return 0;
    hex(theirs, version);
    hex(ours, SCHED_INTERFACE);
    return load_refuse(l, "it was compiled for version ", theirs,
                       ", and this is ", ours, " of sched.h: compile it anew");
}

static int read_note(struct load *l)
{
    struct note n;
    Elf64_Shdr s;
    unsigned i;

    for (i = 0; i < l->nr_sections; i++) {
        load_section_header(l, i, &s);
        if (s.sh_type == SHT_NOTE &&
            !strcmp(load_section_name(l, &s), NOTE_SECTION))
            break;
    }
    if (i == l->nr_sections)
        return load_refuse(l, "it does not say for which version of sched.h ",
                           "it is; make it by `make plugin DIR=...`");
    if (s.sh_size < sizeof(n) || !load_inside(l, s.sh_offset, s.sh_size))
        return load_refuse(l, "it is cut short");
    memcpy(&n, l->data + s.sh_offset, sizeof(n));
    if (n.owner_size != sizeof(NOTE_OWNER) || n.type != NOTE_TYPE ||
        n.data_size != sizeof(n.interface) ||
        memcmp(n.owner, NOTE_OWNER, sizeof(NOTE_OWNER)) != 0)
        return load_refuse(l, "its note on the version is damaged");
    return check_version(l, n.interface);
}

int load_read(struct load *l, const struct load_object *o)
{
    Elf64_Ehdr h;
    int rc;

    l->data = o->data;
    l->size = o->size;
    rc = read_header(l, &h);
    if (rc)
        return rc;
    l->sections_offset = h.e_shoff;
    l->nr_sections = h.e_shnum;
    rc = read_strings(l, h.e_shstrndx, &l->names);
    if (!rc)
        rc = read_note(l);
    return rc ? rc : read_symbols(l);
}
