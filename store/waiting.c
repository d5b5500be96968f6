/* SPDX-License-Identifier: Apache-2.0 */
#include "waiting.h"

#include "protocol/check.h"

#include <sodium.h>
#include <stdlib.h>

/* Some for each record that fits into the room of an import. */
#define BUCKETS 8192

struct store_waiting {
    struct store_waiter *buckets[BUCKETS];
    struct store_waiter *first_awake;
    struct store_waiter **last_awake; /* Where the next one is linked. */
    size_t size;
    size_t size_max;
    size_t count;
    /* Ids that a record names are its author's choice; under a random key
     * nobody can choose them so that they meet in one bucket. */
    uint8_t key[crypto_shorthash_KEYBYTES];
};

enum assay_err store_waiting_new(size_t size_max,
                                 struct store_waiting **waiting_out)
{
    struct store_waiting *waiting = calloc(1, sizeof(*waiting));

    if (waiting == NULL || sodium_init() < 0) {
        free(waiting);
        return ASSAY_E_NOMEM;
    }
    waiting->size_max = size_max;
    waiting->last_awake = &waiting->first_awake;
    crypto_shorthash_keygen(waiting->key);
    *waiting_out = waiting;
    return ASSAY_OK;
}

static void free_list(struct store_waiter *waiter)
{
    while (waiter != NULL) {
        struct store_waiter *next = waiter->next;

        free(waiter);
        waiter = next;
    }
}

void store_waiting_free(struct store_waiting *waiting)
{
    if (waiting == NULL) {
        return;
    }
    for (size_t index = 0; index < BUCKETS; index++) {
        free_list(waiting->buckets[index]);
    }
    free_list(waiting->first_awake);
    free(waiting);
}

static struct store_waiter **bucket_of(struct store_waiting *waiting,
                                       const struct assay_id *id)
{
    uint8_t hash[crypto_shorthash_BYTES];
    size_t index = 0;

    _Static_assert(sizeof(index) <= sizeof(hash), "the hash must fill it");
    (void)crypto_shorthash(hash, id->hash, sizeof(id->hash), waiting->key);
    memcpy(&index, hash, sizeof(index));
    return &waiting->buckets[index % BUCKETS];
}

static void sleep_under(struct store_waiting *waiting,
                        struct store_waiter *waiter,
                        const struct assay_id *lacks)
{
    struct store_waiter **bucket = bucket_of(waiting, lacks);

    waiter->lacks = *lacks;
    waiter->next = *bucket;
    *bucket = waiter;
}

static void awaken(struct store_waiting *waiting, struct store_waiter *waiter)
{
    waiter->next = NULL;
    *waiting->last_awake = waiter;
    waiting->last_awake = &waiter->next;
}

enum assay_err store_waiting_add(struct store_waiting *waiting,
                                 const struct assay_record *record,
                                 uint64_t offset, const struct assay_id *lacks)
{
    struct store_waiter *waiter = NULL;
    size_t size = sizeof(*waiter) + record->envelope.len + record->body.len;

    if (size > waiting->size_max - waiting->size) {
        return ASSAY_E_LIMIT;
    }
    waiter = malloc(size);
    if (waiter == NULL) {
        return ASSAY_E_NOMEM;
    }
    waiter->offset = offset;
    waiter->size = size;
    waiter->envelope_len = record->envelope.len;
    waiter->body_len = record->body.len;
    waiter->has_body = record->body.data != NULL;
    memcpy(waiter->data, record->envelope.data, record->envelope.len);
    if (waiter->has_body) {
        memcpy(waiter->data + record->envelope.len, record->body.data,
               record->body.len);
    }
    waiting->size += size;
    waiting->count++;
    sleep_under(waiting, waiter, lacks);
    return ASSAY_OK;
}

void store_waiting_wake(struct store_waiting *waiting,
                        const struct assay_id *id)
{
    struct store_waiter **link = bucket_of(waiting, id);

    while (*link != NULL) {
        struct store_waiter *waiter = *link;

        if (assay_id_equal(&waiter->lacks, id)) {
            *link = waiter->next;
            awaken(waiting, waiter);
        } else {
            link = &waiter->next;
        }
    }
}

static int compare_offsets(const void *a, const void *b)
{
    const struct store_waiter *const *first = a;
    const struct store_waiter *const *second = b;

    if ((*first)->offset == (*second)->offset) {
        return 0;
    }
    return (*first)->offset < (*second)->offset ? -1 : 1;
}

enum assay_err store_waiting_wake_all(struct store_waiting *waiting)
{
    struct store_waiter **list = NULL;
    size_t count = 0;

    if (waiting->count == 0) {
        return ASSAY_OK;
    }
    list = calloc(waiting->count, sizeof(*list));
    if (list == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t index = 0; index < BUCKETS; index++) {
        for (struct store_waiter *waiter = waiting->buckets[index];
             waiter != NULL; waiter = waiter->next) {
            list[count++] = waiter;
        }
        waiting->buckets[index] = NULL;
    }
    qsort(list, count, sizeof(list[0]), compare_offsets);
    for (size_t index = 0; index < count; index++) {
        awaken(waiting, list[index]);
    }
    free(list);
    return ASSAY_OK;
}

struct store_waiter *store_waiting_take(struct store_waiting *waiting)
{
    struct store_waiter *waiter = waiting->first_awake;

    if (waiter != NULL) {
        waiting->first_awake = waiter->next;
        if (waiting->first_awake == NULL) {
            waiting->last_awake = &waiting->first_awake;
        }
    }
    return waiter;
}

void store_waiting_put_back(struct store_waiting *waiting,
                            struct store_waiter *waiter,
                            const struct assay_id *lacks)
{
    sleep_under(waiting, waiter, lacks);
}

void store_waiting_drop(struct store_waiting *waiting,
                        struct store_waiter *waiter)
{
    ASSAY_CHECK(waiting->count > 0);
    waiting->count--;
    waiting->size -= waiter->size;
    free(waiter);
}

void store_waiting_forget(struct store_waiting *waiting, uint64_t offset)
{
    for (size_t index = 0; index < BUCKETS; index++) {
        struct store_waiter **link = &waiting->buckets[index];

        while (*link != NULL) {
            struct store_waiter *waiter = *link;

            if (waiter->offset == offset) {
                *link = waiter->next;
                store_waiting_drop(waiting, waiter);
            } else {
                link = &waiter->next;
            }
        }
    }
}

void store_waiter_record(const struct store_waiter *waiter,
                         struct assay_record *record_out)
{
    struct assay_bytes envelope = {waiter->data, waiter->envelope_len};
    struct assay_bytes body = ASSAY_BYTES_NONE;

    if (waiter->has_body) {
        body.data = waiter->data + waiter->envelope_len;
        body.len = waiter->body_len;
    }
    enum assay_err err = assay_record_parse(envelope, body, record_out, NULL);
    ASSAY_CHECK(err == ASSAY_OK); /* It was parsed before it came here. */
}

size_t store_waiting_count(const struct store_waiting *waiting)
{
    return waiting->count;
}
