/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_json.h - what our readers make of a record, as JSON, for golden
 * vectors and for comparing with another implementation.
 */
#ifndef ASSAY_TESTS_SUPPORT_RECORD_JSON_H
#define ASSAY_TESTS_SUPPORT_RECORD_JSON_H

#include "samples.h"

#include <jansson.h>

/* Every field under the name that docs/records.cddl gives it, bytes as hex;
 * "item", "id" and "text" (bech32m) beside them. The caller owns the result.
 * Ends the program when the body is malformed. */
json_t *record_json_of(const struct assay_record *record);

/* The same for a sample, with the author's "seed" (RFC 8032's secret key), so
 * that another implementation can sign it again. */
json_t *sample_json_of(const struct sample *sample);

#endif
