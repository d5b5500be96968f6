/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"
#include "input.h"
#include "interrupt.h"
#include "media_type.h"
#include "report.h"

#include "protocol/kinds/capture.h"
#include "store/captures.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"url", "URL", "where the bytes were found", false, false},
    {"media-type", "TYPE", "what they are; told by the name if left out", false,
     false},
    {"title", "TEXT", "the title of the page or file", false, false},
    {"author", "NAME", "who wrote it", false, false},
    {"published", "DATE", "when it was published", false, false},
    {"captured-at", "TIME", "when the bytes were fetched", false, false},
    {NULL, NULL, NULL, false, false}};

/* The file to capture; "-" is standard input. */
static enum cli_exit open_file(const char *path, int *fd_out)
{
    struct stat info;
    int fd = STDIN_FILENO;

    if (strcmp(path, "-") != 0) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    }
    if (fd < 0) {
        cli_report("%s: %s", path, strerror(errno));
        return CLI_ENVIRONMENT;
    }
    if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        cli_report("%s: it is a folder; capture the files in it", path);
        (void)close(fd);
        return CLI_USAGE;
    }
    *fd_out = fd;
    return CLI_DONE;
}

/* What the options say about the bytes. */
static enum cli_exit read_options(const struct cli_args *args,
                                  struct assay_capture *capture)
{
    const struct {
        const char *name;
        enum cli_option_form form;
        struct assay_bytes *text;
    } texts[] = {{"url", CLI_TEXT_URL, &capture->url},
                 {"media-type", CLI_TEXT_NAME, &capture->media_type},
                 {"title", CLI_TEXT_NAME, &capture->title},
                 {"author", CLI_TEXT_NAME, &capture->author},
                 {"published", CLI_TEXT_DATE, &capture->published}};
    const char *captured_at = cli_args_value(args, "captured-at");
    enum cli_exit exit_code = CLI_DONE;

    for (size_t index = 0;
         exit_code == CLI_DONE && index < sizeof(texts) / sizeof(texts[0]);
         index++) {
        exit_code = cli_draft_option(args, texts[index].name, texts[index].form,
                                     texts[index].text);
    }
    if (exit_code == CLI_DONE && captured_at != NULL) {
        capture->has_captured_at = true;
        exit_code = cli_input_time(captured_at, &capture->captured_at_s);
    }
    return exit_code;
}

/* Stores the bytes and notes in capture what they are. */
static enum cli_exit store_bytes(struct cli_context *context, int fd,
                                 const char *path,
                                 struct assay_capture *capture)
{
    struct store_capture_info info;
    struct assay_bytes bytes;
    struct cli_watch watch;
    enum assay_err err;

    cli_watch_begin(&watch, "bytes stored");
    store_ledger_watch(context->ledger, &watch.store);
    err = store_captures_put(context->ledger, fd, ASSAY_CAPTURE_MAX, &info);
    store_ledger_watch(context->ledger, NULL);
    cli_watch_end(&watch);
    if (err == ASSAY_E_STOPPED) {
        cli_report("interrupted. Nothing was kept of %s; capture it again.",
                   path);
        return CLI_INTERRUPTED;
    }
    if (err == ASSAY_E_LIMIT) {
        cli_report("%s: it is larger than a capture may be (%d bytes)", path,
                   ASSAY_CAPTURE_MAX);
        return CLI_REFUSED;
    }
    if (err != ASSAY_OK) {
        return cli_report_err(path, err, NULL);
    }
    capture->size = info.size;
    memcpy(capture->sha256, info.sha256, sizeof(capture->sha256));
    if (capture->media_type.data != NULL) {
        return CLI_DONE;
    }
    err = store_captures_get(context->ledger, info.sha256, &bytes);
    if (err != ASSAY_OK) {
        return cli_report_err(path, err, NULL);
    }
    capture->media_type = assay_bytes_of(cli_media_type(path, bytes));
    store_captures_release(bytes);
    return CLI_DONE;
}

static enum cli_exit write_capture(struct cli_context *context, int fd,
                                   const char *path,
                                   struct assay_capture *capture)
{
    struct cli_draft draft;
    struct cli_signer signer = {.secret = NULL};
    enum cli_exit exit_code = cli_signer_choose(context, false, &signer);

    if (exit_code == CLI_DONE) {
        exit_code = cli_signer_unlock(context, &signer);
    }
    if (exit_code == CLI_DONE) {
        exit_code = store_bytes(context, fd, path, capture);
    }
    if (exit_code == CLI_DONE) {
        cli_draft_begin(&draft, ASSAY_KIND_CAPTURE);
        assay_capture_write(capture, draft.salt, &draft.writer);
        exit_code = cli_draft_write(context, &signer, &draft);
    }
    cli_signer_clear(&signer);
    return exit_code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    const char *path = cli_args_positional(args, 0);
    struct assay_capture capture;
    int fd = -1;

    memset(&capture, 0, sizeof(capture));
    enum cli_exit exit_code = read_options(args, &capture);
    if (exit_code == CLI_DONE) {
        exit_code = open_file(path, &fd);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    exit_code = write_capture(context, fd, path, &capture);
    if (fd != STDIN_FILENO) {
        (void)close(fd);
    }
    return exit_code;
}

const struct cli_command cli_cmd_capture = {
    .name = "capture",
    .sub = NULL,
    .summary = "Store a file's bytes and sign what they are.",
    .arguments = "FILE",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details =
        "The bytes are kept by their SHA-256, the same that sha256sum says, "
        "and never twice. FILE may be - for standard input. At most 64 MiB.",
    .example = "assay capture page.html --url https://example.org/page",
    .run = run};
