/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_session.c - nothing that a peer says makes a session take more memory,
 * break its word, or stop the program.
 *
 * The first byte says whose side is played; then come steps, each a byte and
 * what belongs to it: a message from the peer, one of ours sent back, time, a
 * judgement, something that the node wants. After each step the session is
 * within its bounds.
 */
#include "history.h"
#include "memledger.h"
#include "protocol/check.h"
#include "protocol/session.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

/* Records that wait to be judged; the node has as much room. */
#define WAITING_MAX 8192

enum step {
    STEP_MESSAGE, /* Two bytes of length, and so many. */
    STEP_ECHO,    /* Our last message comes back. */
    STEP_HELLO,   /* A peer's that is in order. */
    STEP_PRODUCE,
    STEP_TIME,  /* A byte: its square, times 100 ms. */
    STEP_JUDGE, /* The oldest that waits; a byte says how. */
    STEP_WANT,  /* A byte: what the node wants. */
    STEP_COUNT
};

/* What records need to be judged. */
struct waiting {
    size_t record_len;
    enum assay_session_origin origin;
};

struct play {
    struct assay_session *session;
    const struct assay_sync_view *view;
    uint64_t now_ms;
    bool is_closed;
    size_t blob_len; /* Captured bytes to be taken. */
    size_t begin;
    size_t count;
    struct waiting waiting[WAITING_MAX];
    size_t last_len;
    uint8_t last[ASSAY_MESSAGE_MAX]; /* What we said last. */
    uint8_t buffer[ASSAY_SESSION_BUFFER];
    struct assay_session_events events;
};

static enum assay_err blob_size(void *context,
                                const uint8_t sha256[ASSAY_HASH_SIZE],
                                uint64_t *size_out)
{
    (void)context;
    if (sha256[0] > 'z') {
        return ASSAY_E_NOT_FOUND;
    }
    *size_out = (uint64_t)sha256[0] * 1000;
    return ASSAY_OK;
}

static enum assay_err blob_read(void *context,
                                const uint8_t sha256[ASSAY_HASH_SIZE],
                                uint64_t offset, uint8_t *out, size_t len)
{
    (void)context;
    ASSAY_CHECK(offset + len <= (uint64_t)sha256[0] * 1000);
    memset(out, 'b', len);
    return ASSAY_OK;
}

static const struct assay_blob_view blobs = {NULL, blob_size, blob_read};

/* A ledger that no step changes. */
static struct memledger *make_ledger(struct history *history)
{
    struct memledger *ledger = memledger_new();
    size_t root = history_found(history);
    size_t member = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    size_t fork = history_claim(history, member);

    for (size_t count = 0; count < 20; count++) {
        (void)history_claim(history, count % 2 == 0 ? root : member);
    }
    history_follow(history, fork);
    (void)history_claim(history, member);
    (void)history_found(history);
    memledger_put_all(ledger, history, 0, history_count(history));
    return ledger;
}

static void on_records(struct play *play, struct assay_records records,
                       enum assay_session_origin origin)
{
    struct assay_bytes envelope;
    struct assay_bytes body;

    while (assay_records_next(&records, &envelope, &body)) {
        struct waiting *waiting;

        ASSAY_CHECK(play->count < WAITING_MAX);
        waiting = &play->waiting[(play->begin + play->count) % WAITING_MAX];
        waiting->record_len = envelope.len + body.len;
        waiting->origin = origin;
        play->count++;
    }
}

static void check_events(struct play *play)
{
    ASSAY_CHECK(play->events.count <= ASSAY_SESSION_EVENTS_MAX);
    for (size_t index = 0; index < play->events.count; index++) {
        const struct assay_session_event *event = &play->events.list[index];

        ASSAY_CHECK(!play->is_closed);
        on_records(play, event->records, event->origin);
        play->blob_len += event->blob.bytes.len;
        play->is_closed = event->type == ASSAY_SESSION_CLOSED;
    }
    play->events.count = 0;
}

static void check_bounds(const struct play *play)
{
    struct assay_session_stats stats;

    assay_session_stats(play->session, &stats);
    ASSAY_CHECK(stats.job_count <= ASSAY_SYNC_JOBS_MAX);
    ASSAY_CHECK(stats.request_count <= ASSAY_SYNC_REQUESTS_MAX);
    ASSAY_CHECK(stats.fetch_count <= ASSAY_SYNC_FETCHES_MAX);
    ASSAY_CHECK(stats.score < ASSAY_SYNC_SCORE_MAX || play->is_closed);
    (void)assay_session_deadline_ms(play->session);
}

static void receive(struct play *play, struct assay_bytes bytes)
{
    /* As a node does, who leaves the socket alone meanwhile. */
    if (!assay_session_wants_input(play->session)) {
        return;
    }
    assay_session_receive(play->session, play->view, play->now_ms, bytes,
                          &play->events);
    check_events(play);
}

static void produce(struct play *play)
{
    struct assay_message message;
    struct assay_bytes bytes = assay_session_produce(
        play->session, play->view, play->now_ms, play->buffer, &play->events);
    enum assay_err err;

    check_events(play);
    if (bytes.len == 0) {
        return;
    }
    err = assay_message_open(bytes, &message);
    ASSAY_CHECK(err == ASSAY_OK);
    memcpy(play->last, bytes.data, bytes.len);
    play->last_len = bytes.len;
}

static void greet(struct play *play)
{
    struct assay_hello hello = {.versions = {ASSAY_PROTOCOL_VERSION},
                                .version_count = 1,
                                .nonce = {9},
                                .serves_blobs = true};
    uint8_t bytes[256];
    struct assay_cbor_writer writer;
    struct assay_bytes message;
    enum assay_err err;

    assay_cbor_writer_init(&writer, bytes, sizeof(bytes));
    assay_hello_write(&writer, &hello);
    err = assay_cbor_writer_finish(&writer, &message);
    ASSAY_CHECK(err == ASSAY_OK);
    receive(play, message);
}

static void judge(struct play *play, struct history *history, uint8_t how)
{
    struct assay_session_judgement judgement;
    const struct waiting *waiting = &play->waiting[play->begin];

    if (play->count == 0) {
        assay_session_blob_taken(play->session, play->blob_len);
        play->blob_len = 0;
        return;
    }
    memset(&judgement, 0, sizeof(judgement));
    judgement.fate = (enum assay_session_fate)(how % 6);
    judgement.origin = waiting->origin;
    judgement.record_len = waiting->record_len;
    judgement.err = ASSAY_E_SIGNATURE;
    judgement.id = history_item(history, how % 8)->id;
    judgement.log = history_item(history, how / 8 % 8)->id;
    judgement.lacks = history_item(history, how / 64)->id;
    judgement.lacks.hash[0] ^= how & 1;
    judgement.log.hash[0] ^= how >> 1 & 1;
    judgement.seq = (uint64_t)how + 1;
    play->begin = (play->begin + 1) % WAITING_MAX;
    play->count--;
    assay_session_judge(play->session, play->now_ms, &judgement, &play->events);
    check_events(play);
}

static void want(struct play *play, struct history *history, uint8_t what)
{
    static const uint8_t prune[] = {0x82, 0x18, 0x1e, 0x00};
    struct assay_session_news news = {.id =
                                          history_item(history, what % 16)->id};
    struct assay_id id = {{what}};
    enum assay_err err = ASSAY_OK;

    switch (what / 32) {
    case 0:
        err = assay_session_fetch(play->session, &id);
        break;
    case 1:
        err = assay_session_fetch_blob(play->session, id.hash, what % 4);
        break;
    case 2:
        assay_session_cancel_blob(play->session, id.hash);
        break;
    case 3:
        (void)assay_session_tell(play->session, &news);
        break;
    case 4:
        err = assay_session_pass(play->session,
                                 (struct assay_bytes){prune, sizeof(prune)});
        break;
    case 5:
        assay_session_sync(play->session);
        break;
    case 6:
        assay_session_blame(play->session, play->now_ms,
                            ASSAY_OFFENCE_FALSE_HAVE, &play->events);
        break;
    default:
        assay_session_tick(play->session, play->now_ms, &play->events);
        break;
    }
    ASSAY_CHECK(err == ASSAY_OK || err == ASSAY_E_BUSY ||
                err == ASSAY_E_EXISTS || err == ASSAY_E_NOT_FOUND);
    check_events(play);
}

/* The next byte; zeros behind the end. */
static uint8_t next(struct assay_bytes *input)
{
    uint8_t byte;

    if (input->len == 0) {
        return 0;
    }
    byte = input->data[0];
    input->data++;
    input->len--;
    return byte;
}

static void step(struct play *play, struct history *history,
                 struct assay_bytes *input)
{
    uint8_t byte = next(input);
    uint64_t squared;
    size_t len;

    switch ((enum step)(byte % STEP_COUNT)) {
    case STEP_MESSAGE:
        len = next(input);
        len |= (size_t)next(input) << 8;
        len = len < input->len ? len : input->len;
        receive(play, (struct assay_bytes){input->data, len});
        input->data += len;
        input->len -= len;
        break;
    case STEP_ECHO:
        receive(play, (struct assay_bytes){play->last, play->last_len});
        break;
    case STEP_HELLO:
        greet(play);
        break;
    case STEP_PRODUCE:
        produce(play);
        break;
    case STEP_TIME:
        squared = next(input);
        squared *= squared;
        play->now_ms += squared * 100;
        assay_session_tick(play->session, play->now_ms, &play->events);
        check_events(play);
        break;
    case STEP_JUDGE:
        judge(play, history, next(input));
        break;
    case STEP_WANT:
        want(play, history, next(input));
        break;
    case STEP_COUNT:
        break;
    }
    check_bounds(play);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
    static struct history *history;
    static struct memledger *ledger;
    static struct play play;
    struct assay_bytes input = {data, data_len};
    struct assay_session_config config;
    uint8_t flags = next(&input);
    enum assay_err err;

    if (ledger == NULL) {
        history = history_new(1);
        ledger = make_ledger(history);
    }
    memset(&play, 0, offsetof(struct play, waiting));
    play.last_len = 0;
    play.events.count = 0;
    play.view = memledger_view(ledger);
    play.now_ms = 1000;
    memset(&config, 0, sizeof(config));
    config.is_dialler = (flags & 1) != 0;
    config.peer_key.bytes[0] = 1;
    config.now_ms = play.now_ms;
    config.blobs = (flags & 2) != 0 ? &blobs : NULL;
    config.blob_rate = (flags & 4) != 0 ? 100000 : UINT64_MAX;
    config.follows.is_all = (flags & 8) != 0;
    err = assay_session_new(&config, &play.session);
    ASSAY_CHECK(err == ASSAY_OK);
    while (input.len > 0) {
        step(&play, history, &input);
    }
    assay_session_free(play.session);
    return 0;
}
