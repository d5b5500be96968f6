/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest.h - where a text comes closest to words that it does not have, for
 * quote.c. Not installed.
 *
 * Short runs of the words (seeds) are looked up in the text by a rolling hash;
 * the stretch that has most different seeds wins. A slip of the pen breaks
 * the few seeds that lie across it and leaves the others.
 */
#ifndef ASSAY_PROTOCOL_NEAREST_H
#define ASSAY_PROTOCOL_NEAREST_H

#include "bytes.h"

/*
 * The stretch of text, at whole UTF-8 characters, that is most like words;
 * none where nothing is like them. Borrows from text. Three passes over the
 * text at most, each of a bounded number of steps a byte.
 */
struct assay_bytes assay_nearest_find(struct assay_bytes text,
                                      struct assay_bytes words,
                                      size_t *offset_out);

#endif
