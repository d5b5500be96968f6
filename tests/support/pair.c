/* SPDX-License-Identifier: Apache-2.0 */
#include "pair.h"

#include "protocol/check.h"

#include <stdlib.h>

/* Where clocks of tests begin. */
#define BEGIN_MS 1000000

/* Messages without an end are a bug. */
#define STEPS_MAX 1000000

static uint8_t buffer[ASSAY_SESSION_BUFFER];

/* ---------------------------------------------------------------- life */

static void set_up(struct side *side, bool is_dialler)
{
    side->ledger = memledger_new();
    side->takes_blobs = true;
    side->config.is_dialler = is_dialler;
    memset(&side->config.own_key, is_dialler ? 'd' : 'l',
           sizeof(side->config.own_key));
    memset(&side->config.peer_key, is_dialler ? 'l' : 'd',
           sizeof(side->config.peer_key));
    memset(side->config.own_nonce, is_dialler ? 1 : 2,
           sizeof(side->config.own_nonce));
    memset(side->config.handshake_hash, 'h',
           sizeof(side->config.handshake_hash));
    side->config.now_ms = BEGIN_MS;
    side->config.time_s = 1700000000;
    side->config.agent = assay_bytes_of("test");
    side->config.follows.is_all = true;
    side->config.blob_rate = ASSAY_BLOB_RATE_DEFAULT;
}

struct pair *pair_new(void)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    ASSAY_CHECK(pair != NULL);
    pair->now_ms = BEGIN_MS;
    set_up(&pair->sides[0], true);
    set_up(&pair->sides[1], false);
    return pair;
}

static void free_records(struct side *side, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        free(side->records[index].bytes);
    }
}

void pair_free(struct pair *pair)
{
    if (pair == NULL) {
        return;
    }
    for (size_t index = 0; index < 2; index++) {
        assay_session_free(pair->sides[index].session);
        memledger_free(pair->sides[index].ledger);
        free_records(&pair->sides[index], pair->sides[index].record_count);
        free(pair->sides[index].records);
        free(pair->sides[index].blob);
    }
    free(pair);
}

void pair_open(struct pair *pair)
{
    for (size_t index = 0; index < 2; index++) {
        struct side *side = &pair->sides[index];
        enum assay_err err;

        side->config.now_ms = pair->now_ms;
        err = assay_session_new(&side->config, &side->session);
        ASSAY_CHECK(err == ASSAY_OK);
    }
}

/* ------------------------------------------------------------- judging */

static bool follows(const struct side *side, const struct assay_id *team)
{
    const struct assay_follows *follows = &side->config.follows;

    for (size_t index = 0; index < follows->count; index++) {
        if (assay_id_equal(&follows->teams[index], team)) {
            return true;
        }
    }
    return follows->is_all;
}

static void fetch_named(struct side *side, const struct assay_record *record)
{
    for (size_t index = 0; index < record->payload.about_count; index++) {
        const struct assay_id *id = &record->payload.about[index].id;

        if (!memledger_has(side->ledger, id)) {
            enum assay_err err = assay_session_fetch(side->session, id);

            ASSAY_CHECK(err == ASSAY_OK || err == ASSAY_E_BUSY);
        }
    }
}

static void take(struct side *side, struct assay_bytes envelope,
                 struct assay_bytes body,
                 struct assay_session_judgement *judgement)
{
    struct memledger_result result;
    struct assay_record record;
    struct assay_id team;

    judgement->record_len = envelope.len + body.len;
    judgement->err = assay_record_open(envelope, body, &record, NULL);
    if (judgement->err != ASSAY_OK) {
        judgement->fate = ASSAY_FATE_INVALID;
        return;
    }
    if (judgement->origin != ASSAY_ORIGIN_NAMED &&
        memledger_team_of(side->ledger, &record, &team) &&
        !follows(side, &team)) {
        judgement->fate = ASSAY_FATE_UNWANTED;
        judgement->id = record.id;
        side->unwanted_count++;
        return;
    }
    result = memledger_take(side->ledger, envelope, body);
    judgement->id = result.id;
    judgement->log = result.log;
    judgement->seq = result.seq;
    judgement->lacks = result.lacks;
    if (result.err == ASSAY_OK) {
        judgement->fate = ASSAY_FATE_ACCEPTED;
        side->accepted_count++;
        if (side->fetches_named && judgement->origin != ASSAY_ORIGIN_NAMED) {
            fetch_named(side, &record);
        }
    } else if (result.err == ASSAY_E_EXISTS) {
        judgement->fate = ASSAY_FATE_HELD;
        side->held_count++;
    } else {
        ASSAY_CHECK(result.err == ASSAY_E_EARLY);
        judgement->fate = ASSAY_FATE_EARLY;
        side->early_count++;
    }
}

static void queue(struct side *side, struct assay_bytes envelope,
                  struct assay_bytes body, enum assay_session_origin origin)
{
    struct side_record *record;
    uint8_t *bytes = malloc(envelope.len + body.len + 1);

    ASSAY_CHECK(bytes != NULL);
    if (side->record_count == side->record_cap) {
        size_t cap = side->record_cap == 0 ? 256 : side->record_cap * 2;
        struct side_record *longer =
            realloc(side->records, cap * sizeof(*longer));

        ASSAY_CHECK(longer != NULL);
        side->records = longer;
        side->record_cap = cap;
    }
    record = &side->records[side->record_count];
    side->record_count++;
    record->origin = origin;
    record->bytes = bytes;
    memcpy(bytes, envelope.data, envelope.len);
    record->envelope = (struct assay_bytes){bytes, envelope.len};
    record->body = ASSAY_BYTES_NONE;
    if (body.data != NULL) {
        memcpy(bytes + envelope.len, body.data, body.len);
        record->body = (struct assay_bytes){bytes + envelope.len, body.len};
    }
}

/* -------------------------------------------------------------- events */

static void on_records(struct side *side, struct assay_records records,
                       enum assay_session_origin origin)
{
    struct assay_bytes envelope;
    struct assay_bytes body;

    while (assay_records_next(&records, &envelope, &body)) {
        queue(side, envelope, body, origin);
    }
}

static void on_blob(struct side *side, const struct assay_blob *blob)
{
    uint8_t *longer = realloc(side->blob, side->blob_len + blob->bytes.len + 1);

    ASSAY_CHECK(longer != NULL);
    side->blob = longer;
    memcpy(side->blob + side->blob_len, blob->bytes.data, blob->bytes.len);
    side->blob_len += blob->bytes.len;
    side->blob_total = blob->total;
    if (side->takes_blobs) {
        assay_session_blob_taken(side->session, blob->bytes.len);
    }
}

static void on_closed(struct side *side,
                      const struct assay_session_event *event)
{
    ASSAY_CHECK(!side->is_closed);
    side->is_closed = true;
    side->closed_by_peer = event->by_peer;
    side->close_code = event->close.code;
    memcpy(side->close_text, event->close.text.data, event->close.text.len);
    side->close_text[event->close.text.len] = '\0';
}

static void on_event(struct side *side, const struct assay_session_event *event)
{
    ASSAY_CHECK(!side->is_closed);
    switch (event->type) {
    case ASSAY_SESSION_HELLO:
        side->hello_count++;
        side->hello = event->hello;
        side->hello.agent = ASSAY_BYTES_NONE;
        break;
    case ASSAY_SESSION_SYNCED:
        side->synced_count++;
        side->is_equal = event->is_equal;
        break;
    case ASSAY_SESSION_RECORDS:
        on_records(side, event->records, event->origin);
        break;
    case ASSAY_SESSION_LACKED:
        for (size_t index = 0; index < event->id_count; index++) {
            ASSAY_CHECK(side->lacked_count < PAIR_LACKED_MAX);
            side->lacked[side->lacked_count] = event->ids[index];
            side->lacked_count++;
        }
        break;
    case ASSAY_SESSION_PASS:
        side->passed[side->passed_count % PAIR_PASSED_MAX] =
            event->message_type;
        side->passed_count++;
        on_records(side, event->records, event->origin);
        break;
    case ASSAY_SESSION_BLOB:
        on_blob(side, &event->blob);
        break;
    case ASSAY_SESSION_BLOB_LACKED:
        side->blob_lacked_count++;
        break;
    case ASSAY_SESSION_CLOSED:
        on_closed(side, event);
        break;
    }
}

static void on_events(struct side *side,
                      const struct assay_session_events *events)
{
    for (size_t index = 0; index < events->count; index++) {
        on_event(side, &events->list[index]);
    }
}

/* ------------------------------------------------------- one side alone */

void side_judge(struct side *side, uint64_t now_ms, size_t count)
{
    struct assay_session_events events;

    if (count > side->record_count) {
        count = side->record_count;
    }
    for (size_t index = 0; index < count; index++) {
        const struct side_record *record = &side->records[index];
        struct assay_session_judgement judgement;

        memset(&judgement, 0, sizeof(judgement));
        judgement.origin = record->origin;
        take(side, record->envelope, record->body, &judgement);
        assay_session_judge(side->session, now_ms, &judgement, &events);
        on_events(side, &events);
    }
    free_records(side, count);
    side->record_count -= count;
    if (side->record_count > 0) {
        memmove(side->records, side->records + count,
                side->record_count * sizeof(side->records[0]));
    }
}

void side_feed(struct side *side, uint64_t now_ms, struct assay_bytes message)
{
    /* A copy of just its size, so that reading beyond it shows. */
    uint8_t *copy = malloc(message.len > 0 ? message.len : 1);
    struct assay_session_events events;

    ASSAY_CHECK(copy != NULL);
    if (message.len > 0) {
        memcpy(copy, message.data, message.len);
    }
    assay_session_receive(side->session, memledger_view(side->ledger), now_ms,
                          (struct assay_bytes){copy, message.len}, &events);
    on_events(side, &events);
    if (!side->judges_later) {
        side_judge(side, now_ms, SIZE_MAX);
    }
    free(copy);
}

struct assay_bytes side_pull(struct side *side, uint64_t now_ms)
{
    struct assay_session_events events;
    bool has_output = assay_session_has_output(side->session, now_ms);
    struct assay_bytes message = assay_session_produce(
        side->session, memledger_view(side->ledger), now_ms, buffer, &events);

    /* It may promise too much, but never too little. */
    ASSAY_CHECK(has_output || message.len == 0);
    ASSAY_CHECK(message.len <= ASSAY_MESSAGE_MAX);
    on_events(side, &events);
    if (message.len > 0) {
        side->message_count++;
        side->byte_count += message.len;
        if (message.len > side->frame_max) {
            side->frame_max = message.len;
        }
    }
    return message;
}

void side_tick(struct side *side, uint64_t now_ms)
{
    struct assay_session_events events;

    assay_session_tick(side->session, now_ms, &events);
    on_events(side, &events);
}

void side_greet(struct side *side, uint64_t now_ms)
{
    struct assay_message message;
    struct assay_hello hello;
    struct assay_cbor_writer writer;
    struct assay_bytes bytes = side_pull(side, now_ms);
    uint8_t greeting[256];
    enum assay_err err = assay_message_open(bytes, &message);

    ASSAY_CHECK(err == ASSAY_OK);
    err = assay_hello_read(&message, &hello, NULL);
    ASSAY_CHECK(err == ASSAY_OK);
    memset(hello.nonce, 'n', sizeof(hello.nonce));
    memset(hello.root, 0, sizeof(hello.root));
    hello.log_count = 0;
    hello.serves_blobs = true;
    assay_cbor_writer_init(&writer, greeting, sizeof(greeting));
    assay_hello_write(&writer, &hello);
    err = assay_cbor_writer_finish(&writer, &bytes);
    ASSAY_CHECK(err == ASSAY_OK);
    side_feed(side, now_ms, bytes);
}

/* ------------------------------------------------------------ two sides */

bool pair_step(struct pair *pair, size_t from)
{
    struct side *sender = &pair->sides[from];
    struct side *receiver = &pair->sides[1 - from];
    struct assay_bytes message;

    if (pair->is_cut[from] || !assay_session_wants_input(receiver->session) ||
        !assay_session_has_output(sender->session, pair->now_ms)) {
        return false;
    }
    message = side_pull(sender, pair->now_ms);
    if (message.len == 0) {
        return false;
    }
    side_feed(receiver, pair->now_ms, message);
    return true;
}

void pair_run(struct pair *pair)
{
    for (size_t step = 0; step < STEPS_MAX; step++) {
        bool has_sent = pair_step(pair, 0);

        has_sent = pair_step(pair, 1) || has_sent;
        if (!has_sent) {
            return;
        }
    }
    ASSAY_CHECK(false);
}

void pair_advance(struct pair *pair, uint64_t ms)
{
    uint64_t end_ms = pair->now_ms + ms;

    pair_run(pair);
    for (size_t step = 0; step < STEPS_MAX; step++) {
        uint64_t next_ms = end_ms;

        for (size_t index = 0; index < 2; index++) {
            uint64_t deadline_ms =
                assay_session_deadline_ms(pair->sides[index].session);

            next_ms = deadline_ms < next_ms ? deadline_ms : next_ms;
        }
        if (next_ms > pair->now_ms) {
            pair->now_ms = next_ms;
        }
        side_tick(&pair->sides[0], pair->now_ms);
        side_tick(&pair->sides[1], pair->now_ms);
        pair_run(pair);
        if (pair->now_ms == end_ms) {
            return;
        }
    }
    ASSAY_CHECK(false);
}
