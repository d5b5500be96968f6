/* SPDX-License-Identifier: Apache-2.0 */
#include "grants_internal.h"

#include <stdlib.h>

/* What ends a grant: the rotate after a root, a revocation of a member. */
struct ending {
    struct assay_id by;
    struct assay_cut cut; /* At the last good records that it names. */
};

struct assay_grant_entry {
    struct assay_id_entry entry; /* By authority.grant. */
    struct assay_authority authority;
    struct ending *endings; /* All that stand: a record stands only
                                     where every one lets it. */
    size_t ending_count;
    size_t ending_cap;
};

static void entry_free(struct assay_grant_entry *entry)
{
    if (entry == NULL) {
        return;
    }
    for (size_t i = 0; i < entry->ending_count; i++) {
        assay_cut_clear(&entry->endings[i].cut);
    }
    free(entry->endings);
    free(entry);
}

/* Adds what a standing revoke or rotate record says to the grant it ends. */
static enum assay_err add_ending(struct assay_grants *grants,
                                 struct assay_grant_entry *entry,
                                 const struct assay_id *by,
                                 const struct assay_grant *grant)
{
    struct ending *ending;
    enum assay_err err;

    if (entry->ending_count == entry->ending_cap) {
        size_t cap = entry->ending_cap * 2 + 1;
        struct ending *grown = realloc(entry->endings, cap * sizeof(*grown));

        if (grown == NULL) {
            return ASSAY_E_NOMEM;
        }
        entry->endings = grown;
        entry->ending_cap = cap;
    }
    ending = &entry->endings[entry->ending_count];
    ending->by = *by;
    err = assay_cut_init(&ending->cut, grants->view, &entry->authority.grant,
                         grant->last, grant->last_count);
    if (err != ASSAY_OK) {
        return err;
    }
    entry->ending_count++;
    entry->authority.is_ended = true;
    return ASSAY_OK;
}

/*
 * Whether every ending of a grant lets a record of its log stand. Of several
 * that do not, the one with the smallest id is named, so that the answer is
 * the same however the view orders them.
 */
static enum assay_err find_cut(struct assay_grant_entry *entry,
                               const struct assay_record *record,
                               struct assay_judgement *judgement_out)
{
    const struct assay_id *cut_by = NULL;

    for (size_t i = 0; i < entry->ending_count; i++) {
        struct ending *ending = &entry->endings[i];
        bool lets = false;
        enum assay_err err = assay_cut_lets(&ending->cut, record, &lets);

        if (err != ASSAY_OK) {
            return err;
        }
        /* RECORDS 8.4: "Of several such revoke records each MUST let it
         * stand." */
        if (!lets && (cut_by == NULL || memcmp(ending->by.hash, cut_by->hash,
                                               ASSAY_ID_SIZE) < 0)) {
            cut_by = &ending->by;
        }
    }
    *judgement_out = (struct assay_judgement){.state = ASSAY_STANDS};
    if (cut_by != NULL) {
        judgement_out->state = entry->authority.is_root ? ASSAY_CUT_BY_ROTATE
                                                        : ASSAY_CUT_BY_REVOKE;
        judgement_out->cut_by = *cut_by;
    }
    return ASSAY_OK;
}

/* Judges a record in the log of a grant that is not a root grant itself. */
static enum assay_err judge(struct assay_grant_entry *entry,
                            const struct assay_record *record,
                            struct assay_judgement *judgement_out)
{
    const struct assay_authority *authority = &entry->authority;

    /* RECORDS 8.4: "A kind of authority MUST count only in the log of a root
     * grant, and only where it stands." */
    if (!authority->is_root && assay_kind_is_authority(record->payload.kind)) {
        *judgement_out = (struct assay_judgement){.state = ASSAY_OUT_OF_PLACE};
        return ASSAY_OK;
    }
    /* RECORDS 8.3: "A root grant that is not reached so MUST NOT be in
     * force, nor what is said under it count." */
    if (authority->state != ASSAY_STANDS) {
        *judgement_out = (struct assay_judgement){
            .state = authority->state == ASSAY_ROOT_NOT_IN_FORCE
                         ? ASSAY_ROOT_NOT_IN_FORCE
                         : ASSAY_GRANT_FELL,
            .cut_by = authority->cut_by,
        };
        return ASSAY_OK;
    }
    return find_cut(entry, record, judgement_out);
}

static struct assay_grant_entry *recall(const struct assay_grants *grants,
                                        const struct assay_id *id)
{
    return (struct assay_grant_entry *)assay_id_table_find(grants->table, id);
}

/* Takes the entry, also when this fails. */
static enum assay_err remember(struct assay_grants *grants,
                               struct assay_grant_entry *entry)
{
    enum assay_err err;

    entry->entry.id = entry->authority.grant;
    err = assay_id_table_add(&grants->table, &entry->entry);
    if (err != ASSAY_OK) {
        entry_free(entry);
    }
    return err;
}

static void fill_root(struct assay_authority *authority,
                      const struct assay_record *record,
                      const struct assay_root_place *place)
{
    *authority = (struct assay_authority){
        .grant = record->id,
        .team = place->chain->first->entry.id,
        .root = record->id,
        .key = record->key,
        .role = ASSAY_ROLE_EDITOR,
        .is_root = true,
        .is_root_chair = true,
        .is_in_force = place->link != NULL,
        .has_root_fork = place->chain->has_fork,
        .state = place->link != NULL ? ASSAY_STANDS : ASSAY_ROOT_NOT_IN_FORCE,
    };
    if (place->winner != NULL) {
        authority->cut_by = place->winner->entry.id;
    }
}

/* Adds the cut that the rotate in force after a root grant makes. */
static enum assay_err add_rotation(struct assay_grants *grants,
                                   struct assay_grant_entry *entry,
                                   const struct assay_root_link *next)
{
    struct assay_record rotate;
    struct assay_grant grant;
    enum assay_err err =
        grants->view->load(grants->view->context, &next->entry.id, &rotate);

    if (err == ASSAY_E_NOT_FOUND) {
        return ASSAY_E_CORRUPT;
    }
    if (err != ASSAY_OK) {
        return err;
    }
    err = assay_roots_read_grant(&rotate, &grant);
    if (err != ASSAY_OK) {
        return err;
    }
    /* RECORDS 8.3: "A record of the log of a root grant that a rotate record
     * follows MUST fall, unless it is one of the last good records that this
     * rotate names or an ancestor of one." */
    return add_ending(grants, entry, &rotate.id, &grant);
}

static enum assay_err learn_root(struct assay_grants *grants,
                                 const struct assay_record *record,
                                 struct assay_grant_entry **entry_out)
{
    struct assay_root_place place;
    struct assay_grant_entry *entry;
    enum assay_err err = assay_roots_find(&grants->roots, record, &place);

    if (err != ASSAY_OK) {
        return err;
    }
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return ASSAY_E_NOMEM;
    }
    fill_root(&entry->authority, record, &place);
    if (place.link != NULL && place.link->next != NULL) {
        err = add_rotation(grants, entry, place.link->next);
        if (err != ASSAY_OK) {
            entry_free(entry);
            return err;
        }
    }
    err = remember(grants, entry);
    if (err == ASSAY_OK) {
        *entry_out = entry;
    }
    return err;
}

/* What is known of a root grant; ASSAY_E_NOT_FOUND where its path is not
 * held, ASSAY_E_AUTH where the id is not a root grant's. */
static enum assay_err find_root(struct assay_grants *grants,
                                const struct assay_id *id,
                                struct assay_grant_entry **entry_out)
{
    struct assay_record record;
    struct assay_grant_entry *entry = recall(grants, id);
    enum assay_err err;

    if (entry != NULL) {
        if (!entry->authority.is_root) {
            return ASSAY_E_AUTH;
        }
        *entry_out = entry;
        return ASSAY_OK;
    }
    err = grants->view->load(grants->view->context, id, &record);
    if (err != ASSAY_OK) {
        return err;
    }
    return learn_root(grants, &record, entry_out);
}

/*
 * Whether a revoke record that the view has named stands and ends a member's
 * grant: it must be in the log of a root grant of the same team.
 */
static enum assay_err does_revoke(struct assay_grants *grants,
                                  const struct assay_authority *member,
                                  const struct assay_record *revoke,
                                  const struct assay_grant *grant,
                                  bool *does_out)
{
    struct assay_grant_entry *root = NULL;
    struct assay_judgement judgement;
    enum assay_err err;

    *does_out = false;
    if (!assay_id_equal(&grant->target, &member->grant)) {
        return ASSAY_OK;
    }
    err = find_root(grants, &revoke->payload.auth, &root);
    if (err == ASSAY_E_NOT_FOUND || err == ASSAY_E_AUTH) {
        return ASSAY_OK;
    }
    if (err != ASSAY_OK) {
        return err;
    }
    if (!assay_id_equal(&root->authority.team, &member->team) ||
        !assay_key_equal(&root->authority.key, &revoke->key)) {
        return ASSAY_OK;
    }
    err = judge(root, revoke, &judgement);
    if (err == ASSAY_OK) {
        *does_out = judgement.state == ASSAY_STANDS;
    }
    return err;
}

/* Adds the cuts of all standing revocations of a member's grant. */
static enum assay_err add_revocations(struct assay_grants *grants,
                                      struct assay_grant_entry *entry)
{
    const struct assay_log_view *view = grants->view;
    uint64_t cursor = 0;

    for (;;) {
        struct assay_record revoke;
        struct assay_grant grant;
        bool does = false;
        enum assay_err err =
            view->next_naming(view->context, &entry->authority.grant,
                              ASSAY_KIND_REVOKE, &cursor, &revoke);

        if (err == ASSAY_E_NOT_FOUND) {
            return ASSAY_OK;
        }
        if (err == ASSAY_OK && revoke.payload.kind != ASSAY_KIND_REVOKE) {
            continue;
        }
        if (err == ASSAY_OK) {
            err = assay_roots_read_grant(&revoke, &grant);
        }
        if (err == ASSAY_OK) {
            err =
                does_revoke(grants, &entry->authority, &revoke, &grant, &does);
        }
        /* RECORDS 8.4: "A record of a member's log MUST fall where a
         * standing revoke record of the team names the grant, unless it is
         * one of the last good records that this revoke names or an ancestor
         * of one." */
        if (err == ASSAY_OK && does) {
            err = add_ending(grants, entry, &revoke.id, &grant);
        }
        if (err != ASSAY_OK) {
            return err;
        }
    }
}

/* Fills in what a member record, made under a root, grants. */
static enum assay_err fill_member(struct assay_grants *grants,
                                  struct assay_authority *authority,
                                  const struct assay_record *record,
                                  struct assay_grant_entry *root)
{
    const struct assay_chain *chain = NULL;
    struct assay_grant grant;
    struct assay_judgement judgement;
    enum assay_err err = assay_roots_read_grant(record, &grant);

    if (err == ASSAY_OK) {
        err = judge(root, record, &judgement);
    }
    if (err == ASSAY_OK) {
        err = assay_roots_chain(&grants->roots, &root->authority.team, &chain);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    /* RECORDS 8.4: "A member's grant MUST be in force only where its member
     * record stands." */
    *authority = (struct assay_authority){
        .grant = record->id,
        .team = root->authority.team,
        .root = root->authority.grant,
        .key = grant.key,
        .role = grant.role,
        .signoffs = grant.signoffs,
        .is_root_chair = assay_chain_has_key(chain, &grant.key),
        .is_in_force = judgement.state == ASSAY_STANDS,
        .has_root_fork = root->authority.has_root_fork,
        .state = judgement.state,
        .cut_by = judgement.cut_by,
    };
    return ASSAY_OK;
}

/* RECORDS 8.1: "A member record grants nothing unless its own auth is a found
 * or rotate record" */
static enum assay_err learn_member(struct assay_grants *grants,
                                   const struct assay_record *record,
                                   struct assay_grant_entry **entry_out)
{
    struct assay_grant_entry *root = NULL;
    struct assay_grant_entry *entry;
    enum assay_err err = find_root(grants, &record->payload.auth, &root);

    if (err != ASSAY_OK) {
        return err;
    }
    if (!assay_key_equal(&record->key, &root->authority.key)) {
        return ASSAY_E_AUTH;
    }
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = fill_member(grants, &entry->authority, record, root);
    if (err == ASSAY_OK) {
        err = add_revocations(grants, entry);
    }
    if (err != ASSAY_OK) {
        entry_free(entry);
        return err;
    }
    err = remember(grants, entry);
    if (err == ASSAY_OK) {
        *entry_out = entry;
    }
    return err;
}

void assay_grants_init(struct assay_grants *grants,
                       const struct assay_log_view *view)
{
    *grants = (struct assay_grants){.view = view};
    assay_roots_init(&grants->roots, view);
}

enum assay_err assay_grants_find(struct assay_grants *grants,
                                 const struct assay_id *id,
                                 struct assay_grant_entry **entry_out)
{
    struct assay_record record;
    struct assay_grant_entry *entry = recall(grants, id);
    enum assay_err err;

    if (entry != NULL) {
        *entry_out = entry;
        return ASSAY_OK;
    }
    err = grants->view->load(grants->view->context, id, &record);
    if (err != ASSAY_OK) {
        return err;
    }
    if (record.payload.kind == ASSAY_KIND_MEMBER) {
        return learn_member(grants, &record, entry_out);
    }
    return learn_root(grants, &record, entry_out);
}

const struct assay_authority *
assay_grants_authority(const struct assay_grant_entry *entry)
{
    return &entry->authority;
}

enum assay_err assay_grants_judge(struct assay_grant_entry *entry,
                                  const struct assay_record *record,
                                  struct assay_judgement *judgement_out)
{
    return judge(entry, record, judgement_out);
}

void assay_grants_clear(struct assay_grants *grants)
{
    struct assay_id_entry *entry = assay_id_table_pop(&grants->table);

    while (entry != NULL) {
        entry_free((struct assay_grant_entry *)entry);
        entry = assay_id_table_pop(&grants->table);
    }
    assay_roots_clear(&grants->roots);
    *grants = (struct assay_grants){0};
}
