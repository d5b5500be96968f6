/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - what text a record may hold, and what a terminal may be shown.
 */
#ifndef ASSAY_PROTOCOL_TEXT_H
#define ASSAY_PROTOCOL_TEXT_H

#include "bytes.h"
#include "err.h"

/*
 * Checks that text is valid UTF-8 (RFC 3629: no overlong forms, surrogates
 * or code points above U+10FFFF) without control characters (U+0000-001F,
 * U+007F-009F) other than newline and tab. Returns ASSAY_OK, or
 * ASSAY_E_MALFORMED with the offset and the rule.
 */
ASSAY_MUST_CHECK
enum assay_err assay_text_check(struct assay_bytes text,
                                struct assay_fault *fault_out);

/*
 * Reads one code point at *pos and moves *pos behind it. Bytes that are not
 * UTF-8 give U+FFFD and move by one byte. *pos must be below text.len.
 */
uint32_t assay_text_next(struct assay_bytes text, size_t *pos);

/* Whether a code point changes how its neighbours are laid out without being
 * seen: bidi embeddings, overrides, isolates and marks, zero-width
 * characters, byte order marks, line and paragraph separators, tags and
 * deprecated format characters. A renderer shows these as escapes. */
bool assay_text_is_hidden(uint32_t code_point);

/* Whether url is http or https, has a host, holds only the characters of RFC
 * 3986 (reserved, unreserved and "%": no white space, control or non-ASCII
 * characters, none of "<>\^`{|}) and is at most ASSAY_URL_MAX bytes. */
bool assay_text_is_url(struct assay_bytes url);

/* Whether tag looks like a BCP 47 language tag: letters, digits and single
 * hyphens, parts of 1 to 8, 35 bytes at most. */
bool assay_text_is_lang(struct assay_bytes tag);

/* Whether date is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ (RFC 3339
 * in UTC, or its leading parts, since a thread often gives no more), and
 * exists in the Gregorian calendar. A minute has no second 60. */
bool assay_text_is_date(struct assay_bytes date);

#endif
