/* SPDX-License-Identifier: Apache-2.0 */
/* assay key: the keys of this ledger's folder. A secret is never printed. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "input.h"
#include "json.h"
#include "lines.h"
#include "report.h"

static struct assay_bytes bytes_of(const char *data, size_t len)
{
    return (struct assay_bytes){(const uint8_t *)data, len};
}

static void format_key(const struct assay_key *key, char *out)
{
    assay_id_format(ASSAY_ID_KEY, key->bytes, out);
}

static enum cli_exit run_new(struct cli_context *context,
                             const struct cli_args *args)
{
    const char *name = cli_args_value(args, "name");
    struct store_key_info info;
    char text[ASSAY_ID_TEXT_MAX];
    char *passphrase = NULL;
    size_t len = 0;
    enum cli_exit code = cli_context_open(context, STORE_WRITE);

    if (code == CLI_DONE &&
        store_keyring_find(context->ledger, name, &info) == ASSAY_OK) {
        cli_report("there is a key called \"%s\" already. Choose another "
                   "name.",
                   name);
        code = CLI_REFUSED;
    }
    if (code == CLI_DONE && !cli_args_has(args, "no-passphrase")) {
        code = cli_input_passphrase("Passphrase for the new key (may be empty)",
                                    CLI_PASSPHRASE_NEW, &passphrase, &len);
    }
    if (code != CLI_DONE) {
        return code;
    }
    enum assay_err err =
        store_keyring_new(context->ledger, name, bytes_of(passphrase, len),
                          context->now_s, &info);
    sodium_free(passphrase);
    if (err != ASSAY_OK) {
        return cli_context_keys_err(context, name, err);
    }
    format_key(&info.key, text);
    (void)printf("%s\n", text);
    if (!info.is_encrypted) {
        cli_note("The key has no passphrase: its file's permissions are all "
                 "that guard it.");
    }
    return CLI_DONE;
}

static bool is_usable(const struct store_key_info *info)
{
    static const struct assay_key none;

    return !assay_key_equal(&info->key, &none);
}

/* Puts the members of a key; of a file that cannot be used, its name. */
static void put_key(struct cli_doc *doc, json_t *object,
                    const struct store_key_info *info)
{
    bool usable = is_usable(info);

    cli_doc_put_word(doc, object, "name", info->name);
    cli_doc_put_bool(doc, object, "is_usable", usable);
    cli_doc_put_id(doc, object, "key", ASSAY_ID_KEY,
                   usable ? info->key.bytes : NULL);
    if (usable) {
        cli_doc_put_time(doc, object, "made", info->made_s);
        cli_doc_put_bool(doc, object, "is_encrypted", info->is_encrypted);
    } else {
        cli_doc_put_null(doc, object, "made");
        cli_doc_put_null(doc, object, "is_encrypted");
    }
}

static enum cli_exit print_json(const struct store_key_info *keys, size_t count)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "assay-keys/1");
    json_t *list = cli_doc_list(&doc);

    for (size_t i = 0; i < count; i++) {
        json_t *object = cli_doc_object(&doc);

        put_key(&doc, object, &keys[i]);
        cli_doc_add(&doc, list, object);
    }
    cli_doc_put(&doc, document, "keys", list);
    return cli_doc_print(&doc, document);
}

static void print_unusable(const struct store_key_info *info)
{
    char head[STORE_KEY_NAME_MAX + 1];
    char advice[STORE_KEY_NAME_MAX + 64];

    (void)snprintf(head, sizeof(head), "%-20s", info->name);
    (void)snprintf(advice, sizeof(advice),
                   "this file cannot be used; see: assay key show %s",
                   info->name);
    cli_term_entry(stdout, head, assay_bytes_of(advice));
}

static void print_line(const struct store_key_info *info)
{
    const char *kind = info->is_encrypted ? "passphrase" : "plain";
    char text[ASSAY_ID_TEXT_MAX];

    if (!is_usable(info)) {
        print_unusable(info);
        return;
    }
    format_key(&info->key, text);
    if (cli_is_terminal(stdout)) {
        (void)printf("%-20s  %s\n  %s\n", info->name, kind, text);
    } else {
        (void)printf("%-20s %s %s\n", info->name, text, kind);
    }
}

static enum cli_exit run_list(struct cli_context *context,
                              const struct cli_args *args)
{
    struct store_key_info *keys = NULL;
    size_t count = 0;
    enum cli_exit code = cli_context_open(context, STORE_READ);

    (void)args;
    if (code != CLI_DONE) {
        return code;
    }
    enum assay_err err = store_keyring_list(context->ledger, &keys, &count);
    if (err != ASSAY_OK) {
        return cli_context_keys_err(context, NULL, err);
    }
    if (context->json) {
        code = print_json(keys, count);
    } else if (count == 0) {
        cli_note("There is no key yet. Make one with: assay key new --name "
                 "NAME");
    }
    for (size_t i = 0; i < count && !context->json; i++) {
        print_line(&keys[i]);
    }
    free(keys);
    return code == CLI_DONE && count == 0 ? CLI_NO : code;
}

static enum cli_exit run_show(struct cli_context *context,
                              const struct cli_args *args)
{
    struct store_key_info info;
    enum cli_exit code = cli_context_open(context, STORE_READ);

    if (code == CLI_DONE) {
        code =
            cli_context_one_key(context, cli_args_positional(args, 0), &info);
    }
    if (code != CLI_DONE) {
        return code;
    }
    if (context->json) {
        struct cli_doc doc = {false};
        json_t *document = cli_doc_begin(&doc, "assay-key/1");

        put_key(&doc, document, &info);
        return cli_doc_print(&doc, document);
    }
    print_line(&info);
    return CLI_DONE;
}

static enum cli_exit run_export(struct cli_context *context,
                                const struct cli_args *args)
{
    const char *path = cli_args_value(args, "output");
    struct store_key_info info;
    enum cli_exit code = cli_context_open(context, STORE_READ);

    if (code == CLI_DONE) {
        code =
            cli_context_one_key(context, cli_args_positional(args, 0), &info);
    }
    if (code != CLI_DONE) {
        return code;
    }
    enum assay_err err = store_keyring_export(context->ledger, info.name, path);
    if (err != ASSAY_OK) {
        return cli_report_err(path, err, NULL);
    }
    cli_note("%s holds the key %s%s. Whoever has the file can sign with it.",
             path, info.name,
             info.is_encrypted ? ", under its passphrase"
                               : " without a passphrase");
    return CLI_DONE;
}

static enum cli_exit run_import(struct cli_context *context,
                                const struct cli_args *args)
{
    const char *path = cli_args_positional(args, 0);
    struct store_key_info info;
    char text[ASSAY_ID_TEXT_MAX];
    enum cli_exit code = cli_context_open(context, STORE_WRITE);

    if (code != CLI_DONE) {
        return code;
    }
    enum assay_err err = store_keyring_import(
        context->ledger, path, cli_args_value(args, "name"), &info);
    if (err == ASSAY_E_EXISTS) {
        cli_report("there is a key of that name already. Choose another with "
                   "--name NAME.");
        return CLI_REFUSED;
    }
    if (err == ASSAY_E_NOT_FOUND) {
        cli_report("%s cannot be opened: there is no such file.", path);
        return CLI_ENVIRONMENT;
    }
    if (err != ASSAY_OK) {
        return cli_report_err(path, err, NULL);
    }
    format_key(&info.key, text);
    (void)printf("%s\n", text);
    cli_note("Imported as %s.", info.name);
    return CLI_DONE;
}

static enum cli_exit run_passphrase(struct cli_context *context,
                                    const struct cli_args *args)
{
    struct store_key_info info;
    char *old = NULL;
    char *new = NULL;
    size_t old_len = 0;
    size_t new_len = 0;
    enum cli_exit code = cli_context_open(context, STORE_WRITE);

    if (code == CLI_DONE) {
        code =
            cli_context_one_key(context, cli_args_positional(args, 0), &info);
    }
    if (code == CLI_DONE && info.is_encrypted) {
        code = cli_input_passphrase("Passphrase now", CLI_PASSPHRASE_HELD, &old,
                                    &old_len);
    }
    if (code == CLI_DONE && !cli_args_has(args, "remove")) {
        code = cli_input_passphrase("New passphrase",
                                    info.is_encrypted ? CLI_PASSPHRASE_CHANGED
                                                      : CLI_PASSPHRASE_SET,
                                    &new, &new_len);
    }
    if (code == CLI_DONE && new_len == 0 && !cli_args_has(args, "remove")) {
        cli_report("the new passphrase is empty. To store the key without one: "
                   "--remove.");
        code = CLI_USAGE;
    }
    if (code == CLI_DONE) {
        enum assay_err err = store_keyring_set_passphrase(
            context->ledger, info.name, bytes_of(old, old_len),
            bytes_of(new, new_len));

        code =
            err == ASSAY_OK ? CLI_DONE : cli_report_err(info.name, err, NULL);
    }
    sodium_free(old);
    sodium_free(new);
    return code;
}

#define WHICH_KEY "Without KEY: the key of --as, else the only one there is."

static const struct cli_option no_options[] = {{0}};
static const struct cli_option new_options[] = {
    {"name", "NAME", "what the key is called here", true, false},
    {"no-passphrase", NULL, "do not ask for a passphrase", false, false},
    {0},
};
static const struct cli_option export_options[] = {
    {"output", "FILE", "the file to make, also -o", true, false},
    {0},
};
static const struct cli_option import_options[] = {
    {"name", "NAME", "call it so, not as in the file", false, false},
    {0},
};
static const struct cli_option passphrase_options[] = {
    {"remove", NULL, "store the key without a passphrase", false, false},
    {0},
};

const struct cli_command cli_cmd_key_new = {
    .name = "key",
    .sub = "new",
    .summary = "Make a key to sign with; prints its public part.",
    .arguments = "",
    .options = new_options,
    .details = "Asks for a passphrase on a terminal; an empty one stores the "
               "key plain. ASSAY_NEW_PASSPHRASE_FILE, or else "
               "ASSAY_PASSPHRASE_FILE, names a file that holds it.",
    .example = "assay key new --name ann",
    .run = run_new,
};
const struct cli_command cli_cmd_key_list = {
    .name = "key",
    .sub = "list",
    .summary = "List the keys of this ledger's folder.",
    .arguments = "",
    .options = no_options,
    .example = "assay key list",
    .run = run_list,
};
const struct cli_command cli_cmd_key_show = {
    .name = "key",
    .sub = "show",
    .summary = "Show a key's name and public part.",
    .arguments = "[KEY]",
    .positional_max = 1,
    .options = no_options,
    .details = WHICH_KEY,
    .example = "assay key show ann",
    .run = run_show,
};
const struct cli_command cli_cmd_key_export = {
    .name = "key",
    .sub = "export",
    .summary = "Copy a key's file, to keep or to move it.",
    .arguments = "[KEY]",
    .positional_max = 1,
    .options = export_options,
    .details = "The file holds the secret, under its passphrase if it has one. "
               "An existing file is not overwritten. " WHICH_KEY,
    .example = "assay key export ann.next-qxyz9k2m -o /media/stick/next.key",
    .run = run_export,
};
const struct cli_command cli_cmd_key_import = {
    .name = "key",
    .sub = "import",
    .summary = "Take in a key file that was exported.",
    .arguments = "FILE",
    .positional_min = 1,
    .positional_max = 1,
    .options = import_options,
    .example = "assay key import /media/stick/next.key",
    .run = run_import,
};
const struct cli_command cli_cmd_key_passphrase = {
    .name = "key",
    .sub = "passphrase",
    .summary = "Change, set or remove a key's passphrase.",
    .arguments = "[KEY]",
    .positional_max = 1,
    .options = passphrase_options,
    .details = "Asks on a terminal. Without one, ASSAY_PASSPHRASE_FILE names a "
               "file that holds the passphrase now, ASSAY_NEW_PASSPHRASE_FILE "
               "one that holds the new one. An empty one is refused: a key "
               "loses its passphrase by --remove alone. " WHICH_KEY,
    .example = "assay key passphrase ann",
    .run = run_passphrase,
};
