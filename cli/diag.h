/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.h - CBOR as diagnostic notation (RFC 8949 section 8), in ASCII.
 */
#ifndef ASSAY_CLI_DIAG_H
#define ASSAY_CLI_DIAG_H

#include "protocol/bytes.h"
#include "protocol/err.h"

#include <stdio.h>

/*
 * Writes [envelope, body / null]. The protected header and the payload, byte
 * strings that hold CBOR, are written as << what they hold >> (RFC 8610
 * appendix G.3). The envelope is one that assay_record_parse took; bytes that
 * are no deterministic CBOR give the reader's error. Write errors of out are
 * the caller's to find.
 */
ASSAY_MUST_CHECK
enum assay_err cli_diag_record(struct assay_bytes envelope,
                               struct assay_bytes body, FILE *out);

/* Writes one item, its elements indent levels deep. */
ASSAY_MUST_CHECK
enum assay_err cli_diag_item(struct assay_bytes item, size_t indent, FILE *out);

#endif
