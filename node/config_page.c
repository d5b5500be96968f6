/* SPDX-License-Identifier: Apache-2.0 */
/* What the table of keys says to people: assayd.conf(5), and a sample. */
#include "config.h"

#include "scdoc.h"

static const char *const sections[][2] = {
    {"node", "The node itself."},
    {"network", "Who it speaks with."},
    {"policy", "What it keeps and passes on."},
    {"captures", "Captured bytes, which are files beside the records."},
    {"metrics", "What it tells those who watch over it."},
};

static void put_key(FILE *out, const struct node_config_key *key)
{
    (void)fputc('*', out);
    node_scdoc_put(out, key->name);
    (void)fputs("* = _", out);
    node_scdoc_put(out, key->value);
    (void)fputs("_\n\t", out);
    node_scdoc_put(out, key->help);
    if (key->preset[0] != '\0') {
        (void)fputs(" Default: ", out);
        node_scdoc_put(out, key->preset);
        (void)fputc('.', out);
    }
    (void)fputs(key->is_live ? "\n\n" : " Read at start only.\n\n", out);
}

void node_config_print_scdoc(FILE *out)
{
    size_t count = 0;
    const struct node_config_key *keys = node_config_keys(&count);
    const char *section = "";

    (void)fputs(
        "assayd.conf(5)\n\n# NAME\n\nassayd.conf - the configuration of a node "
        "of the ledger of fact\\-checks\n\n# SYNOPSIS\n\n*assayd* "
        "*\\-\\-config* "
        "_FILE_\n\n# DESCRIPTION\n\nSections in brackets, and lines of key = "
        "value. A line that begins with ; or \\# is a comment, as is what "
        "follows a blank and ; in a line. The values of a list are separated "
        "by blanks or commas; it may go on in lines that begin with blanks, "
        "or name its key again. A line has room for 197 bytes. What is not "
        "listed here is refused with its line. *assayd \\-\\-check\\-config* "
        "tells without starting anything. SIGHUP reads the file again: when "
        "it is refused, the node goes on as before.\n\n",
        out);
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < sizeof(sections) / sizeof(sections[0]); at++) {
            if (strcmp(section, keys[i].section) != 0 &&
                strcmp(sections[at][0], keys[i].section) == 0) {
                (void)fprintf(out, "# [%s]\n\n%s\n\n", sections[at][0],
                              sections[at][1]);
            }
        }
        section = keys[i].section;
        put_key(out, &keys[i]);
    }
    (void)fputs("# EXAMPLE\n\n```\n[node]\nledger = /var/lib/assay\n\n[network]"
                "\nlisten = [::]:7117\npeers = "
                "node1qqq...@desk.example.org:7117\n\n[policy]\naccept = "
                "vouched:1\n```\n\n# SEE ALSO\n\n*assayd*(8), *assay*(1)\n",
                out);
}

void node_config_print_sample(FILE *out)
{
    size_t count = 0;
    const struct node_config_key *keys = node_config_keys(&count);
    const char *section = "";

    (void)fputs("; assayd.conf(5) explains every key. These are the "
                "defaults.\n",
                out);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(section, keys[i].section) != 0) {
            (void)fprintf(out, "\n[%s]\n", keys[i].section);
        }
        section = keys[i].section;
        (void)fprintf(out, ";%s = %s\n", keys[i].name, keys[i].preset);
    }
}
