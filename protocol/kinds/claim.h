/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claim.h - what is claimed, by whom, and where it was said.
 *
 *   { 0: salt, 1: text, ? 2: lang, ? 3: speaker, ? 4: said, ? 5: [* topic],
 *     ? 6: [* place] }
 */
#ifndef ASSAY_PROTOCOL_KINDS_CLAIM_H
#define ASSAY_PROTOCOL_KINDS_CLAIM_H

#include "../body.h"

struct assay_claim {
    struct assay_bytes text; /* One sentence. */
    struct assay_bytes lang;
    struct assay_bytes speaker;
    struct assay_bytes said; /* A date as text.h has it. */
    struct assay_text_list topics;
    struct assay_place places[ASSAY_LIST_MAX]; /* Appearances. */
    size_t place_count;
};

ASSAY_MUST_CHECK
enum assay_err assay_claim_read(struct assay_bytes body,
                                struct assay_claim *out,
                                struct assay_fault *fault_out);
void assay_claim_write(const struct assay_claim *claim,
                       const uint8_t salt[ASSAY_SALT_SIZE],
                       struct assay_cbor_writer *writer);

#endif
