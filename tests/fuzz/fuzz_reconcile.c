/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_reconcile.c - whatever a peer says in anti-entropy, the machine refuses
 * it as that peer's fault or goes on, and what it says itself is in form.
 *
 * The input is a script: its first byte sets the stage, then each byte is a
 * step. An honest machine over another ledger stands in for the peer, so that
 * hashes are right; what it says may be changed on the way, and messages from
 * the script come between.
 */
#include "memledger.h"
#include "protocol/check.h"
#include "protocol/reconcile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

/* Steps of a script. */
enum {
    PEER_SAYS,
    PEER_SAYS_CHANGED, /* Two bytes: which byte, a mask. */
    SUBJECT_SAYS,
    PEER_HEARS, /* What the subject said last. */
    MADE_UP,    /* Two bytes: the length of a message that follows. */
    PEER_SENDS, /* Records, one after the other, until there is none. */
    SUBJECT_SENDS,
    SETTLE, /* One byte: how many records were new. */
    RENEW,
    FOLLOW, /* One byte: all, or some teams. */
    STEPS
};

/* Bits of the first byte. */
#define STAGE_DIALLER 1U
#define STAGE_OTHER_TEAMS 2U

struct script {
    const uint8_t *data;
    size_t len;
    size_t pos;
};

struct side {
    struct memledger *ledger;
    struct assay_reconcile *machine;
};

static struct history *history;
static struct side subject;
static struct side peer;
static struct assay_id teams[2];
static uint8_t buffer[ASSAY_MESSAGE_MAX];
static struct assay_bytes said; /* By the subject, last; borrows from buffer. */

static uint8_t take_byte(struct script *script)
{
    return script->pos < script->len ? script->data[script->pos++] : 0;
}

/* Gives a record to both ledgers, or one of them. */
static size_t give(size_t record, bool to_subject, bool to_peer)
{
    if (to_subject) {
        memledger_put(subject.ledger, history, record);
    }
    if (to_peer) {
        memledger_put(peer.ledger, history, record);
    }
    return record;
}

/* Two teams; logs of which one side is ahead, and one that forks. */
static void make_ledgers(void)
{
    size_t grant;
    size_t base;

    history = history_new(1);
    subject.ledger = memledger_new();
    peer.ledger = memledger_new();
    grant = give(history_found(history), true, true);
    teams[0] = history_item(history, grant)->id;
    for (int i = 0; i < 6; i++) {
        (void)give(history_claim(history, grant), i < 5, true);
    }
    grant = give(history_found(history), true, true);
    teams[1] = history_item(history, grant)->id;
    grant =
        give(history_member(history, grant, ASSAY_ROLE_CHECKER, 0), true, true);
    base = give(history_claim(history, grant), true, true);
    for (int i = 0; i < 4; i++) {
        (void)give(history_claim(history, grant), true, i < 1);
    }
    history_follow(history, base);
    for (int i = 0; i < 3; i++) {
        (void)give(history_claim(history, grant), false, true);
    }
    (void)give(history_found(history), true, false);
}

static struct assay_follows follows_of(bool has_all)
{
    return has_all ? (struct assay_follows){true, NULL, 0}
                   : (struct assay_follows){false, teams, 2};
}

static void make_machine(struct side *side, bool is_dialler, bool has_all,
                         struct assay_msg_root *root_out)
{
    struct assay_reconcile_config config = {.is_dialler = is_dialler,
                                            .follows = follows_of(has_all)};
    enum assay_err err = assay_reconcile_new(&config, &side->machine);

    ASSAY_CHECK(err == ASSAY_OK);
    err = assay_reconcile_opening(side->machine, memledger_view(side->ledger),
                                  root_out);
    ASSAY_CHECK(err == ASSAY_OK);
}

static enum assay_err feed(struct side *side, struct assay_bytes bytes)
{
    struct assay_message message;
    enum assay_err err = assay_message_open(bytes, &message);

    return err == ASSAY_OK ? assay_reconcile_feed(side->machine,
                                                  memledger_view(side->ledger),
                                                  &message, NULL)
                           : err;
}

/* A peer that breaks the protocol is all that a message can show. */
static void feed_subject(struct assay_bytes bytes)
{
    enum assay_err err = feed(&subject, bytes);

    ASSAY_CHECK(err == ASSAY_OK || err == ASSAY_E_TRUNCATED ||
                err == ASSAY_E_MALFORMED || err == ASSAY_E_LIMIT);
}

static void check_form(struct assay_bytes bytes)
{
    static union {
        struct assay_msg_follows follows;
        struct assay_msg_root root;
        struct assay_msg_buckets buckets;
        struct assay_msg_frontier frontier;
        struct assay_msg_heads heads;
        struct assay_msg_done done;
    } read;
    struct assay_message message;
    enum assay_err err = assay_message_open(bytes, &message);

    ASSAY_CHECK(err == ASSAY_OK);
    switch (message.type) {
    case ASSAY_MSG_FOLLOWS:
        err = assay_msg_follows_read(&message, &read.follows, NULL);
        break;
    case ASSAY_MSG_ROOT:
        err = assay_msg_root_read(&message, &read.root, NULL);
        break;
    case ASSAY_MSG_BUCKETS:
        err = assay_msg_buckets_read(&message, &read.buckets, NULL);
        break;
    case ASSAY_MSG_FRONTIER:
        err = assay_msg_frontier_read(&message, &read.frontier, NULL);
        break;
    case ASSAY_MSG_HEADS:
        err = assay_msg_heads_read(&message, &read.heads, NULL);
        break;
    case ASSAY_MSG_DONE:
        err = assay_msg_done_read(&message, &read.done, NULL);
        break;
    default:
        err = ASSAY_E_MALFORMED;
        break;
    }
    ASSAY_CHECK(err == ASSAY_OK);
}

static void subject_says(void)
{
    enum assay_err err = assay_reconcile_produce(
        subject.machine, memledger_view(subject.ledger), buffer, &said);

    ASSAY_CHECK(err == ASSAY_OK || err == ASSAY_E_NOT_FOUND);
    if (err == ASSAY_OK) {
        check_form(said);
    } else {
        said = ASSAY_BYTES_NONE;
    }
}

static void peer_says(struct script *script, bool is_changed)
{
    static uint8_t bytes[ASSAY_MESSAGE_MAX];
    struct assay_bytes message;
    uint8_t at = is_changed ? take_byte(script) : 0;
    uint8_t mask = is_changed ? take_byte(script) : 0;

    if (assay_reconcile_produce(peer.machine, memledger_view(peer.ledger),
                                bytes, &message) == ASSAY_OK) {
        /* Fields are at the beginning, lengths and entries too. */
        bytes[at % message.len] ^= mask;
        feed_subject(message);
    }
}

static void made_up(struct script *script)
{
    size_t len = (size_t)take_byte(script) << 8;

    len |= take_byte(script);
    len = len < script->len - script->pos ? len : script->len - script->pos;
    feed_subject((struct assay_bytes){script->data + script->pos, len});
    script->pos += len;
}

static void send_all(struct side *side)
{
    struct assay_sync_item item;
    enum assay_err err;

    do {
        err = assay_reconcile_next(side->machine, memledger_view(side->ledger),
                                   &item);
        if (err == ASSAY_OK) {
            ASSAY_CHECK(memledger_has(side->ledger, &item.id));
            assay_reconcile_sent(side->machine);
        }
    } while (err == ASSAY_OK || err == ASSAY_E_BUSY);
    ASSAY_CHECK(err == ASSAY_E_NOT_FOUND);
}

static void settle(struct side *side, uint64_t new_count)
{
    if (assay_reconcile_is_settling(side->machine)) {
        assay_reconcile_settled(side->machine, new_count);
    }
}

static void follow(bool has_all)
{
    struct assay_follows follows = follows_of(has_all);
    enum assay_err err = assay_reconcile_follow(subject.machine, &follows);

    ASSAY_CHECK(err == ASSAY_OK);
}

static void take_step(struct script *script)
{
    uint8_t count;

    switch (take_byte(script) % STEPS) {
    case PEER_SAYS:
        peer_says(script, false);
        break;
    case PEER_SAYS_CHANGED:
        peer_says(script, true);
        break;
    case SUBJECT_SAYS:
        subject_says();
        break;
    case PEER_HEARS:
        if (said.len > 0) {
            (void)!feed(&peer, said);
        }
        break;
    case MADE_UP:
        made_up(script);
        break;
    case PEER_SENDS:
        send_all(&peer);
        break;
    case SUBJECT_SENDS:
        send_all(&subject);
        break;
    case SETTLE:
        count = take_byte(script);
        settle(&subject, count);
        settle(&peer, count);
        break;
    case RENEW:
        assay_reconcile_renew(peer.machine);
        assay_reconcile_renew(subject.machine);
        break;
    default:
        follow(take_byte(script) % 2 == 0);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
    struct script script = {data, data_len, 0};
    struct assay_msg_root roots[2];
    uint8_t stage = take_byte(&script);
    bool is_dialler = (stage & STAGE_DIALLER) != 0;

    if (history == NULL) {
        make_ledgers();
    }
    said = ASSAY_BYTES_NONE;
    make_machine(&subject, is_dialler, true, &roots[0]);
    make_machine(&peer, !is_dialler, (stage & STAGE_OTHER_TEAMS) == 0,
                 &roots[1]);
    assay_reconcile_start(subject.machine, &roots[1]);
    assay_reconcile_start(peer.machine, &roots[0]);
    while (script.pos < script.len) {
        take_step(&script);
    }
    assay_reconcile_free(subject.machine);
    assay_reconcile_free(peer.machine);
    return 0;
}
