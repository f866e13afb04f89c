/*
 * load_private.h - what the files of the loader share.
 *
 * object.c reads the file, load.c lays out and relocates, table.c looks at what
 * the plug-in registers.
 */
#ifndef SCHED_LOAD_LOAD_PRIVATE_H
#define SCHED_LOAD_LOAD_PRIVATE_H

#include <elf.h>
#include "sched/load/load.h"

#define LOAD_SECTIONS_MAX 256u

#define LOAD_SERVICES_MAX 32u
#define LOAD_STUB         16u /* bytes of a jump to far away */
#define LOAD_STUBS        (LOAD_SERVICES_MAX * LOAD_STUB)

#define LOAD_EINVAL 22
#define LOAD_EEXIST 17
#define LOAD_ENOSPC 28

enum load_kind { LOAD_SKIP, LOAD_TEXT, LOAD_CONSTANT };

struct load_section {
    enum load_kind kind;
    uintptr_t at; /* where it stands; its offset in its area before that */
};

/* An object being read. Sections and symbols are numbered as in the file. */
struct load {
    const uint8_t *data;
    size_t size;
    uint64_t sections_offset;
    unsigned nr_sections;
    Elf64_Shdr names;   /* the sections' names */
    Elf64_Shdr symbols; /* and the symbols, and their names */
    Elf64_Shdr symbol_names;
    unsigned symbols_index;
    unsigned entry_section; /* the one with the pointer to the table */
    size_t text_size, constants_size;
    struct load_section section[LOAD_SECTIONS_MAX];
    char *why;
};

/* Say why not, by strings one after the other. Returns -LOAD_EINVAL. */
int load_refuse_(struct load *l, const char *const *part, size_t nr);
#define load_refuse(l, ...)                                                    \
    load_refuse_((l), (const char *const[]){ __VA_ARGS__ },                    \
                 ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))

/* object.c: the headers, the note, the symbol table. 0 or negative. */
int load_read(struct load *l, const struct load_object *o);
/* Section i < nr_sections. */
void load_section_header(const struct load *l, unsigned i, Elf64_Shdr *out);
/* Text at an offset of a string table; "" where there is none. */
const char *load_string(const struct load *l, const Elf64_Shdr *table,
                        uint64_t offset);
const char *load_section_name(const struct load *l, const Elf64_Shdr *s);
/* False: there is no such symbol. */
bool load_symbol(const struct load *l, uint64_t index, Elf64_Sym *out);
bool load_inside(const struct load *l, uint64_t offset, uint64_t size);

/* services.c: a service's number, below LOAD_SERVICES_MAX, and its address; or
 * LOAD_SERVICES_MAX: a plug-in may not call this. */
unsigned load_service(const char *name, uintptr_t *address);

/* table.c: NULL, or what is wrong with the table at `ops`. */
const char *load_check_table(const struct load_memory *m, uintptr_t ops);

#endif
