/*
 * elf.c - reading an ELF64 paravirtual kernel.
 *
 * The image's place in the guest comes from the segments' physical addresses,
 * as Xen's loaders do it: virtual = physical - PADDR_OFFSET + VIRT_BASE. Of
 * hostile input: every offset and length is compared with what is left, never
 * added first.
 */
#include <elf.h>
#include <string.h>
#include <xen/elfnote.h>
#include <xen/errno.h>
#include "xen/dom/elf_private.h"

#define IMAGE_LIMIT (1ull << 34) /* the span of a sane kernel */

struct file {
    const uint8_t *data;
    size_t size;
};

/* Is [offset, offset + length) within the file? */
static bool inside(const struct file *f, uint64_t offset, uint64_t length)
{
    return offset <= f->size && length <= f->size - offset;
}

static int read_header(const struct file *f, Elf64_Ehdr *h, const char **why)
{
    if (f->size < sizeof(*h) || memcmp(f->data, ELFMAG, SELFMAG) != 0) {
        *why = "it is not an ELF file";
        return -XEN_ENOEXEC;
    }
    memcpy(h, f->data, sizeof(*h));
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != EM_X86_64) {
        *why = "it is not for 64-bit x86";
        return -XEN_EINVAL;
    }
    if (h->e_ident[EI_DATA] != ELFDATA2LSB ||
        h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0) {
        *why = "its ELF header is damaged";
        return -XEN_EINVAL;
    }
    if (!inside(f, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr))) {
        *why = "it is cut short";
        return -XEN_EINVAL;
    }
    return 0;
}

static void read_phdr(const struct file *f, const Elf64_Ehdr *h, unsigned i,
                      Elf64_Phdr *p)
{
    memcpy(p, f->data + h->e_phoff + i * sizeof(*p), sizeof(*p));
}

static int add_segment(const struct file *f, const Elf64_Phdr *p,
                       struct elf_kernel *out, const char **why)
{
    struct elf_segment *s = &out->segment[out->nr_segments];

    if (p->p_memsz == 0)
        return 0;
    if (out->nr_segments == ELF_SEGMENTS) {
        *why = "it has more than 16 loadable segments";
        return -XEN_EINVAL;
    }
    if (!inside(f, p->p_offset, p->p_filesz)) {
        *why = "it is cut short";
        return -XEN_EINVAL;
    }
    if (p->p_filesz > p->p_memsz || p->p_memsz > IMAGE_LIMIT) {
        *why = "a segment's size is impossible";
        return -XEN_EINVAL;
    }
    s->start = p->p_paddr; /* moved by place_segments() */
    s->data = f->data + p->p_offset;
    s->file_size = p->p_filesz;
    s->memory_size = p->p_memsz;
    out->nr_segments++;
    return 0;
}

static int read_segments(const struct file *f, const Elf64_Ehdr *h,
                         struct elf_kernel *out, struct elf_facts *facts,
                         const char **why)
{
    Elf64_Phdr p;
    unsigned i;
    int rc;

    for (i = 0; i < h->e_phnum; i++) {
        read_phdr(f, h, i, &p);
        if (p.p_type == PT_LOAD) {
            rc = add_segment(f, &p, out, why);
            if (rc)
                return rc;
        } else if (p.p_type == PT_NOTE && inside(f, p.p_offset, p.p_filesz)) {
            elf_take_notes(f->data + p.p_offset, p.p_filesz, facts);
        }
    }
    if (out->nr_segments == 0) {
        *why = "it has nothing to load";
        return -XEN_EINVAL;
    }
    return 0;
}

/* Does the string at offset `name` of the section-name table equal `wanted`? */
static bool section_named(const struct file *f, const Elf64_Shdr *names,
                          uint32_t name, const char *wanted)
{
    size_t length = strlen(wanted) + 1;

    return name <= names->sh_size && length <= names->sh_size - name &&
           inside(f, names->sh_offset, names->sh_size) &&
           memcmp(f->data + names->sh_offset + name, wanted, length) == 0;
}

/* Notes in sections, for kernels without a PT_NOTE segment, and the legacy
 * section __xen_guest. What is damaged here is passed over: sections are not
 * needed to load. */
static void read_sections(const struct file *f, const Elf64_Ehdr *h,
                          struct elf_facts *facts)
{
    Elf64_Shdr names, s;
    unsigned i;

    if (h->e_shentsize != sizeof(s) || h->e_shstrndx >= h->e_shnum ||
        !inside(f, h->e_shoff, (uint64_t)h->e_shnum * sizeof(s)))
        return;
    memcpy(&names, f->data + h->e_shoff + h->e_shstrndx * sizeof(s), sizeof(s));
    for (i = 0; i < h->e_shnum; i++) {
        memcpy(&s, f->data + h->e_shoff + i * sizeof(s), sizeof(s));
        if (s.sh_type == SHT_NOBITS || !inside(f, s.sh_offset, s.sh_size))
            continue;
        if (s.sh_type == SHT_NOTE)
            elf_take_notes(f->data + s.sh_offset, s.sh_size, facts);
        else if (section_named(f, &names, s.sh_name, "__xen_guest"))
            elf_take_legacy(f->data + s.sh_offset, s.sh_size, facts);
    }
}

/* Physical to virtual addresses, and the span of the whole. */
static int place_segments(struct elf_kernel *out, uint64_t offset,
                          const char **why)
{
    unsigned i;

    out->start = ~0ull;
    out->end = 0;
    for (i = 0; i < out->nr_segments; i++) {
        struct elf_segment *s = &out->segment[i];
        uint64_t end;

        s->start = s->start - offset + out->virt_base;
        end = s->start + s->memory_size;
        if (s->start < out->virt_base || end < s->start) {
            *why = "a segment lies below its VIRT_BASE";
            return -XEN_EINVAL;
        }
        out->start = s->start < out->start ? s->start : out->start;
        out->end = end > out->end ? end : out->end;
    }
    if (out->end - out->virt_base > IMAGE_LIMIT) {
        *why = "its segments lie too far apart";
        return -XEN_EINVAL;
    }
    return 0;
}

static int apply_facts(struct elf_kernel *out, const struct elf_facts *f,
                       uint64_t elf_entry, const char **why)
{
    uint64_t offset = f->offset;
    int rc;

    if (!f->any) {
        *why = "it has no Xen notes: it is not a paravirtual kernel";
        return -XEN_EINVAL;
    }
    if (f->unsupported) {
        *why = "it requires a feature that paravirtual guests don't have here";
        return -XEN_EINVAL;
    }
    out->virt_base = f->has_base ? f->base : 0;
    if (!f->has_offset)
        offset = f->legacy ? out->virt_base : 0;
    if (!f->has_base && !f->has_offset)
        offset = 0;
    rc = place_segments(out, offset, why);
    if (rc)
        return rc;
    out->entry = f->has_entry ? f->entry : elf_entry;
    out->has_p2m = f->has_p2m;
    out->p2m = f->p2m;
    out->unmapped_module = f->module_pfn;
    out->no_dom0 = f->no_dom0;
    out->has_hypercall_page = f->has_hypercall || f->has_hypercall_frame;
    out->hypercall_page = f->has_hypercall
                              ? f->hypercall
                              : (f->hypercall_frame << PAGE_SHIFT) +
                                    out->virt_base;
    memcpy(out->os, f->os, sizeof(out->os));
    return 0;
}

/* Do the addresses that the notes name make sense? */
static int check_addresses(const struct elf_kernel *k, const char **why)
{
    if (k->entry < k->start || k->entry >= k->end) {
        *why = "its entry point is outside of its image";
        return -XEN_EINVAL;
    }
    if (k->has_hypercall_page &&
        ((k->hypercall_page & ~PAGE_MASK) != 0 ||
         k->hypercall_page < k->virt_base || k->hypercall_page >= k->end)) {
        *why = "its hypercall page is outside of its image";
        return -XEN_EINVAL;
    }
    if ((k->virt_base & ~PAGE_MASK) != 0 ||
        (k->has_p2m && (k->p2m & ~PAGE_MASK) != 0)) {
        *why = "an address in its notes is not that of a page";
        return -XEN_EINVAL;
    }
    return 0;
}

int elf_parse(const void *file, size_t size, struct elf_kernel *out,
              const char **why)
{
    struct file f = { file, size };
    struct elf_facts facts;
    Elf64_Ehdr h;
    int rc;

    memset(out, 0, sizeof(*out));
    memset(&facts, 0, sizeof(facts));
    rc = read_header(&f, &h, why);
    if (!rc)
        rc = read_segments(&f, &h, out, &facts, why);
    if (rc)
        return rc;
    if (!facts.any)
        read_sections(&f, &h, &facts);
    rc = apply_facts(out, &facts, h.e_entry, why);
    return rc ? rc : check_addresses(out, why);
}
