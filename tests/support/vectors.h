/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors.h - the published examples under tests/vectors, and hexadecimal.
 *
 * Each function fails the test that calls it when a file or a text is not
 * what it must be, so that no example is passed over in silence.
 */
#ifndef ASSAY_TESTS_SUPPORT_VECTORS_H
#define ASSAY_TESTS_SUPPORT_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "protocol/bytes.h"

/* Bytes that were given as text; enough for the longest example. */
#define VECTOR_MAX 4096

struct vector {
    uint8_t data[VECTOR_MAX];
    size_t len;
};

/* Reads tests/vectors/<name>. The caller gives it back with json_decref.
 * Numbers are read as real ones, since some have more than 64 bits. */
json_t *vectors_load(const char *name);

/* The text of a member, borrowed from object. */
const char *vectors_text(const json_t *object, const char *member);

/* Fills vector with the bytes that a text of hexadecimal digits stands for,
 * and borrows them. */
struct assay_bytes vector_from_hex(struct vector *vector, const char *hex);

/* The same for a member of an object. */
struct assay_bytes vector_from_member(struct vector *vector,
                                      const json_t *object, const char *member);

#endif
