/*
 * thrift.h - structs as Thrift's compact protocol has them: what the headers of
 * a Parquet file are written in.
 *
 * A field is a byte (how much its number exceeds the last one's, and its type)
 * and a value; a struct ends with a zero byte. Numbers are in varints, signed
 * ones folded (0, -1, 1, -2 ...). The writer keeps the last field's number of
 * each struct that is open. It is the caller's to have room: see THRIFT_MAX.
 */
#ifndef XENTRACE_THRIFT_H
#define XENTRACE_THRIFT_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define THRIFT_MAX   2048u
#define THRIFT_DEPTH 8u

enum {
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_STRUCT = 12
};

/* All zero: in the outermost struct, which is open. */
struct thrift {
    uint8_t data[THRIFT_MAX];
    size_t bytes;
    unsigned depth;
    unsigned last[THRIFT_DEPTH];
};

static inline void thrift_byte(struct thrift *t, unsigned value)
{
    assert(t->bytes < THRIFT_MAX);
    t->data[t->bytes++] = (uint8_t)value;
}

static inline void thrift_varint(struct thrift *t, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        thrift_byte(t, (unsigned)(value & 0x7f) | 0x80);
    thrift_byte(t, (unsigned)value);
}

static inline void thrift_signed(struct thrift *t, int64_t value)
{
    thrift_varint(t, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

/* Field numbers go up, by 15 at most. */
static inline void thrift_field(struct thrift *t, unsigned field, unsigned type)
{
    thrift_byte(t, (field - t->last[t->depth]) << 4 | type);
    t->last[t->depth] = field;
}

static inline void thrift_i32(struct thrift *t, unsigned field, int32_t value)
{
    thrift_field(t, field, THRIFT_I32);
    thrift_signed(t, value);
}

static inline void thrift_i64(struct thrift *t, unsigned field, int64_t value)
{
    thrift_field(t, field, THRIFT_I64);
    thrift_signed(t, value);
}

/* A string as an element of a list. */
static inline void thrift_text(struct thrift *t, const char *text)
{
    size_t length = strlen(text);

    thrift_varint(t, length);
    for (size_t i = 0; i < length; i++)
        thrift_byte(t, (uint8_t)text[i]);
}

static inline void thrift_string(struct thrift *t, unsigned field,
                                 const char *text)
{
    thrift_field(t, field, THRIFT_BINARY);
    thrift_text(t, text);
}

/* A number as an element of a list. */
static inline void thrift_element(struct thrift *t, int32_t value)
{
    thrift_signed(t, value);
}

/* A list's head; its elements follow. */
static inline void thrift_list(struct thrift *t, unsigned field, unsigned type,
                               size_t length)
{
    thrift_field(t, field, THRIFT_LIST);
    if (length < 15) {
        thrift_byte(t, (unsigned)length << 4 | type);
        return;
    }
    thrift_byte(t, 0xf0 | type);
    thrift_varint(t, length);
}

/* A struct as an element of a list; thrift_end() closes it. */
static inline void thrift_enter(struct thrift *t)
{
    assert(t->depth + 1 < THRIFT_DEPTH);
    t->last[++t->depth] = 0;
}

/* A struct as a field. */
static inline void thrift_begin(struct thrift *t, unsigned field)
{
    thrift_field(t, field, THRIFT_STRUCT);
    thrift_enter(t);
}

/* The end of the innermost struct. */
static inline void thrift_end(struct thrift *t)
{
    thrift_byte(t, 0);
    if (t->depth)
        t->depth--;
}

#endif
