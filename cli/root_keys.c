/* SPDX-License-Identifier: Apache-2.0 */
#include "root_keys.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "input.h"
#include "report.h"

/* Names with a number: a rotation each. */
#define NUMBER_MAX 1000

/* NAME, an ending and perhaps a number; ASSAY_E_LIMIT where it is too long
 * for a key's name. */
static enum assay_err join(const char *base, const char *ending,
                           unsigned number, char out[CLI_KEY_NAME_SIZE])
{
    char name[2 * CLI_KEY_NAME_SIZE];
    int len = number == 0 ? snprintf(name, sizeof(name), "%s%s", base, ending)
                          : snprintf(name, sizeof(name), "%s%s%u", base, ending,
                                     number);

    if (len < 0 || len >= CLI_KEY_NAME_SIZE) {
        return ASSAY_E_LIMIT;
    }
    memcpy(out, name, (size_t)len + 1);
    return ASSAY_OK;
}

static enum assay_err find_free(struct store_ledger *ledger, const char *base,
                                const char *ending, char out[CLI_KEY_NAME_SIZE])
{
    struct store_key_info info;

    for (unsigned i = 1; i <= NUMBER_MAX; i++) {
        enum assay_err err = join(base, ending, i, out);

        if (err == ASSAY_OK) {
            err = store_keyring_find(ledger, out, &info);
        }
        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
    }
    return ASSAY_E_LIMIT;
}

void cli_root_keys_base(const char *name, char base_out[CLI_KEY_NAME_SIZE])
{
    static const char after[] = ".after-";
    static const char next[] = ".next";
    size_t len = strlen(name);
    size_t digits = len;

    memcpy(base_out, name, len + 1);
    while (digits > 0 && strchr("0123456789", name[digits - 1]) != NULL) {
        digits--;
    }
    if (digits < len && digits >= sizeof(after) &&
        strncmp(name + digits - strlen(after), after, strlen(after)) == 0) {
        base_out[digits - strlen(after)] = '\0';
    } else if (len >= sizeof(next) &&
               strcmp(name + len - strlen(next), next) == 0) {
        base_out[len - strlen(next)] = '\0';
    }
}

static enum cli_exit make(struct cli_context *context, const char *name,
                          struct store_key_info *info_out)
{
    char prompt[STORE_KEY_NAME_MAX + 64];
    char *passphrase = NULL;
    size_t len = 0;
    enum cli_exit code;
    enum assay_err err;

    (void)snprintf(prompt, sizeof(prompt),
                   "Passphrase for the next key, %s (may be empty)", name);
    code = cli_input_passphrase(prompt, true, &passphrase, &len);
    if (code != CLI_DONE) {
        return code;
    }
    err = store_keyring_new(
        context->ledger, name,
        (struct assay_bytes){(const uint8_t *)passphrase, len}, context->now_s,
        info_out);
    sodium_free(passphrase);
    return err == ASSAY_OK ? CLI_DONE : cli_report_err(name, err, NULL);
}

enum cli_exit cli_root_keys_next(struct cli_context *context, const char *base,
                                 struct store_key_info *info_out)
{
    char name[CLI_KEY_NAME_SIZE];
    enum assay_err err = join(base, ".next", 0, name);

    if (err == ASSAY_OK) {
        err = store_keyring_find(context->ledger, name, info_out);
    }
    if (err == ASSAY_E_NOT_FOUND) {
        return make(context, name, info_out);
    }
    return err == ASSAY_OK ? CLI_DONE : cli_report_err(base, err, NULL);
}

enum cli_exit cli_root_keys_after(struct cli_context *context, const char *base,
                                  struct store_key_info *info_out)
{
    char name[CLI_KEY_NAME_SIZE];
    enum assay_err err = find_free(context->ledger, base, ".after-", name);

    return err == ASSAY_OK ? make(context, name, info_out)
                           : cli_report_err(base, err, NULL);
}

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

enum assay_err cli_root_keys_advance(struct store_ledger *ledger,
                                     const char *base, const char *next,
                                     const char *after)
{
    char name[CLI_KEY_NAME_SIZE];
    enum assay_err err = join(base, ".next", 0, name);

    if (err == ASSAY_OK) {
        err = give_name(ledger, next, base, base);
    }
    return err == ASSAY_OK ? give_name(ledger, after, name, base) : err;
}

void cli_root_keys_advise(struct cli_context *context, const char *base)
{
    cli_note("%s.next is the key that will replace %s if it is lost or stolen. "
             "Keep it elsewhere:\n  assay key export %s.next -o FILE, then "
             "remove %s/keys/%s.next.key",
             base, base, base, store_ledger_dir(context->ledger), base);
}
