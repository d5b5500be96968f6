/* SPDX-License-Identifier: Apache-2.0 */
#include "signer.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "protocol/check.h"
#include "report.h"
#include "store/chain.h"
#include "store/log.h"

/* One grant that could sign. */
struct choice {
    struct store_key_info key;
    struct assay_authority authority;
};

struct search {
    struct store_key_info *keys;
    size_t key_count;
    const struct assay_id *team; /* NULL: any. */
    const char *key_name;        /* NULL: any. */
    bool needs_root;
    struct choice best;
    size_t teams;  /* Different teams that could be meant. */
    size_t people; /* Different keys that could be. */
};

/* A root's grant says all that a member's of the same key could. */
static void consider(struct search *search, const struct store_key_info *key,
                     const struct assay_authority *authority)
{
    bool is_same_key = assay_key_equal(&search->best.key.key, &key->key);
    bool is_same_team =
        assay_id_equal(&search->best.authority.team, &authority->team);

    if (search->people > 0 && is_same_key && is_same_team) {
        if (!authority->is_root) {
            return;
        }
    } else {
        search->people += is_same_key ? 0U : 1U;
        search->teams += search->teams > 0 && is_same_team ? 0U : 1U;
    }
    search->best.key = *key;
    search->best.authority = *authority;
}

/* Looks at every grant to one key that may be meant. */
static enum assay_err search_key(struct store_view *view,
                                 const struct store_key_info *key,
                                 struct search *search)
{
    const struct store_log_query query = {search->team, &key->key};
    struct assay_validity *validity = NULL;
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = store_view_validity(view, &validity);

    while (err == ASSAY_OK) {
        const struct assay_authority *authority = NULL;

        err = store_log_next_of(view, &query, &after, &log);
        if (err != ASSAY_OK || (search->needs_root && !log.is_root)) {
            continue;
        }
        err = assay_validity_authority(validity, &log.grant, &authority);
        if (err == ASSAY_OK && authority != NULL && authority->is_in_force &&
            !authority->is_ended) {
            consider(search, key, authority);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum assay_err search_keys(struct store_view *view,
                                  struct search *search)
{
    enum assay_err err = ASSAY_OK;

    for (size_t i = 0; i < search->key_count && err == ASSAY_OK; i++) {
        const struct store_key_info *key = &search->keys[i];

        if (search->key_name == NULL ||
            strcmp(key->name, search->key_name) == 0) {
            err = search_key(view, key, search);
        }
    }
    return err;
}

static enum cli_exit judge(const struct search *search, const char *team)
{
    if (search->people == 0) {
        cli_report("no key here may %s%s%s. See: assay key list, assay team "
                   "list",
                   search->needs_root ? "act as the root" : "speak",
                   team == NULL ? " for a team" : " for ",
                   team == NULL ? "" : team);
        return CLI_REFUSED;
    }
    if (search->teams > 1) {
        cli_report("keys here may speak for several teams. Choose one with "
                   "--team TEAM.");
        return CLI_USAGE;
    }
    if (search->people > 1) {
        cli_report("several keys here may speak for this team. Choose one "
                   "with --as KEY.");
        return CLI_USAGE;
    }
    return CLI_DONE;
}

/* A key file that cannot be used is named, where no other key may speak. */
static enum cli_exit name_unusable(struct cli_context *context,
                                   const struct search *search)
{
    static const struct assay_key none;

    for (size_t i = 0; i < search->key_count; i++) {
        const struct store_key_info *key = &search->keys[i];
        struct store_key_info info;
        enum assay_err err;

        if (!assay_key_equal(&key->key, &none)) {
            continue;
        }
        err = store_keyring_find(context->ledger, key->name, &info);
        if (err != ASSAY_OK) {
            cli_report("the key file %s/keys/%s.key cannot be used: %s. It "
                       "must be yours, with mode 600.",
                       store_ledger_dir(context->ledger), key->name,
                       assay_err_phrase(err));
            return CLI_ENVIRONMENT;
        }
    }
    return CLI_DONE;
}

static enum cli_exit find(struct cli_context *context, const char *team,
                          const char *key, struct search *search)
{
    struct store_view *view = NULL;
    struct store_key_info named;
    struct assay_id team_id;
    enum cli_exit code = CLI_DONE;

    if (key != NULL) {
        code = cli_context_key(context, key, &named);
        search->key_name = named.name;
    }
    if (code == CLI_DONE) {
        code = cli_context_view(context, STORE_NOW, &view);
    }
    if (code == CLI_DONE && team != NULL) {
        code = cli_context_team(view, team, &team_id);
        search->team = &team_id;
    }
    if (code == CLI_DONE) {
        enum assay_err err = store_keyring_list(context->ledger, &search->keys,
                                                &search->key_count);

        err = err == ASSAY_OK ? search_keys(view, search) : err;
        code = err == ASSAY_OK ? CLI_DONE
                               : cli_context_keys_err(context, NULL, err);
        if (code == CLI_DONE && search->people == 0) {
            code = name_unusable(context, search);
        }
        code = code == CLI_DONE ? judge(search, team) : code;
    }
    store_view_end(view);
    free(search->keys);
    search->keys = NULL;
    search->key_name = NULL;
    search->team = NULL;
    return code;
}

static enum cli_exit choose(struct cli_context *context, const char *team,
                            const char *key, bool needs_root,
                            struct cli_signer *signer_out)
{
    struct search search = {.needs_root = needs_root};
    enum cli_exit code = cli_context_open(context, STORE_WRITE);

    if (code == CLI_DONE) {
        code = find(context, team, key, &search);
    }
    if (code == CLI_DONE) {
        *signer_out = (struct cli_signer){
            .key = search.best.key,
            .grant = search.best.authority.grant,
            .team = search.best.authority.team,
            .role = search.best.authority.role,
            .is_root = search.best.authority.is_root,
        };
    }
    return code;
}

enum cli_exit cli_signer_choose(struct cli_context *context, bool needs_root,
                                struct cli_signer *signer_out)
{
    return choose(context, context->team_option, context->as_option, needs_root,
                  signer_out);
}

enum cli_exit cli_signer_choose_for(struct cli_context *context,
                                    const char *team, const char *key,
                                    struct cli_signer *signer_out)
{
    return choose(context, team != NULL ? team : context->team_option,
                  key != NULL ? key : context->as_option, false, signer_out);
}

enum cli_exit cli_signer_key(struct cli_context *context, const char *name,
                             struct cli_signer *signer_out)
{
    struct store_key_info info;
    enum cli_exit code = cli_context_open(context, STORE_WRITE);

    if (code == CLI_DONE) {
        code = cli_context_one_key(context, name, &info);
    }
    if (code == CLI_DONE) {
        *signer_out = (struct cli_signer){.key = info};
    }
    return code;
}

enum cli_exit cli_signer_unlock(struct cli_context *context,
                                struct cli_signer *signer)
{
    char prompt[STORE_KEY_NAME_MAX + 32];
    char *passphrase = NULL;
    size_t len = 0;
    enum assay_err err;

    if (signer->secret != NULL) {
        return CLI_DONE;
    }
    if (signer->key.is_encrypted) {
        (void)snprintf(prompt, sizeof(prompt), "Passphrase of the key %s",
                       signer->key.name);
        enum cli_exit code = cli_input_passphrase(prompt, CLI_PASSPHRASE_HELD,
                                                  &passphrase, &len);
        if (code != CLI_DONE) {
            return code;
        }
    }
    err = store_keyring_unlock(
        context->ledger, signer->key.name,
        (struct assay_bytes){(const uint8_t *)passphrase, len},
        &signer->secret);
    sodium_free(passphrase);
    return err == ASSAY_OK ? CLI_DONE
                           : cli_report_err(signer->key.name, err, NULL);
}

void cli_signer_clear(struct cli_signer *signer)
{
    store_secret_free(signer->secret);
    signer->secret = NULL;
}

void cli_signer_salt(uint8_t salt_out[ASSAY_SALT_SIZE])
{
    randombytes_buf(salt_out, ASSAY_SALT_SIZE);
}

enum cli_exit cli_signer_put(struct cli_context *context,
                             struct store_batch *batch,
                             const struct cli_signer *signer,
                             struct store_draft *draft, struct assay_id *id_out)
{
    struct assay_fault fault = {0, NULL};

    ASSAY_CHECK(signer->secret != NULL);
    draft->grant_id = signer->grant;
    draft->time_s = context->now_s;
    enum assay_err err =
        store_author_write(batch, draft, signer->secret->bytes, id_out, &fault);
    return err == ASSAY_OK
               ? CLI_DONE
               : cli_report_err(assay_kind_name((uint64_t)draft->kind), err,
                                &fault);
}

enum cli_exit cli_signer_write(struct cli_context *context,
                               const struct cli_signer *signer,
                               struct store_draft *draft,
                               struct assay_id *id_out)
{
    struct store_batch *batch = NULL;
    char text[ASSAY_ID_TEXT_MAX];
    struct assay_id id;
    enum assay_err err =
        store_batch_begin(context->ledger, context->now_s, &batch);

    if (err != ASSAY_OK) {
        return cli_report_err(store_ledger_dir(context->ledger), err, NULL);
    }
    enum cli_exit code = cli_signer_put(context, batch, signer, draft, &id);
    if (code != CLI_DONE) {
        store_batch_abort(batch);
        return code;
    }
    err = store_batch_commit(batch);
    if (err != ASSAY_OK) {
        return cli_report_err(store_ledger_dir(context->ledger), err, NULL);
    }
    assay_id_format(assay_id_type_of_kind((uint64_t)draft->kind), id.hash,
                    text);
    (void)printf("%s\n", text);
    if (id_out != NULL) {
        *id_out = id;
    }
    return fflush(stdout) == 0 ? CLI_DONE : CLI_ENVIRONMENT;
}
