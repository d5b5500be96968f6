/* SPDX-License-Identifier: Apache-2.0 */
#include "item.h"

#include "log.h"
#include "protocol/body.h"
#include "refs.h"
#include "rows.h"

/* An author's clock may be ahead of ours by that much without a word. */
#define AHEAD_S (24 * 60 * 60)

/* Who speaks under a grant. */
struct speaker {
    struct assay_bytes team_name;
    struct assay_bytes member_name;
    bool is_log_forked;
};

bool store_item_is_on(const struct assay_record *record,
                      const struct assay_id *id)
{
    const struct assay_id *on = assay_record_about(record, ASSAY_REL_ON);

    return on != NULL && assay_id_equal(on, id);
}

bool store_item_is_malformed(const struct assay_record *record)
{
    return record->body.data != NULL &&
           assay_body_check(record, NULL) != ASSAY_OK;
}

/* Reads the text of a body that is a salt and a text; none where it is not
 * held or malformed. */
static struct assay_bytes note_of(uint64_t kind, struct assay_bytes body)
{
    struct assay_note note = {ASSAY_BYTES_NONE};

    if (body.data == NULL ||
        assay_note_read(kind, body, &note, NULL) != ASSAY_OK) {
        return ASSAY_BYTES_NONE;
    }
    return note.text;
}

/* The body of a record whose kind is known and which was judged before: who
 * speaks for whom is asked for every record of a chain. */
static enum assay_err body_of(struct store_view *view,
                              const struct assay_id *id,
                              struct assay_bytes *body_out)
{
    struct store_raw_row raw;
    uint64_t lsn = 0;
    enum assay_err err = store_lsn_of(view, id, &lsn);

    if (err == ASSAY_OK) {
        err = store_row_get(view, lsn, &raw);
    }
    if (err == ASSAY_OK) {
        *body_out = raw.body;
    }
    return err;
}

/* Whether row is a retraction of record that counts. */
static enum assay_err judge_retraction(struct assay_validity *validity,
                                       const struct store_row *row,
                                       const struct assay_record *record,
                                       const struct assay_authority *of,
                                       bool *counts_out)
{
    struct assay_validity_result result;
    enum assay_err err;

    *counts_out = false;
    if (!store_item_is_on(&row->record, &record->id) ||
        store_item_is_malformed(&row->record)) {
        return ASSAY_OK;
    }
    err = assay_validity_of(validity, &row->record, &result);
    if (err == ASSAY_OK) {
        *counts_out = result.state == ASSAY_STANDS &&
                      result.authority != NULL &&
                      assay_validity_may_retract(result.authority, record, of);
    }
    return err;
}

enum assay_err store_item_retraction(struct store_view *view,
                                     struct assay_validity *validity,
                                     const struct assay_record *record,
                                     const struct assay_authority *of,
                                     struct store_retraction *retraction_out)
{
    struct store_row row;
    uint64_t lsn = 0;
    bool counts = false;

    *retraction_out = (struct store_retraction){.is_there = false};
    if (of == NULL || !assay_validity_may_retract(of, record, of)) {
        return ASSAY_OK;
    }
    while (!counts) {
        enum assay_err err =
            store_refs_next(view, &record->id, ASSAY_KIND_RETRACT, &lsn, &row);

        if (err == ASSAY_OK) {
            err = judge_retraction(validity, &row, record, of, &counts);
        }
        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
    }
    *retraction_out = (struct store_retraction){
        .is_there = true,
        .id = row.record.id,
        .reason = note_of(ASSAY_KIND_RETRACT, row.record.body),
        .time_s = row.record.payload.time_s,
    };
    return ASSAY_OK;
}

static enum assay_err fill_body(struct store_view *view,
                                struct store_item *item)
{
    struct assay_fault fault = {0, NULL};
    enum assay_err err;

    if (item->row->is_erased) {
        item->body = STORE_BODY_ERASED;
        err = store_view_erasure(view, item->row->lsn, &item->erasure);
        return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
    }
    if (item->row->record.body.data == NULL) {
        item->body = STORE_BODY_MISSING;
    } else if (assay_body_check(&item->row->record, &fault) != ASSAY_OK) {
        item->body = STORE_BODY_MALFORMED;
        item->malformed_rule = fault.rule;
    } else {
        item->body = STORE_BODY_HELD;
    }
    return ASSAY_OK;
}

static enum assay_err fill_retraction(struct store_view *view,
                                      struct assay_validity *validity,
                                      struct store_item *item)
{
    struct store_retraction retraction;
    enum assay_err err =
        store_item_retraction(view, validity, &item->row->record,
                              item->validity.authority, &retraction);

    if (err == ASSAY_OK && retraction.is_there) {
        item->is_retracted = true;
        item->retracted_by = retraction.id;
        item->retract_reason = retraction.reason;
        item->retracted_s = retraction.time_s;
    }
    return err;
}

/* Everything but the names and the fork. */
static enum assay_err fill_state(struct store_view *view,
                                 struct assay_validity *validity,
                                 struct store_row *row, bool verify_signature,
                                 struct store_item *item)
{
    uint64_t time_s = row->record.payload.time_s;
    enum assay_err err;

    *item = (struct store_item){
        .id = row->record.id,
        .is_held = true,
        .row = row,
        .signature = STORE_SIGNATURE_STORED,
    };
    item->is_dated_ahead =
        time_s > row->received_s && time_s - row->received_s > AHEAD_S;
    if (verify_signature) {
        item->signature = assay_record_check(&row->record) == ASSAY_OK
                              ? STORE_SIGNATURE_GOOD
                              : STORE_SIGNATURE_BAD;
    }
    err = assay_validity_of(validity, &row->record, &item->validity);
    if (err == ASSAY_OK) {
        err = fill_body(view, item);
    }
    if (err == ASSAY_OK) {
        err = fill_retraction(view, validity, item);
    }
    return err;
}

/* The name in the last standing profile under one root grant; unchanged where
 * there is none. */
static enum assay_err profile_name(struct store_view *view,
                                   struct assay_validity *validity,
                                   const struct assay_id *grant,
                                   struct assay_bytes *name)
{
    struct store_row row;
    uint64_t lsn = 0;
    uint64_t seq = 0;
    enum assay_err err;

    for (;;) {
        struct assay_profile profile;
        struct assay_validity_result result;

        err = store_refs_next(view, grant, ASSAY_KIND_PROFILE, &lsn, &row);
        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
        if (row.record.payload.seq < seq || row.record.body.data == NULL ||
            assay_profile_read(row.record.body, &profile, NULL) != ASSAY_OK ||
            profile.name.data == NULL) {
            continue;
        }
        err = assay_validity_of(validity, &row.record, &result);
        if (err != ASSAY_OK) {
            return err;
        }
        if (result.state == ASSAY_STANDS) {
            seq = row.record.payload.seq;
            *name = profile.name;
        }
    }
}

/* Looks under the root grant in force, then under the ones before it, then in
 * the founding record. */
static enum assay_err find_team_name(struct store_view *view,
                                     struct assay_validity *validity,
                                     const struct assay_id *team,
                                     struct assay_bytes *name)
{
    struct assay_profile profile;
    struct assay_bytes body;
    struct store_row row;
    struct assay_id grant;
    enum assay_err err = assay_validity_root(validity, team, &grant);

    for (size_t left = ASSAY_ROTATIONS_MAX; err == ASSAY_OK && left > 0;
         left--) {
        err = profile_name(view, validity, &grant, name);
        if (err != ASSAY_OK || name->data != NULL) {
            return err;
        }
        if (assay_id_equal(&grant, team)) {
            break;
        }
        err = store_view_by_id(view, &grant, &row);
        grant = row.record.payload.auth; /* It is a rotate record. */
    }
    if (err == ASSAY_OK) {
        err = body_of(view, team, &body);
    }
    if (err == ASSAY_OK && body.data != NULL &&
        assay_profile_read(body, &profile, NULL) == ASSAY_OK) {
        *name = profile.name;
    }
    return err;
}

struct assay_bytes store_team_name(struct store_view *view,
                                   const struct assay_id *team)
{
    struct assay_validity *validity = NULL;
    struct assay_bytes name = ASSAY_BYTES_NONE;

    if (store_view_validity(view, &validity) != ASSAY_OK ||
        find_team_name(view, validity, team, &name) != ASSAY_OK) {
        return ASSAY_BYTES_NONE;
    }
    return name;
}

/* A member's name and whether the log is forked. */
static enum assay_err find_speaker(struct store_view *view,
                                   const struct assay_authority *authority,
                                   struct speaker *speaker)
{
    struct store_log log;
    struct assay_bytes body;
    enum assay_err err = store_log_find(view, &authority->grant, &log);

    if (err == ASSAY_OK) {
        speaker->is_log_forked = log.head_count > 1;
    } else if (err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    if (authority->is_root) {
        return ASSAY_OK;
    }
    err = body_of(view, &authority->grant, &body);
    if (err == ASSAY_OK) {
        speaker->member_name = note_of(ASSAY_KIND_MEMBER, body);
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static void set_speaker(struct store_item *item, const struct speaker *speaker)
{
    item->team_name = speaker->team_name;
    item->member_name = speaker->member_name;
    item->is_log_forked = speaker->is_log_forked;
}

enum assay_err store_item_fill(struct store_view *view, struct store_row *row,
                               bool verify_signature,
                               struct store_item *item_out)
{
    struct assay_validity *validity = NULL;
    struct store_item item;
    enum assay_err err = store_view_validity(view, &validity);

    if (err == ASSAY_OK) {
        err = fill_state(view, validity, row, verify_signature, &item);
    }
    if (err == ASSAY_OK && item.validity.authority != NULL) {
        struct speaker speaker = {
            .team_name = store_team_name(view, &item.validity.authority->team),
        };

        err = find_speaker(view, item.validity.authority, &speaker);
        set_speaker(&item, &speaker);
    }
    if (err == ASSAY_OK) {
        *item_out = item;
    }
    return err;
}

enum assay_err store_item_memo_init(struct store_item_memo *memo,
                                    struct store_view *view,
                                    struct store_arena *arena)
{
    *memo = (struct store_item_memo){.view = view, .arena = arena};
    return store_view_validity(view, &memo->validity);
}

static enum assay_err recall_team(struct store_item_memo *memo,
                                  const struct assay_id *team,
                                  struct assay_bytes *name_out)
{
    struct assay_bytes *name = store_id_map_get(&memo->teams, team);
    enum assay_err err = ASSAY_OK;

    if (name == NULL) {
        name = store_arena_alloc(memo->arena, sizeof(*name));
        if (name == NULL) {
            return ASSAY_E_NOMEM;
        }
        err = find_team_name(memo->view, memo->validity, team, name);
        if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND &&
            err != ASSAY_E_AUTH) {
            return err;
        }
        store_id_map_put(&memo->teams, memo->arena, team, name);
    }
    *name_out = *name;
    return ASSAY_OK;
}

static enum assay_err recall_speaker(struct store_item_memo *memo,
                                     const struct assay_authority *authority,
                                     struct store_item *item)
{
    struct speaker *speaker =
        store_id_map_get(&memo->speakers, &authority->grant);
    enum assay_err err = ASSAY_OK;

    if (speaker == NULL) {
        speaker = store_arena_alloc(memo->arena, sizeof(*speaker));
        if (speaker == NULL) {
            return ASSAY_E_NOMEM;
        }
        err = recall_team(memo, &authority->team, &speaker->team_name);
        if (err == ASSAY_OK) {
            err = find_speaker(memo->view, authority, speaker);
        }
        if (err != ASSAY_OK) {
            return err;
        }
        store_id_map_put(&memo->speakers, memo->arena, &authority->grant,
                         speaker);
    }
    set_speaker(item, speaker);
    return ASSAY_OK;
}

enum assay_err store_item_fill_by(struct store_item_memo *memo,
                                  struct store_row *row, bool verify_signature,
                                  struct store_item *item_out)
{
    struct store_item item;
    enum assay_err err =
        fill_state(memo->view, memo->validity, row, verify_signature, &item);

    if (err == ASSAY_OK && item.validity.authority != NULL) {
        err = recall_speaker(memo, item.validity.authority, &item);
    }
    if (err == ASSAY_OK) {
        *item_out = item;
    }
    return err;
}
