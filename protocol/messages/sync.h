/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync.h - the messages of anti-entropy: follows, root, buckets, frontier,
 * heads and done.
 *
 * docs/protocol.md ("Anti-entropy") defines what they mean; this file reads
 * and writes them. Fields of type struct assay_bytes borrow from the message
 * that was read, or from the caller's memory when one is written.
 *
 * Readers take a message whose type was looked at already and fail with
 * ASSAY_E_TRUNCATED, ASSAY_E_MALFORMED or ASSAY_E_LIMIT; fault_out may be
 * NULL. Writers write a whole message into a writer of the caller's; what does
 * not fit shows in assay_cbor_writer_finish. ASSAY_MESSAGE_MAX bytes are
 * always enough.
 */
#ifndef ASSAY_PROTOCOL_MESSAGES_SYNC_H
#define ASSAY_PROTOCOL_MESSAGES_SYNC_H

#include "../message.h"
#include "../record.h"

/* Keyed hashes: of a root, shown whole; of a team or log, shown short. */
#define ASSAY_SYNC_HASH_SIZE 16
#define ASSAY_SYNC_SHORT_SIZE 8

/* Bytes of a bucket's fingerprint. */
#define ASSAY_SYNC_BUCKET_SIZE 4

/* Buckets of one slice: 2^7 cost 512 bytes, which is little, and keep an
 * answer about one bucket far below a message; 2^13 fill half a message. */
#define ASSAY_SYNC_BUCKET_BITS_MIN 7
#define ASSAY_SYNC_BUCKET_BITS_MAX 13

/* Slices that the space of logs is cut into where a ledger has many. */
#define ASSAY_SYNC_SLICE_BITS_MAX 8

/* Bytes of entries in one frontier message: the rest of a message holds its
 * bitmap (1 KiB at most) and the heads of its fields. */
#define ASSAY_SYNC_ENTRIES_MAX 61440

/* Short team ids in one follows message: half a message. */
#define ASSAY_SYNC_FOLLOWS_MAX 4096

/* Points that say where one stands in a log: its heads, and samples of what
 * is behind them. */
#define ASSAY_SYNC_POINTS_MAX ((size_t)(ASSAY_HEADS_MAX + 32))

/* follows: the teams that the sender follows, by their keyed short ids. */
struct assay_msg_follows {
    bool is_all;            /* Any team: there are no ids. */
    bool has_more;          /* Another follows message continues the list. */
    struct assay_bytes ids; /* 8 bytes each, ascending, without repetition. */
};

/* root: what all logs that both follow come to, under the key of a round. */
struct assay_msg_root {
    uint64_t round;
    uint8_t follows[ASSAY_SYNC_HASH_SIZE]; /* Digest of what is followed. */
    uint8_t root[ASSAY_SYNC_HASH_SIZE];
    uint64_t log_count;
    uint64_t new_count; /* Records that the round before brought the sender. */
};

/* buckets: fingerprints of a slice, cut into 2^bucket_bits buckets. */
struct assay_msg_buckets {
    uint64_t round;
    unsigned slice_bits;
    uint64_t slice; /* Below 2^slice_bits. */
    unsigned bucket_bits;
    struct assay_bytes fingerprints; /* 4 bytes a bucket. */
};

/* frontier: where the sender stands in the logs of some buckets. */
struct assay_msg_frontier {
    uint64_t round;
    uint64_t slice;
    uint64_t first_bucket;      /* Bit 0 of the bitmap. */
    struct assay_bytes bitmap;  /* Which buckets; lowest bit first. */
    struct assay_bytes entries; /* assay_sync_entries_next reads them. */
    bool has_more;              /* Another one continues at later buckets. */
};

/* What a heads message is in the talk about one log. */
enum assay_heads_stage {
    ASSAY_HEADS_ASK,    /* points; asks for the other's. */
    ASSAY_HEADS_ANSWER, /* points, and which of those asked are held. */
    ASSAY_HEADS_CLOSE   /* which of those answered are held. */
};

/* heads: exact heads of a log and samples of what is behind them. */
struct assay_msg_heads {
    uint64_t round;
    enum assay_heads_stage stage;
    uint64_t log_key;          /* Keyed, of the round. */
    uint64_t last_seq;         /* The largest seq among the heads; 0: none. */
    size_t head_count;         /* The first of the points; more are samples. */
    struct assay_bytes points; /* 32 bytes each. */
    struct assay_bytes held;   /* A bit for each point of the other's, lowest
                                  first; empty in an ask. */
};

/* What a done message ends. */
enum assay_done_what {
    ASSAY_DONE_SLICE, /* Anti-entropy: number is the round, part the slice. */
    ASSAY_DONE_RANGE  /* The answer to a range message. */
};

enum assay_done_status {
    ASSAY_DONE_ALL,  /* All that was asked for and is held was sent. */
    ASSAY_DONE_PART, /* Something was left out; a later round may bring it. */
    ASSAY_DONE_LATER /* Nothing was: too much was asked in a short time. */
};

/* done: no more records come for this. */
struct assay_msg_done {
    enum assay_done_what what;
    uint64_t number;
    uint64_t part;
    enum assay_done_status status;
    uint64_t count; /* Records that were sent for it. */
};

/* Where somebody stands in a log, as a frontier message shows it. */
struct assay_sync_entry {
    uint64_t place; /* Bucket << 24 | the next 24 bits of the log's key. */
    uint64_t seq;   /* Largest of the heads'; 0: the log is not held. */
    bool is_plain;  /* One head, and one record at each seq up to it. */
    uint32_t heads; /* 3 bytes of the keyed hash of the heads; 0 at seq 0. */
};

/* The state of walking the entries of a frontier message. */
struct assay_sync_entries {
    const struct assay_msg_frontier *frontier;
    size_t pos;
    uint64_t bucket; /* Of the entry before. */
    size_t left;     /* Entries of that bucket that are still to come. */
    uint64_t next;   /* The smallest place that may come. */
};

ASSAY_MUST_CHECK
enum assay_err assay_msg_follows_read(struct assay_message *message,
                                      struct assay_msg_follows *follows_out,
                                      struct assay_fault *fault_out);
ASSAY_MUST_CHECK
enum assay_err assay_msg_root_read(struct assay_message *message,
                                   struct assay_msg_root *root_out,
                                   struct assay_fault *fault_out);
ASSAY_MUST_CHECK
enum assay_err assay_msg_buckets_read(struct assay_message *message,
                                      struct assay_msg_buckets *buckets_out,
                                      struct assay_fault *fault_out);
ASSAY_MUST_CHECK
enum assay_err assay_msg_frontier_read(struct assay_message *message,
                                       struct assay_msg_frontier *frontier_out,
                                       struct assay_fault *fault_out);
ASSAY_MUST_CHECK
enum assay_err assay_msg_heads_read(struct assay_message *message,
                                    struct assay_msg_heads *heads_out,
                                    struct assay_fault *fault_out);
ASSAY_MUST_CHECK
enum assay_err assay_msg_done_read(struct assay_message *message,
                                   struct assay_msg_done *done_out,
                                   struct assay_fault *fault_out);

void assay_msg_follows_write(const struct assay_msg_follows *follows,
                             struct assay_cbor_writer *writer);
void assay_msg_root_write(const struct assay_msg_root *root,
                          struct assay_cbor_writer *writer);
void assay_msg_buckets_write(const struct assay_msg_buckets *buckets,
                             struct assay_cbor_writer *writer);
void assay_msg_frontier_write(const struct assay_msg_frontier *frontier,
                              struct assay_cbor_writer *writer);
void assay_msg_heads_write(const struct assay_msg_heads *heads,
                           struct assay_cbor_writer *writer);
void assay_msg_done_write(const struct assay_msg_done *done,
                          struct assay_cbor_writer *writer);

/* The bit of a bitmap or of held; false behind its end. */
bool assay_sync_bit(struct assay_bytes bits, uint64_t index);

/* Begins at the first entry; the message is borrowed. */
void assay_sync_entries_init(struct assay_sync_entries *entries,
                             const struct assay_msg_frontier *frontier);

/* The next bucket of the bitmap, of which *count_out entries follow. All of
 * the entries of the one before were read. ASSAY_E_NOT_FOUND at the end, when
 * all bytes were read; ASSAY_E_TRUNCATED, ASSAY_E_MALFORMED. */
ASSAY_MUST_CHECK
enum assay_err assay_sync_entries_bucket(struct assay_sync_entries *entries,
                                         uint64_t *bucket_out,
                                         size_t *count_out);

/* The next entry of that bucket, in ascending order of place.
 * ASSAY_E_NOT_FOUND, ASSAY_E_TRUNCATED, ASSAY_E_MALFORMED. */
ASSAY_MUST_CHECK
enum assay_err assay_sync_entries_next(struct assay_sync_entries *entries,
                                       struct assay_sync_entry *entry_out);

/* Bytes that an entry is written in at most: 3 of the place, 10 of seq, 3 of
 * the heads. */
#define ASSAY_SYNC_ENTRY_MAX 16

/* Writes a count of a bucket's entries, or an entry, to out (room for
 * ASSAY_SYNC_ENTRY_MAX), and returns the length. */
size_t assay_sync_count_write(size_t count, uint8_t *out);
size_t assay_sync_entry_write(const struct assay_sync_entry *entry,
                              uint8_t *out);

#endif
