/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile.h - anti-entropy with one peer: what broadcast missed.
 *
 * Two peers compare what their frontiers come to under a key of both, narrow
 * down to the logs that differ, and send each other what the other lacks of
 * those (docs/protocol.md, "Anti-entropy"). The cost follows the number of
 * logs that differ, not that of the records that are held.
 *
 * The machine does no I/O: it takes messages in, and is asked for messages
 * and for records to send. It lives as long as the session:
 *
 *   new, opening (its fields go into our hello), start (with those of the
 *   peer's hello); then, as they come and as there is room,
 *     feed       a message of type 4 to 12, or a done of a slice
 *     produce    the next message to send; these go before records
 *     next       the next record to send, then sent when it was taken
 *     settled    when is_settling says so: all records that came are stored
 *     renew      a minute after the last exchange, or when records came
 *   free
 *
 * A call that takes a view may be given a newer one each time; nothing of a
 * view is kept. Records go out so that prev and auth come first, as far as
 * one round knows; what a receiver still has to refuse as early, a later
 * round brings again.
 *
 * Memory: some hundred bytes between exchanges, and 8 for each team of a
 * follow list. During one, for each log of a slice (ASSAY_FRONTIER_LOGS_MAX
 * at most) 40 bytes, 32 for each that differs, and 24 for each that is sent;
 * up to 64 logs with forks at a time, 1 KB each, and 1 MB for the one that is
 * being walked. So 10 MB at most, 100 KB for 1,000 logs, whatever is sent.
 *
 * Time: start, feed and produce may go over all logs of the view once, some
 * 2 microseconds each; next looks at ASSAY_RECONCILE_STEPS_MAX records.
 */
#ifndef ASSAY_PROTOCOL_RECONCILE_H
#define ASSAY_PROTOCOL_RECONCILE_H

#include "frontier.h"

/* Rounds of one exchange, each with its own key: the first brings all but
 * what forks and short hashes hid; each more brings 64 forked logs. */
#define ASSAY_RECONCILE_ROUNDS_MAX 16

/* Rounds in a row that bring neither side anything before both stop: one may
 * have met with a hash that hid a difference; two do not. */
#define ASSAY_RECONCILE_BARREN_MAX 2

/* Logs with forks that one round looks at. */
#define ASSAY_RECONCILE_FORKS_MAX 64

/* Records that one call of assay_reconcile_next looks at, at most. */
#define ASSAY_RECONCILE_STEPS_MAX 1024

/* At most one whole exchange with a peer in this time, unless records came
 * meanwhile; the caller keeps the time and calls assay_reconcile_renew. */
#define ASSAY_RECONCILE_EVERY_MS 60000

enum assay_reconcile_state {
    ASSAY_RECONCILE_NEW,     /* Not started. */
    ASSAY_RECONCILE_RUNNING, /* Messages or records are still to come. */
    ASSAY_RECONCILE_EQUAL,   /* Ended: the roots were equal. */
    ASSAY_RECONCILE_DIFFERS, /* Ended: the roots differ after all; whoever
                                claims more than he gives ends here. */
    ASSAY_RECONCILE_LATER    /* Ended: the peer took no more for now. */
};

struct assay_reconcile_config {
    uint8_t handshake[ASSAY_HASH_SIZE]; /* The channel's hash: both sides'. */
    bool is_dialler;                    /* Who dialled asks first. */
    struct assay_follows follows;       /* Copied. */
};

/* What was done so far, for logs and metrics. */
struct assay_reconcile_stats {
    uint64_t round_count; /* That compared buckets. */
    uint64_t sent_count;  /* Records that we sent. */
    uint64_t new_count;   /* Records that came and were new. */
    uint64_t fork_count;  /* Logs that were talked about by heads. */
    uint64_t left_count;  /* Logs that were left out as too tangled. */
    uint64_t ended_count; /* Exchanges that ended. */
};

struct assay_reconcile;

/* ASSAY_E_NOMEM, ASSAY_E_LIMIT (more than ASSAY_FOLLOWS_MAX teams). */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_new(const struct assay_reconcile_config *config,
                                   struct assay_reconcile **reconcile_out);

/* Accepts NULL. */
void assay_reconcile_free(struct assay_reconcile *reconcile);

/* Other teams from the next round on: both sides are told by themselves. */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_follow(struct assay_reconcile *reconcile,
                                      const struct assay_follows *follows);

/* What our hello says: round 0, digest of what we follow, root, log count.
 * Once, before start. Errors are the view's. */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_opening(struct assay_reconcile *reconcile,
                                       const struct assay_sync_view *view,
                                       struct assay_msg_root *root_out);

/* Begins with what the peer's hello says (round 0, new_count 0). */
void assay_reconcile_start(struct assay_reconcile *reconcile,
                           const struct assay_msg_root *root);

/*
 * Takes in a message whose type was read: follows, root, buckets, frontier,
 * heads, or a done of a slice (assay_msg_done says what it ends: a done of
 * anything else fails with ASSAY_E_MALFORMED and is the caller's).
 * ASSAY_E_TRUNCATED, ASSAY_E_MALFORMED (also: out of its turn, which
 * is_out_of_turn tells) or ASSAY_E_LIMIT: the peer breaks the protocol and is
 * to be cut off. ASSAY_E_NOMEM and errors
 * of the view are our own: the session is to end too. The machine takes no
 * more messages after a failure.
 */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_feed(struct assay_reconcile *reconcile,
                                    const struct assay_sync_view *view,
                                    struct assay_message *message,
                                    struct assay_fault *fault_out);

/* Whether what feed refused was well-formed and had no place where it came:
 * the peer is told so. */
bool assay_reconcile_is_out_of_turn(const struct assay_reconcile *reconcile);

/* Writes the next message to out, which has room for ASSAY_MESSAGE_MAX bytes.
 * ASSAY_E_NOT_FOUND where there is none now; otherwise as for feed. */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_produce(struct assay_reconcile *reconcile,
                                       const struct assay_sync_view *view,
                                       uint8_t *out,
                                       struct assay_bytes *message_out);

/* The next record to send, borrowed from the view; the same again until it
 * was sent. ASSAY_E_NOT_FOUND: none now. ASSAY_E_BUSY: none was found so far;
 * ask again soon, after doing other things. Otherwise the view's errors or
 * ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err assay_reconcile_next(struct assay_reconcile *reconcile,
                                    const struct assay_sync_view *view,
                                    struct assay_sync_item *item_out);

/* The record that next gave is in a records message. */
void assay_reconcile_sent(struct assay_reconcile *reconcile);

/* Whether the peer has said that no more records come in this slice. The
 * caller then waits until all that came are stored or refused. */
bool assay_reconcile_is_settling(const struct assay_reconcile *reconcile);

/* They are, and new_count of them were not held before. */
void assay_reconcile_settled(struct assay_reconcile *reconcile,
                             uint64_t new_count);

/* The caller's timer: the dialler begins another exchange, unless one is
 * running; the listener takes one. */
void assay_reconcile_renew(struct assay_reconcile *reconcile);

/* Whether both follow a team, as far as the peer has told: what the peer has
 * no use for need not be sent. */
bool assay_reconcile_shares(const struct assay_reconcile *reconcile,
                            const struct assay_id *team);

enum assay_reconcile_state
assay_reconcile_state(const struct assay_reconcile *reconcile);

void assay_reconcile_stats(const struct assay_reconcile *reconcile,
                           struct assay_reconcile_stats *stats_out);

#endif
