/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assay team rotate - puts the next root key in the place of the one before.
 *
 * The further key is made before the record that commits to it is written,
 * and files are renamed after it; whatever a crash leaves, no key is lost, and
 * the next rotation finds its key by the hash, not by the name.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/key.h"
#include "report.h"
#include "root_keys.h"
#include "store/log.h"
#include "team.h"

struct rotation {
    struct store_key_info *keys;
    size_t key_count;
    struct store_log root;      /* The root that ends. */
    struct store_key_info next; /* The key that it committed to. */
    size_t root_count;          /* Roots that could be meant. */
    size_t held_count;          /* Those whose next key is here. */
    char base[CLI_KEY_NAME_SIZE];
};

/* The key here that a root's grant committed to; NULL if it is not here. */
static const struct store_key_info *find_next(const struct rotation *rotation,
                                              const uint8_t *next_key_hash)
{
    for (size_t i = 0; i < rotation->key_count; i++) {
        uint8_t hash[ASSAY_HASH_SIZE];

        assay_hash(
            (struct assay_bytes){rotation->keys[i].key.bytes, ASSAY_KEY_SIZE},
            hash);
        if (memcmp(hash, next_key_hash, sizeof(hash)) == 0) {
            return &rotation->keys[i];
        }
    }
    return NULL;
}

static const struct store_key_info *find_key(const struct rotation *rotation,
                                             const struct assay_key *key)
{
    for (size_t i = 0; i < rotation->key_count; i++) {
        if (assay_key_equal(&rotation->keys[i].key, key)) {
            return &rotation->keys[i];
        }
    }
    return NULL;
}

/* Whether --as leaves this root in question: it may name the key that goes or
 * the one that comes. */
static bool is_named(const char *as, const struct store_key_info *old,
                     const struct store_key_info *next)
{
    return as == NULL || (old != NULL && strcmp(old->name, as) == 0) ||
           (next != NULL && strcmp(next->name, as) == 0);
}

static enum assay_err consider(struct rotation *rotation,
                               struct store_view *view, const char *as,
                               const struct store_log *log)
{
    struct assay_grant grant;
    struct store_row row;
    const struct store_key_info *old = find_key(rotation, &log->key);
    const struct store_key_info *next;
    enum assay_err err = store_view_by_id(view, &log->grant, &row);

    if (err == ASSAY_OK) {
        err = assay_grant_read(row.record.payload.kind,
                               row.record.payload.grant, &grant, NULL);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    next = find_next(rotation, grant.next_key_hash);
    if ((old == NULL && next == NULL) || !is_named(as, old, next)) {
        return ASSAY_OK;
    }
    rotation->root_count++;
    if (next != NULL) {
        rotation->held_count++;
        rotation->root = *log;
        rotation->next = *next;
    }
    return ASSAY_OK;
}

/* Looks at every root in force (of one team where team is not NULL). */
static enum assay_err search(struct rotation *rotation, struct store_view *view,
                             const char *as, const struct assay_id *team)
{
    struct assay_validity *validity = NULL;
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = store_view_validity(view, &validity);

    while (err == ASSAY_OK) {
        const struct assay_authority *authority = NULL;

        err = store_log_next(view, &after, &log);
        if (err != ASSAY_OK || !log.is_root ||
            (team != NULL && !assay_id_equal(team, &log.team))) {
            continue;
        }
        err = assay_validity_authority(validity, &log.grant, &authority);
        if (err == ASSAY_OK && authority != NULL && authority->is_in_force &&
            !authority->is_ended) {
            err = consider(rotation, view, as, &log);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum cli_exit judge(const struct rotation *rotation)
{
    if (rotation->held_count == 1) {
        return CLI_DONE;
    }
    if (rotation->held_count > 1) {
        cli_report("keys here may rotate several teams' roots. Choose one "
                   "with --team TEAM.");
        return CLI_USAGE;
    }
    if (rotation->root_count > 0) {
        cli_report("the key that may replace the team's root is not here: it "
                   "was committed to when the root was made, as "
                   "NAME.next-TEAM. Bring it back with: assay key import "
                   "FILE");
        return CLI_REFUSED;
    }
    cli_report("no key here is a team's root, nor may it replace one. See: "
               "assay key list, assay team list");
    return CLI_REFUSED;
}

static enum cli_exit find(struct cli_context *context, struct store_view *view,
                          struct rotation *rotation)
{
    struct store_key_info named;
    struct assay_id team;
    const char *as = NULL;
    enum cli_exit code = CLI_DONE;
    enum assay_err err;

    if (context->as_option != NULL) {
        code = cli_context_key(context, context->as_option, &named);
        as = named.name;
    }
    if (code == CLI_DONE && context->team_option != NULL) {
        code = cli_context_team(view, context->team_option, &team);
    }
    if (code != CLI_DONE) {
        return code;
    }
    err = store_keyring_list(context->ledger, &rotation->keys,
                             &rotation->key_count);
    if (err == ASSAY_OK) {
        err = search(rotation, view, as,
                     context->team_option == NULL ? NULL : &team);
    }
    if (err != ASSAY_OK) {
        return cli_report_err("the team's root", err, NULL);
    }
    code = judge(rotation);
    if (code == CLI_DONE) {
        cli_root_keys_base(rotation->next.name, rotation->base);
    }
    return code;
}

/* The last good records of the root that ends, where they are given. */
static enum cli_exit take_lasts(struct store_view *view,
                                const struct cli_args *args,
                                const struct store_log *root,
                                struct assay_grant *grant)
{
    size_t count = cli_args_count(args, "last");

    if (count > ASSAY_LAST_MAX) {
        return cli_report_err("--last", ASSAY_E_LIMIT, NULL);
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = cli_args_value_at(args, "last", i);
        struct store_row row;
        enum cli_exit code = cli_context_record(view, text, 0, &grant->last[i]);

        if (code != CLI_DONE) {
            return code;
        }
        enum assay_err err = store_view_by_id(view, &grant->last[i], &row);
        if (err != ASSAY_OK) {
            return cli_report_err(text, err, NULL);
        }
        if (!assay_id_equal(assay_record_log(&row.record), &root->grant)) {
            cli_report("%s was not signed by the root that ends.", text);
            return CLI_REFUSED;
        }
    }
    grant->last_count = count;
    return CLI_DONE;
}

/* Without --last all that the root has signed stands. */
static enum assay_err take_heads(struct store_batch *batch,
                                 const struct assay_id *root,
                                 struct assay_grant *grant)
{
    struct store_log log;
    enum assay_err err;

    if (grant->last_count > 0) {
        return ASSAY_OK;
    }
    err = store_log_find(store_batch_view(batch), root, &log);
    if (err == ASSAY_OK) {
        for (size_t i = 0; i < log.head_count; i++) {
            grant->last[i] = log.heads[i].id;
        }
        grant->last_count = log.head_count;
    }
    return err;
}

static enum cli_exit write_rotate(struct cli_context *context,
                                  const struct cli_signer *signer,
                                  struct assay_grant *grant, const char *note)
{
    struct store_draft draft = {.kind = ASSAY_KIND_ROTATE, .grant = grant};
    struct store_batch *batch = NULL;
    struct assay_id id;
    enum cli_exit code;
    enum assay_err err =
        store_batch_begin(context->ledger, context->now_s, &batch);

    if (err == ASSAY_OK) {
        err = take_heads(batch, &signer->grant, grant);
    }
    if (err != ASSAY_OK) {
        store_batch_abort(batch);
        return cli_report_err(store_ledger_dir(context->ledger), err, NULL);
    }
    code = cli_team_put_note(context, batch, signer, &draft, note, &id);
    if (code != CLI_DONE) {
        store_batch_abort(batch);
        return code;
    }
    err = store_batch_commit(batch);
    if (err != ASSAY_OK) {
        return cli_report_err(store_ledger_dir(context->ledger), err, NULL);
    }
    cli_team_print_id(ASSAY_KIND_ROTATE, &id);
    return CLI_DONE;
}

static enum cli_exit prepare(struct cli_context *context,
                             const struct cli_args *args,
                             struct rotation *rotation,
                             struct assay_grant *grant)
{
    struct store_view *view = NULL;
    enum cli_exit code = cli_context_open(context, STORE_WRITE);

    if (code == CLI_DONE) {
        code = cli_context_view(context, STORE_NOW, &view);
    }
    if (code == CLI_DONE) {
        code = find(context, view, rotation);
    }
    if (code == CLI_DONE) {
        code = take_lasts(view, args, &rotation->root, grant);
    }
    store_view_end(view);
    return code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct rotation rotation = {.keys = NULL};
    struct cli_signer signer = {.secret = NULL};
    struct assay_grant grant = {.last_count = 0};
    struct store_key_info after;
    const char *note = NULL;
    enum cli_exit code = cli_team_note(args, &note);

    if (code == CLI_DONE) {
        code = prepare(context, args, &rotation, &grant);
    }
    if (code == CLI_DONE) {
        code = cli_signer_key(context, rotation.next.name, &signer);
    }
    if (code == CLI_DONE) {
        code = cli_signer_unlock(context, &signer);
    }
    if (code == CLI_DONE) {
        code = cli_root_keys_make(context, rotation.base, &after);
    }
    if (code == CLI_DONE) {
        assay_hash((struct assay_bytes){after.key.bytes, ASSAY_KEY_SIZE},
                   grant.next_key_hash);
        signer.grant = rotation.root.grant;
        signer.team = rotation.root.team;
        code = write_rotate(context, &signer, &grant, note);
    }
    /* The record is durable by now: names are a convenience from here on. */
    if (code == CLI_DONE) {
        cli_root_keys_advance(context, rotation.base, &rotation.root.team,
                              rotation.next.name);
        cli_root_keys_keep(context, rotation.base, &rotation.root.team,
                           after.name);
    }
    cli_signer_clear(&signer);
    free(rotation.keys);
    return code;
}

static const struct cli_option options[] = {
    {"last", "RECORD",
     "a last good record of the old root (else all it signed stands)", false,
     true},
    {"note", "TEXT", "why, for everyone to read", false, false},
    {0},
};

const struct cli_command cli_cmd_team_rotate = {
    .name = "team",
    .sub = "rotate",
    .summary = "Replace your team's root key by the next one.",
    .arguments = "",
    .options = options,
    .details =
        "Signed by the key that the root committed to, NAME.next-TEAM, so "
        "a thief of the root key cannot do this; bring it here with "
        "\"assay key import\" first. It then takes the name of the old "
        "one, which is kept as NAME.old-1 (unless that speaks for "
        "another team), and a new next key is made. What the old key "
        "signed after a --last falls.",
    .example = "assay team rotate --note \"A laptop was stolen.\"",
    .run = run,
};
