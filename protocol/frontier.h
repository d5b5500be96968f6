/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frontier.h - what a ledger comes to: hashes of its logs' heads under a key
 * that two peers share for one round, so that nobody can prepare records
 * whose hashes cancel out.
 *
 *   key of a round   BLAKE2b-256(key = handshake hash, "assay sync" | round)
 *   PRF(label, x)    BLAKE2b-128(key = that of the round, label | x)
 *   team             PRF("t", team id), always under the key of round 0
 *   log key          the first 8 bytes of PRF("l", grant id), as a number
 *   entry            PRF("e", grant id | head ids, ascending)
 *   root             XOR of the entries of all logs that both follow
 *
 * Numbers are big-endian, 8 bytes. A log without a head has no entry: its
 * grant is a record of another log. A log with ASSAY_HEADS_MAX heads takes no
 * more, so that two ledgers may never agree about them; its entry is
 * PRF("e", grant id) alone.
 */
#ifndef ASSAY_PROTOCOL_FRONTIER_H
#define ASSAY_PROTOCOL_FRONTIER_H

#include "messages/sync.h"
#include "syncview.h"

#define ASSAY_SYNC_KEY_SIZE 32

/* Logs that are held in memory for one slice: 4 MB; a larger ledger is
 * compared in several slices. */
#define ASSAY_FRONTIER_LOGS_MAX ((size_t)100000)

/* Teams that one may follow by name: 512 KB of short ids for a peer. */
#define ASSAY_FOLLOWS_MAX ((size_t)65536)

/* The key of a round. */
struct assay_sync_key {
    uint8_t bytes[ASSAY_SYNC_KEY_SIZE];
};

/* The teams that a node follows. */
struct assay_follows {
    bool is_all; /* Any team; there are no ids. */
    const struct assay_id *teams;
    size_t count; /* ASSAY_FOLLOWS_MAX at most. */
};

/* Teams by their keyed short ids: those that both peers follow. */
struct assay_sync_teams {
    struct assay_sync_key key; /* Of round 0. */
    bool is_all;
    uint64_t *ids; /* Ascending. */
    size_t count;
};

/* A root, and what it was taken over. */
struct assay_frontier_root {
    uint8_t hash[ASSAY_SYNC_HASH_SIZE];
    uint64_t log_count;    /* Logs with a head, of the teams. */
    uint64_t record_count; /* Of all logs that the view has. */
};

/* Which part of the space of log keys: those that begin with these bits. */
struct assay_slice {
    unsigned bits;
    uint64_t index;
};

/* One log of a slice. */
struct assay_frontier_log {
    uint64_t key;
    uint64_t number; /* The view's. */
    uint64_t seq;    /* Largest of its heads'. */
    uint32_t bucket; /* Bytes 0 to 3 of its entry. */
    uint32_t heads;  /* Bytes 4 to 6 of its entry. */
    bool is_plain;   /* One head, and one record at each seq up to it. */
    bool is_root;
};

/* The logs of a slice, by ascending key. */
struct assay_frontier {
    struct assay_slice slice;
    struct assay_frontier_log *logs;
    size_t count;
};

/* The key of a round of a session. */
void assay_sync_key_make(const uint8_t handshake[ASSAY_HASH_SIZE],
                         uint64_t round, struct assay_sync_key *key_out);

/* Keyed hashes as above. The entry of a log with one head is also that of a
 * point: "this record is where I stand". */
uint64_t assay_sync_log_key(const struct assay_sync_key *key,
                            const struct assay_id *grant);
void assay_sync_entry_hash(const struct assay_sync_key *key,
                           const struct assay_sync_log *log,
                           uint8_t hash_out[ASSAY_SYNC_HASH_SIZE]);
uint32_t assay_sync_point_hash(const struct assay_sync_key *key,
                               const struct assay_id *grant,
                               const struct assay_id *id);

/* The digest of what is followed: XOR of the teams' hashes; of "all",
 * PRF("t", nothing). key is that of round 0. */
void assay_follows_digest(const struct assay_sync_key *key,
                          const struct assay_follows *follows,
                          uint8_t digest_out[ASSAY_SYNC_HASH_SIZE]);

/* Short ids of the teams, ascending, without repetition. Cleared by the
 * caller. ASSAY_E_NOMEM, ASSAY_E_LIMIT (more than ASSAY_FOLLOWS_MAX). */
ASSAY_MUST_CHECK
enum assay_err assay_sync_teams_init(struct assay_sync_teams *teams,
                                     const struct assay_sync_key *key,
                                     const struct assay_follows *follows);
void assay_sync_teams_clear(struct assay_sync_teams *teams);

bool assay_sync_teams_have(const struct assay_sync_teams *teams,
                           uint64_t short_id);

/* The same of a team's own id. */
bool assay_sync_teams_hold(const struct assay_sync_teams *teams,
                           const struct assay_id *team);

/* Goes over all logs of a view: some 2 microseconds a log. Errors are the
 * view's. */
ASSAY_MUST_CHECK
enum assay_err assay_frontier_root(const struct assay_sync_view *view,
                                   const struct assay_sync_key *key,
                                   const struct assay_sync_teams *teams,
                                   struct assay_frontier_root *root_out);

/* Takes in the logs of a slice, at most ASSAY_FRONTIER_LOGS_MAX. Cleared by
 * the caller. ASSAY_E_LIMIT (more logs than that), ASSAY_E_NOMEM, or the
 * view's. */
ASSAY_MUST_CHECK
enum assay_err assay_frontier_init(struct assay_frontier *frontier,
                                   const struct assay_sync_view *view,
                                   const struct assay_sync_key *key,
                                   const struct assay_sync_teams *teams,
                                   struct assay_slice slice);
void assay_frontier_clear(struct assay_frontier *frontier);

/* Whether all logs of a slice were taken in. */
bool assay_frontier_covers(const struct assay_frontier *frontier,
                           struct assay_slice slice);

/* The logs of a slice that it covers, borrowed from it. */
void assay_frontier_part(const struct assay_frontier *frontier,
                         struct assay_slice slice,
                         struct assay_frontier *part_out);

/* Bits of buckets for that many logs in a slice: two logs a bucket. */
unsigned assay_frontier_bucket_bits(uint64_t log_count);

/* Bits of slices for a ledger of that many logs. */
unsigned assay_frontier_slice_bits(uint64_t log_count);

/* The place of a log in its slice, as an entry has it. */
uint64_t assay_frontier_place(const struct assay_frontier *frontier,
                              unsigned bucket_bits, uint64_t key);

/* Fingerprints of all buckets: out has room for 4 << bucket_bits bytes. */
void assay_frontier_buckets(const struct assay_frontier *frontier,
                            unsigned bucket_bits, uint8_t *out);

/* The first log whose place is not below. count if there is none. */
size_t assay_frontier_find(const struct assay_frontier *frontier,
                           unsigned bucket_bits, uint64_t place);

#endif
