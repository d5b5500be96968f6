/* SPDX-License-Identifier: Apache-2.0 */
#include "frontier.h"

#include "check.h"

#include <stdlib.h>

#include <sodium/crypto_generichash_blake2b.h>

/* What a keyed hash is of. */
#define LABEL_TEAM 't'
#define LABEL_LOG 'l'
#define LABEL_ENTRY 'e'

#define KEY_LABEL "assay sync"
#define PLACE_BITS 24

/* Logs that make room for more by doubling begin with this many. */
#define LOGS_FIRST 256

static uint64_t get_u64(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < 8; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)(get_u64(bytes) >> 32);
}

static void hash_begin(crypto_generichash_blake2b_state *state,
                       const struct assay_sync_key *key, uint8_t label)
{
    /* It fails for lengths that it does not know only. */
    int failed = crypto_generichash_blake2b_init(
        state, key->bytes, sizeof(key->bytes), ASSAY_SYNC_HASH_SIZE);

    ASSAY_CHECK(failed == 0);
    (void)crypto_generichash_blake2b_update(state, &label, 1);
}

static void hash_add(crypto_generichash_blake2b_state *state,
                     const struct assay_id *id)
{
    (void)crypto_generichash_blake2b_update(state, id->hash, sizeof(id->hash));
}

static void hash_end(crypto_generichash_blake2b_state *state,
                     uint8_t hash_out[ASSAY_SYNC_HASH_SIZE])
{
    (void)crypto_generichash_blake2b_final(state, hash_out,
                                           ASSAY_SYNC_HASH_SIZE);
}

static void hash_id(const struct assay_sync_key *key, uint8_t label,
                    const struct assay_id *id,
                    uint8_t hash_out[ASSAY_SYNC_HASH_SIZE])
{
    crypto_generichash_blake2b_state state;

    hash_begin(&state, key, label);
    hash_add(&state, id);
    hash_end(&state, hash_out);
}

static void add_hash(uint8_t sum[ASSAY_SYNC_HASH_SIZE],
                     const uint8_t hash[ASSAY_SYNC_HASH_SIZE])
{
    for (size_t i = 0; i < ASSAY_SYNC_HASH_SIZE; i++) {
        sum[i] ^= hash[i];
    }
}

void assay_sync_key_make(const uint8_t handshake[ASSAY_HASH_SIZE],
                         uint64_t round, struct assay_sync_key *key_out)
{
    uint8_t input[sizeof(KEY_LABEL) - 1 + 8];

    memcpy(input, KEY_LABEL, sizeof(KEY_LABEL) - 1);
    for (size_t i = 0; i < 8; i++) {
        input[sizeof(input) - 1 - i] = (uint8_t)(round >> 8 * i);
    }
    int failed = crypto_generichash_blake2b(
        key_out->bytes, sizeof(key_out->bytes), input, sizeof(input), handshake,
        ASSAY_HASH_SIZE);

    ASSAY_CHECK(failed == 0);
}

uint64_t assay_sync_log_key(const struct assay_sync_key *key,
                            const struct assay_id *grant)
{
    uint8_t hash[ASSAY_SYNC_HASH_SIZE];

    hash_id(key, LABEL_LOG, grant, hash);
    return get_u64(hash);
}

static int compare_ids(const void *left, const void *right)
{
    return memcmp(left, right, ASSAY_ID_SIZE);
}

void assay_sync_entry_hash(const struct assay_sync_key *key,
                           const struct assay_sync_log *log,
                           uint8_t hash_out[ASSAY_SYNC_HASH_SIZE])
{
    struct assay_id heads[ASSAY_HEADS_MAX];
    crypto_generichash_blake2b_state state;

    ASSAY_CHECK(log->head_count > 0 && log->head_count <= ASSAY_HEADS_MAX);
    hash_begin(&state, key, LABEL_ENTRY);
    hash_add(&state, &log->grant);
    if (log->head_count < ASSAY_HEADS_MAX) {
        for (size_t i = 0; i < log->head_count; i++) {
            heads[i] = log->heads[i].id;
        }
        qsort(heads, log->head_count, sizeof(heads[0]), compare_ids);
        for (size_t i = 0; i < log->head_count; i++) {
            hash_add(&state, &heads[i]);
        }
    }
    hash_end(&state, hash_out);
}

/* What an entry shows of the heads. */
static uint32_t shown_heads(const uint8_t hash[ASSAY_SYNC_HASH_SIZE])
{
    return get_u32(hash + 4) >> 8;
}

uint32_t assay_sync_point_hash(const struct assay_sync_key *key,
                               const struct assay_id *grant,
                               const struct assay_id *id)
{
    uint8_t hash[ASSAY_SYNC_HASH_SIZE];
    crypto_generichash_blake2b_state state;

    hash_begin(&state, key, LABEL_ENTRY);
    hash_add(&state, grant);
    hash_add(&state, id);
    hash_end(&state, hash);
    return shown_heads(hash);
}

void assay_follows_digest(const struct assay_sync_key *key,
                          const struct assay_follows *follows,
                          uint8_t digest_out[ASSAY_SYNC_HASH_SIZE])
{
    uint8_t hash[ASSAY_SYNC_HASH_SIZE];

    memset(digest_out, 0, ASSAY_SYNC_HASH_SIZE);
    if (follows->is_all) {
        crypto_generichash_blake2b_state state;

        hash_begin(&state, key, LABEL_TEAM);
        hash_end(&state, digest_out);
        return;
    }
    for (size_t i = 0; i < follows->count; i++) {
        hash_id(key, LABEL_TEAM, &follows->teams[i], hash);
        add_hash(digest_out, hash);
    }
}

static int compare_numbers(const void *left, const void *right)
{
    uint64_t a;
    uint64_t b;

    memcpy(&a, left, sizeof(a));
    memcpy(&b, right, sizeof(b));
    return (a > b) - (a < b);
}

enum assay_err assay_sync_teams_init(struct assay_sync_teams *teams,
                                     const struct assay_sync_key *key,
                                     const struct assay_follows *follows)
{
    uint8_t hash[ASSAY_SYNC_HASH_SIZE];
    uint64_t *ids;
    size_t count = 0;

    if (follows->count > ASSAY_FOLLOWS_MAX) {
        return ASSAY_E_LIMIT;
    }
    /* One more, so that there is something to allocate. */
    ids = malloc((follows->count + 1) * sizeof(*ids));
    if (ids == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < follows->count; i++) {
        hash_id(key, LABEL_TEAM, &follows->teams[i], hash);
        ids[i] = get_u64(hash);
    }
    qsort(ids, follows->count, sizeof(*ids), compare_numbers);
    for (size_t i = 0; i < follows->count; i++) {
        if (count == 0 || ids[count - 1] != ids[i]) {
            ids[count++] = ids[i];
        }
    }
    *teams = (struct assay_sync_teams){*key, follows->is_all, ids, count};
    return ASSAY_OK;
}

void assay_sync_teams_clear(struct assay_sync_teams *teams)
{
    free(teams->ids);
    *teams = (struct assay_sync_teams){0};
}

bool assay_sync_teams_have(const struct assay_sync_teams *teams,
                           uint64_t short_id)
{
    if (teams->is_all || teams->count == 0) {
        return teams->is_all;
    }
    return bsearch(&short_id, teams->ids, teams->count, sizeof(short_id),
                   compare_numbers) != NULL;
}

bool assay_sync_teams_hold(const struct assay_sync_teams *teams,
                           const struct assay_id *team)
{
    uint8_t hash[ASSAY_SYNC_HASH_SIZE];

    hash_id(&teams->key, LABEL_TEAM, team, hash);
    return assay_sync_teams_have(teams, get_u64(hash));
}

/* A walk over the logs of the teams that have a head. */
struct walk {
    const struct assay_sync_view *view;
    const struct assay_sync_teams *teams;
    uint64_t number;
    uint64_t record_count; /* Of the logs so far, whoever follows them. */
    struct assay_id team;  /* Of the log before: logs of one team are often */
    bool has_team;         /* neighbours. */
    bool is_team_ours;
    struct assay_sync_log log;
};

static bool is_ours(struct walk *walk)
{
    uint8_t hash[ASSAY_SYNC_HASH_SIZE];

    if (walk->teams->is_all) {
        return true;
    }
    if (!walk->has_team || !assay_id_equal(&walk->team, &walk->log.team)) {
        hash_id(&walk->teams->key, LABEL_TEAM, &walk->log.team, hash);
        walk->is_team_ours = assay_sync_teams_have(walk->teams, get_u64(hash));
        walk->team = walk->log.team;
        walk->has_team = true;
    }
    return walk->is_team_ours;
}

/* Moves to the next such log; ASSAY_E_NOT_FOUND at the end. */
static enum assay_err walk_on(struct walk *walk)
{
    for (;;) {
        enum assay_err err = walk->view->next_log(walk->view->context,
                                                  &walk->number, &walk->log);

        if (err != ASSAY_OK) {
            return err;
        }
        walk->record_count += walk->log.record_count;
        if (walk->log.head_count > 0 && is_ours(walk)) {
            return ASSAY_OK;
        }
    }
}

enum assay_err assay_frontier_root(const struct assay_sync_view *view,
                                   const struct assay_sync_key *key,
                                   const struct assay_sync_teams *teams,
                                   struct assay_frontier_root *root_out)
{
    struct walk walk = {.view = view, .teams = teams};
    struct assay_frontier_root root = {.log_count = 0};
    uint8_t hash[ASSAY_SYNC_HASH_SIZE];
    enum assay_err err;

    for (;;) {
        err = walk_on(&walk);
        if (err != ASSAY_OK) {
            break;
        }
        assay_sync_entry_hash(key, &walk.log, hash);
        add_hash(root.hash, hash);
        root.log_count++;
    }
    if (err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    root.record_count = walk.record_count;
    *root_out = root;
    return ASSAY_OK;
}

/* A shift by all bits of a number is undefined. */
static uint64_t first_bits(uint64_t key, unsigned bits)
{
    return bits == 0 ? 0 : key >> (64 - bits);
}

static void describe(const struct assay_sync_log *log,
                     const struct assay_sync_key *key, uint64_t log_key,
                     struct assay_frontier_log *out)
{
    uint8_t hash[ASSAY_SYNC_HASH_SIZE];
    uint64_t seq = 0;

    for (size_t i = 0; i < log->head_count; i++) {
        seq = log->heads[i].seq > seq ? log->heads[i].seq : seq;
    }
    assay_sync_entry_hash(key, log, hash);
    *out = (struct assay_frontier_log){
        .key = log_key,
        .number = log->number,
        .seq = seq,
        .bucket = get_u32(hash),
        .heads = shown_heads(hash),
        .is_plain = log->head_count == 1 && log->record_count == seq,
        .is_root = log->is_root,
    };
}

static enum assay_err make_room(struct assay_frontier *frontier, size_t *room)
{
    struct assay_frontier_log *logs;
    size_t more = *room == 0 ? LOGS_FIRST : *room * 2;

    if (frontier->count < *room) {
        return ASSAY_OK;
    }
    if (frontier->count >= ASSAY_FRONTIER_LOGS_MAX) {
        return ASSAY_E_LIMIT;
    }
    more = more < ASSAY_FRONTIER_LOGS_MAX ? more : ASSAY_FRONTIER_LOGS_MAX;
    logs = realloc(frontier->logs, more * sizeof(*logs));
    if (logs == NULL) {
        return ASSAY_E_NOMEM;
    }
    frontier->logs = logs;
    *room = more;
    return ASSAY_OK;
}

static int compare_logs(const void *left, const void *right)
{
    const struct assay_frontier_log *a = left;
    const struct assay_frontier_log *b = right;

    return (a->key > b->key) - (a->key < b->key);
}

static enum assay_err take_in(struct assay_frontier *frontier,
                              struct walk *walk,
                              const struct assay_sync_key *key)
{
    size_t room = 0;

    for (;;) {
        enum assay_err err = walk_on(walk);

        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
        uint64_t log_key = assay_sync_log_key(key, &walk->log.grant);

        if (first_bits(log_key, frontier->slice.bits) !=
            frontier->slice.index) {
            continue;
        }
        err = make_room(frontier, &room);
        if (err != ASSAY_OK) {
            return err;
        }
        describe(&walk->log, key, log_key, &frontier->logs[frontier->count]);
        frontier->count++;
    }
}

enum assay_err assay_frontier_init(struct assay_frontier *frontier,
                                   const struct assay_sync_view *view,
                                   const struct assay_sync_key *key,
                                   const struct assay_sync_teams *teams,
                                   struct assay_slice slice)
{
    struct walk walk = {.view = view, .teams = teams};
    struct assay_frontier made = {.slice = slice};
    enum assay_err err = take_in(&made, &walk, key);

    if (err != ASSAY_OK) {
        assay_frontier_clear(&made);
        return err;
    }
    if (made.count > 0) {
        qsort(made.logs, made.count, sizeof(*made.logs), compare_logs);
    }
    *frontier = made;
    return ASSAY_OK;
}

void assay_frontier_clear(struct assay_frontier *frontier)
{
    free(frontier->logs);
    *frontier = (struct assay_frontier){.logs = NULL};
}

bool assay_frontier_covers(const struct assay_frontier *frontier,
                           struct assay_slice slice)
{
    return frontier->slice.bits <= slice.bits &&
           slice.index >> (slice.bits - frontier->slice.bits) ==
               frontier->slice.index;
}

/* The first log whose key, as far as bits go, is not below. */
static size_t find_first(const struct assay_frontier *frontier, unsigned bits,
                         uint64_t index)
{
    size_t low = 0;
    size_t high = frontier->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (first_bits(frontier->logs[middle].key, bits) < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void assay_frontier_part(const struct assay_frontier *frontier,
                         struct assay_slice slice,
                         struct assay_frontier *part_out)
{
    size_t first = find_first(frontier, slice.bits, slice.index);
    size_t end = find_first(frontier, slice.bits, slice.index + 1);

    ASSAY_CHECK(assay_frontier_covers(frontier, slice));
    *part_out = (struct assay_frontier){.slice = slice, .count = end - first};
    if (part_out->count > 0) {
        part_out->logs = frontier->logs + first;
    }
}

unsigned assay_frontier_bucket_bits(uint64_t log_count)
{
    unsigned bits = ASSAY_SYNC_BUCKET_BITS_MIN;

    while (bits < ASSAY_SYNC_BUCKET_BITS_MAX && log_count > UINT64_C(3)
                                                                << bits) {
        bits++;
    }
    return bits;
}

unsigned assay_frontier_slice_bits(uint64_t log_count)
{
    unsigned bits = 0;

    /* Half of what there is room for: keys are as if drawn at random, and no
     * slice then has twice as many as the mean. */
    while (bits < ASSAY_SYNC_SLICE_BITS_MAX &&
           log_count >> bits > ASSAY_FRONTIER_LOGS_MAX / 2) {
        bits++;
    }
    return bits;
}

uint64_t assay_frontier_place(const struct assay_frontier *frontier,
                              unsigned bucket_bits, uint64_t key)
{
    uint64_t rest = key << frontier->slice.bits;

    return first_bits(rest, bucket_bits + PLACE_BITS);
}

void assay_frontier_buckets(const struct assay_frontier *frontier,
                            unsigned bucket_bits, uint8_t *out)
{
    memset(out, 0, (size_t)ASSAY_SYNC_BUCKET_SIZE << bucket_bits);
    for (size_t i = 0; i < frontier->count; i++) {
        const struct assay_frontier_log *log = &frontier->logs[i];
        uint64_t bucket =
            assay_frontier_place(frontier, bucket_bits, log->key) >> PLACE_BITS;
        uint8_t *sum = out + bucket * ASSAY_SYNC_BUCKET_SIZE;

        for (size_t byte = 0; byte < ASSAY_SYNC_BUCKET_SIZE; byte++) {
            sum[byte] ^= (uint8_t)(log->bucket >> 8 * (3 - byte));
        }
    }
}

size_t assay_frontier_find(const struct assay_frontier *frontier,
                           unsigned bucket_bits, uint64_t place)
{
    size_t low = 0;
    size_t high = frontier->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (assay_frontier_place(frontier, bucket_bits,
                                 frontier->logs[middle].key) < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
