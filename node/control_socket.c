/* SPDX-License-Identifier: Apache-2.0 */
#include "control_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Whether somebody answers at a socket's path. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool is_alive = fd >= 0 && connect(fd, (const struct sockaddr *)address,
                                       (socklen_t)sizeof(*address)) == 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return is_alive;
}

/* Makes way for the socket: what a killed node left is removed. */
static enum assay_err make_way(const struct sockaddr_un *address)
{
    struct stat info;

    if (lstat(address->sun_path, &info) != 0) {
        return errno == ENOENT ? ASSAY_OK : ASSAY_E_ACCESS;
    }
    if (!S_ISSOCK(info.st_mode)) {
        return ASSAY_E_EXISTS;
    }
    if (is_alive(address)) {
        return ASSAY_E_BUSY;
    }
    return unlink(address->sun_path) == 0 ? ASSAY_OK : ASSAY_E_ACCESS;
}

enum assay_err node_control_bind(const char *path, int *fd_out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    enum assay_err err = ASSAY_OK;
    int fd = -1;

    if (len >= sizeof(address.sun_path)) {
        return ASSAY_E_LIMIT;
    }
    memcpy(address.sun_path, path, len);
    err = make_way(&address);
    if (err != ASSAY_OK) {
        return err;
    }
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) {
        return ASSAY_E_IO;
    }
    mode_t mask = umask(0177);
    int status =
        bind(fd, (const struct sockaddr *)&address, (socklen_t)sizeof(address));
    int number = errno;

    (void)umask(mask);
    if (status != 0) {
        (void)close(fd);
        return number == EACCES || number == EROFS ? ASSAY_E_ACCESS
                                                   : ASSAY_E_IO;
    }
    *fd_out = fd;
    return ASSAY_OK;
}

const char *node_control_why(enum assay_err err)
{
    switch ((int)err) {
    case ASSAY_E_LIMIT:
        return "the path is too long for a socket; name another (control = "
               "PATH)";
    case ASSAY_E_BUSY:
        return "another process answers there";
    case ASSAY_E_EXISTS:
        return "there is something else";
    default:
        return assay_err_phrase(err);
    }
}
