/* SPDX-License-Identifier: Apache-2.0 */
#include "editor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* Reads what was written, without its comments. */
static enum cli_exit read_file(const char *path, const char *option_name,
                               char **text_out)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(FILE_MAX + 2);
    enum cli_exit code = CLI_DONE;
    size_t len = 0;

    if (file == NULL || text == NULL) {
        cli_report("%s cannot be read.", path);
        code = CLI_ENVIRONMENT;
    } else {
        len = fread(text, 1, FILE_MAX + 1, file);
        text[len] = '\0';
        if (len > FILE_MAX || strlen(text) < len) {
            cli_report("--%s is longer than %d bytes, or has a zero byte. "
                       "Nothing was written.",
                       option_name, ASSAY_TEXT_MAX);
            code = CLI_REFUSED;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (code != CLI_DONE) {
        free(text);
        return code;
    }
    strip_comments(text);
    *text_out = text;
    return CLI_DONE;
}

static bool write_hint(int fd, const char *option_name, const char *hint)
{
    return dprintf(fd,
                   "\n# %s\n# This is the text for --%s. Lines that begin with "
                   "# are left out;\n# an empty text writes nothing.\n",
                   hint, option_name) > 0;
}

/* Makes a file that no other text is in, and that nobody else reads. */
static enum cli_exit make_file(const char *option_name, const char *hint,
                               char **path_out)
{
    const char *tmp = getenv("TMPDIR");
    char path[4096];
    char *copy = NULL;

    if (snprintf(path, sizeof(path), "%s/assay-text-XXXXXX",
                 tmp == NULL ? "/tmp" : tmp) >= (int)sizeof(path)) {
        return cli_report_err("TMPDIR", ASSAY_E_LIMIT, NULL);
    }
    int fd = mkstemp(path);
    if (fd < 0) {
        cli_report("no file can be made in %s for the editor.",
                   tmp == NULL ? "/tmp" : tmp);
        return CLI_ENVIRONMENT;
    }
    bool is_ready = write_hint(fd, option_name, hint);
    (void)close(fd);
    copy = is_ready ? strdup(path) : NULL;
    if (copy == NULL) {
        cli_report("%s cannot be written.", path);
        (void)unlink(path);
        return CLI_ENVIRONMENT;
    }
    *path_out = copy;
    return CLI_DONE;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* Lets a person write, and takes in what they wrote, whatever becomes of the
 * editor: text is NULL only where it cannot be read. */
static enum cli_exit edit(const char *path, const char *option_name,
                          char **text)
{
    enum cli_exit code = CLI_DONE;

    if (!run_editor(path)) {
        cli_report("the editor \"%s\" failed. Nothing was written.",
                   editor_name());
        code = CLI_ENVIRONMENT;
    }
    enum cli_exit read_code = read_file(path, option_name, text);
    return code == CLI_DONE ? read_code : code;
}

enum cli_exit cli_editor_text(const char *option_name, const char *hint,
                              char **text_out, char **path_out)
{
    char *path = NULL;
    char *text = NULL;
    enum cli_exit code;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        cli_report("--%s is needed (- reads it from standard input).",
                   option_name);
        return CLI_USAGE;
    }
    code = make_file(option_name, hint, &path);
    if (path == NULL) {
        return code;
    }
    code = edit(path, option_name, &text);
    if (text != NULL && is_blank(text)) {
        (void)unlink(path);
        free(path);
        path = NULL;
    }
    if (code != CLI_DONE) {
        free(text);
        return cli_editor_end(path, code);
    }
    *text_out = text;
    *path_out = path;
    return CLI_DONE;
}

enum cli_exit cli_editor_end(char *path, enum cli_exit code)
{
    if (path != NULL && code == CLI_DONE) {
        (void)unlink(path);
    } else if (path != NULL && chmod(path, S_IRUSR | S_IWUSR) == 0) {
        cli_note("What you wrote is kept in %s", path);
    }
    free(path);
    return code;
}
