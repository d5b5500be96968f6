/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_sets.h"

#include "clock.h"

#include <sodium.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct entry {
    struct assay_id id;
    uint64_t number;
    UT_hash_handle hh;
};

/* uthash keeps entries in the order in which they were put: the first is the
 * oldest. */
struct node_id_set {
    struct entry *entries;
    size_t count_max;
    /* Ids are their authors' choice; under a random key nobody can choose them
     * so that they meet in one bucket. */
    uint8_t key[crypto_shorthash_KEYBYTES];
};

static unsigned hash_of(const struct node_id_set *set,
                        const struct assay_id *id)
{
    uint8_t hash[crypto_shorthash_BYTES];
    unsigned value = 0;

    (void)crypto_shorthash(hash, id->hash, sizeof(id->hash), set->key);
    memcpy(&value, hash, sizeof(value));
    return value;
}

enum assay_err node_id_set_new(size_t count_max, struct node_id_set **set_out)
{
    struct node_id_set *set = calloc(1, sizeof(*set));

    if (set == NULL) {
        return ASSAY_E_NOMEM;
    }
    set->count_max = count_max;
    node_random(set->key, sizeof(set->key));
    *set_out = set;
    return ASSAY_OK;
}

static struct entry *find(struct node_id_set *set, const struct assay_id *id)
{
    struct entry *entry = NULL;

    HASH_FIND_BYHASHVALUE(hh, set->entries, id, sizeof(*id), hash_of(set, id),
                          entry);
    return entry;
}

static void drop(struct node_id_set *set, struct entry *entry)
{
    HASH_DEL(set->entries, entry);
    free(entry);
}

uint64_t *node_id_set_find(struct node_id_set *set, const struct assay_id *id)
{
    struct entry *entry = find(set, id);

    return entry == NULL ? NULL : &entry->number;
}

/* A place for a new entry: the oldest one's where there are enough. */
static struct entry *take_place(struct node_id_set *set)
{
    struct entry *oldest = set->entries;

    if (HASH_COUNT(set->entries) < set->count_max) {
        return malloc(sizeof(*oldest));
    }
    HASH_DEL(set->entries, oldest);
    return oldest;
}

void node_id_set_put(struct node_id_set *set, const struct assay_id *id,
                     uint64_t number)
{
    struct entry *entry = find(set, id);

    if (entry != NULL) {
        entry->number = number;
        return;
    }
    entry = take_place(set);
    if (entry == NULL) {
        return;
    }
    *entry = (struct entry){.id = *id, .number = number};
    HASH_ADD_BYHASHVALUE(hh, set->entries, id, sizeof(entry->id),
                         hash_of(set, id), entry);
    if (entry->hh.tbl == NULL) {
        free(entry);
    }
}

void node_id_set_drop(struct node_id_set *set, const struct assay_id *id)
{
    struct entry *entry = find(set, id);

    if (entry != NULL) {
        drop(set, entry);
    }
}

void node_id_set_empty(struct node_id_set *set)
{
    struct entry *entry = set->entries;

    HASH_CLEAR(hh, set->entries);
    while (entry != NULL) {
        struct entry *next = entry->hh.next;

        free(entry);
        entry = next;
    }
}

size_t node_id_set_count(const struct node_id_set *set)
{
    return HASH_COUNT(set->entries);
}

void node_id_set_free(struct node_id_set *set)
{
    if (set != NULL) {
        node_id_set_empty(set);
        free(set);
    }
}
