/* SPDX-License-Identifier: Apache-2.0 */
/* assay completion: what a shell completes, made from the table of commands. */
#include <stdio.h>
#include <string.h>

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

/* The words behind each name, then the options behind each command. */
static void bash_cases(const struct cli_command *const *all, size_t count)
{
    (void)fputs("    case \"$name\" in\n", stdout);
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
    (void)fputs("    esac\n    case \"$name $sub\" in\n", stdout);
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

/* Options whose values are no words to be completed as file names. */
static void bash_values(const struct cli_command *const *all, size_t count)
{
    (void)fputs("    case \"$before\" in\n"
                "        -o | --output | --ledger) COMPREPLY=($(compgen -f -- "
                "\"$word\")); return ;;\n"
                "        --as | --team",
                stdout);
    for (size_t i = 0; i < count; i++) {
        for (const struct cli_option *at = all[i]->options;
             at != NULL && at->name != NULL; at++) {
            if (at->value != NULL && strcmp(at->value, "FILE") != 0 &&
                !is_seen(all, i, at->name)) {
                (void)printf(" | --%s", at->name);
            }
        }
    }
    (void)fputs(") return ;;\n    esac\n", stdout);
}

static void print_bash(const struct cli_command *const *all, size_t count)
{
    (void)fputs(
        "# bash completion for assay; made by: assay completion bash\n"
        "_assay()\n{\n"
        "    local word=\"${COMP_WORDS[COMP_CWORD]}\" name= sub= subs= at\n"
        "    local before=\"${COMP_WORDS[COMP_CWORD - 1]}\"\n"
        "    local options='",
        stdout);
    bash_options(cli_options_global());
    (void)fputs("' names='", stdout);
    for (size_t i = 0; i < count; i++) {
        if (is_first(all, i)) {
            (void)printf(" %s", all[i]->name);
        }
    }
    (void)fputs("'\n"
                "    COMPREPLY=()\n"
                "    for ((at = 1; at < COMP_CWORD; at++)); do\n"
                "        case \"${COMP_WORDS[at]}\" in\n"
                "            --ledger | --as | --team) ((at++)) ;;\n"
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
                "    done\n",
                stdout);
    bash_cases(all, count);
    bash_values(all, count);
    (void)fputs("    if [ -z \"$name\" ] && [[ $word != -* ]]; then\n"
                "        options=$names\n"
                "    elif [ -n \"$subs\" ] && [ -z \"$sub\" ]; then\n"
                "        options=$subs\n"
                "    elif [[ $word != -* ]]; then\n"
                "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
                "        return\n"
                "    fi\n"
                "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
                "}\n"
                "complete -o filenames -F _assay assay\n",
                stdout);
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
            (void)fputs(strcmp(table->value, "FILE") == 0  ? ":_files"
                        : strcmp(table->value, "DIR") == 0 ? ":_files -/"
                                                           : ": ",
                        stdout);
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

static void print_zsh(const struct cli_command *const *all, size_t count)
{
    (void)fputs("#compdef assay\n"
                "# zsh completion for assay; made by: assay completion zsh\n"
                "_assay()\n{\n"
                "    local -a names words_behind\n"
                "    local depth=1\n",
                stdout);
    zsh_names(all, count);
    (void)fputs("    if ((CURRENT == 2)) && [[ $PREFIX != -* ]]; then\n"
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
        (void)printf("        '%s%s%s')\n            _arguments", all[i]->name,
                     all[i]->sub == NULL ? "" : " ",
                     all[i]->sub == NULL ? "" : all[i]->sub);
        zsh_options(all[i]->options);
        zsh_options(cli_options_global());
        (void)fputs(" \\\n                '*:argument:_files'\n"
                    "            ;;\n",
                    stdout);
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
