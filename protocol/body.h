/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.h - what the bodies of all kinds have in common.
 *
 * A body is a map with small unsigned keys. Key 0 is the salt: 16 random
 * bytes, so that an erased text cannot be guessed from its hash. Keys that
 * are not known are passed over. A body that breaks its kind's rules is
 * refused where it is written; one that arrives signed is kept, shown as
 * malformed, and counts for nothing.
 *
 * Fields of the structs in kinds/ that are struct assay_bytes borrow from the
 * body that was read, or from the caller's memory when it writes. An optional
 * field that is absent has data NULL; an empty text is refused.
 */
#ifndef ASSAY_PROTOCOL_BODY_H
#define ASSAY_PROTOCOL_BODY_H

#include "bytes.h"
#include "cbor.h"
#include "err.h"
#include "id.h"
#include "limits.h"
#include "record.h"

/* A list of short texts (topics, languages). */
struct assay_text_list {
    struct assay_bytes items[ASSAY_LIST_MAX];
    size_t count;
};

/*
 * Where something was said: a captured page or a URL, and the words, as a
 * W3C TextQuoteSelector (exact, prefix, suffix). At least one of url and
 * capture is there; prefix and suffix only with exact.
 *
 *   place = { ? 1: url, ? 2: capture-id, ? 3: exact, ? 4: prefix, ? 5: suffix }
 *
 * A capture is also in the record's about (relation capture); a body that
 * names one which is not there is malformed.
 */
struct assay_place {
    struct assay_bytes url;
    bool has_capture;
    struct assay_id capture;
    struct assay_bytes exact;
    struct assay_bytes prefix;
    struct assay_bytes suffix;
};

/*
 * Checks the body of a parsed record that holds one against the rules of its
 * kind, and about against what the kind speaks about (a verdict is on one
 * record, and so on). ASSAY_OK for a kind that is not known. Fails with
 * ASSAY_E_MALFORMED, ASSAY_E_TRUNCATED or ASSAY_E_LIMIT; offsets are of the
 * body.
 */
ASSAY_MUST_CHECK
enum assay_err assay_body_check(const struct assay_record *record,
                                struct assay_fault *fault_out);

#endif
