/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pair.h - sessions in memory: two that speak with each other, or one with a
 * test that plays its peer.
 *
 * A side is what a node is around a session: a ledger, and somebody who checks
 * what is handed out, at once or when the test says so. Time is the pair's own
 * and only moves when a test moves it.
 *
 *   struct pair *pair = pair_new();
 *   memledger_put_all(pair->sides[0].ledger, history, 0, 10);
 *   pair_open(pair);
 *   pair_run(pair);
 *   assert_true(memledger_equal(pair->sides[0].ledger, pair->sides[1].ledger));
 *   pair_free(pair);
 */
#ifndef ASSAY_TESTS_SUPPORT_PAIR_H
#define ASSAY_TESTS_SUPPORT_PAIR_H

#include "memledger.h"
#include "protocol/session.h"

/* Messages of one type that a side remembers having received and passed. */
#define PAIR_PASSED_MAX 64
#define PAIR_LACKED_MAX 128

/* A record that waits to be checked and stored. */
struct side_record {
    enum assay_session_origin origin;
    uint8_t *bytes; /* Of both that follow. */
    struct assay_bytes envelope;
    struct assay_bytes body;
};

struct side {
    struct memledger *ledger;
    struct assay_session *session;
    struct assay_session_config config; /* Changed before it is opened. */

    /* How it behaves. */
    bool judges_later;  /* Records wait for side_judge. */
    bool fetches_named; /* What accepted records name is fetched. */
    bool takes_blobs;   /* Captured bytes are taken at once. */

    /* What it went through. */
    size_t hello_count;
    struct assay_hello hello; /* Without its agent. */
    size_t synced_count;
    bool is_equal; /* The last time. */
    bool is_closed;
    bool closed_by_peer;
    uint64_t close_code;
    char close_text[ASSAY_CLOSE_TEXT_MAX + 1];
    size_t accepted_count;
    size_t held_count;
    size_t early_count;
    size_t unwanted_count;
    size_t lacked_count;
    struct assay_id lacked[PAIR_LACKED_MAX];
    size_t passed_count;
    uint64_t passed[PAIR_PASSED_MAX]; /* Types. */
    size_t blob_lacked_count;
    uint8_t *blob; /* What came of the capture that is fetched. */
    uint64_t blob_len;
    uint64_t blob_total;
    size_t message_count; /* That it sent. */
    size_t byte_count;
    size_t frame_max; /* The longest. */

    struct side_record *records; /* That wait. */
    size_t record_count;
    size_t record_cap;
};

struct pair {
    struct side sides[2]; /* [0] dials. */
    uint64_t now_ms;
    bool is_cut[2]; /* Nothing that this side sends is taken. */
};

/* Two ledgers, empty; all teams are followed. */
struct pair *pair_new(void);
void pair_free(struct pair *pair);

/* Makes the sessions from the sides' configs. */
void pair_open(struct pair *pair);

/* Lets both speak until neither has anything to say. */
void pair_run(struct pair *pair);

/* One message of a side to the other; false where there is none, or where the
 * other does not listen. */
bool pair_step(struct pair *pair, size_t from);

/* Lets time pass, and both speak whenever a deadline comes. */
void pair_advance(struct pair *pair, uint64_t ms);

/* ------------------------------------------------------- one side alone */

/* Feeds a message to a side. */
void side_feed(struct side *side, uint64_t now_ms, struct assay_bytes message);

/* The next message of a side, in a buffer that is overwritten the next time;
 * without bytes there is none. */
struct assay_bytes side_pull(struct side *side, uint64_t now_ms);

/* Lets the timer of a side ring. */
void side_tick(struct side *side, uint64_t now_ms);

/* Judges the count oldest records that wait, or all there are. */
void side_judge(struct side *side, uint64_t now_ms, size_t count);

/* A hello of a peer that holds nothing and follows what the side follows, and
 * that is no one else's. Pulls the side's own first. */
void side_greet(struct side *side, uint64_t now_ms);

#endif
