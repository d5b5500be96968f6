/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "store/log.h"
#include "team.h"

/* A key has a grant for each role it was ever given; more is no team's life. */
#define ENDINGS_MAX 64

/* One grant that ends, and where. */
struct ending {
    struct store_log log;
    struct assay_grant grant;
};

struct endings {
    struct ending *items;
    size_t count;
};

/* What is to end: a member record, or every grant of a key. */
struct target {
    bool is_record;
    struct assay_id record;
    struct assay_key key;
};

/* A key that is no longer held is known from the grants themselves. */
static enum cli_exit take_target(struct cli_context *context,
                                 struct store_view *view, const char *text,
                                 struct target *target)
{
    struct assay_id_prefix prefix;
    struct store_key_info info;
    enum cli_exit code = CLI_DONE;
    bool is_id =
        assay_id_parse(assay_bytes_of(text), &prefix, NULL) == ASSAY_OK;

    target->is_record = false;
    if (is_id && prefix.type != ASSAY_ID_KEY) {
        target->is_record = true;
        code = cli_context_record(view, text, 0, &target->record);
    } else if (is_id && prefix.bit_count == 8 * ASSAY_KEY_SIZE) {
        memcpy(target->key.bytes, prefix.bytes, ASSAY_KEY_SIZE);
    } else {
        code = cli_context_key(context, text, &info);
        target->key = info.key;
    }
    return code;
}

static bool is_meant(const struct target *target, const struct store_log *log)
{
    return target->is_record ? assay_id_equal(&log->grant, &target->record)
                             : assay_key_equal(&log->key, &target->key);
}

static enum assay_err add_ending(struct endings *endings,
                                 const struct store_log *log)
{
    struct ending *grown;

    if (endings->count == ENDINGS_MAX) {
        return ASSAY_E_LIMIT;
    }
    grown =
        realloc(endings->items, (endings->count + 1) * sizeof(*endings->items));
    if (grown == NULL) {
        return ASSAY_E_NOMEM;
    }
    endings->items = grown;
    grown[endings->count++] =
        (struct ending){.log = *log, .grant = {.target = log->grant}};
    return ASSAY_OK;
}

/* Collects the members' grants that are meant and stand; a root's is only
 * counted, as it ends otherwise. */
static enum assay_err collect(struct store_view *view,
                              const struct target *target,
                              const struct assay_id *team,
                              struct endings *endings, size_t *root_count)
{
    const struct store_log_query query = {.team = team};
    struct assay_validity *validity = NULL;
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = store_view_validity(view, &validity);

    while (err == ASSAY_OK) {
        const struct assay_authority *authority = NULL;

        err = store_log_next_of(view, &query, &after, &log);
        if (err != ASSAY_OK || !is_meant(target, &log)) {
            continue;
        }
        err = assay_validity_authority(validity, &log.grant, &authority);
        if (err != ASSAY_OK || authority == NULL || !authority->is_in_force ||
            authority->is_ended) {
            continue;
        }
        if (log.is_root) {
            ++*root_count;
        } else {
            err = add_ending(endings, &log);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum cli_exit find_endings(struct store_view *view,
                                  const struct target *target,
                                  const struct assay_id *team, const char *text,
                                  struct endings *endings)
{
    size_t root_count = 0;
    enum assay_err err = collect(view, target, team, endings, &root_count);

    if (err != ASSAY_OK) {
        return cli_report_err(text, err, NULL);
    }
    if (endings->count == 0 && root_count > 0) {
        cli_report("%s is the team's root: it is replaced, not revoked. Run: "
                   "assay team rotate",
                   text);
        return CLI_REFUSED;
    }
    if (endings->count == 0) {
        cli_report("%s has no grant in this team that could end. See: assay "
                   "team show TEAM",
                   text);
        return CLI_NO;
    }
    return CLI_DONE;
}

static struct ending *ending_of(struct endings *endings,
                                const struct assay_id *grant)
{
    for (size_t i = 0; i < endings->count; i++) {
        if (assay_id_equal(&endings->items[i].log.grant, grant)) {
            return &endings->items[i];
        }
    }
    return NULL;
}

/* A last good record names the log that it is in. */
static enum cli_exit take_last(struct store_view *view, const char *text,
                               struct endings *endings)
{
    struct store_row row;
    struct assay_id id;
    struct ending *ending;
    enum assay_err err;
    enum cli_exit code = cli_context_record(view, text, 0, &id);

    if (code != CLI_DONE) {
        return code;
    }
    err = store_view_by_id(view, &id, &row);
    if (err != ASSAY_OK) {
        return cli_report_err(text, err, NULL);
    }
    ending = ending_of(endings, assay_record_log(&row.record));
    if (ending == NULL) {
        cli_report("%s was not signed under a grant that ends here.", text);
        return CLI_REFUSED;
    }
    if (ending->grant.last_count == ASSAY_LAST_MAX) {
        return cli_report_err("--last", ASSAY_E_LIMIT, NULL);
    }
    ending->grant.last[ending->grant.last_count++] = id;
    return CLI_DONE;
}

/* Names what a log ends with now, to choose from. */
static void advise(const struct store_log *log)
{
    char text[ASSAY_ID_TEXT_MAX];

    assay_id_format(ASSAY_ID_KEY, log->key.bytes, text);
    cli_report("the last good record of the %s's log is needed, since "
               "everything after it falls. What the key signed is listed by: "
               "assay log %s\nTo let all of it stand, give:",
               assay_role_name(log->role), text);
    for (size_t i = 0; i < log->head_count; i++) {
        assay_id_format(ASSAY_ID_RECORD, log->heads[i].id.hash, text);
        cli_note("  --last %s", text);
    }
    cli_note("To let nothing stand: --nothing-good");
}

static enum cli_exit take_lasts(struct store_view *view,
                                const struct cli_args *args,
                                struct endings *endings)
{
    size_t count = cli_args_count(args, "last");
    enum cli_exit code = CLI_DONE;

    for (size_t i = 0; code == CLI_DONE && i < count; i++) {
        code = take_last(view, cli_args_value_at(args, "last", i), endings);
    }
    if (code != CLI_DONE || cli_args_has(args, "nothing-good")) {
        return code;
    }
    for (size_t i = 0; i < endings->count; i++) {
        const struct ending *ending = &endings->items[i];

        if (ending->grant.last_count == 0 && ending->log.head_count > 0) {
            advise(&ending->log);
            code = CLI_USAGE;
        }
    }
    return code;
}

/* All endings in one batch: a stolen key loses every grant at once. */
static enum cli_exit write_all(struct cli_context *context,
                               const struct cli_signer *signer,
                               struct endings *endings, const char *note)
{
    struct store_batch *batch = NULL;
    struct assay_id ids[ENDINGS_MAX];
    enum cli_exit code = CLI_DONE;
    enum assay_err err =
        store_batch_begin(context->ledger, context->now_s, &batch);

    if (err != ASSAY_OK) {
        return cli_report_err(store_ledger_dir(context->ledger), err, NULL);
    }
    for (size_t i = 0; code == CLI_DONE && i < endings->count; i++) {
        struct store_draft draft = {.kind = ASSAY_KIND_REVOKE,
                                    .grant = &endings->items[i].grant};

        code = cli_team_put_note(context, batch, signer, &draft, note, &ids[i]);
    }
    if (code != CLI_DONE) {
        store_batch_abort(batch);
        return code;
    }
    err = store_batch_commit(batch);
    if (err != ASSAY_OK) {
        return cli_report_err(store_ledger_dir(context->ledger), err, NULL);
    }
    for (size_t i = 0; i < endings->count; i++) {
        cli_team_print_id(ASSAY_KIND_REVOKE, &ids[i]);
    }
    return CLI_DONE;
}

static enum cli_exit find(struct cli_context *context,
                          const struct cli_args *args,
                          const struct assay_id *team, struct endings *endings)
{
    const char *text = cli_args_positional(args, 0);
    struct store_view *view = NULL;
    struct target target;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);

    if (code == CLI_DONE) {
        code = take_target(context, view, text, &target);
    }
    if (code == CLI_DONE) {
        code = find_endings(view, &target, team, text, endings);
    }
    if (code == CLI_DONE) {
        code = take_lasts(view, args, endings);
    }
    store_view_end(view);
    return code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct cli_signer signer = {.secret = NULL};
    struct endings endings = {NULL, 0};
    const char *note = NULL;
    enum cli_exit code = cli_team_note(args, &note);

    if (code == CLI_DONE) {
        code = cli_signer_choose(context, true, &signer);
    }
    if (code == CLI_DONE) {
        code = find(context, args, &signer.team, &endings);
    }
    if (code == CLI_DONE) {
        code = cli_signer_unlock(context, &signer);
    }
    if (code == CLI_DONE) {
        code = write_all(context, &signer, &endings, note);
    }
    free(endings.items);
    cli_signer_clear(&signer);
    return code;
}

static const struct cli_option options[] = {
    {"last", "RECORD", "a last good record of the key (repeatable)", false,
     true},
    {"nothing-good", NULL, "let nothing stand where no --last is given", false,
     false},
    {"note", "TEXT", "why, for everyone to read", false, false},
    {0},
};

const struct cli_command cli_cmd_team_revoke = {
    .name = "team",
    .sub = "revoke",
    .summary = "End what a key may say for your team.",
    .arguments = "KEY",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "Every grant of the key in the team ends; a member record's id "
               "ends that grant alone. The last good records and what came "
               "before them stand; all else that the key signed falls, "
               "whatever time it states. Cannot be undone.",
    .example = "assay team revoke ben --last verdict1qxyz9k2m",
    .run = run,
};
