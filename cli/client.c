/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"

struct cli_client {
    int fd;
    size_t used; /* Of in: the message that was lent. */
    size_t in_len;
    uint8_t in[ASSAY_CONTROL_MAX];
};

/* The socket's path, malloc'ed; NULL where the reason was said. */
static char *find_path(struct cli_context *context, const struct cli_args *args)
{
    const char *named = cli_args_value(args, "control");
    char *folder = NULL;
    char *path = NULL;

    if (named == NULL) {
        named = getenv("ASSAY_CONTROL");
    }
    if (named != NULL && named[0] != '\0') {
        return strdup(named);
    }
    folder = cli_context_folder(context);
    if (folder == NULL) {
        return NULL;
    }
    size_t size = strlen(folder) + sizeof("/control.sock");
    path = malloc(size);
    if (path != NULL) {
        (void)snprintf(path, size, "%s/control.sock", folder);
    }
    free(folder);
    return path;
}

/* Connects; -1 with errno where nobody answers. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int fd = -1;

    if (len >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, len);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address,
                           (socklen_t)sizeof(address)) != 0) {
        int number = errno;

        (void)close(fd);
        errno = number;
        return -1;
    }
    return fd;
}

static void say_why(const char *path, int number)
{
    if (number == ENOENT || number == ECONNREFUSED) {
        cli_report("no node runs at %s. Start one with: assayd --ledger DIR",
                   path);
    } else if (number == EACCES) {
        cli_report("%s: it belongs to another user. Run this command as that "
                   "user.",
                   path);
    } else if (number == ENAMETOOLONG) {
        cli_report("%s: the path is too long for a socket. Give the node "
                   "another (control = PATH), and name it with --control.",
                   path);
    } else {
        cli_report("%s: the node cannot be reached.", path);
    }
}

enum cli_exit cli_client_open(struct cli_context *context,
                              const struct cli_args *args, bool is_quiet,
                              struct cli_client **client_out)
{
    char *path = find_path(context, args);
    struct cli_client *client = NULL;
    int fd = -1;

    if (path == NULL) {
        return CLI_ENVIRONMENT;
    }
    fd = connect_to(path);
    if (fd < 0) {
        if (!is_quiet) {
            say_why(path, errno);
        }
        free(path);
        return CLI_ENVIRONMENT;
    }
    free(path);
    client = malloc(sizeof(*client));
    if (client == NULL) {
        (void)close(fd);
        return cli_report_err("the node", ASSAY_E_NOMEM, NULL);
    }
    client->fd = fd;
    client->used = 0;
    client->in_len = 0;
    *client_out = client;
    return CLI_DONE;
}

void cli_client_close(struct cli_client *client)
{
    if (client != NULL) {
        (void)close(client->fd);
        free(client);
    }
}

enum cli_exit cli_client_ask(struct cli_client *client,
                             const struct assay_control *request)
{
    uint8_t space[ASSAY_CONTROL_MAX];
    struct assay_bytes bytes;
    enum assay_err err = assay_control_write(request, space, &bytes);

    if (err != ASSAY_OK) {
        return cli_report_err("the request", err, NULL);
    }
    while (bytes.len > 0) {
        ssize_t len = send(client->fd, bytes.data, bytes.len, MSG_NOSIGNAL);

        if (len < 0 && errno != EINTR) {
            cli_report("the node has closed the connection.");
            return CLI_ENVIRONMENT;
        }
        bytes.data += len > 0 ? len : 0;
        bytes.len -= len > 0 ? (size_t)len : 0;
    }
    return CLI_DONE;
}

/* Waits for bytes; Ctrl-C ends the program, which has nothing to lose. */
static enum cli_exit receive(struct cli_client *client)
{
    ssize_t len = -1;

    do {
        len = recv(client->fd, client->in + client->in_len,
                   sizeof(client->in) - client->in_len, 0);
    } while (len < 0 && errno == EINTR);
    if (len <= 0) {
        cli_report("the node has closed the connection.");
        return CLI_ENVIRONMENT;
    }
    client->in_len += (size_t)len;
    return CLI_DONE;
}

static enum cli_exit exit_of(uint64_t code)
{
    switch (code) {
    case CLI_NO:
        return CLI_NO;
    case CLI_USAGE:
        return CLI_USAGE;
    case CLI_REFUSED:
        return CLI_REFUSED;
    default:
        return CLI_ENVIRONMENT;
    }
}

static enum cli_exit take(struct cli_client *client, size_t len,
                          struct assay_control *answer_out)
{
    struct assay_bytes bytes = {client->in + ASSAY_CONTROL_HEAD_SIZE,
                                len - ASSAY_CONTROL_HEAD_SIZE};
    struct assay_fault fault = {0, NULL};
    enum assay_err err = assay_control_read(bytes, answer_out, &fault);

    client->used = len;
    if (err != ASSAY_OK) {
        return cli_report_err("the node's answer", err, &fault);
    }
    if (answer_out->type == ASSAY_CONTROL_FAILED) {
        struct assay_bytes text = answer_out->as.failure.text;

        cli_report("%.*s", (int)text.len,
                   text.len == 0 ? "" : (const char *)text.data);
        return exit_of(answer_out->as.failure.exit_code);
    }
    return CLI_DONE;
}

enum cli_exit cli_client_next(struct cli_client *client,
                              struct assay_control *answer_out)
{
    enum cli_exit code = CLI_DONE;

    client->in_len -= client->used;
    memmove(client->in, client->in + client->used, client->in_len);
    client->used = 0;
    while (code == CLI_DONE) {
        struct assay_bytes input = {client->in, client->in_len};
        size_t len = 0;
        enum assay_err err = assay_control_length(input, &len);

        if (err != ASSAY_OK) {
            return cli_report_err("the node's answer", err, NULL);
        }
        if (len > 0 && len <= client->in_len) {
            return take(client, len, answer_out);
        }
        code = receive(client);
    }
    return code;
}

enum cli_exit cli_client_order(struct cli_client *client,
                               const struct assay_control *request)
{
    struct assay_control answer = {.type = ASSAY_CONTROL_FAILED};
    enum cli_exit code = cli_client_ask(client, request);

    while (code == CLI_DONE && answer.type != ASSAY_CONTROL_DONE) {
        code = cli_client_next(client, &answer);
    }
    return code;
}
