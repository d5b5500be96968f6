/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "input.h"
#include "media_type.h"
#include "report.h"

#include "protocol/kinds/capture.h"
#include "store/captures.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_MAX 255

/* Opens a part of a path below folder_fd. Links are not followed, so that a
 * manifest from elsewhere cannot make a desk publish its own files. */
static int open_part(int folder_fd, const char *part, size_t len, int flags)
{
    char name[PART_MAX + 1];

    if (len > PART_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, part, len);
    name[len] = '\0';
    return openat(folder_fd, name,
                  O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK |
                      flags);
}

static int open_below(int folder_fd, const char *file)
{
    int fd = folder_fd;
    const char *part = file;

    for (;;) {
        size_t len = strcspn(part, "/");
        bool is_last = part[len] == '\0';
        int next = open_part(fd, part, len, is_last ? 0 : O_DIRECTORY);
        int why = errno;

        if (fd != folder_fd) {
            (void)close(fd);
        }
        errno = why;
        if (next < 0 || is_last) {
            return next;
        }
        fd = next;
        part += len + 1;
    }
}

static enum cli_exit open_capture(const struct cli_load *load, const char *file,
                                  int *fd_out)
{
    struct stat info;
    int fd = open_below(load->folder_fd, file);

    if (fd < 0) {
        cli_report("%s: %s", file,
                   errno == ELOOP ? "it is a symbolic link" : strerror(errno));
        return errno == EACCES ? CLI_ENVIRONMENT : CLI_REFUSED;
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        cli_report("%s: it is no regular file", file);
        (void)close(fd);
        return CLI_REFUSED;
    }
    *fd_out = fd;
    return CLI_DONE;
}

static enum cli_exit check_hash(const struct cli_manifest_capture *capture,
                                const uint8_t *sha256)
{
    char text[2 * ASSAY_HASH_SIZE + 1];

    if (capture->sha256 == NULL) {
        return CLI_DONE;
    }
    (void)sodium_bin2hex(text, sizeof(text), sha256, ASSAY_HASH_SIZE);
    if (strcmp(text, capture->sha256) != 0) {
        cli_report("%s: its SHA-256 is %s, not the manifest's %s",
                   capture->file, text, capture->sha256);
        return CLI_REFUSED;
    }
    return CLI_DONE;
}

/* Stores one capture's bytes. */
static enum cli_exit store_bytes(struct cli_load *load, size_t index)
{
    const struct cli_manifest_capture *capture =
        &load->manifest->captures[index];
    struct cli_load_capture *found = &load->captures[index];
    struct store_capture_info info;
    int fd = -1;
    enum cli_exit exit_code = open_capture(load, capture->file, &fd);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    enum assay_err err =
        store_captures_put(load->context->ledger, fd, ASSAY_CAPTURE_MAX, &info);
    (void)close(fd);
    if (err == ASSAY_E_STOPPED) {
        return cli_load_stopped();
    }
    if (err != ASSAY_OK) {
        return cli_report_err(capture->file, err, NULL);
    }
    exit_code = check_hash(capture, info.sha256);
    if (exit_code == CLI_DONE && capture->captured_at != NULL) {
        exit_code = cli_input_time(capture->captured_at, &found->captured_at_s);
    }
    memcpy(found->sha256, info.sha256, sizeof(found->sha256));
    found->size = info.size;
    found->media_type = capture->media_type;
    return exit_code;
}

/* Looks for one quote, where it is from this capture. */
static enum cli_exit check_quote(const struct cli_load *load, size_t index,
                                 struct assay_bytes bytes,
                                 const struct cli_manifest_place *from,
                                 const char *where)
{
    struct assay_place place;

    if (from->capture.index != index || from->quote == NULL) {
        return CLI_DONE;
    }
    cli_load_place(load, from, &place);
    return cli_draft_quote(bytes, &place, where);
}

static enum cli_exit check_claims(const struct cli_load *load, size_t index,
                                  struct assay_bytes bytes)
{
    char where[96];
    enum cli_exit exit_code = CLI_DONE;

    for (size_t i = 0; i < load->manifest->claim_count; i++) {
        const struct cli_manifest_claim *claim = &load->manifest->claims[i];

        for (size_t j = 0; exit_code == CLI_DONE && j < claim->place_count;
             j++) {
            (void)snprintf(where, sizeof(where), "claims[%zu].places[%zu]", i,
                           j);
            exit_code =
                check_quote(load, index, bytes, &claim->places[j], where);
        }
    }
    return exit_code;
}

static enum cli_exit check_sources(const struct cli_load *load, size_t index,
                                   struct assay_bytes bytes)
{
    char where[96];
    enum cli_exit exit_code = CLI_DONE;

    for (size_t i = 0;
         exit_code == CLI_DONE && i < load->manifest->source_count; i++) {
        const struct cli_manifest_source *source = &load->manifest->sources[i];

        (void)snprintf(where, sizeof(where), "claims[%zu].sources[%zu]",
                       source->claim, source->position);
        exit_code = check_quote(load, index, bytes, &source->place, where);
    }
    return exit_code;
}

/* Tells the media type where nobody did, and looks for the quotes. */
static enum cli_exit check_capture(struct cli_load *load, size_t index)
{
    struct cli_load_capture *found = &load->captures[index];
    const char *file = load->manifest->captures[index].file;
    struct assay_bytes bytes;
    enum cli_exit exit_code = CLI_DONE;
    enum assay_err err =
        store_captures_get(load->context->ledger, found->sha256, &bytes);

    if (err != ASSAY_OK) {
        return cli_report_err(file, err, NULL);
    }
    if (found->media_type == NULL) {
        found->media_type = cli_media_type(file, bytes);
    }
    if (assay_capture_is_text(assay_bytes_of(found->media_type))) {
        exit_code = check_claims(load, index, bytes);
        if (exit_code == CLI_DONE) {
            exit_code = check_sources(load, index, bytes);
        }
    } else {
        cli_note("%s: no quotes were looked for; it is not text", file);
    }
    store_captures_release(bytes);
    return exit_code;
}

enum cli_exit cli_load_stopped(void)
{
    cli_report("interrupted. Nothing was loaded; load the file again. "
               "Captured bytes that are here already are not stored twice.");
    return CLI_INTERRUPTED;
}

enum cli_exit cli_load_files(struct cli_load *load)
{
    enum cli_exit exit_code = CLI_DONE;

    for (size_t index = 0;
         exit_code == CLI_DONE && index < load->manifest->capture_count;
         index++) {
        cli_progress_show(&load->watch.progress, index,
                          load->manifest->capture_count, "captures stored");
        exit_code = store_bytes(load, index);
        if (exit_code == CLI_DONE) {
            exit_code = check_capture(load, index);
        }
    }
    cli_progress_end(&load->watch.progress);
    return exit_code;
}
