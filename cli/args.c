/* SPDX-License-Identifier: Apache-2.0 */
#include "args.h"

#include <string.h>

#include "command.h"
#include "options.h"
#include "report.h"

const char *cli_args_value_at(const struct cli_args *args, const char *name,
                              size_t index)
{
    for (size_t i = 0; i < args->option_count; i++) {
        if (strcmp(args->names[i], name) == 0 && index-- == 0) {
            return args->values[i];
        }
    }
    return NULL;
}

size_t cli_args_count(const struct cli_args *args, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < args->option_count; i++) {
        count += strcmp(args->names[i], name) == 0 ? 1U : 0U;
    }
    return count;
}

const char *cli_args_value(const struct cli_args *args, const char *name)
{
    size_t count = cli_args_count(args, name);

    return count == 0 ? NULL : cli_args_value_at(args, name, count - 1);
}

bool cli_args_has(const struct cli_args *args, const char *name)
{
    return cli_args_count(args, name) > 0;
}

const char *cli_args_positional(const struct cli_args *args, size_t index)
{
    return index < args->positional_count ? args->positionals[index] : NULL;
}

/* Edit distance (Levenshtein) of two short words; large for long ones. */
size_t cli_options_distance(const char *a, const char *b)
{
    size_t row[64];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);

    if (a_len >= 63 || b_len >= 63) {
        return 64;
    }
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t above = row[j];
            size_t best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);

            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[b_len];
}

static const struct cli_option *find_in(const struct cli_option *table,
                                        const char *name, size_t len)
{
    for (const struct cli_option *at = table; at != NULL && at->name != NULL;
         at++) {
        if (strlen(at->name) == len && strncmp(at->name, name, len) == 0) {
            return at;
        }
    }
    return NULL;
}

static const struct cli_option *find_option(const struct cli_command *command,
                                            const char *name, size_t len)
{
    const struct cli_option *found = find_in(command->options, name, len);

    return found != NULL ? found : find_in(cli_options_global(), name, len);
}

static void nearest_in(const struct cli_option *table, const char *name,
                       size_t *best, const char **nearest)
{
    for (const struct cli_option *at = table; at != NULL && at->name != NULL;
         at++) {
        size_t distance = cli_options_distance(name, at->name);

        if (distance < *best) {
            *best = distance;
            *nearest = at->name;
        }
    }
}

static void say_unknown(const struct cli_command *command, const char *name)
{
    const char *nearest = NULL;
    size_t best = 4; /* Further away is no slip. */

    nearest_in(command->options, name, &best, &nearest);
    nearest_in(cli_options_global(), name, &best, &nearest);
    if (nearest != NULL) {
        cli_report("there is no option --%s here. Did you mean --%s?", name,
                   nearest);
    } else {
        cli_report("there is no option --%s here. See: assay help %s", name,
                   command->name);
    }
}

/* Reads one option at argv[*index]; moves *index behind its value. */
static bool parse_option(const struct cli_command *command, int argc,
                         char **argv, int *index, struct cli_args *args)
{
    const char *name = argv[*index] + 2;
    size_t len = strcspn(name, "=");
    const struct cli_option *option = find_option(command, name, len);
    const char *value = name[len] == '=' ? name + len + 1 : NULL;

    if (option == NULL) {
        say_unknown(command, name);
        return false;
    }
    if (option->value == NULL && value != NULL) {
        cli_report("the option --%s takes no value.", option->name);
        return false;
    }
    if (option->value != NULL && value == NULL) {
        if (*index + 1 >= argc) {
            cli_report("the option --%s needs a value: --%s %s.", option->name,
                       option->name, option->value);
            return false;
        }
        value = argv[++*index];
    }
    if (!option->may_repeat && cli_args_has(args, option->name)) {
        cli_report("the option --%s may be given once only.", option->name);
        return false;
    }
    if (args->option_count == CLI_ARGS_MAX) {
        cli_report("there are more than %d options.", CLI_ARGS_MAX);
        return false;
    }
    args->names[args->option_count] = option->name;
    args->values[args->option_count++] = value;
    return true;
}

/* The command's name as typed: "claim add". */
static const char *space_of(const struct cli_command *command)
{
    return command->sub == NULL ? "" : " ";
}

static const char *sub_of(const struct cli_command *command)
{
    return command->sub == NULL ? "" : command->sub;
}

static bool check_counts(const struct cli_command *command,
                         const struct cli_args *args)
{
    if (args->positional_count < command->positional_min ||
        args->positional_count > command->positional_max) {
        cli_report("%s arguments. Usage: assay %s%s%s%s%s",
                   args->positional_count < command->positional_min
                       ? "there are too few"
                       : "there are too many",
                   command->name, space_of(command), sub_of(command),
                   command->arguments[0] == '\0' ? "" : " ",
                   command->arguments);
        return false;
    }
    for (const struct cli_option *at = command->options;
         at != NULL && at->name != NULL; at++) {
        if (at->is_required && !cli_args_has(args, at->name)) {
            cli_report("--%s %s is needed. See: assay help %s%s%s", at->name,
                       at->value == NULL ? "" : at->value, command->name,
                       space_of(command), sub_of(command));
            return false;
        }
    }
    return true;
}

bool cli_args_parse(const struct cli_command *command, int argc, char **argv,
                    struct cli_args *args_out)
{
    bool options_ended = false;

    memset(args_out, 0, sizeof(*args_out));
    for (int i = 0; i < argc; i++) {
        if (!options_ended && strcmp(argv[i], "--") == 0) {
            options_ended = true;
        } else if (!options_ended && strncmp(argv[i], "--", 2) == 0) {
            if (!parse_option(command, argc, argv, &i, args_out)) {
                return false;
            }
        } else if (!options_ended && argv[i][0] == '-' && argv[i][1] != '\0' &&
                   strcmp(argv[i], "-o") != 0) {
            cli_report("there is no option %s here. Options have two dashes.",
                       argv[i]);
            return false;
        } else if (!options_ended && strcmp(argv[i], "-o") == 0) {
            char output[] = "--output";
            char *pair[] = {output, i + 1 < argc ? argv[i + 1] : NULL};
            int at = 0;

            if (!parse_option(command, pair[1] == NULL ? 1 : 2, pair, &at,
                              args_out)) {
                return false;
            }
            i++;
        } else if (args_out->positional_count == CLI_ARGS_MAX) {
            cli_report("there are more than %d arguments.", CLI_ARGS_MAX);
            return false;
        } else {
            args_out->positionals[args_out->positional_count++] = argv[i];
        }
    }
    return cli_args_has(args_out, "help") || check_counts(command, args_out);
}
