/* SPDX-License-Identifier: Apache-2.0 */
#include "chain_walk.h"
#include "protocol/check.h"
#include "refs.h"

/* Rows of a list that are kept, in scratch memory, before it is known how long
 * the list is. */
struct row_list {
    struct store_row **rows;
    size_t count;
    uint64_t more;
};

/* Whether a row that names a record belongs to the list. */
typedef bool (*belongs_fn)(const struct assay_record *record,
                           const struct assay_id *id);

static enum assay_err add_row(struct store_chain_walk *walk,
                              struct row_list *list)
{
    struct store_row *row;

    if (list->rows == NULL) {
        list->rows = store_arena_alloc_array(walk->scratch, walk->page_max,
                                             sizeof(struct store_row *));
    }
    row = store_arena_alloc(walk->scratch, sizeof(*row));
    if (list->rows == NULL || row == NULL) {
        return ASSAY_E_NOMEM;
    }
    *row = walk->row;
    list->rows[list->count++] = row;
    return ASSAY_OK;
}

/* The first page of the records of a kind that name id and belong. */
static enum assay_err gather(struct store_chain_walk *walk,
                             const struct assay_id *id, enum assay_kind kind,
                             belongs_fn belongs, struct row_list *list)
{
    uint64_t lsn = 0;
    enum assay_err err;

    for (;;) {
        err = store_refs_next(walk->view, id, kind, &lsn, &walk->row);
        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
        if (!belongs(&walk->row.record, id)) {
            continue;
        }
        if (list->count == walk->page_max ||
            walk->item_count + list->count >= STORE_CHAIN_ITEMS_MAX) {
            list->more++;
            continue;
        }
        err = add_row(walk, list);
        if (err != ASSAY_OK) {
            return err;
        }
    }
}

static size_t count_cites(const struct assay_record *record)
{
    size_t count = 0;

    for (size_t i = 0; i < record->payload.about_count; i++) {
        count += record->payload.about[i].relation == ASSAY_REL_CITES;
    }
    return count;
}

static enum assay_err fill_cites(struct store_chain_walk *walk,
                                 struct store_challenge *challenge)
{
    const struct assay_payload *payload = &challenge->item.row->record.payload;
    size_t count = count_cites(&challenge->item.row->record);

    challenge->cites =
        store_arena_alloc_array(walk->arena, count, sizeof(*challenge->cites));
    if (challenge->cites == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < payload->about_count; i++) {
        enum assay_err err;

        if (payload->about[i].relation != ASSAY_REL_CITES) {
            continue;
        }
        err = store_chain_keep_named(walk, &payload->about[i].id,
                                     &challenge->cites[challenge->cite_count]);
        if (err != ASSAY_OK) {
            return err;
        }
        challenge->cite_count++;
    }
    return ASSAY_OK;
}

static enum assay_err fill_challenge(struct store_chain_walk *walk,
                                     const struct store_row *row,
                                     struct store_challenge *challenge)
{
    enum assay_err err = store_chain_keep(walk, row, &challenge->item);

    if (err == ASSAY_OK) {
        challenge->reason = store_chain_note(&challenge->item);
        err = store_chain_is_accepted(walk, &challenge->item,
                                      &challenge->is_accepted);
    }
    if (err == ASSAY_OK) {
        err = fill_cites(walk, challenge);
    }
    return err;
}

enum assay_err
store_chain_challenges(struct store_chain_walk *walk, const struct assay_id *on,
                       struct store_chain_challenges *challenges_out)
{
    struct store_challenge *challenges;
    struct row_list list = {NULL, 0, 0};
    enum assay_err err =
        gather(walk, on, ASSAY_KIND_CHALLENGE, store_item_is_on, &list);

    if (err != ASSAY_OK) {
        return err;
    }
    challenges =
        store_arena_alloc_array(walk->arena, list.count, sizeof(*challenges));
    if (challenges == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < list.count; i++) {
        err = fill_challenge(walk, list.rows[i], &challenges[i]);
        if (err != ASSAY_OK) {
            return err;
        }
    }
    *challenges_out =
        (struct store_chain_challenges){challenges, list.count, list.more};
    return ASSAY_OK;
}

/* The entry of a link that joins it to another claim; NULL if it has none. */
static const struct assay_about *joint_of(const struct assay_record *record)
{
    for (size_t i = 0; i < record->payload.about_count; i++) {
        if (assay_relation_is_link(record->payload.about[i].relation)) {
            return &record->payload.about[i];
        }
    }
    return NULL;
}

/* Whether a link joins id to something: from either end. */
static bool is_link_of(const struct assay_record *record,
                       const struct assay_id *id)
{
    const struct assay_about *joint = joint_of(record);

    return joint != NULL && assay_record_about(record, ASSAY_REL_ON) != NULL &&
           (store_item_is_on(record, id) || assay_id_equal(&joint->id, id));
}

static struct assay_bytes claim_text(struct store_chain_walk *walk,
                                     const struct store_item *item)
{
    struct assay_claim *claim;
    struct assay_bytes text = ASSAY_BYTES_NONE;
    struct store_arena_mark mark = store_arena_mark(walk->scratch);

    if (!store_chain_can_read(item, ASSAY_KIND_CLAIM)) {
        return ASSAY_BYTES_NONE;
    }
    claim = store_arena_alloc(walk->scratch, sizeof(*claim));
    if (claim != NULL &&
        assay_claim_read(item->row->record.body, claim, NULL) == ASSAY_OK) {
        text = claim->text;
    }
    store_arena_release(walk->scratch, mark);
    return text;
}

static enum assay_err fill_link(struct store_chain_walk *walk,
                                const struct store_row *row,
                                struct store_chain_link *link)
{
    const struct assay_about *joint = joint_of(&row->record);
    const struct assay_id *other = &joint->id;
    enum assay_err err = store_chain_keep(walk, row, &link->item);

    if (err != ASSAY_OK) {
        return err;
    }
    link->relation = joint->relation;
    link->is_outward = store_item_is_on(&row->record, &walk->claim);
    link->note = store_chain_note(&link->item);
    if (!link->is_outward) {
        other = assay_record_about(&row->record, ASSAY_REL_ON);
    }
    err = store_chain_keep_named(walk, other, &link->other);
    if (err == ASSAY_OK) {
        link->other_text = claim_text(walk, &link->other);
    }
    return err;
}

enum assay_err store_chain_links(struct store_chain_walk *walk)
{
    struct store_chain *chain = walk->chain;
    struct row_list list = {NULL, 0, 0};
    enum assay_err err =
        gather(walk, &walk->claim, ASSAY_KIND_LINK, is_link_of, &list);

    if (err != ASSAY_OK) {
        return err;
    }
    chain->links =
        store_arena_alloc_array(walk->arena, list.count, sizeof(*chain->links));
    if (chain->links == NULL) {
        return ASSAY_E_NOMEM;
    }
    chain->link_more = list.more;
    for (size_t i = 0; i < list.count; i++) {
        err = fill_link(walk, list.rows[i], &chain->links[i]);
        if (err != ASSAY_OK) {
            return err;
        }
        chain->link_count = i + 1;
    }
    return ASSAY_OK;
}
