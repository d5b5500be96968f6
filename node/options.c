/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "page.h"
#include "scdoc.h"

/* One option. What sets a key of the configuration names it; the others say
 * which task they begin, or which field they fill. */
struct option {
    const char *name;
    const char *value; /* What its value is called; NULL: a flag. */
    const char *help;
    const char *section; /* Of the key that it sets; NULL: none. */
    const char *key;
    enum node_task task; /* NODE_RUN where it begins none. */
    bool is_hidden;      /* Only the build uses it. */
};

/* clang-format off */
static const struct option options[] = {
    {"config", "FILE", "read the configuration from FILE (assayd.conf(5))",
     NULL, NULL, NODE_RUN, false},
    {"ledger", "DIR", "the ledger's folder",
     "node", "ledger", NODE_RUN, false},
    {"listen", "HOST:PORT", "where peers may connect; may be repeated",
     "network", "listen", NODE_RUN, false},
    {"peer", "NODE@HOST:PORT", "a node to stay connected with; may be repeated",
     "network", "peers", NODE_RUN, false},
    {"allow", "NODE|open", "who may connect beside those; may be repeated",
     "network", "allow", NODE_RUN, false},
    {"accept", "POLICY", "whose records to keep: trusted, vouched:N or open",
     "policy", "accept", NODE_RUN, false},
    {"captures", "WHICH", "which captured bytes to fetch: all, cited or none",
     "captures", "keep", NODE_RUN, false},
    {"control", "PATH", "the Unix socket for assay(1)",
     "node", "control", NODE_RUN, false},
    {"metrics", "HOST:PORT", "where Prometheus may fetch /metrics",
     "metrics", "listen", NODE_RUN, false},
    {"log", "LEVEL", "how much to say: error, warn, info or debug",
     "node", "log", NODE_RUN, false},
    {"ready-file", "FILE",
     "write what the node listens on to FILE once it is ready",
     NULL, NULL, NODE_RUN, false},
    {"sync-once", "NODE@HOST:PORT",
     "sync with one node and end; nothing listens",
     NULL, NULL, NODE_SYNC_ONCE, false},
    {"json", NULL, "say what --sync-once did as JSON",
     NULL, NULL, NODE_RUN, false},
    {"check-config", NULL, "say whether the configuration is right, and end",
     NULL, NULL, NODE_CHECK_CONFIG, false},
    {"sample-config", NULL, "print a configuration to begin with, and end",
     NULL, NULL, NODE_SAMPLE_CONFIG, false},
    {"help", NULL, "say how to use the program, and end",
     NULL, NULL, NODE_HELP, false},
    {"version", NULL, "say which version this is, and end",
     NULL, NULL, NODE_VERSION, false},
    {"scdoc", NULL, "print the manual page's source, and end",
     NULL, NULL, NODE_PAGE, true},
    {"scdoc-conf", NULL, "print the source of assayd.conf(5), and end",
     NULL, NULL, NODE_PAGE_CONF, true},
};
/* clang-format on */

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static const struct option *find_option(const char *name, size_t len)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strlen(options[i].name) == len &&
            memcmp(options[i].name, name, len) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static bool refuse(const char *what, const char *why)
{
    (void)fprintf(stderr, "assayd: \"%s\" %s. See: assayd --help\n", what, why);
    return false;
}

/* Notes what an option says. */
static bool take(struct node_options *out, const struct option *option,
                 const char *value)
{
    if (option->section != NULL) {
        if (out->setting_count == NODE_OPTIONS_MAX) {
            return refuse(value, "is an option too many");
        }
        out->settings[out->setting_count++] = (struct node_setting){
            node_config_find(option->section, option->key), value};
        return true;
    }
    if (option->task != NODE_RUN) {
        out->task = option->task;
        out->sync_peer =
            option->task == NODE_SYNC_ONCE ? value : out->sync_peer;
    } else if (option->value == NULL) {
        out->is_json = true;
    } else if (strcmp(option->name, "config") == 0) {
        out->config = value;
    } else {
        out->ready_file = value;
    }
    return true;
}

bool node_options_parse(int argc, char **argv, struct node_options *options_out)
{
    memset(options_out, 0, sizeof(*options_out));
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i] + 2;
        const char *equals = NULL;
        const char *value = NULL;

        if (strncmp(argv[i], "--", 2) != 0) {
            return refuse(argv[i], "is no option");
        }
        equals = strchr(name, '=');
        size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
        const struct option *option = find_option(name, len);

        if (option == NULL) {
            return refuse(argv[i], "is no option");
        }
        if (option->value == NULL && equals != NULL) {
            return refuse(argv[i], "takes no value");
        }
        if (option->value != NULL && equals == NULL && i + 1 == argc) {
            return refuse(argv[i], "needs a value");
        }
        if (option->value != NULL) {
            value = equals != NULL ? equals + 1 : argv[++i];
        }
        if (!take(options_out, option, value)) {
            return false;
        }
    }
    return true;
}

/* The first setting of a list replaces what the file says, further ones add. */
static bool is_first(const struct node_options *from, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (from->settings[i].key == from->settings[index].key) {
            return false;
        }
    }
    return true;
}

enum assay_err node_options_config(const struct node_options *from,
                                   struct node_config *config_out,
                                   struct node_config_fault *fault_out)
{
    struct node_config config;
    enum assay_err err;

    *fault_out = (struct node_config_fault){0, ""};
    err = from->config == NULL
              ? node_config_init(&config)
              : node_config_load(from->config, &config, fault_out);
    if (err != ASSAY_OK) {
        return err;
    }
    for (size_t i = 0; err == ASSAY_OK && i < from->setting_count; i++) {
        if (is_first(from, i)) {
            node_config_forget(&config, from->settings[i].key);
        }
        err =
            node_config_set(&config, from->settings[i].key,
                            assay_bytes_of(from->settings[i].value), fault_out);
    }
    if (err != ASSAY_OK) {
        node_config_clear(&config);
        return err;
    }
    *config_out = config;
    return ASSAY_OK;
}

void node_options_print_help(FILE *out)
{
    (void)fputs("Usage: assayd [options]\n\nRuns a node: keeps records, checks "
                "them, and exchanges them with peers.\n\n",
                out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char name[64];

        if (options[i].is_hidden) {
            continue;
        }
        (void)snprintf(name, sizeof(name), "--%s%s%s", options[i].name,
                       options[i].value == NULL ? "" : " ",
                       options[i].value == NULL ? "" : options[i].value);
        if (strlen(name) > 20) {
            (void)fprintf(out, "  %s\n%24s%s\n", name, "", options[i].help);
        } else {
            (void)fprintf(out, "  %-20s  %s\n", name, options[i].help);
        }
    }
    (void)fputs("\nExample:\n  assayd --ledger /var/lib/assay --listen "
                "[::]:7117 --allow open\n\n"
                "Exit codes: 0 done, 1 a sync that did not come to its end, "
                "2 wrong usage,\n3 the configuration is refused, 4 environment "
                "(no ledger, port taken,\nno permission).\n",
                out);
}

void node_options_print_scdoc(FILE *out)
{
    node_page_begin(out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (options[i].is_hidden) {
            continue;
        }
        (void)fputs("*\\-\\-", out);
        node_scdoc_put(out, options[i].name);
        (void)fputc('*', out);
        if (options[i].value != NULL) {
            (void)fputs(" _", out);
            node_scdoc_put(out, options[i].value);
            (void)fputc('_', out);
        }
        (void)fputs("\n\t", out);
        node_scdoc_put(out, options[i].help);
        (void)fputs("\n\n", out);
    }
    node_page_end(out);
}
