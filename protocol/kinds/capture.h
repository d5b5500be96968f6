/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.h - bytes as they were at a time.
 *
 *   { 0: salt, ? 1: url, 2: media-type, 3: size, 4: sha256, ? 5: captured-at,
 *     ? 6: tool, ? 7: title, ? 8: author, ? 9: published }
 *
 * The bytes travel apart; sha256sum on the file says what key 4 says.
 */
#ifndef ASSAY_PROTOCOL_KINDS_CAPTURE_H
#define ASSAY_PROTOCOL_KINDS_CAPTURE_H

#include "../body.h"

struct assay_capture {
    struct assay_bytes url;
    struct assay_bytes media_type; /* RFC 6838, parameters allowed. */
    uint64_t size;                 /* Bytes. */
    uint8_t sha256[ASSAY_HASH_SIZE];
    bool has_captured_at;
    uint64_t captured_at_s;
    struct assay_bytes tool;
    struct assay_bytes title;
    struct assay_bytes author;
    struct assay_bytes published; /* A date as text.h has it. */
};

ASSAY_MUST_CHECK
enum assay_err assay_capture_read(struct assay_bytes body,
                                  struct assay_capture *out,
                                  struct assay_fault *fault_out);
void assay_capture_write(const struct assay_capture *capture,
                         const uint8_t salt[ASSAY_SALT_SIZE],
                         struct assay_cbor_writer *writer);

/* Whether quotes can be looked for in such bytes: text/anything, JSON and
 * XML types. */
bool assay_capture_is_text(struct assay_bytes media_type);

#endif
