/*
 * image.h - kernels made to measure, for the tests of xen/dom.
 */
#ifndef TESTS_DOM_IMAGE_H
#define TESTS_DOM_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#define IMAGE_BASE 0xffffffff80000000ull
#define IMAGE_SIZE 8192u /* of the file */

/* A kernel of two segments with all notes that Linux has, in 8 KiB. */
void image_make(uint8_t image[IMAGE_SIZE]);
/* The same with its facts in a __xen_guest section instead of notes. */
void image_make_legacy(uint8_t image[IMAGE_SIZE]);

/* A copy in memory of exactly this size, so that the sanitizer sees one byte
 * too far. The caller frees it. */
void *image_cut(const void *from, size_t size);

#endif
