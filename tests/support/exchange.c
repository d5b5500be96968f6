/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include "protocol/check.h"

#include <stdlib.h>
#include <time.h>

/* What one side says in a turn: messages, and records as they stand between
 * them. */
struct flight {
    uint8_t *bytes; /* Of messages and records. */
    size_t len;
    size_t room;
    struct piece {
        size_t begin;
        size_t len;
        bool is_record;
        struct assay_sync_item item; /* envelope.len, then body.len bytes. */
    } * pieces;
    size_t count;
    size_t piece_room;
};

static uint64_t now_ns(void)
{
    struct timespec now;

    ASSAY_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void *grow(void *list, size_t size)
{
    void *longer = realloc(list, size);

    ASSAY_CHECK(longer != NULL);
    return longer;
}

static void add_bytes(struct flight *flight, struct assay_bytes bytes)
{
    if (bytes.len == 0) {
        return;
    }
    if (flight->len + bytes.len > flight->room) {
        flight->room = (flight->len + bytes.len) * 2;
        flight->bytes = grow(flight->bytes, flight->room);
    }
    memcpy(flight->bytes + flight->len, bytes.data, bytes.len);
    flight->len += bytes.len;
}

static struct piece *add_piece(struct flight *flight)
{
    struct piece *piece;

    if (flight->count == flight->piece_room) {
        flight->piece_room = flight->piece_room * 2 + 16;
        flight->pieces =
            grow(flight->pieces, flight->piece_room * sizeof(*flight->pieces));
    }
    piece = &flight->pieces[flight->count++];
    memset(piece, 0, sizeof(*piece));
    piece->begin = flight->len;
    return piece;
}

static enum assay_err say_message(struct exchange_side *from,
                                  struct flight *flight)
{
    uint8_t buffer[ASSAY_MESSAGE_MAX];
    struct assay_bytes message;
    uint64_t begin = now_ns();
    enum assay_err err =
        assay_reconcile_produce(from->machine, from->view, buffer, &message);

    from->cpu_ns += now_ns() - begin;
    if (err == ASSAY_OK) {
        add_piece(flight)->len = message.len;
        add_bytes(flight, message);
        from->message_count++;
        from->bytes += message.len;
        from->longest =
            message.len > from->longest ? message.len : from->longest;
    }
    return err;
}

static enum assay_err say_record(struct exchange_side *from,
                                 struct flight *flight)
{
    struct assay_sync_item item;
    uint64_t begin = now_ns();
    enum assay_err err = assay_reconcile_next(from->machine, from->view, &item);

    if (err == ASSAY_OK) {
        struct piece *piece = add_piece(flight);

        piece->is_record = true;
        piece->item = item;
        add_bytes(flight, item.envelope);
        add_bytes(flight, item.body);
        assay_reconcile_sent(from->machine);
        from->record_count++;
    }
    from->cpu_ns += now_ns() - begin;
    return err;
}

/* All messages that are due, then all records; after those, others may be
 * due. */
static enum assay_err say_all(struct exchange_side *from, struct flight *flight)
{
    enum assay_err err;
    size_t before;

    do {
        before = flight->count;
        do {
            err = say_message(from, flight);
        } while (err == ASSAY_OK);
        if (err != ASSAY_E_NOT_FOUND) {
            return err;
        }
        do {
            err = say_record(from, flight);
            if (err == ASSAY_OK && from->first_record_turn == 0) {
                from->first_record_turn = from->turns + 1;
            }
        } while (err == ASSAY_OK || err == ASSAY_E_BUSY);
        if (err != ASSAY_E_NOT_FOUND) {
            return err;
        }
    } while (flight->count > before);
    return ASSAY_OK;
}

static void take_record(struct exchange_side *to, const struct flight *flight,
                        const struct piece *piece)
{
    struct assay_sync_item item = piece->item;
    enum assay_err err;

    item.envelope.data = flight->bytes + piece->begin;
    if (item.body.data != NULL) {
        item.body.data = item.envelope.data + item.envelope.len;
    }
    err = to->take(to->context, &item);
    to->new_count += err == ASSAY_OK ? 1U : 0U;
    to->unsettled += err == ASSAY_OK ? 1U : 0U;
    to->refused_count += err != ASSAY_OK ? 1U : 0U;
    to->early_count += err == ASSAY_E_EARLY ? 1U : 0U;
}

static enum assay_err take_message(struct exchange_side *to,
                                   struct assay_bytes bytes)
{
    struct assay_message message;
    uint64_t begin = now_ns();
    enum assay_err err = assay_message_open(bytes, &message);

    if (err == ASSAY_OK) {
        err = assay_reconcile_feed(to->machine, to->view, &message, NULL);
    }
    to->cpu_ns += now_ns() - begin;
    return err;
}

static enum assay_err take_all(struct exchange_side *to,
                               const struct flight *flight)
{
    for (size_t i = 0; i < flight->count; i++) {
        const struct piece *piece = &flight->pieces[i];
        struct assay_bytes bytes = {flight->bytes + piece->begin, piece->len};

        if (piece->is_record) {
            take_record(to, flight, piece);
            continue;
        }
        enum assay_err err = take_message(to, bytes);

        if (err != ASSAY_OK) {
            return err;
        }
    }
    return ASSAY_OK;
}

/* All that came was stored as it came. */
static bool settle(struct exchange_side *side)
{
    if (!assay_reconcile_is_settling(side->machine)) {
        return false;
    }
    assay_reconcile_settled(side->machine, side->unsettled);
    side->unsettled = 0;
    return true;
}

enum assay_err exchange_turn(struct exchange_side *from,
                             struct exchange_side *to, bool *said_out)
{
    struct flight flight = {.bytes = NULL};
    enum assay_err err;

    do {
        err = say_all(from, &flight);
    } while (err == ASSAY_OK && settle(from));
    from->turns += flight.count > 0 ? 1U : 0U;
    if (err == ASSAY_OK) {
        err = take_all(to, &flight);
    }
    (void)settle(to);
    *said_out = flight.count > 0;
    free(flight.bytes);
    free(flight.pieces);
    return err;
}

static void begin_side(struct exchange_side *side, bool is_dialler,
                       uint64_t seed, struct assay_msg_root *root_out)
{
    struct assay_reconcile_config config = {.is_dialler = is_dialler,
                                            .follows = side->follows};
    uint64_t begin = now_ns();
    enum assay_err err;

    for (size_t i = 0; i < 8; i++) {
        config.handshake[i] = (uint8_t)(seed >> 8 * i);
    }
    err = assay_reconcile_new(&config, &side->machine);
    ASSAY_CHECK(err == ASSAY_OK);
    err = assay_reconcile_opening(side->machine, side->view, root_out);
    ASSAY_CHECK(err == ASSAY_OK);
    side->cpu_ns += now_ns() - begin;
}

void exchange_begin(struct exchange *exchange, uint64_t seed)
{
    struct assay_msg_root of_dialler;
    struct assay_msg_root of_listener;

    begin_side(&exchange->dialler, true, seed, &of_dialler);
    begin_side(&exchange->listener, false, seed, &of_listener);
    assay_reconcile_start(exchange->dialler.machine, &of_listener);
    assay_reconcile_start(exchange->listener.machine, &of_dialler);
}

enum assay_err exchange_run(struct exchange *exchange)
{
    bool is_silent = false;

    for (;;) {
        bool said = false;
        enum assay_err err =
            exchange_turn(&exchange->dialler, &exchange->listener, &said);

        if (err != ASSAY_OK || (!said && is_silent)) {
            return err;
        }
        err = exchange_turn(&exchange->listener, &exchange->dialler, &said);
        if (err != ASSAY_OK) {
            return err;
        }
        is_silent = !said;
    }
}

void exchange_end(struct exchange *exchange)
{
    assay_reconcile_free(exchange->dialler.machine);
    assay_reconcile_free(exchange->listener.machine);
    exchange->dialler.machine = NULL;
    exchange->listener.machine = NULL;
}
