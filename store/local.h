/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local.h - the table of what is this ledger's own: a tag, a key, a value. Not
 * installed.
 */
#ifndef ASSAY_STORE_LOCAL_H
#define ASSAY_STORE_LOCAL_H

#include "internal.h"

/* Reads, writes and deletes. The value is lent until the next write. */
ASSAY_MUST_CHECK
enum assay_err store_local_get(struct store_view *view,
                               enum store_local_tag tag, struct assay_bytes key,
                               struct assay_bytes *value_out);
ASSAY_MUST_CHECK
enum assay_err store_local_put(struct store_view *view,
                               enum store_local_tag tag, struct assay_bytes key,
                               struct assay_bytes value);
ASSAY_MUST_CHECK
enum assay_err store_local_del(struct store_view *view,
                               enum store_local_tag tag,
                               struct assay_bytes key);

/* The first key of a tag that is not below from (both of at most 48 bytes);
 * ASSAY_E_NOT_FOUND at the end. Lends both. */
ASSAY_MUST_CHECK
enum assay_err store_local_next(struct store_view *view,
                                enum store_local_tag tag,
                                struct assay_bytes from,
                                struct assay_bytes *key_out,
                                struct assay_bytes *value_out);

#endif
