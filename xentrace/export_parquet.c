/*
 * export_parquet.c - Parquet: the columns of the CSV, for pandas, DuckDB and
 * all that reads tables by columns.
 *
 * The file is groups of rows; a group is one chunk of each column; a chunk is
 * one page, behind its header. Columns that a row may lack have a bit for each
 * row before their values. An event's name is a byte or two: its place in the
 * group's dictionary, which is a page of its own. The footer tells where each
 * chunk lies. Nothing is compressed. Headers and footer are structs of Thrift's
 * compact protocol, with the field numbers of the format's public
 * parquet.thrift.
 *
 * A group is kept until it is full: the same memory for any trace, but for the
 * footer's 16 bytes a chunk.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xentrace/events.h"
#include "xentrace/export.h"
#include "xentrace/thrift.h"

#define GROUP_ROWS 131072u
#define WORDS      7u
#define NAMES_MAX  65536u

enum { PLAIN = 0, RLE = 3, RLE_DICTIONARY = 8 };            /* encodings */
enum { INT32 = 1, INT64 = 2, BYTE_ARRAY = 6 };              /* types */
enum { UTF8 = 0, UINT_32 = 13, UINT_64 = 14, INT_64 = 18 }; /* their meaning */
enum { DATA_PAGE = 0, DICTIONARY_PAGE = 2 };

enum { NS, TSC, CPU, EVENT, NUMBER, NR, W0, COLUMNS = W0 + WORDS };

static const struct column {
    const char *name;
    int type, meaning;
    bool optional;
} columns[COLUMNS] = {
    [NS] = { "ns", INT64, INT_64, false },
    [TSC] = { "tsc", INT64, UINT_64, false },
    [CPU] = { "cpu", INT32, UINT_32, false },
    [EVENT] = { "event", BYTE_ARRAY, UTF8, false },
    [NUMBER] = { "number", INT32, UINT_32, false },
    [NR] = { "nr", INT32, UINT_32, false },
    [W0] = { "w0", INT32, UINT_32, true },
    [W0 + 1] = { "w1", INT32, UINT_32, true },
    [W0 + 2] = { "w2", INT32, UINT_32, true },
    [W0 + 3] = { "w3", INT32, UINT_32, true },
    [W0 + 4] = { "w4", INT32, UINT_32, true },
    [W0 + 5] = { "w5", INT32, UINT_32, true },
    [W0 + 6] = { "w6", INT32, UINT_32, true },
};

/* Where a chunk lies, its dictionary first; and its size. */
struct chunk {
    uint64_t at;
    uint32_t bytes, dictionary;
};

struct group {
    uint64_t rows;
    struct chunk chunk[COLUMNS];
};

static struct parquet {
    uint64_t at; /* bytes written */
    uint32_t rows;
    uint64_t ns[GROUP_ROWS], tsc[GROUP_ROWS];
    uint32_t cpu[GROUP_ROWS], number[GROUP_ROWS], nr[GROUP_ROWS];
    uint32_t word[WORDS][GROUP_ROWS];
    uint32_t nr_words[WORDS];
    uint8_t there[WORDS][GROUP_ROWS / 8];
    uint16_t name[GROUP_ROWS];
    uint32_t names[NAMES_MAX]; /* the dictionary: events */
    uint32_t nr_names, last_name;
    struct group *groups;
    unsigned nr_groups, room;
} * p;

static void put(struct export *e, const void *data, size_t bytes)
{
    export_put(e, data, bytes);
    p->at += bytes;
}

/* ---- rows ---- */

static uint16_t name_of(uint32_t event)
{
    uint32_t i = p->last_name;

    if (i < p->nr_names && p->names[i] == event)
        return (uint16_t)i;
    for (i = 0; i < p->nr_names; i++)
        if (p->names[i] == event)
            break;
    if (i == p->nr_names)
        p->names[p->nr_names++] = event;
    p->last_name = i;
    return (uint16_t)i;
}

static void parquet_begin(struct export *e)
{
    p = command_must(calloc(1, sizeof(*p)));
    put(e, "PAR1", 4);
}

static void write_group(struct export *e);

static void parquet_record(struct export *e, const struct rec *r)
{
    uint32_t row = p->rows++;

    p->ns[row] = export_ns(e, r->tsc);
    p->tsc[row] = r->tsc;
    p->cpu[row] = r->cpu;
    p->number[row] = r->event;
    p->nr[row] = r->nr;
    p->name[row] = name_of(r->event);
    for (unsigned i = 0; i < r->nr && i < WORDS; i++) {
        p->word[i][p->nr_words[i]++] = r->word[i];
        p->there[i][row / 8] |= (uint8_t)(1u << row % 8);
    }
    if (p->rows == GROUP_ROWS || p->nr_names == NAMES_MAX)
        write_group(e);
}

/* ---- pages ---- */

static void page_header(struct export *e, int kind, size_t bytes,
                        uint32_t values, int encoding)
{
    struct thrift t = { .bytes = 0 };

    thrift_i32(&t, 1, kind);
    thrift_i32(&t, 2, (int32_t)bytes);
    thrift_i32(&t, 3, (int32_t)bytes);
    thrift_begin(&t, kind == DATA_PAGE ? 5 : 7);
    thrift_i32(&t, 1, (int32_t)values);
    thrift_i32(&t, 2, encoding);
    if (kind == DATA_PAGE) {
        thrift_i32(&t, 3, RLE);
        thrift_i32(&t, 4, RLE);
    }
    thrift_end(&t);
    thrift_end(&t);
    put(e, t.data, t.bytes);
}

/* All values of a column that each row has. */
static void write_plain(struct export *e, const void *values, size_t each)
{
    page_header(e, DATA_PAGE, p->rows * each, p->rows, PLAIN);
    put(e, values, p->rows * each);
}

/* A run of packed values, in eights: its head. */
static size_t packed_head(uint8_t *to, uint32_t values)
{
    struct thrift t = { .bytes = 0 };

    thrift_varint(&t, (values + 7) / 8 << 1 | 1);
    memcpy(to, t.data, t.bytes);
    return t.bytes;
}

static void write_word(struct export *e, unsigned i)
{
    uint8_t head[16];
    size_t bits = (p->rows + 7) / 8, bytes = p->nr_words[i] * sizeof(uint32_t);
    size_t packed = packed_head(head + 4, p->rows);
    uint32_t levels = (uint32_t)(packed + bits);

    memcpy(head, &levels, sizeof(levels));
    page_header(e, DATA_PAGE, 4 + levels + bytes, p->rows, PLAIN);
    put(e, head, 4 + packed);
    put(e, p->there[i], bits);
    put(e, p->word[i], bytes);
}

static size_t name_bytes(struct export *e, uint32_t event, char *to)
{
    event_name(to, 64, e->meta, event);
    return strlen(to);
}

/* The names; returns the bytes of the page, with its header. */
static uint32_t write_names(struct export *e)
{
    uint64_t begin = p->at;
    size_t bytes = 0;
    char name[64];

    for (uint32_t i = 0; i < p->nr_names; i++)
        bytes += 4 + name_bytes(e, p->names[i], name);
    page_header(e, DICTIONARY_PAGE, bytes, p->nr_names, PLAIN);
    for (uint32_t i = 0; i < p->nr_names; i++) {
        uint32_t length = (uint32_t)name_bytes(e, p->names[i], name);

        put(e, &length, sizeof(length));
        put(e, name, length);
    }
    return (uint32_t)(p->at - begin);
}

/* Each row's place in the names, of one byte if that is enough. */
static void write_places(struct export *e)
{
    uint8_t head[16] = { p->nr_names > 256 ? 16 : 8 };
    size_t each = head[0] / 8, packed = 1 + packed_head(head + 1, p->rows);
    size_t rows = (p->rows + 7) / 8 * 8;

    if (each == 1)
        for (uint32_t i = 0; i < p->rows; i++)
            ((uint8_t *)p->name)[i] = (uint8_t)p->name[i];
    page_header(e, DATA_PAGE, packed + rows * each, p->rows, RLE_DICTIONARY);
    put(e, head, packed);
    put(e, p->name, rows * each);
}

static uint32_t write_column(struct export *e, unsigned i)
{
    uint32_t dictionary = 0;

    switch (i) {
    case NS:
        write_plain(e, p->ns, sizeof(p->ns[0]));
        break;
    case TSC:
        write_plain(e, p->tsc, sizeof(p->tsc[0]));
        break;
    case CPU:
        write_plain(e, p->cpu, sizeof(p->cpu[0]));
        break;
    case EVENT:
        dictionary = write_names(e);
        write_places(e);
        break;
    case NUMBER:
        write_plain(e, p->number, sizeof(p->number[0]));
        break;
    case NR:
        write_plain(e, p->nr, sizeof(p->nr[0]));
        break;
    default:
        write_word(e, i - W0);
    }
    return dictionary;
}

static void write_group(struct export *e)
{
    struct group *g;

    if (p->nr_groups == p->room) {
        p->room = p->room ? 2 * p->room : 16;
        p->groups = command_must(
            realloc(p->groups, p->room * sizeof(*p->groups)));
    }
    g = &p->groups[p->nr_groups++];
    g->rows = p->rows;
    for (unsigned i = 0; i < COLUMNS; i++) {
        struct chunk *c = &g->chunk[i];

        c->at = p->at;
        c->dictionary = write_column(e, i);
        c->bytes = (uint32_t)(p->at - c->at);
    }
    p->rows = p->nr_names = 0;
    memset(p->nr_words, 0, sizeof(p->nr_words));
    memset(p->there, 0, sizeof(p->there));
}

/* ---- the footer ---- */

static void put_thrift(struct export *e, struct thrift *t)
{
    put(e, t->data, t->bytes);
    t->bytes = 0;
}

static void footer_schema(struct export *e, struct thrift *t)
{
    thrift_list(t, 2, THRIFT_STRUCT, COLUMNS + 1);
    thrift_enter(t);
    thrift_string(t, 4, "trace");
    thrift_i32(t, 5, COLUMNS);
    thrift_end(t);
    for (unsigned i = 0; i < COLUMNS; i++) {
        thrift_enter(t);
        thrift_i32(t, 1, columns[i].type);
        thrift_i32(t, 3, columns[i].optional);
        thrift_string(t, 4, columns[i].name);
        thrift_i32(t, 6, columns[i].meaning);
        thrift_end(t);
        put_thrift(e, t);
    }
}

static void footer_chunk(struct thrift *t, const struct group *g, unsigned i)
{
    const struct chunk *c = &g->chunk[i];

    thrift_enter(t);
    thrift_i64(t, 2, (int64_t)c->at);
    thrift_begin(t, 3);
    thrift_i32(t, 1, columns[i].type);
    thrift_list(t, 2, THRIFT_I32, 2);
    thrift_element(t, RLE);
    thrift_element(t, c->dictionary ? RLE_DICTIONARY : PLAIN);
    thrift_list(t, 3, THRIFT_BINARY, 1);
    thrift_text(t, columns[i].name);
    thrift_i32(t, 4, 0); /* not compressed */
    thrift_i64(t, 5, (int64_t)g->rows);
    thrift_i64(t, 6, c->bytes);
    thrift_i64(t, 7, c->bytes);
    thrift_i64(t, 9, (int64_t)(c->at + c->dictionary));
    if (c->dictionary)
        thrift_i64(t, 11, (int64_t)c->at);
    thrift_end(t);
    thrift_end(t);
}

static void footer_groups(struct export *e, struct thrift *t)
{
    thrift_list(t, 4, THRIFT_STRUCT, p->nr_groups);
    for (unsigned n = 0; n < p->nr_groups; n++) {
        const struct group *g = &p->groups[n];
        int64_t bytes = 0;

        thrift_enter(t);
        thrift_list(t, 1, THRIFT_STRUCT, COLUMNS);
        for (unsigned i = 0; i < COLUMNS; i++) {
            footer_chunk(t, g, i);
            put_thrift(e, t);
            bytes += g->chunk[i].bytes;
        }
        thrift_i64(t, 2, bytes);
        thrift_i64(t, 3, (int64_t)g->rows);
        thrift_end(t);
    }
}

/* What is known of all records: the scheduler, and how many are missing. */
static void footer_words(struct export *e, struct thrift *t,
                         const struct stream *st)
{
    char lost[24];

    snprintf(lost, sizeof(lost), "%llu", (unsigned long long)st->lost);
    thrift_list(t, 5, THRIFT_STRUCT, 2);
    thrift_enter(t);
    thrift_string(t, 1, "scheduler");
    thrift_string(t, 2, e->meta->scheduler);
    thrift_end(t);
    thrift_enter(t);
    thrift_string(t, 1, "lost");
    thrift_string(t, 2, lost);
    thrift_end(t);
    thrift_string(t, 6, "xentrace");
}

static void parquet_end(struct export *e, const struct stream *st)
{
    struct thrift t = { .bytes = 0 };
    uint64_t begin, rows = 0;
    uint32_t bytes;

    if (p->rows)
        write_group(e);
    begin = p->at;
    for (unsigned n = 0; n < p->nr_groups; n++)
        rows += p->groups[n].rows;
    thrift_i32(&t, 1, 1);
    footer_schema(e, &t);
    thrift_i64(&t, 3, (int64_t)rows);
    footer_groups(e, &t);
    footer_words(e, &t, st);
    thrift_end(&t);
    put_thrift(e, &t);
    bytes = (uint32_t)(p->at - begin);
    put(e, &bytes, sizeof(bytes));
    put(e, "PAR1", 4);
    free(p->groups);
    free(p);
    p = NULL;
}

const struct export_form export_parquet = { .name = "parquet",
                                            .begin = parquet_begin,
                                            .record = parquet_record,
                                            .end = parquet_end };
