/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cli_option options[] = {{NULL, NULL, NULL, false, false}};

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static const struct cli_load_signer *
find_signer(const struct cli_load *load, const char *team, const char *as)
{
    for (size_t index = 0; index < load->signer_count; index++) {
        const struct cli_load_signer *signer = &load->signers[index];

        if (is_same(signer->team, team) && is_same(signer->as, as)) {
            return signer;
        }
    }
    return NULL;
}

const struct cli_signer *cli_load_signer(const struct cli_load *load,
                                         const char *team, const char *as)
{
    const struct cli_load_signer *found =
        find_signer(load, team == NULL ? load->manifest->team : team, as);

    return found == NULL ? NULL : &load->signers[found->same].signer;
}

/* The same grant may be meant by a team's name and as the only one there is:
 * nobody is asked twice for one passphrase. */
static size_t first_like(const struct cli_load *load,
                         const struct cli_signer *signer)
{
    size_t index = 0;

    while (
        index < load->signer_count &&
        !assay_id_equal(&load->signers[index].signer.grant, &signer->grant)) {
        index++;
    }
    return index;
}

/* Chooses who signs for a team, once. */
static enum cli_exit add_signer(struct cli_load *load, const char *team,
                                const char *as)
{
    struct cli_load_signer *added = &load->signers[load->signer_count];

    team = team == NULL ? load->manifest->team : team;
    if (find_signer(load, team, as) != NULL) {
        return CLI_DONE;
    }
    if (load->signer_count == CLI_LOAD_SIGNERS_MAX) {
        cli_report("a manifest has at most %d different signers",
                   CLI_LOAD_SIGNERS_MAX);
        return CLI_REFUSED;
    }
    enum cli_exit exit_code =
        cli_signer_choose_for(load->context, team, as, &added->signer);
    if (exit_code == CLI_DONE) {
        added->team = team;
        added->as = as;
        added->same = first_like(load, &added->signer);
        load->signer_count++;
    }
    return exit_code;
}

/* Everyone who signs. */
static enum cli_exit add_signers(struct cli_load *load)
{
    const struct cli_manifest *manifest = load->manifest;
    enum cli_exit code = CLI_DONE;

    if (manifest->capture_count > 0) {
        code = add_signer(load, NULL, NULL);
    }
    for (size_t i = 0; code == CLI_DONE && i < manifest->claim_count; i++) {
        code = add_signer(load, manifest->claims[i].team, NULL);
    }
    for (size_t i = 0; code == CLI_DONE && i < manifest->source_count; i++) {
        code = add_signer(load, manifest->sources[i].team, NULL);
    }
    for (size_t i = 0; code == CLI_DONE && i < manifest->verdict_count; i++) {
        code = add_signer(load, manifest->verdicts[i].team, NULL);
    }
    for (size_t i = 0; code == CLI_DONE && i < manifest->link_count; i++) {
        code = add_signer(load, manifest->links[i].team, NULL);
    }
    for (size_t i = 0; code == CLI_DONE && i < manifest->challenge_count; i++) {
        code = add_signer(load, manifest->challenges[i].team, NULL);
    }
    for (size_t i = 0; code == CLI_DONE && i < manifest->endorsement_count;
         i++) {
        code = add_signer(load, manifest->endorsements[i].team,
                          manifest->endorsements[i].as);
    }
    return code;
}

/* An endorsement is by another person of the verdict's team. */
static enum cli_exit check_endorsement(const struct cli_load *load,
                                       struct store_view *view, size_t index)
{
    const struct cli_manifest_endorsement *endorsement =
        &load->manifest->endorsements[index];
    const struct cli_manifest_verdict *verdict =
        &load->manifest->verdicts[endorsement->on.index];
    const struct assay_authority *author = NULL;
    const struct assay_authority *by = NULL;
    enum cli_exit exit_code = cli_draft_signer(
        view, cli_load_signer(load, verdict->team, NULL), &author);

    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_signer(
            view, cli_load_signer(load, endorsement->team, endorsement->as),
            &by);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    if (!assay_id_equal(&author->team, &by->team) ||
        assay_key_equal(&author->key, &by->key) ||
        assay_validity_same_person(author, by)) {
        cli_report("endorsements[%zu]: a verdict is endorsed by another member "
                   "of its own team",
                   index);
        return CLI_REFUSED;
    }
    return CLI_DONE;
}

static enum cli_exit check_endorsements(const struct cli_load *load)
{
    struct store_view *view = NULL;

    if (load->manifest->endorsement_count == 0) {
        return CLI_DONE;
    }
    enum cli_exit exit_code = cli_context_view(load->context, STORE_NOW, &view);
    for (size_t i = 0;
         exit_code == CLI_DONE && i < load->manifest->endorsement_count; i++) {
        exit_code = check_endorsement(load, view, i);
    }
    store_view_end(view);
    return exit_code;
}

/* Before anything is stored, and once what can be checked is. */
static enum cli_exit unlock_signers(struct cli_load *load)
{
    enum cli_exit code = CLI_DONE;

    for (size_t i = 0; code == CLI_DONE && i < load->signer_count; i++) {
        if (load->signers[i].same != i) {
            continue;
        }
        code = cli_signer_unlock(load->context, &load->signers[i].signer);
    }
    return code;
}

static void print_id(const char *key, enum assay_id_type type,
                     const struct assay_id *id)
{
    char text[ASSAY_ID_TEXT_MAX];

    if (key != NULL) {
        assay_id_format(type, id->hash, text);
        (void)printf("%s %s\n", key, text);
    }
}

/* The ids of what has a key, once all of it is durable. */
static enum cli_exit print_ids(const struct cli_load *load)
{
    const struct cli_manifest *manifest = load->manifest;

    for (size_t i = 0; i < manifest->capture_count; i++) {
        print_id(manifest->captures[i].key, ASSAY_ID_CAPTURE,
                 &load->capture_ids[i]);
    }
    for (size_t i = 0; i < manifest->claim_count; i++) {
        print_id(manifest->claims[i].key, ASSAY_ID_CLAIM, &load->claim_ids[i]);
    }
    for (size_t i = 0; i < manifest->source_count; i++) {
        print_id(manifest->sources[i].key, ASSAY_ID_SOURCE,
                 &load->source_ids[i]);
    }
    for (size_t i = 0; i < manifest->verdict_count; i++) {
        print_id(manifest->verdicts[i].key, ASSAY_ID_VERDICT,
                 &load->verdict_ids[i]);
    }
    return fflush(stdout) == 0 ? CLI_DONE : CLI_ENVIRONMENT;
}

/* Room for what is found out on the way. One more than needed: no list of the
 * four may be of none. */
static enum cli_exit allocate(struct cli_load *load)
{
    const struct cli_manifest *manifest = load->manifest;

    load->captures =
        calloc(manifest->capture_count + 1, sizeof(load->captures[0]));
    load->capture_ids =
        calloc(manifest->capture_count + 1, sizeof(load->capture_ids[0]));
    load->claim_ids =
        calloc(manifest->claim_count + 1, sizeof(load->claim_ids[0]));
    load->source_ids =
        calloc(manifest->source_count + 1, sizeof(load->source_ids[0]));
    load->verdict_ids =
        calloc(manifest->verdict_count + 1, sizeof(load->verdict_ids[0]));
    if (load->captures == NULL || load->capture_ids == NULL ||
        load->claim_ids == NULL || load->source_ids == NULL ||
        load->verdict_ids == NULL) {
        return cli_report_err("the manifest", ASSAY_E_NOMEM, NULL);
    }
    return CLI_DONE;
}

static void clear(struct cli_load *load)
{
    for (size_t index = 0; index < load->signer_count; index++) {
        cli_signer_clear(&load->signers[index].signer);
    }
    free(load->captures);
    free(load->capture_ids);
    free(load->claim_ids);
    free(load->source_ids);
    free(load->verdict_ids);
}

static enum cli_exit load_all(struct cli_context *context, int folder_fd,
                              const struct cli_manifest *manifest)
{
    struct cli_load *load = calloc(1, sizeof(*load));

    if (load == NULL) {
        return cli_report_err("the manifest", ASSAY_E_NOMEM, NULL);
    }
    load->context = context;
    load->manifest = manifest;
    load->folder_fd = folder_fd;
    enum cli_exit exit_code = allocate(load);
    if (exit_code == CLI_DONE) {
        exit_code = add_signers(load);
    }
    if (exit_code == CLI_DONE) {
        exit_code = check_endorsements(load);
    }
    if (exit_code == CLI_DONE) {
        exit_code = unlock_signers(load);
    }
    cli_watch_begin(&load->watch, NULL);
    store_ledger_watch(context->ledger, &load->watch.store);
    if (exit_code == CLI_DONE) {
        exit_code = cli_load_files(load);
    }
    if (exit_code == CLI_DONE) {
        exit_code = cli_load_records(load);
    }
    if (exit_code == CLI_DONE) {
        exit_code = print_ids(load);
    }
    store_ledger_watch(context->ledger, NULL);
    clear(load);
    free(load);
    return exit_code;
}

/* The folder that a path's last part is in. */
static int open_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    int flags = O_RDONLY | O_CLOEXEC | O_DIRECTORY;

    if (slash == NULL) {
        return open(".", flags);
    }
    char *folder = strndup(path, (size_t)(slash - path) + 1);
    if (folder == NULL) {
        return -1;
    }
    int fd = open(folder, flags);
    free(folder);
    return fd;
}

/* A whole regular file of at most CLI_MANIFEST_MAX bytes; malloc'ed. */
static enum cli_exit read_file(const char *path, uint8_t **data_out,
                               size_t *len_out)
{
    uint8_t *data = NULL;
    size_t len = 0;
    struct stat info;
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        cli_report("%s: %s", path,
                   fd < 0 ? strerror(errno) : "it is no regular file");
        if (fd >= 0) {
            (void)close(fd);
        }
        return fd < 0 ? CLI_ENVIRONMENT : CLI_USAGE;
    }
    /* One byte more than allowed tells that there is one. */
    size_t cap = (uint64_t)info.st_size > CLI_MANIFEST_MAX
                     ? CLI_MANIFEST_MAX + 1
                     : (size_t)info.st_size + 1;
    data = malloc(cap);
    while (data != NULL && len < cap && got > 0) {
        got = read(fd, data + len, cap - len);
        len += got > 0 ? (size_t)got : 0U;
    }
    (void)close(fd);
    if (data == NULL || got < 0) {
        free(data);
        return cli_report_err(path, data == NULL ? ASSAY_E_NOMEM : ASSAY_E_IO,
                              NULL);
    }
    *data_out = data;
    *len_out = len;
    return CLI_DONE;
}

static enum cli_exit parse(const char *path, struct cli_manifest **manifest_out)
{
    struct cli_manifest_fault fault = {"", ""};
    uint8_t *data = NULL;
    size_t len = 0;
    enum cli_exit exit_code = read_file(path, &data, &len);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    enum assay_err err = cli_manifest_parse((struct assay_bytes){data, len},
                                            manifest_out, &fault);
    free(data);
    if (err == ASSAY_E_NOMEM) {
        return cli_report_err(path, err, NULL);
    }
    if (err != ASSAY_OK) {
        cli_report("%s: %s: %s", path, fault.where, fault.why);
        return CLI_REFUSED;
    }
    return CLI_DONE;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct cli_manifest *manifest = NULL;
    const char *path = cli_args_positional(args, 0);
    enum cli_exit exit_code = parse(path, &manifest);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    int folder_fd = open_folder(path);
    if (folder_fd < 0) {
        cli_report("%s: its folder cannot be opened: %s", path,
                   strerror(errno));
        exit_code = CLI_ENVIRONMENT;
    }
    if (exit_code == CLI_DONE) {
        exit_code = cli_context_open(context, STORE_WRITE);
    }
    if (exit_code == CLI_DONE) {
        exit_code = load_all(context, folder_fd, manifest);
    }
    if (folder_fd >= 0) {
        (void)close(folder_fd);
    }
    cli_manifest_free(manifest);
    return exit_code;
}

const struct cli_command cli_cmd_load = {
    .name = "load",
    .sub = NULL,
    .summary = "Sign and store a manifest's records, all or none.",
    .arguments = "FILE",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details =
        "FILE is JSON: captures, claims with their sources and verdicts, "
        "links, challenges and endorsements; docs/manifest.md says how. "
        "Captured files are looked for beside it. Prints \"KEY ID\" for every "
        "entry that has a key, once all of it is durable.",
    .example = "assay load thread/manifest.json",
    .run = run};
