/* SPDX-License-Identifier: Apache-2.0 */
#include "lock.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static enum assay_err err_of_errno(int number)
{
    switch (number) {
    case EAGAIN:
    case EACCES: /* How POSIX lets fcntl say that it is locked, too. */
        return ASSAY_E_BUSY;
    case EROFS:
        return ASSAY_E_READONLY;
    case ENOSPC:
    case EDQUOT:
        return ASSAY_E_FULL;
    default:
        return ASSAY_E_IO;
    }
}

enum assay_err node_lock(const char *dir, int *fd_out)
{
    char path[NODE_PATH_MAX];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int len = snprintf(path, sizeof(path), "%s/assayd.lock", dir);
    int fd = -1;

    if (len < 0 || (size_t)len >= sizeof(path)) {
        return ASSAY_E_LIMIT;
    }
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno == EACCES ? ASSAY_E_ACCESS : err_of_errno(errno);
    }
    if (fcntl(fd, F_SETLK, &lock) != 0) {
        enum assay_err err = err_of_errno(errno);

        (void)close(fd);
        return err;
    }
    *fd_out = fd;
    return ASSAY_OK;
}

void node_unlock(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}
