/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile_internal.h - the parts of the machine in reconcile.h: what both
 * follow (reconcile_teams.c), what differs (reconcile_compare.c), logs with
 * forks (reconcile_forks.c), and records to send (reconcile_send.c). Not
 * installed.
 */
#ifndef ASSAY_PROTOCOL_RECONCILE_INTERNAL_H
#define ASSAY_PROTOCOL_RECONCILE_INTERNAL_H

#include "lacking.h"
#include "reconcile.h"

/*
 * The life of an exchange, on both sides:
 *
 *   roots -> equal: ended
 *         -> other teams: follows -> roots
 *         -> buckets -> frontier -> asks -> records -> the next slice: buckets
 *                                                   -> settling -> roots
 */
enum assay_reconcile_phase {
    PHASE_NEW,
    PHASE_ROOTS,    /* Both sides' roots are to be sent and to come. */
    PHASE_FOLLOWS,  /* Both sides' lists of teams. */
    PHASE_BUCKETS,  /* The dialler's buckets. */
    PHASE_FRONTIER, /* The listener's frontier. */
    PHASE_ASKS,     /* The dialler's frontier, and what he asks of forks. */
    PHASE_RECORDS,  /* Records, heads, and both sides' done. */
    PHASE_SETTLING, /* All came; the caller is storing it. */
    PHASE_ENDED
};

enum assay_fork_stage {
    FORK_ASK,      /* Our ask is to be produced. */
    FORK_ASKED,    /* Their answer is to come. */
    FORK_CLOSE,    /* Our close is to be produced. */
    FORK_ANSWER,   /* They asked; our answer is to be produced. */
    FORK_ANSWERED, /* Their close is to come. */
    FORK_KNOWN     /* All is said. */
};

/* What is said about a log with forks. */
struct assay_reconcile_fork {
    enum assay_fork_stage stage;
    uint64_t log_key;
    uint64_t number; /* 0: not held here. */
    bool is_plain;   /* Here, up to seq. */
    uint64_t seq;
    bool is_full;      /* They have as many heads as a log can have. */
    uint64_t last_seq; /* Of their heads. */
    uint64_t own[ASSAY_SYNC_POINTS_MAX]; /* The rows that we showed. */
    size_t own_count;
    size_t own_heads;                          /* The first of them. */
    uint8_t theirs[ASSAY_SYNC_POINTS_MAX / 8]; /* Which of theirs we hold. */
    size_t their_count;
    struct assay_held held; /* By them. */
};

/* A log of which something is to be sent: what was there when the slice began,
 * lest what the peer sends meanwhile is sent back. */
struct assay_reconcile_job {
    uint64_t number;
    uint64_t from;  /* The first seq; 0: as the fork says. */
    uint64_t until; /* The last seq of a chain; UINT64_MAX: the whole log. */
    const struct assay_reconcile_fork *fork;
};

/* What is being sent. Jobs are done in passes: each takes those that have
 * come by its begin, by ascending number. */
struct assay_reconcile_send {
    struct assay_reconcile_job *jobs;
    size_t count;
    size_t room;
    size_t at;     /* The job of this pass that is being done. */
    size_t end;    /* Of this pass. */
    bool is_scan;  /* All rows are passed through, not log by log. */
    uint64_t last; /* The last row of a scan. */
    uint64_t seq;  /* The place from which the next record is looked for: in */
    uint64_t lsn;  /* a scan, lsn alone. */
    bool is_open;  /* lacking is begun for this job. */
    struct assay_lacking lacking;
    uint64_t fork_sent;             /* Of this job. */
    struct assay_sync_item current; /* Its place only is used. */
    uint64_t sent_count;            /* Of this slice. */
    bool has_left;                  /* Something was left out. */
};

/* One slice of one round. */
struct assay_reconcile_slice {
    struct assay_slice place;
    unsigned bucket_bits;
    struct assay_frontier part; /* Borrowed from the round's. */
    uint8_t differs[(1U << ASSAY_SYNC_BUCKET_BITS_MAX) / 8];
    uint64_t bucket; /* The next to be produced, or that may come. */
    struct assay_sync_entry *asks; /* The dialler's. */
    size_t ask_count;
    size_t ask_room;
    size_t ask_at;                            /* The next to be produced. */
    uint64_t ask_place;                       /* The smallest that may come. */
    size_t forked[ASSAY_RECONCILE_FORKS_MAX]; /* Logs of part to ask about;
                                                 roots first. */
    size_t forked_count;
    size_t forked_roots;
    struct assay_reconcile_fork *forks[2 * ASSAY_RECONCILE_FORKS_MAX];
    size_t fork_count;
    size_t asked_count; /* By them. */
    struct assay_reconcile_send send;
    bool has_done; /* Theirs has come. */
    bool sent_done;
};

struct assay_reconcile {
    uint8_t handshake[ASSAY_HASH_SIZE];
    bool is_dialler;
    bool has_failed;
    bool is_out_of_turn; /* It has failed by a message without a place. */
    enum assay_reconcile_phase phase;
    enum assay_reconcile_state state;
    struct assay_reconcile_stats stats;

    /* Teams. */
    struct assay_sync_teams mine;
    uint8_t digest[ASSAY_SYNC_HASH_SIZE];
    bool has_next; /* Others are to be followed from the next round on. */
    struct assay_sync_teams next;
    uint8_t next_digest[ASSAY_SYNC_HASH_SIZE];
    struct assay_sync_teams common; /* As far as they are known. */
    size_t common_room;
    uint8_t agreed[2][ASSAY_SYNC_HASH_SIZE]; /* Digests, ours and theirs, for
                                                which teams was chosen. */
    size_t follows_at;                       /* The next of ours to tell. */
    bool has_told;                           /* All of them, in this phase. */
    bool has_heard;                          /* All of theirs. */
    uint64_t heard_id;                       /* The last one, and how many. */
    size_t heard_count;

    /* The exchange and the round. */
    uint64_t round;
    struct assay_sync_key key;
    const struct assay_sync_teams *teams; /* mine or common. */
    struct assay_frontier_root root;      /* Ours, once it was sent. */
    struct assay_msg_root peer_root;
    bool has_sent_root;
    bool has_root;
    uint64_t new_count;  /* Records that the last round brought us. */
    size_t rounds;       /* Of this exchange. */
    size_t barren;       /* Of them, in a row, that brought nothing. */
    uint64_t sent_count; /* In this exchange. */
    bool may_begin;      /* Listener: the peer may begin another one. */
    bool has_broken;     /* A round was ended in its middle: this one. */
    uint64_t broken_round;
    bool says_later; /* A done that says so is to be produced. */
    unsigned slice_bits;
    uint64_t slice_index;
    bool has_frontier;
    struct assay_frontier frontier; /* Logs of this slice and its neighbours. */
    struct assay_reconcile_slice *slice; /* NULL outside a slice. */
};

/* reconcile.c */

/* What feed gives for a message that has no place where it came. */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_out_of_turn(struct assay_reconcile *reconcile);

/* reconcile_teams.c */

/* Whether both roots were taken over the teams that both follow. If not, what
 * comes next is begun: lists, or other roots at once. */
bool assay_reconcile_teams_agree(struct assay_reconcile *reconcile);
ASSAY_MUST_CHECK
enum assay_err
assay_reconcile_teams_feed(struct assay_reconcile *reconcile,
                           const struct assay_msg_follows *follows);
void assay_reconcile_teams_produce(struct assay_reconcile *reconcile,
                                   struct assay_cbor_writer *writer);
void assay_reconcile_teams_clear(struct assay_reconcile *reconcile);

/* reconcile_compare.c */

/* Begins a slice; what it needs of the frontier is taken in from the view. */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_slice_begin(struct assay_reconcile *reconcile,
                                           const struct assay_sync_view *view,
                                           unsigned bucket_bits);
void assay_reconcile_slice_clear(struct assay_reconcile *reconcile);

/* Listener: which buckets differ. */
ASSAY_MUST_CHECK
enum assay_err
assay_reconcile_compare_buckets(struct assay_reconcile *reconcile,
                                struct assay_bytes fingerprints);

/* A message of the other's frontier: to the dialler what the listener has, to
 * the listener what the dialler asks. */
ASSAY_MUST_CHECK
enum assay_err
assay_reconcile_compare_frontier(struct assay_reconcile *reconcile,
                                 const struct assay_sync_view *view,
                                 const struct assay_msg_frontier *frontier);

/* reconcile_write.c: messages of what differs; *has_more_out is false when
 * the last one of its kind was written. */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_write_buckets(struct assay_reconcile *reconcile,
                                             struct assay_cbor_writer *writer);
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_write_frontier(struct assay_reconcile *reconcile,
                                              struct assay_cbor_writer *writer,
                                              bool *has_more_out);
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_write_asks(struct assay_reconcile *reconcile,
                                          struct assay_cbor_writer *writer,
                                          bool *has_more_out);

/* reconcile_forks.c */

/* Notes that a log of the slice is to be talked about by its heads. */
void assay_reconcile_forks_note(struct assay_reconcile_slice *slice,
                                size_t index);

/* All are noted: begins to ask. ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_forks_begin(struct assay_reconcile *reconcile);
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_forks_feed(struct assay_reconcile *reconcile,
                                          const struct assay_sync_view *view,
                                          const struct assay_msg_heads *heads);

/* Writes the next heads message; ASSAY_E_NOT_FOUND if there is none. */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_forks_produce(struct assay_reconcile *reconcile,
                                             const struct assay_sync_view *view,
                                             struct assay_cbor_writer *writer);

/* Whether something is still to be said about one. */
bool assay_reconcile_forks_are_open(const struct assay_reconcile_slice *slice);

/* reconcile_send.c */

/* Adds a log from seq on, or as a fork says (from 0). ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_send_add(struct assay_reconcile_send *send,
                                        const struct assay_reconcile_job *job);
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_send_next(struct assay_reconcile *reconcile,
                                         const struct assay_sync_view *view,
                                         struct assay_sync_item *item_out);
void assay_reconcile_send_advance(struct assay_reconcile_send *send);

void assay_reconcile_send_clear(struct assay_reconcile_send *send);

#endif
