/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases: from a file, or from the terminal without echo. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "input.h"
#include "interrupt.h"
#include "report.h"

#define PASSPHRASE_MAX 1024

/* Reads up to the first newline; false where there is none within the bound
 * or nothing can be read. */
static bool read_line(int fd, char *out, size_t *len_out)
{
    size_t len = 0;

    while (len < PASSPHRASE_MAX) {
        ssize_t got = read(fd, out + len, 1);

        if (got < 0) {
            return false;
        }
        if (got == 0 || out[len] == '\n') {
            *len_out = len;
            return true;
        }
        len++;
    }
    return false;
}

static enum cli_exit from_file(const char *variable, const char *path,
                               char *out, size_t *len_out)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum cli_exit code = CLI_DONE;

    if (fd < 0 || fstat(fd, &status) != 0) {
        cli_report("the file named in %s, %s, cannot be opened: %s.", variable,
                   path, strerror(errno));
        code = CLI_ENVIRONMENT;
    } else if (S_ISREG(status.st_mode) && (status.st_mode & 077) != 0) {
        cli_report("%s can be read by others (its permissions are %03o). Run: "
                   "chmod 600 %s",
                   path, (unsigned)status.st_mode & 0777U, path);
        code = CLI_ENVIRONMENT;
    } else if (!read_line(fd, out, len_out)) {
        cli_report("%s holds no passphrase of at most %d bytes.", path,
                   PASSPHRASE_MAX);
        code = CLI_ENVIRONMENT;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return code;
}

/* Waits until there is something to read. False when a signal came, which is
 * let in here and nowhere else. */
static bool wait_for_line(int fd, const sigset_t *outside)
{
    fd_set fds;

    FD_ZERO(&fds);
    FD_SET(fd, &fds);
    return pselect(fd + 1, &fds, NULL, NULL, NULL, outside) == 1;
}

/* Asks with the terminal's echo off, and puts it back before anything else. */
static bool ask_silently(int fd, const char *prompt, const sigset_t *outside,
                         char *out, size_t *len_out)
{
    struct termios saved;
    struct termios silent;
    bool is_read;

    if (fd >= FD_SETSIZE || tcgetattr(fd, &saved) != 0) {
        return false;
    }
    silent = saved;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ICANON;
    (void)tcsetattr(fd, TCSAFLUSH, &silent);
    (void)dprintf(fd, "%s: ", prompt);
    is_read = wait_for_line(fd, outside) && read_line(fd, out, len_out);
    (void)tcsetattr(fd, TCSAFLUSH, &saved);
    (void)dprintf(fd, "\n");
    return is_read;
}

/* Asks once. Signals that would end or stop the program meanwhile are held
 * back but for the wait, so that none leaves the echo off. */
static bool ask(int fd, const char *prompt, char *out, size_t *len_out)
{
    static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    enum { COUNT = sizeof(ending) / sizeof(ending[0]) };
    struct sigaction before[COUNT];
    sigset_t held;
    sigset_t outside;
    sigset_t waiting;
    bool is_read;

    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGTSTP);
    for (size_t i = 0; i < COUNT; i++) {
        (void)sigaddset(&held, ending[i]);
        (void)sigaction(ending[i], NULL, &before[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &held, &outside);
    waiting = outside;
    (void)sigaddset(&waiting, SIGTSTP);
    cli_interrupt_catch();
    is_read = ask_silently(fd, prompt, &waiting, out, len_out);
    for (size_t i = 0; i < COUNT; i++) {
        (void)sigaction(ending[i], &before[i], NULL);
    }
    (void)sigprocmask(SIG_SETMASK, &outside, NULL);
    return is_read;
}

/* Passphrases are asked for before anything is written. */
static enum cli_exit say_unread(void)
{
    if (cli_interrupt_has_come()) {
        cli_report("interrupted. Nothing was written.");
        return CLI_INTERRUPTED;
    }
    cli_report("no passphrase of at most %d bytes could be read. Nothing was "
               "written.",
               PASSPHRASE_MAX);
    return CLI_ENVIRONMENT;
}

static enum cli_exit from_terminal(int fd, const char *prompt, bool is_new,
                                   char *out, size_t *len_out)
{
    char *again;
    size_t again_len = 0;
    enum cli_exit code = CLI_DONE;

    if (!ask(fd, prompt, out, len_out)) {
        return say_unread();
    }
    if (!is_new || *len_out == 0) {
        return CLI_DONE;
    }
    again = sodium_malloc(PASSPHRASE_MAX);
    if (again == NULL) {
        return cli_report_err("locked memory", ASSAY_E_NOMEM, NULL);
    }
    if (!ask(fd, "The same again", again, &again_len)) {
        code = say_unread();
    } else if (again_len != *len_out ||
               sodium_memcmp(again, out, again_len) != 0) {
        cli_report("the two were not the same. Nothing was written.");
        code = CLI_REFUSED;
    }
    sodium_free(again);
    return code;
}

/* The variable that names the file; NULL where none does. */
static const char *variable_of(enum cli_passphrase use)
{
    static const char held[] = "ASSAY_PASSPHRASE_FILE";
    static const char set[] = "ASSAY_NEW_PASSPHRASE_FILE";
    const char *path = use == CLI_PASSPHRASE_HELD ? NULL : getenv(set);

    if (path != NULL && path[0] != '\0') {
        return set;
    }
    path = use == CLI_PASSPHRASE_CHANGED ? NULL : getenv(held);
    return path != NULL && path[0] != '\0' ? held : NULL;
}

static enum cli_exit say_none(enum cli_passphrase use)
{
    if (use == CLI_PASSPHRASE_HELD) {
        return cli_report_err("the key", ASSAY_E_PASSPHRASE, NULL);
    }
    cli_report("there is no terminal to ask for the new passphrase on. Name a "
               "file that holds it in %s.",
               use == CLI_PASSPHRASE_SET ? "ASSAY_PASSPHRASE_FILE"
                                         : "ASSAY_NEW_PASSPHRASE_FILE");
    return CLI_ENVIRONMENT;
}

enum cli_exit cli_input_passphrase(const char *prompt, enum cli_passphrase use,
                                   char **passphrase_out, size_t *len_out)
{
    const char *variable = variable_of(use);
    const char *path = variable == NULL ? NULL : getenv(variable);
    char *passphrase = sodium_malloc(PASSPHRASE_MAX);
    size_t len = 0;
    enum cli_exit code = CLI_DONE;
    int fd = -1;

    if (passphrase == NULL) {
        return cli_report_err("locked memory", ASSAY_E_NOMEM, NULL);
    }
    if (path != NULL) {
        code = from_file(variable, path, passphrase, &len);
    } else {
        fd = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;
        if (fd >= 0) {
            code = from_terminal(fd, prompt, use != CLI_PASSPHRASE_HELD,
                                 passphrase, &len);
            (void)close(fd);
        } else if (use != CLI_PASSPHRASE_NEW) {
            code = say_none(use);
        }
    }
    if (code != CLI_DONE || len == 0) {
        sodium_free(passphrase);
        passphrase = NULL;
        len = 0;
    }
    *passphrase_out = passphrase;
    *len_out = len;
    return code;
}
