/* SPDX-License-Identifier: Apache-2.0 */
#include "validity.h"

#include "grants_internal.h"

#include <stdlib.h>

struct assay_validity {
    struct assay_grants grants;
};

enum assay_err assay_validity_new(const struct assay_log_view *view,
                                  struct assay_validity **validity_out)
{
    struct assay_validity *validity = malloc(sizeof(*validity));

    if (validity == NULL) {
        return ASSAY_E_NOMEM;
    }
    assay_grants_init(&validity->grants, view);
    *validity_out = validity;
    return ASSAY_OK;
}

void assay_validity_free(struct assay_validity *validity)
{
    if (validity == NULL) {
        return;
    }
    assay_grants_clear(&validity->grants);
    free(validity);
}

enum assay_err
assay_validity_authority(struct assay_validity *validity,
                         const struct assay_id *grant,
                         const struct assay_authority **authority_out)
{
    struct assay_grant_entry *entry = NULL;
    enum assay_err err = assay_grants_find(&validity->grants, grant, &entry);

    if (err == ASSAY_E_NOT_FOUND) {
        *authority_out = NULL;
        return ASSAY_OK;
    }
    if (err == ASSAY_OK) {
        *authority_out = assay_grants_authority(entry);
    }
    return err;
}

/* Judges a record whose author has the key of the grant it names. */
static enum assay_err judge(struct assay_grant_entry *entry,
                            const struct assay_record *record,
                            struct assay_judgement *judgement_out)
{
    const struct assay_authority *authority = assay_grants_authority(entry);

    if (!assay_kind_is_root(record->payload.kind)) {
        return assay_grants_judge(entry, record, judgement_out);
    }
    *judgement_out = (struct assay_judgement){
        .state = authority->state,
        .cut_by = authority->cut_by,
    };
    return ASSAY_OK;
}

enum assay_err assay_validity_of(struct assay_validity *validity,
                                 const struct assay_record *record,
                                 struct assay_validity_result *result_out)
{
    const struct assay_id *log = assay_record_log(record);
    struct assay_grant_entry *entry = NULL;
    const struct assay_authority *authority = NULL;
    struct assay_judgement judgement = {.state = ASSAY_AUTHORITY_MISSING};
    enum assay_err err = assay_grants_find(&validity->grants, log, &entry);

    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND && err != ASSAY_E_AUTH) {
        return err;
    }
    if (err == ASSAY_OK) {
        authority = assay_grants_authority(entry);
        if (!assay_key_equal(&record->key, &authority->key)) {
            authority = NULL;
        }
    }
    if (authority != NULL) {
        err = judge(entry, record, &judgement);
        if (err != ASSAY_OK) {
            return err;
        }
    }
    *result_out = (struct assay_validity_result){
        .state = judgement.state,
        .cut_by = judgement.cut_by,
        .authority = authority,
    };
    return ASSAY_OK;
}

enum assay_err assay_validity_root(struct assay_validity *validity,
                                   const struct assay_id *team,
                                   struct assay_id *root_out)
{
    const struct assay_chain *chain = NULL;
    enum assay_err err =
        assay_roots_chain(&validity->grants.roots, team, &chain);

    if (err == ASSAY_OK) {
        *root_out = chain->last->entry.id;
    }
    return err;
}

bool assay_validity_may_retract(const struct assay_authority *by,
                                const struct assay_record *target,
                                const struct assay_authority *of)
{
    uint64_t kind = target->payload.kind;

    /* RECORDS 9.2: "Kinds of authority and retractions MUST NOT be
     * retracted." */
    if (assay_kind_is_authority(kind) || kind == ASSAY_KIND_RETRACT) {
        return false;
    }
    if (!assay_id_equal(&by->team, &of->team)) {
        return false;
    }
    /* RECORDS 9.2: "A retraction MUST count only where it stands and its
     * author is the person who wrote the record that it retracts, or an
     * editor of the same team." */
    return by->role == ASSAY_ROLE_EDITOR || assay_validity_same_person(by, of);
}

bool assay_validity_same_person(const struct assay_authority *a,
                                const struct assay_authority *b)
{
    if (!assay_id_equal(&a->team, &b->team)) {
        return false;
    }
    return assay_key_equal(&a->key, &b->key) ||
           (a->is_root_chair && b->is_root_chair);
}

const char *assay_validity_phrase(enum assay_validity_state state)
{
    switch (state) {
    case ASSAY_STANDS:
        return "stands";
    case ASSAY_CUT_BY_REVOKE:
        return "cut by revocation";
    case ASSAY_CUT_BY_ROTATE:
        return "cut by rotation of the root key";
    case ASSAY_GRANT_FELL:
        return "its author's membership fell";
    case ASSAY_ROOT_NOT_IN_FORCE:
        return "under a root key that is not in force";
    case ASSAY_OUT_OF_PLACE:
        return "only a root key may say this";
    case ASSAY_AUTHORITY_MISSING:
        return "its authority is not known here";
    }
    return "unknown";
}

const char *assay_validity_name(enum assay_validity_state state)
{
    switch (state) {
    case ASSAY_STANDS:
        return "stands";
    case ASSAY_CUT_BY_REVOKE:
        return "revoked";
    case ASSAY_CUT_BY_ROTATE:
        return "rotated";
    case ASSAY_GRANT_FELL:
        return "grant-fell";
    case ASSAY_ROOT_NOT_IN_FORCE:
        return "root-not-in-force";
    case ASSAY_OUT_OF_PLACE:
        return "out-of-place";
    case ASSAY_AUTHORITY_MISSING:
        return "authority-missing";
    }
    return "unknown";
}
