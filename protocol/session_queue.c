/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What others want said: messages of membership and broadcast as they are, and
 * records to tell of, which are read when their turn comes.
 */
#include "session_internal.h"

#include "check.h"
#include "messages/gossip.h"

_Static_assert(ASSAY_ITEM_MAX <= ASSAY_SESSION_BUFFER - ASSAY_MESSAGE_MAX,
               "a record is put together behind the message");

/* --------------------------------------------- membership, broadcast */

static void put_byte(struct session_control *control, uint8_t byte)
{
    control->bytes[(control->begin + control->len) % sizeof(control->bytes)] =
        byte;
    control->len++;
}

static uint8_t take_byte(struct session_control *control)
{
    uint8_t byte = control->bytes[control->begin];

    control->begin = (control->begin + 1) % sizeof(control->bytes);
    control->len--;
    return byte;
}

enum assay_err assay_session_pass(struct assay_session *session,
                                  struct assay_bytes message)
{
    struct session_control *control = &session->control;

    ASSAY_CHECK(message.len > 0);
    ASSAY_CHECK(message.len <= ASSAY_MESSAGE_MAX);
    if (!session_is_open(session) ||
        message.len + 2 > sizeof(control->bytes) - control->len) {
        return ASSAY_E_BUSY;
    }
    put_byte(control, (uint8_t)(message.len >> 8));
    put_byte(control, (uint8_t)(message.len & UINT8_MAX));
    for (size_t index = 0; index < message.len; index++) {
        put_byte(control, message.data[index]);
    }
    return ASSAY_OK;
}

struct assay_bytes assay_session_say_control(struct session_call *call,
                                             uint8_t *buffer)
{
    struct session_control *control = &call->session->control;
    size_t len;

    if (control->len == 0) {
        return ASSAY_BYTES_NONE;
    }
    len = (size_t)take_byte(control) << 8;
    len |= take_byte(control);
    ASSAY_CHECK(len <= control->len);
    for (size_t index = 0; index < len; index++) {
        buffer[index] = take_byte(control);
    }
    return (struct assay_bytes){buffer, len};
}

/* --------------------------------------------------- records to tell */

bool assay_session_tell(struct assay_session *session,
                        const struct assay_session_news *news)
{
    struct session_news *queue = &session->news;

    if (!session_is_open(session)) {
        return false;
    }
    if (queue->count == ASSAY_SYNC_GOSSIP_MAX) {
        session->stats.gossip_dropped++;
        assay_session_sync(session);
        return false;
    }
    queue->list[(queue->begin + queue->count) % ASSAY_SYNC_GOSSIP_MAX] = *news;
    queue->count++;
    return true;
}

static struct assay_bytes say_record(const struct assay_session_news *news,
                                     const struct assay_sync_item *record,
                                     uint8_t *buffer)
{
    struct assay_gossip_message gossip = {.round = news->round,
                                          .tree = news->tree};
    struct assay_cbor_writer writer;
    enum assay_err err = assay_record_join(
        record->envelope, record->body, buffer + ASSAY_MESSAGE_MAX,
        ASSAY_SESSION_BUFFER - ASSAY_MESSAGE_MAX, &gossip.item);

    ASSAY_CHECK(err == ASSAY_OK);
    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    assay_gossip_write(&writer, &gossip);
    return assay_session_written(&writer);
}

/* Reads a record that the peer has a use for; ASSAY_E_NOT_FOUND: it is gone,
 * or of a team that the peer does not follow. */
static enum assay_err find_shared(const struct assay_session *session,
                                  const struct assay_sync_view *view,
                                  const struct assay_id *id,
                                  struct assay_sync_item *record_out)
{
    struct assay_sync_log log;
    uint64_t number;
    enum assay_err err = view->find(view->context, id, record_out);

    if (err != ASSAY_OK) {
        return err;
    }
    if (record_out->log_number == 0) {
        return ASSAY_E_NOT_FOUND; /* What fell is not passed on. */
    }
    number = record_out->log_number - 1;
    err = view->next_log(view->context, &number, &log);
    if (err == ASSAY_OK &&
        !assay_reconcile_shares(session->reconcile, &log.team)) {
        err = ASSAY_E_NOT_FOUND;
    }
    return err;
}

bool assay_session_shares(const struct assay_session *session,
                          const struct assay_sync_view *view,
                          const struct assay_id *id)
{
    struct assay_sync_item record;

    return find_shared(session, view, id, &record) == ASSAY_OK;
}

struct assay_bytes assay_session_say_news(struct session_call *call,
                                          uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct session_news *queue = &session->news;

    /* Those that are left out hold up none behind them: nobody asks again
     * where nothing was said. A full queue of them takes some milliseconds. */
    while (queue->count > 0) {
        struct assay_session_news news = queue->list[queue->begin];
        struct assay_sync_item record;
        enum assay_err err =
            find_shared(session, call->view, &news.id, &record);

        queue->begin = (queue->begin + 1) % ASSAY_SYNC_GOSSIP_MAX;
        queue->count--;
        if (err == ASSAY_OK) {
            session->stats.records_out++;
            return say_record(&news, &record, buffer);
        }
        if (err != ASSAY_E_NOT_FOUND) {
            assay_session_fail(call, err);
            break;
        }
    }
    return ASSAY_BYTES_NONE;
}

/* A record that the peer tells of: it goes to the broadcast and to who checks
 * it, both outside. */
void assay_session_on_gossip(struct session_call *call,
                             struct assay_message *message,
                             struct assay_bytes whole)
{
    struct assay_fault fault = {0, NULL};
    struct assay_gossip_message gossip;
    struct assay_session_event *event;
    struct assay_records records;
    struct assay_bytes envelope;
    struct assay_bytes body;
    enum assay_err err = assay_gossip_read(message, &gossip, &fault);

    if (err == ASSAY_OK) {
        err = assay_record_split(gossip.item, &envelope, &body, &fault);
    }
    if (err == ASSAY_OK && envelope.len + body.len > ASSAY_RECORD_MAX) {
        err = ASSAY_E_LIMIT;
    }
    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    memset(&records, 0, sizeof(records));
    records.count = 1;
    records.record_len = envelope.len + body.len;
    assay_cbor_reader_init(&records.reader, gossip.item);
    event = assay_session_event_add(call, ASSAY_SESSION_PASS);
    event->message = whole;
    event->message_type = ASSAY_MSG_GOSSIP;
    assay_session_hand_out(call, &records, ASSAY_ORIGIN_GOSSIP, event);
}
