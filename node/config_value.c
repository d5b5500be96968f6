/* SPDX-License-Identifier: Apache-2.0 */
/* One value of a configuration: from text into its field. */
#include "config_internal.h"

#include "protocol/check.h"

#include <inttypes.h>
#include <stdlib.h>

/* How much of a bad value is shown again. */
#define SHOWN_MAX 72

/* Items that a list has room for at first; a power of two. */
#define LIST_ROOM_MIN 8

enum assay_err node_config_refuse(struct node_config_fault *fault_out,
                                  struct assay_bytes value, const char *rule)
{
    int len = (int)(value.len < SHOWN_MAX ? value.len : SHOWN_MAX);
    const char *shown = value.len == 0 ? "" : (const char *)value.data;

    (void)snprintf(fault_out->text, sizeof(fault_out->text), "\"%.*s%s\": %s",
                   len, shown, value.len > SHOWN_MAX ? "..." : "", rule);
    return ASSAY_E_MALFORMED;
}

static bool is_gap(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == ',';
}

/* The next word of a list, and *rest behind it; false at the end. */
static bool next_word(struct assay_bytes *rest, struct assay_bytes *word_out)
{
    size_t from = 0;
    size_t to = 0;

    while (from < rest->len && is_gap(rest->data[from])) {
        from++;
    }
    to = from;
    while (to < rest->len && !is_gap(rest->data[to])) {
        to++;
    }
    if (from == to) {
        return false;
    }
    *word_out = (struct assay_bytes){rest->data + from, to - from};
    *rest = (struct assay_bytes){rest->data + to, rest->len - to};
    return true;
}

static bool is_word(struct assay_bytes text, const char *word)
{
    return assay_bytes_equal(text, assay_bytes_of(word));
}

static bool read_number(struct assay_bytes text, uint64_t *number_out)
{
    uint64_t number = 0;

    if (text.len == 0 || text.len > 16) {
        return false; /* 16 digits are above every maximum. */
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *number_out = number;
    return true;
}

/* How far a unit's letter shifts; 0 for none of them. */
static unsigned unit_shift(uint8_t letter)
{
    switch (letter) {
    case 'K':
        return 10;
    case 'M':
        return 20;
    case 'G':
        return 30;
    case 'T':
        return 40;
    default:
        return 0;
    }
}

static bool read_size(struct assay_bytes text, uint64_t *number_out)
{
    unsigned shift = text.len == 0 ? 0 : unit_shift(text.data[text.len - 1]);
    uint64_t number = 0;

    text.len -= shift == 0 ? 0 : 1;
    if (!read_number(text, &number) || number > UINT64_MAX >> shift) {
        return false;
    }
    *number_out = number << shift;
    return true;
}

static enum assay_err set_number(const struct node_config_key *key,
                                 struct assay_bytes text, uint64_t *field,
                                 struct node_config_fault *fault_out)
{
    uint64_t number = 0;
    bool is_read = key->kind == NODE_CONFIG_SIZE ? read_size(text, &number)
                                                 : read_number(text, &number);

    if (!is_read) {
        return node_config_refuse(
            fault_out, text,
            key->kind == NODE_CONFIG_SIZE
                ? "a number of bytes is wanted, such as 512K, 64M or 10G"
                : "a number is wanted");
    }
    if (number < key->min || number > key->max) {
        char rule[96];

        (void)snprintf(rule, sizeof(rule),
                       "it must be from %" PRIu64 " to %" PRIu64, key->min,
                       key->max);
        return node_config_refuse(fault_out, text, rule);
    }
    *field = number;
    return ASSAY_OK;
}

static enum assay_err set_word(const struct node_config_key *key,
                               struct assay_bytes text, uint64_t *field,
                               struct node_config_fault *fault_out)
{
    char rule[96] = "it must be one of:";
    size_t len = strlen(rule);

    for (size_t i = 0; key->words[i] != NULL; i++) {
        if (is_word(text, key->words[i])) {
            *field = i;
            return ASSAY_OK;
        }
        int added =
            snprintf(rule + len, sizeof(rule) - len, " %s", key->words[i]);
        ASSAY_CHECK(added > 0 && (size_t)added < sizeof(rule) - len);
        len += (size_t)added;
    }
    return node_config_refuse(fault_out, text, rule);
}

static enum assay_err set_path(struct assay_bytes text, char *field, size_t cap,
                               struct node_config_fault *fault_out)
{
    if (text.len >= cap) {
        return node_config_refuse(fault_out, text, "the path is too long");
    }
    memset(field, 0, cap);
    if (text.len > 0) {
        memcpy(field, text.data, text.len);
    }
    return ASSAY_OK;
}

static enum assay_err set_accept(struct node_config *config,
                                 struct assay_bytes text,
                                 struct node_config_fault *fault_out)
{
    static const char vouched[] = "vouched:";
    size_t len = sizeof(vouched) - 1;
    uint64_t steps = 0;

    if (is_word(text, "trusted")) {
        config->accept = NODE_ACCEPT_TRUSTED;
        return ASSAY_OK;
    }
    if (is_word(text, "open")) {
        config->accept = NODE_ACCEPT_OPEN;
        return ASSAY_OK;
    }
    if (text.len > len && memcmp(text.data, vouched, len) == 0 &&
        read_number((struct assay_bytes){text.data + len, text.len - len},
                    &steps) &&
        steps >= 1 && steps <= NODE_VOUCHED_STEPS_MAX) {
        config->accept = NODE_ACCEPT_VOUCHED;
        config->vouched_steps = steps;
        return ASSAY_OK;
    }
    return node_config_refuse(fault_out, text,
                              "it must be trusted, vouched:N (1 to 8) or open");
}

/* Room for one item more in a list that has count of them, which doubles at
 * powers of two; NULL where there is no memory. */
static void *grow(void *items, size_t count, size_t item_size)
{
    if (count > 0 && (count < LIST_ROOM_MIN || (count & (count - 1)) != 0)) {
        return items;
    }
    size_t room = count < LIST_ROOM_MIN ? LIST_ROOM_MIN : count * 2;
    return realloc(items, room * item_size);
}

static enum assay_err add_endpoint(struct node_endpoints *list,
                                   struct assay_bytes word,
                                   struct node_config_fault *fault_out)
{
    struct assay_fault fault = {0, NULL};
    struct node_endpoint endpoint;

    if (node_endpoint_parse(word, true, &endpoint, &fault) != ASSAY_OK) {
        return node_config_refuse(fault_out, word, fault.rule);
    }
    void *items = grow(list->items, list->count, sizeof(endpoint));
    if (items == NULL) {
        return ASSAY_E_NOMEM;
    }
    list->items = items;
    list->items[list->count++] = endpoint;
    return ASSAY_OK;
}

static enum assay_err add_address(struct node_addresses *list,
                                  struct assay_bytes word,
                                  struct node_config_fault *fault_out)
{
    struct assay_fault fault = {0, NULL};
    struct node_address address;

    if (node_address_parse(word, &address, &fault) != ASSAY_OK) {
        return node_config_refuse(fault_out, word, fault.rule);
    }
    void *items = grow(list->items, list->count, sizeof(address));
    if (items == NULL) {
        return ASSAY_E_NOMEM;
    }
    list->items = items;
    list->items[list->count++] = address;
    return ASSAY_OK;
}

static enum assay_err read_team(struct assay_bytes word,
                                struct assay_key *key_out,
                                struct assay_fault *fault_out)
{
    struct assay_id_prefix prefix;

    if (assay_id_parse(word, &prefix, NULL) != ASSAY_OK ||
        prefix.type != ASSAY_ID_TEAM || prefix.bit_count != 256) {
        fault_out->rule = "it is no whole team id (team1...)";
        return ASSAY_E_MALFORMED;
    }
    memcpy(key_out->bytes, prefix.bytes, sizeof(key_out->bytes));
    return ASSAY_OK;
}

static enum assay_err add_key(struct node_keys *list, bool is_team,
                              struct assay_bytes word,
                              struct node_config_fault *fault_out)
{
    struct assay_fault fault = {0, NULL};
    struct assay_key key;
    enum assay_err err = is_team ? read_team(word, &key, &fault)
                                 : node_id_parse(word, &key, &fault);

    if (err != ASSAY_OK) {
        return node_config_refuse(fault_out, word, fault.rule);
    }
    void *items = grow(list->items, list->count, sizeof(key));
    if (items == NULL) {
        return ASSAY_E_NOMEM;
    }
    list->items = items;
    list->items[list->count++] = key;
    return ASSAY_OK;
}

/* How many a list has, where its key is one of a list. */
static size_t *list_count(struct node_config *config,
                          const struct node_config_key *key)
{
    switch (key->kind) {
    case NODE_CONFIG_LISTEN:
        return &NODE_CONFIG_FIELD(config, key, struct node_endpoints)->count;
    case NODE_CONFIG_PEERS:
        return &NODE_CONFIG_FIELD(config, key, struct node_addresses)->count;
    case NODE_CONFIG_ALLOW:
    case NODE_CONFIG_TEAMS:
        return &NODE_CONFIG_FIELD(config, key, struct node_keys)->count;
    case NODE_CONFIG_PATH:
    case NODE_CONFIG_SOCKET:
    case NODE_CONFIG_ACCEPT:
    case NODE_CONFIG_WORD:
    case NODE_CONFIG_NUMBER:
    case NODE_CONFIG_SIZE:
        return NULL;
    }
    return NULL;
}

static enum assay_err add_word(struct node_config *config,
                               const struct node_config_key *key,
                               struct assay_bytes word,
                               struct node_config_fault *fault_out)
{
    if (*list_count(config, key) >= NODE_CONFIG_LIST_MAX) {
        return node_config_refuse(fault_out, word,
                                  "the list has ten thousand already");
    }
    if (key->kind == NODE_CONFIG_LISTEN) {
        return add_endpoint(
            NODE_CONFIG_FIELD(config, key, struct node_endpoints), word,
            fault_out);
    }
    if (key->kind == NODE_CONFIG_PEERS) {
        return add_address(
            NODE_CONFIG_FIELD(config, key, struct node_addresses), word,
            fault_out);
    }
    if (key->kind == NODE_CONFIG_ALLOW && is_word(word, "open")) {
        config->allow_all = true;
        return ASSAY_OK;
    }
    return add_key(NODE_CONFIG_FIELD(config, key, struct node_keys),
                   key->kind == NODE_CONFIG_TEAMS, word, fault_out);
}

static enum assay_err set_list(struct node_config *config,
                               const struct node_config_key *key,
                               struct assay_bytes text,
                               struct node_config_fault *fault_out)
{
    size_t *count = list_count(config, key);
    size_t count_before = *count;
    bool allow_before = config->allow_all;
    struct assay_bytes word;
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK && next_word(&text, &word)) {
        err = add_word(config, key, word, fault_out);
    }
    if (err != ASSAY_OK) {
        *count = count_before;
        config->allow_all = allow_before;
    }
    return err;
}

enum assay_err node_config_set(struct node_config *config,
                               const struct node_config_key *key,
                               struct assay_bytes text,
                               struct node_config_fault *fault_out)
{
    switch (key->kind) {
    case NODE_CONFIG_PATH:
        return set_path(text, NODE_CONFIG_FIELD(config, key, char),
                        NODE_PATH_MAX, fault_out);
    case NODE_CONFIG_SOCKET:
        return set_path(text, NODE_CONFIG_FIELD(config, key, char),
                        NODE_SOCKET_PATH_MAX, fault_out);
    case NODE_CONFIG_ACCEPT:
        return set_accept(config, text, fault_out);
    case NODE_CONFIG_WORD:
        return set_word(key, text, NODE_CONFIG_FIELD(config, key, uint64_t),
                        fault_out);
    case NODE_CONFIG_NUMBER:
    case NODE_CONFIG_SIZE:
        return set_number(key, text, NODE_CONFIG_FIELD(config, key, uint64_t),
                          fault_out);
    case NODE_CONFIG_LISTEN:
    case NODE_CONFIG_PEERS:
    case NODE_CONFIG_ALLOW:
    case NODE_CONFIG_TEAMS:
        return set_list(config, key, text, fault_out);
    }
    return ASSAY_E_MALFORMED;
}

void node_config_forget(struct node_config *config,
                        const struct node_config_key *key)
{
    size_t *count = list_count(config, key);

    if (count != NULL) {
        *count = 0;
    }
    if (key->kind == NODE_CONFIG_ALLOW) {
        config->allow_all = false;
    }
}
