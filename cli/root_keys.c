/* SPDX-License-Identifier: Apache-2.0 */
#include "root_keys.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "input.h"
#include "report.h"
#include "store/log.h"

/* Names with a number: a rotation each. */
#define NUMBER_MAX 1000

/* Characters of a team's id in a name, and of the longest ending. */
#define TEAM_CHARS 8
#define ENDING_LEN (sizeof(".next-") - 1 + TEAM_CHARS)

/* NAME, an ending and what comes behind it; ASSAY_E_LIMIT where it is too long
 * for a key's name. */
static enum assay_err join(const char *base, const char *ending,
                           const char *behind, char out[CLI_KEY_NAME_SIZE])
{
    char name[2 * CLI_KEY_NAME_SIZE];
    int len = snprintf(name, sizeof(name), "%s%s%s", base, ending, behind);

    if (len < 0 || len >= CLI_KEY_NAME_SIZE) {
        return ASSAY_E_LIMIT;
    }
    memcpy(out, name, (size_t)len + 1);
    return ASSAY_OK;
}

static enum assay_err join_team(const char *base, const char *ending,
                                const struct assay_id *team,
                                char out[CLI_KEY_NAME_SIZE])
{
    char text[ASSAY_ID_TEXT_MAX];
    char *data = text + strlen(assay_id_type_name(ASSAY_ID_TEAM)) + 1;

    assay_id_format(ASSAY_ID_TEAM, team->hash, text);
    data[TEAM_CHARS] = '\0';
    return join(base, ending, data, out);
}

static enum assay_err find_free(struct store_ledger *ledger, const char *base,
                                const char *ending, char out[CLI_KEY_NAME_SIZE])
{
    struct store_key_info info;
    char number[16];

    for (unsigned i = 1; i <= NUMBER_MAX; i++) {
        enum assay_err err;

        (void)snprintf(number, sizeof(number), "%u", i);
        err = join(base, ending, number, out);
        if (err == ASSAY_OK) {
            err = store_keyring_find(ledger, out, &info);
        }
        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
    }
    return ASSAY_E_LIMIT;
}

/* Cuts an ending and what is behind it off a name: digits, or the characters
 * of a team's id. False where the name does not end so. */
static bool cut(char *name, const char *ending, const char *allowed,
                size_t least, size_t most)
{
    size_t len = strlen(name);
    size_t behind = 0;
    size_t ending_len = strlen(ending);

    while (behind < len && behind < most &&
           strchr(allowed, name[len - behind - 1]) != NULL) {
        behind++;
    }
    if (behind < least || len - behind <= ending_len ||
        strncmp(name + len - behind - ending_len, ending, ending_len) != 0) {
        return false;
    }
    name[len - behind - ending_len] = '\0';
    return true;
}

void cli_root_keys_base(const char *name, char base_out[CLI_KEY_NAME_SIZE])
{
    static const char digits[] = "0123456789";
    static const char bech32[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    memcpy(base_out, name, strlen(name) + 1);
    if (!cut(base_out, ".after-", digits, 1, sizeof("1000") - 1) &&
        !cut(base_out, ".next-", bech32, TEAM_CHARS, TEAM_CHARS)) {
        (void)cut(base_out, ".next", "", 0, 0);
    }
}

static enum cli_exit make(struct cli_context *context, const char *name,
                          struct store_key_info *info_out)
{
    char *passphrase = NULL;
    size_t len = 0;
    enum cli_exit code;
    enum assay_err err;

    code = cli_input_passphrase(
        "Passphrase for the key that will replace it (may be empty)",
        CLI_PASSPHRASE_NEW, &passphrase, &len);
    if (code != CLI_DONE) {
        return code;
    }
    err = store_keyring_new(
        context->ledger, name,
        (struct assay_bytes){(const uint8_t *)passphrase, len}, context->now_s,
        info_out);
    sodium_free(passphrase);
    return err == ASSAY_OK ? CLI_DONE
                           : cli_context_keys_err(context, name, err);
}

enum cli_exit cli_root_keys_make(struct cli_context *context, const char *base,
                                 struct store_key_info *info_out)
{
    char name[CLI_KEY_NAME_SIZE];
    enum assay_err err;

    if (strlen(base) + ENDING_LEN > STORE_KEY_NAME_MAX) {
        cli_report("the key that will replace %s is called as it is and %zu "
                   "characters more: choose a shorter name.",
                   base, ENDING_LEN);
        return CLI_REFUSED;
    }
    err = find_free(context->ledger, base, ".after-", name);
    return err == ASSAY_OK ? make(context, name, info_out)
                           : cli_report_err(base, err, NULL);
}

/* Renames a key; what has the name already becomes BASE.old-1 and so on. */
static enum assay_err give_name(struct store_ledger *ledger, const char *from,
                                const char *to, const char *base)
{
    char old[CLI_KEY_NAME_SIZE];
    struct store_key_info info;
    enum assay_err err;

    if (strcmp(from, to) == 0) {
        return ASSAY_OK;
    }
    err = store_keyring_find(ledger, to, &info);
    if (err == ASSAY_OK) {
        err = find_free(ledger, base, ".old-", old);
        if (err == ASSAY_OK) {
            err = store_keyring_rename(ledger, to, old);
        }
    } else if (err == ASSAY_E_NOT_FOUND) {
        err = ASSAY_OK;
    }
    return err == ASSAY_OK ? store_keyring_rename(ledger, from, to) : err;
}

void cli_root_keys_keep(struct cli_context *context, const char *base,
                        const struct assay_id *team, const char *after)
{
    char name[CLI_KEY_NAME_SIZE];
    enum assay_err err = join_team(base, ".next-", team, name);

    if (err == ASSAY_OK) {
        err = give_name(context->ledger, after, name, base);
    }
    if (err != ASSAY_OK) {
        (void)cli_report_err("a key file cannot be renamed", err, NULL);
        memcpy(name, after, strlen(after) + 1);
    }
    cli_note("%s is the key that will replace the team's root if that is lost "
             "or stolen. Keep it elsewhere:\n  assay key export %s -o FILE, "
             "then remove %s/keys/%s.key",
             name, name, store_ledger_dir(context->ledger), name);
}

/* Whether a key may speak for any team. */
static enum assay_err may_speak(struct store_view *view,
                                const struct assay_key *key, bool *may_out)
{
    const struct store_log_query query = {.key = key};
    struct assay_validity *validity = NULL;
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = store_view_validity(view, &validity);

    *may_out = false;
    while (err == ASSAY_OK && !*may_out) {
        const struct assay_authority *authority = NULL;

        err = store_log_next_of(view, &query, &after, &log);
        if (err == ASSAY_OK) {
            err = assay_validity_authority(validity, &log.grant, &authority);
        }
        *may_out = err == ASSAY_OK && authority != NULL &&
                   authority->is_in_force && !authority->is_ended;
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Whether there is a key of that name that is needed under it. */
static enum assay_err is_used(struct store_ledger *ledger, const char *name,
                              bool *is_used_out)
{
    struct store_key_info info;
    struct store_view *view = NULL;
    enum assay_err err = store_keyring_find(ledger, name, &info);

    if (err != ASSAY_OK) {
        *is_used_out = false;
        return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
    }
    err = store_view_begin(ledger, STORE_NOW, &view);
    if (err == ASSAY_OK) {
        err = may_speak(view, &info.key, is_used_out);
    }
    store_view_end(view);
    return err;
}

void cli_root_keys_advance(struct cli_context *context, const char *base,
                           const struct assay_id *team, const char *next)
{
    char name[CLI_KEY_NAME_SIZE];
    bool used = false;
    enum assay_err err = ASSAY_OK;

    /* It may have that name already, where two teams shared their next key. */
    if (strcmp(base, next) != 0) {
        err = is_used(context->ledger, base, &used);
    }
    if (err == ASSAY_OK) {
        err =
            used ? join_team(base, "-", team, name) : join(base, "", "", name);
    }
    if (err == ASSAY_OK) {
        err = give_name(context->ledger, next, name, base);
    }
    if (err != ASSAY_OK) {
        (void)cli_report_err("the rotation is done, but a key file cannot be "
                             "renamed",
                             err, NULL);
        memcpy(name, next, strlen(next) + 1);
    }
    cli_note("%s signs as the root now.", name);
}
