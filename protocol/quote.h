/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote.h - finds a W3C TextQuoteSelector in captured bytes, to the byte.
 *
 * Nothing is normalised: what is quoted must stand there. Where it does not,
 * the nearest text is given, so that a person sees the slip.
 */
#ifndef ASSAY_PROTOCOL_QUOTE_H
#define ASSAY_PROTOCOL_QUOTE_H

#include "body.h"

enum assay_quote_state {
    ASSAY_QUOTE_FOUND,    /* In one place. */
    ASSAY_QUOTE_ABSENT,   /* Nowhere; nearest tells what comes closest. */
    ASSAY_QUOTE_AMBIGUOUS /* In several places: it needs a prefix or suffix. */
};

struct assay_quote_result {
    enum assay_quote_state state;
    size_t offset;              /* FOUND and AMBIGUOUS: of the first place. */
    size_t count;               /* Places, counted up to 1000. */
    struct assay_bytes nearest; /* ABSENT: borrowed from text; may be none. */
    size_t nearest_offset;
};

/*
 * Looks for exact, directly preceded by prefix and followed by suffix where
 * those are given. A place without exact, and words that are longer than a
 * record, stand nowhere. Time is bounded by a small multiple of text.len,
 * whatever the quote is. nearest, sought only where want_nearest, begins and
 * ends at whole UTF-8 characters and is about as long as exact.
 */
struct assay_quote_result assay_quote_find(struct assay_bytes text,
                                           const struct assay_place *place,
                                           bool want_nearest);

#endif
