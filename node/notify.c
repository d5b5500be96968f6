/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* More sockets than this nobody hands over. */
#define SOCKETS_MAX 64

void node_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = path == NULL ? 0 : strlen(path);
    int fd = -1;

    if (len < 2 || len >= sizeof(address.sun_path) ||
        (path[0] != '/' && path[0] != '@')) {
        return;
    }
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') {
        address.sun_path[0] = '\0'; /* An abstract name. */
    }
    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) {
        return;
    }
    size_t size = offsetof(struct sockaddr_un, sun_path) + len;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                 (const struct sockaddr *)&address, (socklen_t)size);
    (void)close(fd);
}

/* A number from an environment variable; 0 where it is none. */
static unsigned long read_number(const char *name)
{
    const char *text = getenv(name);
    char *end = NULL;
    unsigned long number = 0;

    if (text == NULL || text[0] < '0' || text[0] > '9') {
        return 0;
    }
    errno = 0;
    number = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' ? number : 0;
}

static bool is_listener(int fd)
{
    int is_on = 0;
    socklen_t len = sizeof(is_on);

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_on, &len) == 0 &&
           is_on != 0;
}

size_t node_notify_sockets(int *fds_out, size_t count_max)
{
    unsigned long count = read_number("LISTEN_FDS");
    size_t found = 0;

    if (read_number("LISTEN_PID") != (unsigned long)getpid() ||
        count > SOCKETS_MAX) {
        return 0;
    }
    for (int i = 0; i < (int)count && found < count_max; i++) {
        int fd = NODE_NOTIFY_FIRST_FD + i;

        if (is_listener(fd) && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) {
            fds_out[found++] = fd;
        }
    }
    return found;
}
