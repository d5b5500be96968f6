/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "store/chain.h"
#include "store/follows.h"
#include "store/lists.h"
#include "store/log.h"
#include "store/where.h"

/* How many of several that could be meant are listed. */
#define CANDIDATES_MAX 10

/* What others may do with a file or folder. */
#define OTHERS_BITS 077U

char *cli_context_folder(const struct cli_context *context)
{
    char *folder = NULL;
    enum assay_err err = store_where(context->ledger_option, &folder);

    if (err == ASSAY_E_NOT_FOUND) {
        cli_report("no ledger is named, and there is no home folder. Give "
                   "--ledger DIR or set ASSAY_LEDGER.");
        return NULL;
    }
    if (err != ASSAY_OK) {
        (void)cli_report_err("the ledger's folder", err, NULL);
        return NULL;
    }
    return folder;
}

static enum cli_exit report_open(const char *folder, enum assay_err err,
                                 const struct assay_fault *fault)
{
    if (err == ASSAY_E_NOT_FOUND) {
        cli_report("there is no ledger at %s. Make one with: assay --ledger %s "
                   "init",
                   folder, folder);
        return CLI_ENVIRONMENT;
    }
    (void)cli_report_err(folder, err, fault);
    return CLI_ENVIRONMENT;
}

enum cli_exit cli_context_open(struct cli_context *context,
                               enum store_mode mode)
{
    struct assay_fault fault = {0, NULL};
    enum cli_exit code = CLI_DONE;
    enum assay_err err;
    char *folder;

    if (context->ledger != NULL) {
        return CLI_DONE;
    }
    folder = cli_context_folder(context);
    if (folder == NULL) {
        return CLI_ENVIRONMENT;
    }
    err = store_ledger_open(folder, mode, &context->ledger, &fault);
    if (err != ASSAY_OK) {
        code = report_open(folder, err, &fault);
    }
    free(folder);
    return code;
}

enum cli_exit cli_context_view(struct cli_context *context, uint64_t as_of_s,
                               struct store_view **view_out)
{
    enum cli_exit code = cli_context_open(context, STORE_READ);
    enum assay_err err;

    if (code != CLI_DONE) {
        return code;
    }
    err = store_view_begin(context->ledger, as_of_s, view_out);
    return err == ASSAY_OK
               ? CLI_DONE
               : cli_report_err(store_ledger_dir(context->ledger), err, NULL);
}

static void list_candidates(struct store_view *view, const char *text,
                            const struct assay_id *ids, size_t count)
{
    cli_report("\"%s\" could mean %zu records. Type more of one of these:",
               text, count);
    for (size_t i = 0; i < count && i < CANDIDATES_MAX; i++) {
        char full[ASSAY_ID_TEXT_MAX];
        struct store_row row;
        uint64_t kind = 0;

        if (store_view_by_id(view, &ids[i], &row) == ASSAY_OK) {
            kind = row.record.payload.kind;
        }
        assay_id_format(assay_id_type_of_kind(kind), ids[i].hash, full);
        cli_note("  %s  (%s)", full, assay_kind_name(kind));
    }
    if (count > CANDIDATES_MAX) {
        cli_note("  and %zu more", count - CANDIDATES_MAX);
    }
}

static enum cli_exit check_kind(struct store_view *view, const char *text,
                                uint64_t kind, const struct assay_id *id)
{
    struct store_row row;
    enum assay_err err = store_view_by_id(view, id, &row);

    if (err != ASSAY_OK) {
        return cli_report_err(text, err, NULL);
    }
    if (kind != 0 && row.record.payload.kind != kind) {
        cli_report("%s is a %s; this needs a %s.", text,
                   assay_kind_name(row.record.payload.kind),
                   kind == ASSAY_KIND_FOUND ? "team" : assay_kind_name(kind));
        return CLI_USAGE;
    }
    return CLI_DONE;
}

/* The command that lists what has such ids. */
static const char *list_of(enum assay_id_type type)
{
    switch (type) {
    case ASSAY_ID_CLAIM:
        return "list claims";
    case ASSAY_ID_SOURCE:
        return "list sources";
    case ASSAY_ID_VERDICT:
        return "list verdicts";
    case ASSAY_ID_CAPTURE:
        return "list captures";
    case ASSAY_ID_TEAM:
        return "team list";
    case ASSAY_ID_RECORD:
    case ASSAY_ID_KEY:
    case ASSAY_ID_NODE:
        return "log";
    }
    return "log";
}

enum cli_exit cli_context_record(struct store_view *view, const char *text,
                                 uint64_t kind, struct assay_id *id_out)
{
    struct assay_id ids[CANDIDATES_MAX];
    struct assay_id_prefix prefix;
    struct assay_fault fault = {0, NULL};
    size_t count = 0;
    enum assay_err err = assay_id_parse(assay_bytes_of(text), &prefix, &fault);

    if (err != ASSAY_OK) {
        cli_report("\"%s\" is not an id: %s%s%s. An id looks like claim1qxy... "
                   "(%d characters behind the 1 are enough).",
                   text, assay_err_phrase(err), fault.rule == NULL ? "" : ": ",
                   fault.rule == NULL ? "" : fault.rule, ASSAY_ID_SHORT_MIN);
        return CLI_USAGE;
    }
    if (prefix.type == ASSAY_ID_KEY || prefix.type == ASSAY_ID_NODE) {
        cli_report("%s names a %s, not a record.", text,
                   assay_id_type_name(prefix.type));
        return CLI_USAGE;
    }
    err = store_view_by_prefix(view, &prefix, ids, CANDIDATES_MAX, &count);
    if (err != ASSAY_OK) {
        return cli_report_err(text, err, NULL);
    }
    if (count == 0) {
        cli_report(
            "no record here is %s. See: assay %s", text,
            list_of(kind == 0 ? prefix.type : assay_id_type_of_kind(kind)));
        return CLI_NO;
    }
    if (count > 1) {
        list_candidates(view, text, ids, count);
        return CLI_NO;
    }
    enum cli_exit code = check_kind(view, text, kind, &ids[0]);
    if (code == CLI_DONE) {
        *id_out = ids[0];
    }
    return code;
}

static bool is_team_id(const char *text)
{
    return strncmp(text, "team1", 5) == 0 || strncmp(text, "TEAM1", 5) == 0;
}

enum cli_exit cli_context_team(struct store_view *view, const char *text,
                               struct assay_id *team_out)
{
    const struct store_list_query query = {.list = STORE_LIST_KIND,
                                           .kind = ASSAY_KIND_FOUND};
    struct store_row row;
    struct assay_id found = {{0}};
    uint64_t cursor = 0;
    size_t count = 0;
    enum assay_err err;

    if (is_team_id(text)) {
        return cli_context_record(view, text, ASSAY_KIND_FOUND, team_out);
    }
    while ((err = store_list_next(view, &query, &cursor, &row)) == ASSAY_OK) {
        if (assay_bytes_equal(store_team_name(view, &row.record.id),
                              assay_bytes_of(text))) {
            found = row.record.id;
            count++;
        }
    }
    if (err != ASSAY_E_NOT_FOUND) {
        return cli_report_err("the list of teams", err, NULL);
    }
    if (count != 1) {
        cli_report(count == 0 ? "no team here is called \"%s\". See: assay "
                                "team list"
                              : "several teams here are called \"%s\"; give "
                                "the id instead. See: assay team list",
                   text);
        return CLI_NO;
    }
    *team_out = found;
    return CLI_DONE;
}

enum cli_exit cli_context_key(struct cli_context *context, const char *text,
                              struct store_key_info *info_out)
{
    struct assay_id_prefix prefix;
    struct store_key_info *keys = NULL;
    size_t count = 0;
    size_t matches = 0;
    enum assay_err err;

    if (assay_id_parse(assay_bytes_of(text), &prefix, NULL) != ASSAY_OK ||
        prefix.type != ASSAY_ID_KEY) {
        err = store_keyring_find(context->ledger, text, info_out);
        if (err == ASSAY_E_NOT_FOUND || err == ASSAY_E_MALFORMED) {
            cli_report("no key here is called \"%s\". See: assay key list",
                       text);
            return CLI_NO;
        }
        return err == ASSAY_OK ? CLI_DONE
                               : cli_context_keys_err(context, text, err);
    }
    err = store_keyring_list(context->ledger, &keys, &count);
    if (err != ASSAY_OK) {
        return cli_context_keys_err(context, NULL, err);
    }
    for (size_t i = 0; i < count; i++) {
        if (assay_id_matches(&prefix, keys[i].key.bytes)) {
            *info_out = keys[i];
            matches++;
        }
    }
    free(keys);
    if (matches != 1) {
        cli_report(matches == 0 ? "no key here is %s. See: assay key list"
                                : "%s could mean several keys; type more.",
                   text);
        return CLI_NO;
    }
    return CLI_DONE;
}

/* Names the keys that could be meant, and how to choose one. */
static void say_several(const struct store_key_info *keys, size_t count)
{
    char names[CANDIDATES_MAX * (STORE_KEY_NAME_MAX + 2) + 1] = "";
    char more[32] = "";
    size_t len = 0;

    for (size_t i = 0; i < count && i < CANDIDATES_MAX; i++) {
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
                                i == 0 ? "" : ", ", keys[i].name);
    }
    if (count > CANDIDATES_MAX) {
        (void)snprintf(more, sizeof(more), " and %zu more",
                       count - CANDIDATES_MAX);
    }
    cli_report("there are several keys: %s%s. Choose one with --as KEY.", names,
               more);
}

static enum cli_exit only_key(struct cli_context *context,
                              struct store_key_info *info_out)
{
    struct store_key_info *keys = NULL;
    size_t count = 0;
    enum cli_exit code = CLI_DONE;
    enum assay_err err = store_keyring_list(context->ledger, &keys, &count);

    if (err != ASSAY_OK) {
        return cli_context_keys_err(context, NULL, err);
    }
    if (count == 1) {
        *info_out = keys[0];
    } else if (count == 0) {
        cli_report("there is no key yet. Make one with: assay key new --name "
                   "NAME");
        code = CLI_ENVIRONMENT;
    } else {
        say_several(keys, count);
        code = CLI_USAGE;
    }
    free(keys);
    return code;
}

enum cli_exit cli_context_one_key(struct cli_context *context, const char *text,
                                  struct store_key_info *info_out)
{
    text = text == NULL ? context->as_option : text;
    return text == NULL ? only_key(context, info_out)
                        : cli_context_key(context, text, info_out);
}

enum cli_exit cli_context_keys_err(const struct cli_context *context,
                                   const char *name, enum assay_err err)
{
    const char *dir = store_ledger_dir(context->ledger);
    char path[4096];
    struct stat info;

    if (err != ASSAY_E_UNSAFE ||
        snprintf(path, sizeof(path), "%s/keys", dir) >= (int)sizeof(path) ||
        lstat(path, &info) != 0) {
        return cli_report_err(name == NULL ? "the keys" : name, err, NULL);
    }
    if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid()) {
        cli_report("%s must be a folder of your own, with mode 700.", path);
    } else if ((info.st_mode & OTHERS_BITS) != 0) {
        cli_report("the folder of the keys is open to others (its permissions "
                   "are %03o). Run: chmod 700 %s",
                   (unsigned)info.st_mode & 0777U, path);
    } else if (name != NULL) {
        cli_report("the key file must be your own, closed to others. Run: "
                   "chmod 600 %s/%s.key",
                   path, name);
    } else {
        return cli_report_err(path, err, NULL);
    }
    return CLI_ENVIRONMENT;
}

enum cli_exit cli_context_own_teams(struct cli_context *context,
                                    struct store_view *view,
                                    struct assay_id **teams_out,
                                    size_t *count_out)
{
    struct store_teams teams = {NULL, 0};
    enum assay_err err = store_own_teams(context->ledger, view, &teams);

    if (err != ASSAY_OK) {
        return cli_context_keys_err(context, NULL, err);
    }
    *teams_out = teams.ids;
    *count_out = teams.count;
    return CLI_DONE;
}
