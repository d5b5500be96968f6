/* SPDX-License-Identifier: Apache-2.0 */
/* assay completion: what a shell completes, made from the table of commands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choices.h"
#include "options.h"
#include "report.h"

/* Whether a command is the first of its name in the table. */
static bool is_first(const struct cli_command *const *all, size_t index)
{
    return index == 0 || strcmp(all[index]->name, all[index - 1]->name) != 0;
}

static bool has_options(const struct cli_option *table)
{
    return table != NULL && table->name != NULL;
}

/* In single quotes a shell reads everything as it is, but the quote itself. */
static void put_quoted(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            (void)fputs("'\\''", stdout);
        } else {
            (void)fputc(*text, stdout);
        }
    }
}

/* The same inside what zsh's _arguments and _describe take apart. */
static void put_zsh(const char *text)
{
    for (; *text != '\0'; text++) {
        char one[2] = {*text, '\0'};

        if (strchr("[]:\\", *text) != NULL) {
            (void)fputc('\\', stdout);
        }
        put_quoted(one);
    }
}

static void bash_options(const struct cli_option *table)
{
    for (; table != NULL && table->name != NULL; table++) {
        (void)printf(" --%s", table->name);
    }
}

/* The words that what is called so may be, where they are few; malloc'ed, NULL
 * where they are not. */
static char *words_of(const char *called)
{
    char *text = NULL;
    size_t len = 0;
    FILE *words = open_memstream(&text, &len);

    if (words == NULL) {
        return NULL;
    }
    bool are_few = cli_choices_put(words, called);
    if (fclose(words) != 0 || !are_few) {
        free(text);
        return NULL;
    }
    return text;
}

static void bash_words(const struct cli_command *command)
{
    char *few = words_of(command->arguments);
    const char *words =
        cli_choices_are_keys(command->arguments) ? "$(_assay_keys)" : few;

    if (words != NULL) {
        (void)printf("        '%s %s'%s) words=\"%s\" ;;\n", command->name,
                     command->sub == NULL ? "" : command->sub,
                     command->sub == NULL ? "*" : "", words);
    }
    free(few);
}

/* The words behind each name. */
static void bash_subs(const struct cli_command *const *all, size_t count)
{
    (void)fputs("    case \"$target\" in\n", stdout);
    for (size_t i = 0; i < count; i++) {
        if (all[i]->sub == NULL || !is_first(all, i)) {
            continue;
        }
        (void)printf("        %s) subs='", all[i]->name);
        for (size_t j = i; j < count && strcmp(all[j]->name, all[i]->name) == 0;
             j++) {
            (void)printf("%s%s", j == i ? "" : " ", all[j]->sub);
        }
        (void)fputs("' ;;\n", stdout);
    }
    (void)fputs("    esac\n", stdout);
}

/* The options behind each command, and the words. */
static void bash_cases(const struct cli_command *const *all, size_t count)
{
    (void)fputs("    case \"$name $sub\" in\n", stdout);
    for (size_t i = 0; i < count; i++) {
        if (!has_options(all[i]->options)) {
            continue;
        }
        (void)printf("        '%s %s'%s) options+='", all[i]->name,
                     all[i]->sub == NULL ? "" : all[i]->sub,
                     all[i]->sub == NULL ? "*" : "");
        bash_options(all[i]->options);
        (void)fputs("' ;;\n", stdout);
    }
    (void)fputs("    esac\n    case \"$name $sub\" in\n", stdout);
    for (size_t i = 0; i < count; i++) {
        bash_words(all[i]);
    }
    (void)fputs("    esac\n", stdout);
}

/* Whether a command before this one has an option of that name. */
static bool is_seen(const struct cli_command *const *all, size_t index,
                    const char *name)
{
    for (size_t i = 0; i < index; i++) {
        for (const struct cli_option *at = all[i]->options;
             at != NULL && at->name != NULL; at++) {
            if (strcmp(at->name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Calls visit once for each name of options that take a value. */
static void each_value(const struct cli_command *const *all, size_t count,
                       void (*visit)(const struct cli_option *option))
{
    for (size_t i = 0; i < count; i++) {
        for (const struct cli_option *at = all[i]->options;
             at != NULL && at->name != NULL; at++) {
            if (at->value != NULL && !is_seen(all, i, at->name)) {
                visit(at);
            }
        }
    }
}

/* An option with few values: those are offered. */
static void bash_choice(const struct cli_option *option)
{
    char *words = words_of(option->value);

    if (words != NULL) {
        (void)printf("        --%s) COMPREPLY=($(compgen -W '%s' -- "
                     "\"$word\")); return ;;\n",
                     option->name, words);
    }
    free(words);
}

/* An option whose value is no word to be completed as a file's name. Those
 * with few values have been matched before. */
static void bash_free(const struct cli_option *option)
{
    if (strcmp(option->value, "FILE") != 0) {
        (void)printf(" | --%s", option->name);
    }
}

static void bash_values(const struct cli_command *const *all, size_t count)
{
    (void)fputs("    case \"$before\" in\n"
                "        -o | --output | --ledger) COMPREPLY=($(compgen -f -- "
                "\"$word\")); return ;;\n"
                "        --as) COMPREPLY=($(compgen -W \"$(_assay_keys)\" -- "
                "\"$word\")); return ;;\n",
                stdout);
    each_value(all, count, bash_choice);
    (void)fputs("        --team", stdout);
    each_value(all, count, bash_free);
    (void)fputs(") return ;;\n    esac\n", stdout);
}

/* The names of the keys in the ledger that the line is about. */
static const char bash_keys[] =
    "_assay_keys()\n{\n"
    "    local ledger=() at\n"
    "    for ((at = 1; at < COMP_CWORD; at++)); do\n"
    "        if [ \"${COMP_WORDS[at]}\" = --ledger ]; then\n"
    "            ledger=(--ledger \"${COMP_WORDS[at + 1]}\")\n"
    "        fi\n"
    "    done\n"
    "    \"${COMP_WORDS[0]}\" \"${ledger[@]}\" key list 2>/dev/null |\n"
    "        sed 's/ .*//'\n"
    "}\n";

/* Finds the command's name and the word behind it. bash takes --name=value for
 * three words. */
static const char bash_walk[] =
    "    if [ \"$word\" = = ]; then\n"
    "        word=\n"
    "    elif [ \"$before\" = = ] && ((COMP_CWORD > 2)); then\n"
    "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    COMPREPLY=()\n"
    "    for ((at = 1; at < COMP_CWORD; at++)); do\n"
    "        case \"${COMP_WORDS[at]}\" in\n"
    "            --ledger | --as | --team)\n"
    "                ((at++))\n"
    "                [ \"${COMP_WORDS[at]}\" = = ] && ((at++))\n"
    "                ;;\n"
    "            -*) ;;\n"
    "            *)\n"
    "                if [ -z \"$name\" ]; then\n"
    "                    name=${COMP_WORDS[at]}\n"
    "                else\n"
    "                    sub=${COMP_WORDS[at]}\n"
    "                    break\n"
    "                fi\n"
    "                ;;\n"
    "        esac\n"
    "    done\n"
    "    target=$name\n"
    "    [ \"$name\" = help ] && target=$sub\n";

static const char bash_end[] =
    "    if [ \"$name\" = help ]; then\n"
    "        words=${subs:-$names}\n"
    "    fi\n"
    "    if [ -z \"$name\" ] && [[ $word != -* ]]; then\n"
    "        options=$names\n"
    "    elif [ -n \"$subs\" ] && [ -z \"$sub\" ]; then\n"
    "        options=$subs\n"
    "    elif [[ $word != -* ]] && [ -n \"$words\" ]; then\n"
    "        options=$words\n"
    "    elif [[ $word != -* ]]; then\n"
    "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
    "        return\n"
    "    fi\n"
    "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
    "}\n"
    "complete -o filenames -F _assay assay\n";

static void print_bash(const struct cli_command *const *all, size_t count)
{
    (void)fputs("# bash completion for assay; made by: assay completion bash\n",
                stdout);
    (void)fputs(bash_keys, stdout);
    (void)fputs(
        "_assay()\n{\n"
        "    local word=\"${COMP_WORDS[COMP_CWORD]}\" name= sub= subs=\n"
        "    local before=\"${COMP_WORDS[COMP_CWORD - 1]}\" target at\n"
        "    local words= options='",
        stdout);
    bash_options(cli_options_global());
    (void)fputs("' names='", stdout);
    for (size_t i = 0; i < count; i++) {
        if (is_first(all, i)) {
            (void)printf(" %s", all[i]->name);
        }
    }
    (void)fputs("'\n", stdout);
    (void)fputs(bash_walk, stdout);
    bash_subs(all, count);
    bash_cases(all, count);
    bash_values(all, count);
    (void)fputs(bash_end, stdout);
}

/* What _arguments completes a value with. */
static void zsh_action(const char *called)
{
    char *words = words_of(called);

    if (strcmp(called, "FILE") == 0) {
        (void)fputs(":_files", stdout);
    } else if (strcmp(called, "DIR") == 0) {
        (void)fputs(":_files -/", stdout);
    } else if (cli_choices_are_keys(called)) {
        (void)fputs(":_assay_keys", stdout);
    } else {
        (void)printf(":%s%s%s", words == NULL ? " " : "(",
                     words == NULL ? "" : words, words == NULL ? "" : ")");
    }
    free(words);
}

static void zsh_options(const struct cli_option *table)
{
    for (; table != NULL && table->name != NULL; table++) {
        (void)printf(" \\\n                '%s--%s%s[",
                     table->may_repeat ? "*" : "", table->name,
                     table->value == NULL ? "" : "=");
        put_zsh(table->help);
        (void)fputs("]", stdout);
        if (table->value != NULL) {
            (void)fputs(":", stdout);
            put_zsh(table->value);
            zsh_action(table->value);
        }
        (void)fputs("'", stdout);
    }
}

/* The words behind one name, with what each does. */
static void zsh_subs(const struct cli_command *const *all, size_t count,
                     size_t first)
{
    (void)printf("        %s)\n            words_behind=(", all[first]->name);
    for (size_t i = first;
         i < count && strcmp(all[i]->name, all[first]->name) == 0; i++) {
        (void)printf("\n                '%s:", all[i]->sub);
        put_zsh(all[i]->summary);
        (void)fputs("'", stdout);
    }
    (void)fputs("\n            )\n            ;;\n", stdout);
}

static void zsh_names(const struct cli_command *const *all, size_t count)
{
    (void)fputs("    names=(", stdout);
    for (size_t i = 0; i < count; i++) {
        if (!is_first(all, i)) {
            continue;
        }
        (void)printf("\n        '%s:", all[i]->name);
        put_zsh(all[i]->sub == NULL ? all[i]->summary : "(several commands)");
        (void)fputs("'", stdout);
    }
    (void)fputs("\n    )\n", stdout);
}

/* The words that may follow a command, as _arguments takes them. */
static void zsh_words(const struct cli_command *command)
{
    char *words = words_of(command->arguments);

    if (cli_choices_are_keys(command->arguments)) {
        (void)fputs("_assay_keys", stdout);
    } else if (words != NULL) {
        (void)printf("(%s)", words);
    } else {
        (void)fputs(strcmp(command->name, "help") == 0
                        ? " _describe command names"
                        : "_files",
                    stdout);
    }
    free(words);
}

static void zsh_case(const struct cli_command *command)
{
    (void)printf("        '%s%s%s')\n            _arguments", command->name,
                 command->sub == NULL ? "" : " ",
                 command->sub == NULL ? "" : command->sub);
    zsh_options(command->options);
    zsh_options(cli_options_global());
    (void)fputs(" \\\n                \"*:argument:", stdout);
    zsh_words(command);
    (void)fputs("\"\n            ;;\n", stdout);
}

/* What stands before the command is taken off, so that it is the second word.
 */
static const char zsh_begin[] =
    "#compdef assay\n"
    "# zsh completion for assay; made by: assay completion zsh\n"
    "_assay_keys()\n{\n"
    "    local -a keys\n"
    "    keys=(${(f)\"$($assay_words[1] $assay_ledger key list 2>/dev/null |\n"
    "        sed 's/ .*//')\"})\n"
    "    compadd -a keys\n"
    "}\n"
    "_assay()\n{\n"
    "    local -a names words_behind assay_words assay_ledger\n"
    "    local depth=1 at\n"
    "    assay_words=($words)\n"
    "    at=${words[(i)--ledger]}\n"
    "    if ((at < $#words)); then\n"
    "        assay_ledger=(--ledger ${(Q)words[at + 1]})\n"
    "    fi\n"
    "    at=2\n"
    "    while ((at < CURRENT)) && [[ $words[at] == -* ]]; do\n"
    "        [[ $words[at] == --(ledger|as|team) ]] && ((at++))\n"
    "        ((at++))\n"
    "    done\n"
    "    if ((at > CURRENT)); then\n"
    "        case $words[CURRENT-1] in\n"
    "            --ledger) _files -/ ;;\n"
    "            --as) _assay_keys ;;\n"
    "        esac\n"
    "        return\n"
    "    fi\n"
    "    words[2,at-1]=()\n"
    "    ((CURRENT -= at - 2))\n";

static void print_zsh(const struct cli_command *const *all, size_t count)
{
    (void)fputs(zsh_begin, stdout);
    zsh_names(all, count);
    (void)fputs("    if ((CURRENT == 2)) && [[ $PREFIX == -* ]]; then\n"
                "        compadd --",
                stdout);
    bash_options(cli_options_global());
    (void)fputs("\n        return\n"
                "    fi\n"
                "    if ((CURRENT == 2)); then\n"
                "        _describe command names\n"
                "        return\n"
                "    fi\n"
                "    case $words[2] in\n",
                stdout);
    for (size_t i = 0; i < count; i++) {
        if (all[i]->sub != NULL && is_first(all, i)) {
            zsh_subs(all, count, i);
        }
    }
    (void)fputs("    esac\n"
                "    if ((CURRENT == 3 && $#words_behind)); then\n"
                "        _describe word words_behind\n"
                "        return\n"
                "    fi\n"
                "    (($#words_behind)) && depth=2\n"
                "    local command=\"${(j. .)words[2,depth+1]}\"\n"
                "    shift depth words\n"
                "    ((CURRENT -= depth))\n"
                "    case $command in\n",
                stdout);
    for (size_t i = 0; i < count; i++) {
        zsh_case(all[i]);
    }
    (void)fputs("    esac\n}\n_assay \"$@\"\n", stdout);
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    const char *shell = cli_args_positional(args, 0);
    size_t count = 0;
    const struct cli_command *const *all = cli_commands(&count);

    (void)context;
    if (strcmp(shell, "bash") == 0) {
        print_bash(all, count);
    } else if (strcmp(shell, "zsh") == 0) {
        print_zsh(all, count);
    } else {
        cli_report("there is no completion for \"%s\": bash and zsh have one.",
                   shell);
        return CLI_USAGE;
    }
    return CLI_DONE;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_cmd_completion = {
    .name = "completion",
    .summary = "Print what lets a shell complete assay's command lines.",
    .arguments = "bash|zsh",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .example = "assay completion bash >~/.local/share/bash-completion/"
               "completions/assay",
    .run = run,
};
