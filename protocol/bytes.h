/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes.h - a borrowed run of bytes.
 *
 * Nothing that holds one frees it. Who lends says until when.
 */
#ifndef ASSAY_PROTOCOL_BYTES_H
#define ASSAY_PROTOCOL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct assay_bytes {
    const uint8_t *data; /* NULL where nothing was given. */
    size_t len;
};

/* No bytes at all: what an optional field holds that was not given. */
#define ASSAY_BYTES_NONE ((struct assay_bytes){NULL, 0})

/* Borrows a C string, without its final zero. NULL gives no bytes. */
static inline struct assay_bytes assay_bytes_of(const char *text)
{
    if (text == NULL) {
        return ASSAY_BYTES_NONE;
    }
    return (struct assay_bytes){(const uint8_t *)text, strlen(text)};
}

static inline bool assay_bytes_equal(struct assay_bytes a, struct assay_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

#endif
