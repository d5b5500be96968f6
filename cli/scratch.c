/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders of a ledger lie at most so deep: DIR, captures, ab. */
#define DEPTH_MAX 4

/* The folders that are being emptied, the innermost last. */
struct removal {
    DIR *open[DEPTH_MAX];
    char names[DEPTH_MAX][NAME_MAX + 1];
    size_t depth;
};

/* Goes into a folder below the innermost one, or below the working folder. */
static bool enter(struct removal *removal, const char *path)
{
    int at = removal->depth == 0 ? AT_FDCWD
                                 : dirfd(removal->open[removal->depth - 1]);
    DIR *dir = NULL;
    int fd;

    if (removal->depth == DEPTH_MAX) {
        return false;
    }
    fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        dir = fdopendir(fd);
        if (dir == NULL) {
            (void)close(fd);
        }
    }
    if (dir == NULL) {
        return false;
    }
    if (removal->depth > 0) {
        (void)snprintf(removal->names[removal->depth], NAME_MAX + 1, "%s",
                       path);
    }
    removal->open[removal->depth++] = dir;
    return true;
}

/* Leaves the innermost folder, and removes it but for the outermost. */
static bool leave(struct removal *removal)
{
    removal->depth--;
    (void)closedir(removal->open[removal->depth]);
    return removal->depth == 0 ||
           unlinkat(dirfd(removal->open[removal->depth - 1]),
                    removal->names[removal->depth], AT_REMOVEDIR) == 0;
}

/* Removes one entry; a folder is entered instead. */
static bool remove_entry(struct removal *removal, const char *name)
{
    int at = dirfd(removal->open[removal->depth - 1]);
    struct stat about;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return true;
    }
    if (fstatat(at, name, &about, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    return S_ISDIR(about.st_mode) ? enter(removal, name)
                                  : unlinkat(at, name, 0) == 0;
}

static enum assay_err remove_folder(const char *dir)
{
    struct removal removal = {.depth = 0};
    bool is_removed = enter(&removal, dir);

    while (removal.depth > 0) {
        const struct dirent *entry = readdir(removal.open[removal.depth - 1]);

        if (entry == NULL) {
            is_removed = leave(&removal) && is_removed;
        } else {
            is_removed = remove_entry(&removal, entry->d_name) && is_removed;
        }
    }
    return is_removed && rmdir(dir) == 0 ? ASSAY_OK : ASSAY_E_IO;
}

static char *template_of(void)
{
    static const char name[] = "/assay-verify.XXXXXX";
    const char *parent = getenv("TMPDIR");
    size_t size;
    char *dir;

    if (parent == NULL || parent[0] == '\0') {
        parent = "/tmp";
    }
    size = strlen(parent) + sizeof(name);
    dir = malloc(size);
    if (dir != NULL) {
        (void)snprintf(dir, size, "%s%s", parent, name);
    }
    return dir;
}

enum assay_err cli_scratch_open(struct cli_scratch *scratch_out)
{
    struct cli_scratch scratch = {.dir = template_of()};
    struct store_ledger *ledger = NULL;
    enum assay_err err;

    if (scratch.dir == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (mkdtemp(scratch.dir) == NULL) {
        free(scratch.dir);
        return ASSAY_E_IO;
    }
    err = store_ledger_init(scratch.dir, NULL);
    if (err == ASSAY_OK) {
        err = store_ledger_open(scratch.dir, STORE_WRITE, &ledger, NULL);
    }
    scratch.ledger = ledger;
    if (err != ASSAY_OK) {
        return cli_scratch_close(&scratch) == ASSAY_OK ? err : ASSAY_E_IO;
    }
    *scratch_out = scratch;
    return ASSAY_OK;
}

enum assay_err cli_scratch_close(struct cli_scratch *scratch)
{
    enum assay_err err = ASSAY_OK;

    store_ledger_close(scratch->ledger);
    if (scratch->dir != NULL) {
        err = remove_folder(scratch->dir);
    }
    free(scratch->dir);
    *scratch = (struct cli_scratch){0};
    return err;
}
