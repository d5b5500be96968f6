/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's folder: made with mode 0700, opened only where it is safe. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static enum assay_err unsafe(const char *rule, struct assay_fault *fault_out)
{
    if (fault_out != NULL) {
        *fault_out = (struct assay_fault){0, rule};
    }
    return ASSAY_E_UNSAFE;
}

/* "link/" would follow the link: trailing slashes are left out. */
static char *without_trailing_slashes(const char *dir)
{
    size_t len = strlen(dir);

    while (len > 1 && dir[len - 1] == '/') {
        len--;
    }
    return strndup(dir, len);
}

enum assay_err store_folder_open(const char *dir, int *fd_out,
                                 struct assay_fault *fault_out)
{
    struct stat status;
    char *path = without_trailing_slashes(dir);

    if (path == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode)) {
        free(path);
        return unsafe("the ledger's folder must not be a symlink", fault_out);
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int code = errno;
    free(path);
    if (fd < 0) {
        return store_err_from_errno(code);
    }

    const char *rule = NULL;
    if (fstat(fd, &status) != 0) {
        code = errno;
        (void)close(fd);
        return store_err_from_errno(code);
    }
    if (status.st_uid != geteuid()) {
        rule = "the ledger's folder must be owned by the user who runs this";
    } else if ((status.st_mode & S_IWOTH) != 0) {
        rule = "the ledger's folder must not be writable by everyone";
    }
    if (rule != NULL) {
        (void)close(fd);
        return unsafe(rule, fault_out);
    }
    *fd_out = fd;
    return ASSAY_OK;
}

enum assay_err store_folder_make(const char *dir)
{
    char *path = without_trailing_slashes(dir);
    int code = 0;

    if (path == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (char *at = path + 1; *at != '\0' && code == 0; at++) {
        if (*at == '/') {
            *at = '\0';
            code = mkdir(path, 0700) != 0 && errno != EEXIST ? errno : 0;
            *at = '/';
        }
    }
    if (code == 0 && mkdir(path, 0700) != 0 && errno != EEXIST) {
        code = errno;
    }
    free(path);
    return store_err_from_errno(code);
}
