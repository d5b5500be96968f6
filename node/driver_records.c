/* SPDX-License-Identifier: Apache-2.0 */
/* Records on their way in: from sessions to the ingest, and back to the
 * sessions what became of them; and what others write into the ledger. */
#include "driver_internal.h"

#include "clock.h"
#include "protocol/check.h"
#include "store/view.h"

/* A record's cookie is its origin. */

/* Records that come at once, of other processes or of a comparison, and are
 * told one by one; what is more, others find by comparing frontiers. */
#define PUBLISH_MAX 512
#define ANNOUNCE_MAX 64

/* Tells a session at once what became of a record. */
static void judge_now(struct node_link *link,
                      const struct node_ingest_item *item,
                      enum assay_session_fate fate)
{
    struct assay_session_judgement judgement = {
        .fate = fate,
        .origin = (enum assay_session_origin)item->cookie,
        .record_len = item->envelope.len + item->body.len};
    struct assay_record record;

    judgement.err =
        assay_record_parse(item->envelope, item->body, &record, NULL);
    if (judgement.err == ASSAY_OK) {
        judgement.id = record.id;
        judgement.log = *assay_record_log(&record);
        judgement.seq = record.payload.seq;
    } else {
        judgement.fate = ASSAY_FATE_INVALID;
    }
    node_peer_judge(link->peer, &judgement);
    node_driver_soon(link->driver, link->peer);
}

/* Puts one; false where that fails: it is our own doing, and the peer's session
 * is told that the record was dropped. */
static bool put(struct node_driver *driver, struct node_link *link,
                const struct node_ingest_item *item)
{
    if (node_ingest_put(driver->ingest, item) == ASSAY_OK) {
        return true;
    }
    judge_now(link, item, ASSAY_FATE_DROPPED);
    return false;
}

void node_records_take(struct node_driver *driver, struct node_link *link,
                       const struct assay_session_event *event)
{
    struct assay_records rest = event->records;
    struct node_ingest_item item = {.source = node_peer_number(link->peer),
                                    .cookie = event->origin,
                                    .is_named =
                                        event->origin == ASSAY_ORIGIN_NAMED};

    while (!link->is_over &&
           assay_records_next(&rest, &item.envelope, &item.body)) {
        (void)put(driver, link, &item);
    }
}

void node_records_take_one(struct node_driver *driver, struct node_link *link,
                           const struct assay_record *record, bool is_wanted)
{
    struct node_ingest_item item = {.source = node_peer_number(link->peer),
                                    .cookie = ASSAY_ORIGIN_GOSSIP,
                                    .envelope = record->envelope,
                                    .body = record->body};

    if (!is_wanted) {
        /* PROTOCOL 6.1: "Those from who is no neighbour are ignored." Who goes
         * on with it is not let go on for ever. */
        judge_now(link, &item,
                  link->is_active ? ASSAY_FATE_HELD : ASSAY_FATE_UNWANTED);
    } else if (!put(driver, link, &item)) {
        node_broadcast_checked(driver, &record->id, false);
    }
}

/* --- What became of them */

static enum assay_session_fate fate_of(const struct node_ingest_result *result)
{
    if (result->wish == NODE_WISH_NONE) {
        return ASSAY_FATE_UNWANTED;
    }
    if (result->wish == NODE_WISH_QUOTA) {
        return ASSAY_FATE_DROPPED;
    }
    switch ((int)result->err) {
    case ASSAY_OK:
        return ASSAY_FATE_ACCEPTED;
    case ASSAY_E_EXISTS:
        return ASSAY_FATE_HELD;
    case ASSAY_E_EARLY:
        return ASSAY_FATE_EARLY;
    case ASSAY_E_FROZEN:
        return ASSAY_FATE_DROPPED;
    default:
        return ASSAY_FATE_INVALID;
    }
}

/* A log line that names the peer and what was wrong with the record. */
static void log_invalid(struct node_driver *driver,
                        const struct node_link *link,
                        const struct node_ingest_result *result)
{
    struct node_log_line line;
    char text[ASSAY_ID_TEXT_MAX];

    node_log_begin(&line, driver->with.log, NODE_LOG_WARN, "record-refused");
    assay_id_format(ASSAY_ID_NODE, node_peer_key(link->peer)->bytes, text);
    node_log_text(&line, "node", text);
    if (result->record != NULL) {
        assay_id_format(ASSAY_ID_RECORD, result->record->id.hash, text);
        node_log_text(&line, "record", text);
    }
    node_log_err(&line, result->err);
    if (result->rule != NULL) {
        node_log_text(&line, "rule", result->rule);
    }
    node_log_end(&line);
}

static void judge(struct node_driver *driver, struct node_link *link,
                  const struct node_ingest_result *result)
{
    struct assay_session_judgement judgement = {
        .fate = fate_of(result),
        .origin = (enum assay_session_origin)result->cookie,
        .record_len = result->record_len,
        .err = result->err};

    if (judgement.fate == ASSAY_FATE_INVALID) {
        log_invalid(driver, link, result);
    }
    if (result->record != NULL) {
        judgement.id = result->record->id;
        judgement.log = *assay_record_log(result->record);
        judgement.seq = result->record->payload.seq;
    }
    if (result->lacks != NULL) {
        judgement.lacks = *result->lacks;
    }
    node_peer_judge(link->peer, &judgement);
    node_driver_soon(driver, link->peer);
}

/* Asks the peer that brought a record for what it names and is not held. */
static void fetch_named(struct node_driver *driver, struct node_link *link,
                        const struct assay_record *record)
{
    struct assay_session *session = node_peer_session(link->peer);

    for (size_t i = 0; session != NULL && i < record->payload.about_count;
         i++) {
        const struct assay_id *id = &record->payload.about[i].id;

        if (!node_driver_holds(driver, id) &&
            assay_session_fetch(session, id) != ASSAY_OK) {
            return; /* There is no room now; being in step asks again. */
        }
    }
}

static bool is_authority(const struct assay_record *record)
{
    return record->payload.kind >= ASSAY_KIND_FOUND &&
           record->payload.kind <= ASSAY_KIND_VOUCH;
}

/* A record is stored: others hear of it, and what follows from it is done. */
static void spread(struct node_driver *driver, struct node_link *link,
                   const struct node_ingest_result *result)
{
    if (result->wish != NODE_WISH_FOLLOWED) {
        return; /* It is only kept. */
    }
    if (result->cookie == ASSAY_ORIGIN_GOSSIP && !result->is_waiter) {
        node_broadcast_checked(driver, &result->record->id, true);
    } else if (++driver->batch_announced <= ANNOUNCE_MAX) {
        node_broadcast_announce(driver, &result->record->id);
    }
    if (link != NULL && driver->batch_announced <= ANNOUNCE_MAX) {
        /* In a large batch, being in step asks for what is missing. */
        fetch_named(driver, link, result->record);
    }
    if (is_authority(result->record)) {
        node_policy_refresh(driver->policy);
    }
}

static void on_settled(void *context, const struct node_ingest_result *result)
{
    struct node_driver *driver = context;
    struct node_link *link = node_link_by_number(driver, result->source);
    bool is_wanted =
        result->wish == NODE_WISH_FOLLOWED || result->wish == NODE_WISH_KEPT;
    bool is_new = is_wanted && result->err == ASSAY_OK;

    if (link != NULL && !result->is_waiter) {
        judge(driver, link, result);
    }
    if (is_new) {
        spread(driver, link, result);
    }
    if (result->cookie == ASSAY_ORIGIN_GOSSIP && !result->is_waiter &&
        result->id != NULL && (!is_new || result->wish == NODE_WISH_KEPT)) {
        /* Broadcast waits for it, whatever was wrong. */
        node_broadcast_checked(driver, result->id,
                               is_wanted && result->err == ASSAY_E_EXISTS);
    }
}

/* Lets every peer find what is new here by comparing frontiers. */
static void compare_all(struct node_driver *driver)
{
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        struct assay_session *session = node_peer_session(link->peer);

        if (session != NULL) {
            assay_session_sync(session);
            node_driver_soon(driver, link->peer);
        }
    }
}

static void on_resting(void *context)
{
    struct node_driver *driver = context;

    node_policy_rest(driver->policy, node_clock_wall_s());
    node_follow_hold(driver->follow);
}

static void on_written(void *context, uint64_t first_lsn, uint64_t last_lsn)
{
    struct node_driver *driver = context;

    driver->batch_announced = 0;
    driver->batch_first_lsn = first_lsn;
    driver->batch_last_lsn = last_lsn;
    /* One view for all that is told of the batch. */
    driver->has_batch_view = node_driver_view_begin(driver) != NULL;
}

static void on_rested(void *context)
{
    struct node_driver *driver = context;

    if (driver->has_batch_view) {
        driver->has_batch_view = false;
        node_driver_view_end(driver);
    }
    node_follow_resume(driver->follow, driver->batch_first_lsn,
                       driver->batch_last_lsn);
    if (driver->batch_announced > ANNOUNCE_MAX) {
        compare_all(driver);
    }
    if (driver->batch_first_lsn != 0) {
        node_captures_news(driver->captures);
        driver->with.news(driver->with.context);
    }
    /* Those that were not read for want of room. */
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        node_driver_soon(driver, link->peer);
    }
}

static void on_blocked(void *context, enum assay_err err)
{
    struct node_driver *driver = context;
    struct node_log_line line;

    if (err == ASSAY_OK) {
        node_log_event(driver->with.log, NODE_LOG_INFO, "ledger-writable", NULL,
                       NULL);
        return;
    }
    node_log_begin(&line, driver->with.log, NODE_LOG_ERROR,
                   "ledger-not-writable");
    node_log_err(&line, err);
    node_log_end(&line);
    node_follow_resume(driver->follow, 0, 0);
    if (err == ASSAY_E_CORRUPT) {
        driver->with.failed(driver->with.context, err);
    }
}

/* The judge of the ingest is the policy; its other hooks are the driver's. */
static enum node_wish on_judge(void *context, struct store_batch *batch,
                               const struct assay_record *record, bool is_named)
{
    struct node_driver *driver = context;

    return node_policy_judge(driver->policy, batch, record, is_named);
}

static void on_noted(void *context, struct store_batch *batch,
                     const struct assay_record *record, enum assay_err err)
{
    struct node_driver *driver = context;

    node_policy_noted(driver->policy, batch, record, err);
}

/* --- What others write */

/* Tells neighbours of each, or, where there are many, lets every peer compare
 * frontiers. */
static void on_foreign(void *context, struct store_view *view,
                       uint64_t after_lsn, uint64_t last_lsn)
{
    struct node_driver *driver = context;
    struct node_log_line line;
    struct store_row row;
    bool has_authority = false;

    node_log_begin(&line, driver->with.log, NODE_LOG_DEBUG, "ledger-grew");
    node_log_number(&line, "count", last_lsn - after_lsn);
    node_log_number(&line, "lsn", last_lsn);
    node_log_end(&line);
    for (uint64_t lsn = after_lsn + 1;
         last_lsn - after_lsn <= PUBLISH_MAX && lsn <= last_lsn; lsn++) {
        if (store_view_by_lsn(view, lsn, &row) == ASSAY_OK) {
            node_broadcast_publish(driver, &row.record.id);
            has_authority = has_authority || is_authority(&row.record);
        }
    }
    if (last_lsn - after_lsn > PUBLISH_MAX) {
        has_authority = true;
        compare_all(driver);
    }
    if (has_authority) {
        node_policy_refresh(driver->policy);
    }
    node_captures_news(driver->captures);
    driver->with.news(driver->with.context);
}

static void on_trust(void *context)
{
    struct node_driver *driver = context;

    node_policy_refresh(driver->policy);
}

enum assay_err node_records_init(struct node_driver *driver)
{
    struct node_ingest_hooks hooks = {.context = driver,
                                      .judge = on_judge,
                                      .noted = on_noted,
                                      .resting = on_resting,
                                      .written = on_written,
                                      .settled = on_settled,
                                      .rested = on_rested,
                                      .blocked = on_blocked};
    struct node_follow_hooks follow = {
        .context = driver, .records = on_foreign, .trust = on_trust};
    enum assay_err err = node_ingest_new(driver->with.loop, driver->with.ledger,
                                         &hooks, &driver->ingest);

    if (err == ASSAY_OK) {
        err = node_follow_new(driver->with.loop, driver->with.ledger, &follow,
                              &driver->follow);
    }
    return err;
}
