/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - evidence attached to a claim.
 *
 *   { 0: salt, ? 1 to 5: as in a place (body.h), 6: stance, ? 7: note }
 *
 * about: one on (the claim), and the capture if there is one.
 */
#ifndef ASSAY_PROTOCOL_KINDS_SOURCE_H
#define ASSAY_PROTOCOL_KINDS_SOURCE_H

#include "../body.h"

enum assay_stance {
    ASSAY_STANCE_SUPPORTS = 1,
    ASSAY_STANCE_REFUTES = 2,
    ASSAY_STANCE_CONTEXT = 3
};

struct assay_source {
    struct assay_place place;
    enum assay_stance stance;
    struct assay_bytes note;
};

/* "supports", "refutes", "context"; "unknown" for others. */
const char *assay_stance_name(enum assay_stance stance);

/* The stance with that name; 0 if there is none. */
enum assay_stance assay_stance_by_name(struct assay_bytes name);

ASSAY_MUST_CHECK
enum assay_err assay_source_read(struct assay_bytes body,
                                 struct assay_source *out,
                                 struct assay_fault *fault_out);
void assay_source_write(const struct assay_source *source,
                        const uint8_t salt[ASSAY_SALT_SIZE],
                        struct assay_cbor_writer *writer);

#endif
