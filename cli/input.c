/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "editor.h"
#include "protocol/check.h"
#include "protocol/text.h"
#include "report.h"

/* Reads standard input up to its end, without the line's end there; NULL when
 * it is too long or fails. */
static char *read_standard_input(void)
{
    char *text = malloc(ASSAY_TEXT_MAX + 2);
    size_t len = 0;

    if (text == NULL) {
        return NULL;
    }
    len = fread(text, 1, ASSAY_TEXT_MAX + 1, stdin);
    if (ferror(stdin) || len > ASSAY_TEXT_MAX || memchr(text, 0, len)) {
        free(text);
        return NULL;
    }
    while (len > 0 && strchr("\r\n", text[len - 1]) != NULL) {
        len--;
    }
    text[len] = '\0';
    return text;
}

static bool takes_text(const struct cli_command *command, const char *name)
{
    for (const struct cli_option *at = command->options;
         at != NULL && at->name != NULL; at++) {
        if (strcmp(at->name, name) == 0) {
            return at->value != NULL && strcmp(at->value, "TEXT") == 0;
        }
    }
    return false;
}

enum cli_exit cli_input_standard(const struct cli_command *command,
                                 struct cli_args *args, char **text_out)
{
    size_t count = 0;
    size_t index = 0;
    char *text;

    for (size_t i = 0; i < args->option_count; i++) {
        if (args->values[i] != NULL && strcmp(args->values[i], "-") == 0 &&
            takes_text(command, args->names[i])) {
            index = i;
            count++;
        }
    }
    if (count == 0) {
        return CLI_DONE;
    }
    for (size_t i = 0; i < args->positional_count; i++) {
        count += strcmp(args->positionals[i], "-") == 0 ? 1U : 0U;
    }
    if (count > 1) {
        cli_report("- stands for standard input, which can be read once only; "
                   "it is given %zu times.",
                   count);
        return CLI_USAGE;
    }
    text = read_standard_input();
    if (text == NULL) {
        cli_report("standard input for --%s cannot be read, holds a zero "
                   "byte, or is longer than %d bytes.",
                   args->names[index], ASSAY_TEXT_MAX);
        return CLI_REFUSED;
    }
    args->values[index] = text;
    *text_out = text;
    return CLI_DONE;
}

static void trim(char *text)
{
    size_t from = strspn(text, " \t\r\n");
    size_t len = strlen(text);

    while (len > from && strchr(" \t\r\n", text[len - 1]) != NULL) {
        len--;
    }
    memmove(text, text + from, len - from);
    text[len - from] = '\0';
}

static enum cli_exit check_text(const char *option_name, const char *text)
{
    struct assay_fault fault = {0, NULL};

    if (text[0] == '\0') {
        cli_report("--%s is empty. Nothing was written.", option_name);
        return CLI_REFUSED;
    }
    if (strlen(text) > ASSAY_TEXT_MAX) {
        cli_report("--%s is longer than %d bytes.", option_name,
                   ASSAY_TEXT_MAX);
        return CLI_REFUSED;
    }
    if (assay_text_check(assay_bytes_of(text), &fault) != ASSAY_OK) {
        cli_report("--%s: %s, at byte %zu.", option_name, fault.rule,
                   fault.offset);
        return CLI_REFUSED;
    }
    return CLI_DONE;
}

enum cli_exit cli_input_text(const char *option_name, const char *value,
                             const char *hint, char **text_out,
                             char **draft_out)
{
    char *text = NULL;
    enum cli_exit code = CLI_DONE;

    if (value == NULL) {
        code = cli_editor_text(option_name, hint, &text, draft_out);
    } else {
        text = strdup(value);
        code = text == NULL ? cli_report_err("memory", ASSAY_E_NOMEM, NULL)
                            : CLI_DONE;
    }
    if (code == CLI_DONE) {
        ASSAY_CHECK(text != NULL);
        trim(text);
        code = check_text(option_name, text);
    }
    if (code != CLI_DONE) {
        free(text);
        return code;
    }
    *text_out = text;
    return CLI_DONE;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    /* Years begin in March, so that a leap day is a year's last. */
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    int64_t era = y / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * m + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

static bool is_number(const char *text)
{
    return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

enum cli_exit cli_input_time(const char *text, uint64_t *time_s_out)
{
    unsigned field[6] = {0, 1, 1, 0, 0, 0};
    size_t len = strlen(text);

    if (is_number(text) && len > 4 && len < 13) {
        *time_s_out = strtoull(text, NULL, 10);
        return CLI_DONE;
    }
    if (!assay_text_is_date(assay_bytes_of(text))) {
        cli_report("\"%s\" is no time. Give Unix seconds, 2025-10, 2025-10-09 "
                   "or 2025-10-09T08:00:00Z.",
                   text);
        return CLI_USAGE;
    }
    for (size_t i = 0, at = 0; i < 6 && at < len; i++) {
        field[i] = (unsigned)strtoul(text + at, NULL, 10);
        at += strspn(text + at, "0123456789") + 1;
    }
    int64_t seconds = days_of(field[0], field[1], field[2]) * 86400 +
                      (int64_t)field[3] * 3600 + (int64_t)field[4] * 60 +
                      (int64_t)field[5];
    *time_s_out = seconds < 0 ? 0 : (uint64_t)seconds;
    return CLI_DONE;
}
