/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - what the operator wants: an INI file, its one table of keys, and
 * the options of the command line that say the same.
 *
 * The table (config_keys.c) holds each key's section, name, kind, default and
 * help; the reader, assayd.conf(5) and "assayd --keys" come from it. What is
 * not in the table, or not a value of its kind, is refused with file and line.
 */
#ifndef ASSAY_NODE_CONFIG_H
#define ASSAY_NODE_CONFIG_H

#include <stdio.h>

#include "endpoint.h"

/* The path of a folder or file: what Linux takes in one call. */
#define NODE_PATH_MAX 4096

/* The path of a Unix socket, with its final zero (unix(7): sun_path). */
#define NODE_SOCKET_PATH_MAX 108

/* A configuration longer than this is not one. */
#define NODE_CONFIG_SIZE_MAX ((size_t)1024 * 1024)

/* Values of one list. Ten thousand peers are a full mesh that no one wants;
 * HyParView needs a handful. */
#define NODE_CONFIG_LIST_MAX 10000

enum node_log_level {
    NODE_LOG_ERROR,
    NODE_LOG_WARN,
    NODE_LOG_INFO,
    NODE_LOG_DEBUG
};

/* Which captured bytes are fetched and kept. */
enum node_captures_keep {
    NODE_CAPTURES_ALL,
    NODE_CAPTURES_CITED,
    NODE_CAPTURES_NONE
};

/* Whose records are taken. */
enum node_accept { NODE_ACCEPT_TRUSTED, NODE_ACCEPT_VOUCHED, NODE_ACCEPT_OPEN };

struct node_endpoints {
    struct node_endpoint *items;
    size_t count;
};

struct node_addresses {
    struct node_address *items;
    size_t count;
};

/* Nodes by key, or teams by the hash of their founding record. */
struct node_keys {
    struct assay_key *items;
    size_t count;
};

struct node_config {
    char ledger[NODE_PATH_MAX];         /* Empty: as assay(1) finds it. */
    char control[NODE_SOCKET_PATH_MAX]; /* Empty: in the ledger's folder. */
    uint64_t log_level;                 /* enum node_log_level */

    struct node_endpoints listen;
    struct node_addresses peers;
    bool allow_all;         /* Any node may connect. */
    struct node_keys allow; /* Beside the peers above. */
    uint64_t active_view;
    uint64_t connections_max;
    uint64_t connections_per_address;
    uint64_t handshake_s;

    uint64_t accept;        /* enum node_accept */
    uint64_t vouched_steps; /* Of NODE_ACCEPT_VOUCHED. */
    uint64_t team_quota;    /* Records a day, of NODE_ACCEPT_OPEN. */
    uint64_t named_quota;   /* Records a day, kept on behalf of a team. */
    struct node_keys follow;

    uint64_t captures; /* enum node_captures_keep */
    uint64_t capture_size_max;
    uint64_t captures_quota;
    uint64_t captures_rate; /* Bytes a second that a peer is served. */

    struct node_endpoints metrics;
};

enum node_config_kind {
    NODE_CONFIG_PATH,
    NODE_CONFIG_SOCKET,
    NODE_CONFIG_LISTEN, /* A list of endpoints, port 0 allowed. */
    NODE_CONFIG_PEERS,  /* A list of addresses. */
    NODE_CONFIG_ALLOW,  /* "open", or a list of node ids. */
    NODE_CONFIG_ACCEPT, /* trusted, vouched:N or open. */
    NODE_CONFIG_TEAMS,  /* A list of team ids. */
    NODE_CONFIG_WORD,   /* One of some words. */
    NODE_CONFIG_NUMBER,
    NODE_CONFIG_SIZE /* A number of bytes, with K, M, G or T behind it. */
};

struct node_config_key {
    const char *section;
    const char *name;
    enum node_config_kind kind;
    const char *value;  /* What its value is called. */
    const char *preset; /* As it would be written; "" for none. */
    const char *help;
    bool is_live;  /* SIGHUP changes it; else only a restart. */
    size_t offset; /* Of its field. */
    uint64_t min;  /* Of a number or size. */
    uint64_t max;
    const char *const *words; /* Of a word; ends with NULL. */
};

/* Where and why a configuration was refused. */
struct node_config_fault {
    unsigned line;  /* 0 where no line is to blame. */
    char text[256]; /* Why: harmless text without a full stop. */
};

/* The table; *count_out keys, those of a section side by side. */
const struct node_config_key *node_config_keys(size_t *count_out);

/* One key of the table, by section and name; NULL. */
const struct node_config_key *node_config_find(const char *section,
                                               const char *name);

/* Every key's default. ASSAY_E_NOMEM. End it with node_config_clear. */
ASSAY_MUST_CHECK
enum assay_err node_config_init(struct node_config *config_out);

/* Frees what it holds; accepts a zeroed one. */
void node_config_clear(struct node_config *config);

/*
 * Reads a file over the defaults into config_out, which
 * the caller clears. ASSAY_E_NOT_FOUND, ASSAY_E_ACCESS, ASSAY_E_IO,
 * ASSAY_E_NOMEM, or ASSAY_E_MALFORMED with the first line that is refused.
 * On failure config_out is unchanged.
 */
ASSAY_MUST_CHECK
enum assay_err node_config_load(const char *path,
                                struct node_config *config_out,
                                struct node_config_fault *fault_out);

/* The same from text in memory. */
ASSAY_MUST_CHECK
enum assay_err node_config_read(struct assay_bytes text,
                                struct node_config *config_out,
                                struct node_config_fault *fault_out);

/*
 * Sets one key from text. A list's values are separated by blanks or commas
 * and are added to those that it has; clear it first to replace them. On
 * ASSAY_E_MALFORMED the fault's text says why, and nothing is changed.
 */
ASSAY_MUST_CHECK
enum assay_err node_config_set(struct node_config *config,
                               const struct node_config_key *key,
                               struct assay_bytes text,
                               struct node_config_fault *fault_out);

/* Empties a list; other keys stay. */
void node_config_forget(struct node_config *config,
                        const struct node_config_key *key);

/* Whether two configurations have the same value for a key. */
bool node_config_is_same(const struct node_config *a,
                         const struct node_config *b,
                         const struct node_config_key *key);

/* Gives next the value that current has for every key that only a restart
 * changes, and calls refused for those that differ. Clear both afterwards. */
void node_config_keep(struct node_config *next, struct node_config *current,
                      void (*refused)(void *context,
                                      const struct node_config_key *key),
                      void *context);

/* The manual page assayd.conf(5), as scdoc(5) reads it. */
void node_config_print_scdoc(FILE *out);

/* A configuration with every key at its default, as a file to begin with. */
void node_config_print_sample(FILE *out);

#endif
