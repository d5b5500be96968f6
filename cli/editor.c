/* SPDX-License-Identifier: Apache-2.0 */
#include "editor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/limits.h"
#include "report.h"

#define FILE_MAX (2 * ASSAY_TEXT_MAX)

static const char *editor_name(void)
{
    const char *name = getenv("VISUAL");

    if (name == NULL || name[0] == '\0') {
        name = getenv("EDITOR");
    }
    return name == NULL || name[0] == '\0' ? "vi" : name;
}

/* The editor's value may hold arguments: a shell splits it, as git does. */
static bool run_editor(const char *path)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction interrupt;
    struct sigaction quit;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        char script[4096];

        if (snprintf(script, sizeof(script), "%s \"$@\"", editor_name()) >=
            (int)sizeof(script)) {
            _exit(127);
        }
        (void)execl("/bin/sh", "sh", "-c", script, "sh", path, (char *)NULL);
        _exit(127);
    }
    /* Ctrl-C is the editor's: what was typed must not go with us. */
    (void)sigaction(SIGINT, &ignore, &interrupt);
    (void)sigaction(SIGQUIT, &ignore, &quit);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)sigaction(SIGINT, &interrupt, NULL);
    (void)sigaction(SIGQUIT, &quit, NULL);
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Leaves out lines that begin with "#". */
static void strip_comments(char *text)
{
    char *to = text;
    const char *from = text;

    while (*from != '\0') {
        size_t len = strcspn(from, "\n");

        len += from[len] == '\n' ? 1U : 0U;
        if (*from != '#') {
            memmove(to, from, len);
            to += len;
        }
        from += len;
    }
    *to = '\0';
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(FILE_MAX + 1);
    size_t len = 0;

    if (file != NULL && text != NULL) {
        len = fread(text, 1, FILE_MAX, file);
        text[len] = '\0';
        strip_comments(text);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return text;
}

static bool write_hint(int fd, const char *option_name, const char *hint)
{
    return dprintf(fd,
                   "\n# %s\n# This is the text for --%s. Lines that begin with "
                   "# are left out;\n# an empty text writes nothing.\n",
                   hint, option_name) > 0;
}

enum cli_exit cli_editor_text(const char *option_name, const char *hint,
                              char **text_out)
{
    const char *tmp = getenv("TMPDIR");
    char path[4096];
    char *text = NULL;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        cli_report("--%s is needed (- reads it from standard input).",
                   option_name);
        return CLI_USAGE;
    }
    if (snprintf(path, sizeof(path), "%s/assay-text-XXXXXX",
                 tmp == NULL ? "/tmp" : tmp) >= (int)sizeof(path)) {
        return cli_report_err("TMPDIR", ASSAY_E_LIMIT, NULL);
    }
    int fd = mkstemp(path);
    if (fd < 0) {
        cli_report("no file can be made in %s for the editor.", path);
        return CLI_ENVIRONMENT;
    }
    bool is_ready = write_hint(fd, option_name, hint);
    (void)close(fd);
    if (is_ready && run_editor(path)) {
        text = read_file(path);
    } else {
        cli_report("the editor \"%s\" failed. Nothing was written.",
                   editor_name());
    }
    (void)unlink(path);
    if (text == NULL) {
        return CLI_ENVIRONMENT;
    }
    *text_out = text;
    return CLI_DONE;
}
