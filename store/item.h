/* SPDX-License-Identifier: Apache-2.0 */
/*
 * item.h - what is known of one record, with a memory of who speaks: the
 * records of a chain come from a few logs. Not installed.
 */
#ifndef ASSAY_STORE_ITEM_H
#define ASSAY_STORE_ITEM_H

#include "arena.h"
#include "chain.h"
#include "id_map.h"

/* Names of teams by their ids, and who speaks by the grant; lives in arena,
 * as long as the view. */
struct store_item_memo {
    struct store_view *view;
    struct assay_validity *validity;
    struct store_arena *arena;
    struct store_id_map teams;
    struct store_id_map speakers;
};

/* A retraction that counts, of the record it was asked for. */
struct store_retraction {
    bool is_there;
    struct assay_id id;
    struct assay_bytes reason; /* None where its body is gone. */
    uint64_t time_s;
};

ASSAY_MUST_CHECK
enum assay_err store_item_memo_init(struct store_item_memo *memo,
                                    struct store_view *view,
                                    struct store_arena *arena);

/* As store_item_fill, through the memo. */
ASSAY_MUST_CHECK
enum assay_err store_item_fill_by(struct store_item_memo *memo,
                                  struct store_row *row, bool verify_signature,
                                  struct store_item *item_out);

/* The first retraction by LSN that stands and may withdraw a record which is
 * spoken under of (NULL: nobody may). Errors are the view's. */
ASSAY_MUST_CHECK
enum assay_err store_item_retraction(struct store_view *view,
                                     struct assay_validity *validity,
                                     const struct assay_record *record,
                                     const struct assay_authority *of,
                                     struct store_retraction *retraction_out);

/* Whether a record is on id. */
bool store_item_is_on(const struct assay_record *record,
                      const struct assay_id *id);

/* Whether the body of a record is held and breaks its kind's rules: it then
 * counts for nothing. */
bool store_item_is_malformed(const struct assay_record *record);

#endif
