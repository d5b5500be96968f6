/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include "check.h"

/* Fields of the messages, types left out. */
#define STATUS_FIELDS 17
#define PEER_FIELDS 13
#define RECORD_FIELDS 4
#define PROGRESS_FIELDS 6

/* Fields that a message may have, those of later versions among them. */
#define FIELDS_MAX 64

enum assay_err assay_control_length(struct assay_bytes input, size_t *len_out)
{
    size_t len = 0;

    if (input.len < ASSAY_CONTROL_HEAD_SIZE) {
        *len_out = 0;
        return ASSAY_OK;
    }
    for (size_t i = 0; i < ASSAY_CONTROL_HEAD_SIZE; i++) {
        len = len << 8 | input.data[i];
    }
    if (len == 0 || len > ASSAY_CONTROL_MAX - ASSAY_CONTROL_HEAD_SIZE) {
        return ASSAY_E_LIMIT;
    }
    *len_out = len + ASSAY_CONTROL_HEAD_SIZE;
    return ASSAY_OK;
}

static struct assay_bytes read_text(struct assay_cbor_reader *reader)
{
    return assay_cbor_read_text(reader, ASSAY_CONTROL_TEXT_MAX);
}

static void read_key(struct assay_cbor_reader *reader, struct assay_key *key)
{
    assay_cbor_read_fixed(reader, key->bytes, sizeof(key->bytes));
}

static void read_status(struct assay_cbor_reader *reader,
                        struct assay_control_status *status)
{
    read_key(reader, &status->node);
    status->version = read_text(reader);
    status->ledger = read_text(reader);
    status->uptime_s = assay_cbor_read_uint(reader);
    status->records = assay_cbor_read_uint(reader);
    status->last_lsn = assay_cbor_read_uint(reader);
    status->connections = assay_cbor_read_uint(reader);
    status->active = assay_cbor_read_uint(reader);
    status->passive = assay_cbor_read_uint(reader);
    status->queued = assay_cbor_read_uint(reader);
    status->waiting = assay_cbor_read_uint(reader);
    status->added = assay_cbor_read_uint(reader);
    status->refused = assay_cbor_read_uint(reader);
    status->is_blocked = assay_cbor_read_bool(reader);
    status->follows_all = assay_cbor_read_bool(reader);
    status->teams = assay_cbor_read_uint(reader);
    status->listen_count =
        assay_cbor_read_array(reader, ASSAY_CONTROL_LISTEN_MAX);
    for (size_t i = 0; i < status->listen_count; i++) {
        status->listen[i] = read_text(reader);
    }
}

static void read_peer(struct assay_cbor_reader *reader,
                      struct assay_control_peer *peer)
{
    peer->state = assay_cbor_read_uint(reader);
    peer->has_key = assay_cbor_peek(reader) != ASSAY_CBOR_NULL;
    if (peer->has_key) {
        read_key(reader, &peer->node);
    } else {
        assay_cbor_read_null(reader);
    }
    peer->at = read_text(reader);
    peer->is_dialled = assay_cbor_read_bool(reader);
    peer->is_static = assay_cbor_read_bool(reader);
    peer->is_synced = assay_cbor_read_bool(reader);
    peer->connected_s = assay_cbor_read_uint(reader);
    peer->records_in = assay_cbor_read_uint(reader);
    peer->records_out = assay_cbor_read_uint(reader);
    peer->bytes_in = assay_cbor_read_uint(reader);
    peer->bytes_out = assay_cbor_read_uint(reader);
    peer->score = assay_cbor_read_uint(reader);
    peer->agent = read_text(reader);
}

static void read_record(struct assay_cbor_reader *reader,
                        struct assay_control_record *record)
{
    record->lsn = assay_cbor_read_uint(reader);
    assay_cbor_read_fixed(reader, record->id.hash, sizeof(record->id.hash));
    record->kind = assay_cbor_read_uint(reader);
    record->received_s = assay_cbor_read_uint(reader);
}

static void read_progress(struct assay_cbor_reader *reader,
                          struct assay_control_progress *progress)
{
    read_key(reader, &progress->node);
    progress->is_synced = assay_cbor_read_bool(reader);
    progress->records_in = assay_cbor_read_uint(reader);
    progress->records_out = assay_cbor_read_uint(reader);
    progress->bytes_in = assay_cbor_read_uint(reader);
    progress->bytes_out = assay_cbor_read_uint(reader);
}

/* Reads the fields of a type; returns how many it read. */
static size_t read_fields(struct assay_cbor_reader *reader,
                          struct assay_control *control)
{
    switch (control->type) {
    case ASSAY_CONTROL_ASK_STATUS:
    case ASSAY_CONTROL_ASK_PEERS:
    case ASSAY_CONTROL_DONE:
        return 0;
    case ASSAY_CONTROL_PEER_ADD:
    case ASSAY_CONTROL_SYNC:
        control->as.address = read_text(reader);
        return 1;
    case ASSAY_CONTROL_PEER_REMOVE:
        read_key(reader, &control->as.node);
        return 1;
    case ASSAY_CONTROL_FOLLOW:
        control->as.after_lsn = assay_cbor_read_uint(reader);
        return 1;
    case ASSAY_CONTROL_FAILED:
        control->as.failure.exit_code = assay_cbor_read_uint(reader);
        control->as.failure.text = read_text(reader);
        return 2;
    case ASSAY_CONTROL_STATUS:
        read_status(reader, &control->as.status);
        return STATUS_FIELDS;
    case ASSAY_CONTROL_PEER:
        read_peer(reader, &control->as.peer);
        return PEER_FIELDS;
    case ASSAY_CONTROL_RECORD:
        read_record(reader, &control->as.record);
        return RECORD_FIELDS;
    case ASSAY_CONTROL_PROGRESS:
        read_progress(reader, &control->as.progress);
        return PROGRESS_FIELDS;
    default:
        assay_cbor_fail(reader, ASSAY_E_VERSION, "the type is not known");
        return 0;
    }
}

enum assay_err assay_control_read(struct assay_bytes bytes,
                                  struct assay_control *control_out,
                                  struct assay_fault *fault_out)
{
    struct assay_cbor_reader reader;
    struct assay_control control;

    memset(&control, 0, sizeof(control));
    assay_cbor_reader_init(&reader, bytes);
    size_t count = assay_cbor_read_array(&reader, FIELDS_MAX);
    control.type = assay_cbor_read_uint(&reader);
    size_t known = read_fields(&reader, &control);

    if (count < known + 1) {
        assay_cbor_fail(&reader, ASSAY_E_MALFORMED, "a field is missing");
    }
    for (size_t i = known + 1; i < count && reader.err == ASSAY_OK; i++) {
        (void)assay_cbor_skip(&reader);
    }
    enum assay_err err = assay_cbor_reader_finish(&reader, fault_out);
    if (err == ASSAY_OK) {
        *control_out = control;
    }
    return err;
}

static void write_key(struct assay_cbor_writer *writer,
                      const struct assay_key *key)
{
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){key->bytes, sizeof(key->bytes)});
}

static void write_status(struct assay_cbor_writer *writer,
                         const struct assay_control_status *status)
{
    write_key(writer, &status->node);
    assay_cbor_write_text(writer, status->version);
    assay_cbor_write_text(writer, status->ledger);
    assay_cbor_write_uint(writer, status->uptime_s);
    assay_cbor_write_uint(writer, status->records);
    assay_cbor_write_uint(writer, status->last_lsn);
    assay_cbor_write_uint(writer, status->connections);
    assay_cbor_write_uint(writer, status->active);
    assay_cbor_write_uint(writer, status->passive);
    assay_cbor_write_uint(writer, status->queued);
    assay_cbor_write_uint(writer, status->waiting);
    assay_cbor_write_uint(writer, status->added);
    assay_cbor_write_uint(writer, status->refused);
    assay_cbor_write_bool(writer, status->is_blocked);
    assay_cbor_write_bool(writer, status->follows_all);
    assay_cbor_write_uint(writer, status->teams);
    assay_cbor_write_array(writer, status->listen_count);
    for (size_t i = 0; i < status->listen_count; i++) {
        assay_cbor_write_text(writer, status->listen[i]);
    }
}

static void write_peer(struct assay_cbor_writer *writer,
                       const struct assay_control_peer *peer)
{
    assay_cbor_write_uint(writer, peer->state);
    if (peer->has_key) {
        write_key(writer, &peer->node);
    } else {
        assay_cbor_write_null(writer);
    }
    assay_cbor_write_text(writer, peer->at);
    assay_cbor_write_bool(writer, peer->is_dialled);
    assay_cbor_write_bool(writer, peer->is_static);
    assay_cbor_write_bool(writer, peer->is_synced);
    assay_cbor_write_uint(writer, peer->connected_s);
    assay_cbor_write_uint(writer, peer->records_in);
    assay_cbor_write_uint(writer, peer->records_out);
    assay_cbor_write_uint(writer, peer->bytes_in);
    assay_cbor_write_uint(writer, peer->bytes_out);
    assay_cbor_write_uint(writer, peer->score);
    assay_cbor_write_text(writer, peer->agent);
}

static void write_record(struct assay_cbor_writer *writer,
                         const struct assay_control_record *record)
{
    assay_cbor_write_uint(writer, record->lsn);
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){record->id.hash, ASSAY_ID_SIZE});
    assay_cbor_write_uint(writer, record->kind);
    assay_cbor_write_uint(writer, record->received_s);
}

static void write_progress(struct assay_cbor_writer *writer,
                           const struct assay_control_progress *progress)
{
    write_key(writer, &progress->node);
    assay_cbor_write_bool(writer, progress->is_synced);
    assay_cbor_write_uint(writer, progress->records_in);
    assay_cbor_write_uint(writer, progress->records_out);
    assay_cbor_write_uint(writer, progress->bytes_in);
    assay_cbor_write_uint(writer, progress->bytes_out);
}

/* Begins an array: the type and so many fields. */
static void begin(struct assay_cbor_writer *writer, uint64_t type,
                  size_t field_count)
{
    assay_cbor_write_array(writer, field_count + 1);
    assay_cbor_write_uint(writer, type);
}

static void write_message(struct assay_cbor_writer *writer,
                          const struct assay_control *control)
{
    switch (control->type) {
    case ASSAY_CONTROL_PEER_ADD:
    case ASSAY_CONTROL_SYNC:
        begin(writer, control->type, 1);
        assay_cbor_write_text(writer, control->as.address);
        break;
    case ASSAY_CONTROL_PEER_REMOVE:
        begin(writer, control->type, 1);
        write_key(writer, &control->as.node);
        break;
    case ASSAY_CONTROL_FOLLOW:
        begin(writer, control->type, 1);
        assay_cbor_write_uint(writer, control->as.after_lsn);
        break;
    case ASSAY_CONTROL_FAILED:
        begin(writer, control->type, 2);
        assay_cbor_write_uint(writer, control->as.failure.exit_code);
        assay_cbor_write_text(writer, control->as.failure.text);
        break;
    case ASSAY_CONTROL_STATUS:
        begin(writer, control->type, STATUS_FIELDS);
        write_status(writer, &control->as.status);
        break;
    case ASSAY_CONTROL_PEER:
        begin(writer, control->type, PEER_FIELDS);
        write_peer(writer, &control->as.peer);
        break;
    case ASSAY_CONTROL_RECORD:
        begin(writer, control->type, RECORD_FIELDS);
        write_record(writer, &control->as.record);
        break;
    case ASSAY_CONTROL_PROGRESS:
        begin(writer, control->type, PROGRESS_FIELDS);
        write_progress(writer, &control->as.progress);
        break;
    default:
        begin(writer, control->type, 0);
        break;
    }
}

enum assay_err assay_control_write(const struct assay_control *control,
                                   uint8_t *out, struct assay_bytes *bytes_out)
{
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;
    enum assay_err err;

    assay_cbor_writer_init(&writer, out + ASSAY_CONTROL_HEAD_SIZE,
                           ASSAY_CONTROL_MAX - ASSAY_CONTROL_HEAD_SIZE);
    write_message(&writer, control);
    err = assay_cbor_writer_finish(&writer, &bytes);
    if (err != ASSAY_OK) {
        return err;
    }
    for (size_t i = 0; i < ASSAY_CONTROL_HEAD_SIZE; i++) {
        out[i] =
            (uint8_t)(bytes.len >> (8 * (ASSAY_CONTROL_HEAD_SIZE - 1 - i)));
    }
    *bytes_out = (struct assay_bytes){out, bytes.len + ASSAY_CONTROL_HEAD_SIZE};
    return ASSAY_OK;
}
