/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body_cases.h - bodies written out in hex, and what a reader says to each.
 */
#ifndef ASSAY_TESTS_SUPPORT_BODY_CASES_H
#define ASSAY_TESTS_SUPPORT_BODY_CASES_H

#include "samples.h"
#include "testing.h"

/* A salt under key 0, as every body begins. */
#define SALT "00 50 000102030405060708090a0b0c0d0e0f"

/* An id of 32 bytes with its head. */
#define ID                                                                     \
    "5820 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* "http://e.a" and "a", as text. */
#define URL "6a 687474703a2f2f652e61"
#define A "61 61"

struct body_case {
    const char *what;
    const char *body;
    enum assay_err err;
};

/* Reads a body into a struct that is filled with 0xee before. Sets whether
 * the struct was touched. */
typedef enum assay_err (*body_read_fn)(struct assay_bytes body,
                                       struct assay_fault *fault,
                                       bool *is_touched_out);

static inline bool is_filled(const void *data, size_t len)
{
    const uint8_t *bytes = data;

    for (size_t index = 0; index < len; index++) {
        if (bytes[index] != 0xee) {
            return false;
        }
    }
    return true;
}

/* Each case gives its code, a fault inside the body, and leaves the struct
 * as it was where it fails. */
static inline void run_body_cases(const struct body_case *cases, size_t count,
                                  body_read_fn read)
{
    static uint8_t space[ASSAY_RECORD_MAX];

    for (size_t index = 0; index < count; index++) {
        struct assay_bytes body =
            sample_hex(cases[index].body, space, sizeof(space));
        struct assay_fault fault = {SIZE_MAX, NULL};
        bool is_touched = false;
        enum assay_err err = read(body, &fault, &is_touched);

        if (err != cases[index].err) {
            fail_msg("%s: %s, %s", cases[index].what, assay_err_name(err),
                     fault.rule == NULL ? "no rule" : fault.rule);
        }
        if (err != ASSAY_OK) {
            assert_non_null(fault.rule);
            assert_true(fault.offset <= body.len);
            assert_false(is_touched);
        }
    }
}

/* A text of len times the letter a; the same memory at each call. */
static inline struct assay_bytes long_text(size_t len)
{
    static uint8_t letters[ASSAY_RECORD_MAX];

    assert_true(len <= sizeof(letters));
    memset(letters, 'a', sizeof(letters));
    return (struct assay_bytes){letters, len};
}

#endif
