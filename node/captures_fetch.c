/* SPDX-License-Identifier: Apache-2.0 */
/* One capture's way from a peer to its place. */
#include "captures_internal.h"

#include "clock.h"
#include "protocol/check.h"

#include <stdlib.h>

/* All peers are asked again after this, twice as long each time: who has the
 * record may have its bytes a moment later. */
#define RETRY_MS 1000

/* A session is busy with others, or with what is left of this one. */
#define BUSY_MS 500

static void start(struct node_fetch *fetch, enum node_fetch_job job);

static void free_parts(struct node_part *part)
{
    while (part != NULL) {
        struct node_part *next = part->next;

        free(part);
        part = next;
    }
}

void node_fetch_release(struct node_fetch *fetch, bool keep)
{
    struct node_captures *captures = fetch->captures;

    ASSAY_CHECK(fetch->is_used && !fetch->is_working);
    store_incoming_close(fetch->incoming, keep);
    free_parts(fetch->first);
    free_parts(fetch->writing);
    *fetch = (struct node_fetch){.captures = captures};
    captures->wanted--;
}

static void begin_line(struct node_log_line *line,
                       const struct node_fetch *fetch,
                       enum node_log_level level, const char *event)
{
    char hex[2 * ASSAY_HASH_SIZE + 1];

    for (size_t i = 0; i < sizeof(fetch->sha256); i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", fetch->sha256[i]);
    }
    node_log_begin(line, fetch->captures->log, level, event);
    node_log_text(line, "sha256", hex);
}

static void log_fetch(const struct node_fetch *fetch, enum node_log_level level,
                      const char *event, enum assay_err err)
{
    struct node_log_line line;

    begin_line(&line, fetch, level, event);
    if (err != ASSAY_OK) {
        node_log_err(&line, err);
    }
    node_log_end(&line);
}

/* Bytes are others than the hash says: a line for each who has sent some, also
 * if it is gone by now. Of what an earlier run left nobody knows whose it is.
 */
static void log_refused(const struct node_fetch *fetch)
{
    size_t count = fetch->sender_count == 0 ? 1 : fetch->sender_count;

    for (size_t i = 0; i < count; i++) {
        char node[ASSAY_ID_TEXT_MAX] = "unknown";
        struct node_log_line line;

        if (i < fetch->sender_count) {
            assay_id_format(ASSAY_ID_NODE, fetch->senders[i].bytes, node);
        }
        begin_line(&line, fetch, NODE_LOG_WARN, "capture-refused");
        node_log_text(&line, "node", node);
        node_log_text(&line, "reason",
                      fetch->is_mixed
                          ? "the bytes, of which it sent a part, are others"
                          : "the bytes are others");
        node_log_end(&line);
    }
}

/* --- On the pool: the fetch's file and parts, and nothing else. */

static enum assay_err open_file(struct node_fetch *fetch)
{
    enum assay_err err =
        store_incoming_open(fetch->captures->ledger, fetch->sha256,
                            &fetch->incoming, &fetch->found_len);

    if (err == ASSAY_OK && fetch->found_len > 0) {
        /* A former run may have ended between the last byte and the end. */
        fetch->is_kept = store_incoming_finish(fetch->incoming) == ASSAY_OK;
    }
    return err;
}

static enum assay_err write_parts(struct node_fetch *fetch)
{
    enum assay_err err = ASSAY_OK;

    for (const struct node_part *part = fetch->writing;
         part != NULL && err == ASSAY_OK; part = part->next) {
        err = store_incoming_add(fetch->incoming,
                                 (struct assay_bytes){part->data, part->len});
    }
    return err;
}

static enum assay_err finish_file(struct node_fetch *fetch)
{
    enum assay_err err = store_incoming_finish(fetch->incoming);

    fetch->is_kept = err == ASSAY_OK;
    if (err == ASSAY_E_CORRUPT) {
        err = store_incoming_restart(fetch->incoming);
    }
    return err;
}

static void work(uv_work_t *request)
{
    struct node_fetch *fetch = request->data;

    switch (fetch->job) {
    case NODE_FETCH_OPEN:
        fetch->err = open_file(fetch);
        break;
    case NODE_FETCH_WRITE:
        fetch->err = write_parts(fetch);
        break;
    case NODE_FETCH_FINISH:
        fetch->err = finish_file(fetch);
        break;
    }
}

/* --- On the loop. */

/* What was written has made room for more. */
static void tell_taken(struct node_fetch *fetch)
{
    const struct node_captures_hooks *hooks = &fetch->captures->hooks;

    for (const struct node_part *part = fetch->writing; part != NULL;
         part = part->next) {
        hooks->taken(hooks->context, part->peer, part->len);
    }
    free_parts(fetch->writing);
    fetch->writing = NULL;
}

static void after_open(struct node_fetch *fetch)
{
    fetch->offset = fetch->found_len;
    fetch->is_mixed = fetch->found_len > 0;
    if (fetch->is_kept) {
        fetch->total = fetch->found_len;
        fetch->need = 0; /* It was counted. */
    }
}

/* All has come: it is kept, or others are asked from the beginning. */
static void after_finish(struct node_fetch *fetch)
{
    struct node_captures *captures = fetch->captures;

    if (fetch->is_kept) {
        return;
    }
    captures->counts.failed++;
    log_refused(fetch);
    if (!fetch->is_mixed) {
        captures->hooks.blame(captures->hooks.context, fetch->only_peer);
    } else if (fetch->last_peer > 0) {
        fetch->last_peer--; /* It is asked for all of it. */
    }
    fetch->offset = 0;
    fetch->total = UINT64_MAX;
    fetch->only_peer = 0;
    fetch->sender_count = 0;
    fetch->is_mixed = false;
}

/* Nobody is asked any more for what cannot be written or is too much. */
static void give_up(struct node_fetch *fetch)
{
    const struct node_captures_hooks *hooks = &fetch->captures->hooks;

    if (fetch->peer != 0) {
        hooks->cancel(hooks->context, fetch->peer, fetch->sha256);
    }
    node_fetch_release(fetch, true);
}

static void after_work(uv_work_t *request, int status)
{
    struct node_fetch *fetch = request->data;
    struct node_captures *captures = fetch->captures;

    ASSAY_CHECK(status == 0);
    fetch->is_working = false;
    if (node_captures_work_ended(captures)) {
        return;
    }
    tell_taken(fetch);
    if (fetch->err != ASSAY_OK) {
        log_fetch(fetch, NODE_LOG_WARN, "capture-not-written", fetch->err);
        give_up(fetch);
    } else {
        if (fetch->job == NODE_FETCH_OPEN) {
            after_open(fetch);
        } else if (fetch->job == NODE_FETCH_FINISH) {
            after_finish(fetch);
        }
        node_fetch_go_on(fetch);
    }
    node_captures_pump(captures);
}

static void start(struct node_fetch *fetch, enum node_fetch_job job)
{
    ASSAY_CHECK(!fetch->is_working);
    fetch->job = job;
    fetch->is_working = true;
    fetch->captures->working++;
    fetch->work.data = fetch;
    ASSAY_CHECK(uv_queue_work(fetch->captures->loop, &fetch->work, work,
                              after_work) == 0);
}

/* Nobody is left who could be asked. */
static void rest(struct node_fetch *fetch)
{
    struct node_captures *captures = fetch->captures;
    uint64_t pause_ms = (uint64_t)RETRY_MS << fetch->tries;

    fetch->tries++;
    if (fetch->tries >= captures->hooks.tries_max ||
        captures->hooks.next_peer(captures->hooks.context, 0) == 0 ||
        NODE_CAPTURES_WANTED_MAX - captures->wanted < NODE_LOOK_FOUND_MAX) {
        node_fetch_release(fetch, true);
        return;
    }
    store_incoming_close(fetch->incoming, true); /* Others have their turn. */
    fetch->incoming = NULL;
    fetch->only_peer = 0;
    fetch->last_peer = 0;
    fetch->retry_ms = node_clock_ms() + pause_ms;
}

/* Asks the next peer that may have it. */
static void ask(struct node_fetch *fetch)
{
    const struct node_captures_hooks *hooks = &fetch->captures->hooks;
    uint32_t peer = hooks->next_peer(hooks->context, fetch->last_peer);

    while (peer != 0) {
        enum assay_err err =
            hooks->ask(hooks->context, peer, fetch->sha256, fetch->offset);

        if (err == ASSAY_OK) {
            fetch->peer = peer;
            fetch->last_peer = peer;
            return;
        }
        if (err == ASSAY_E_BUSY || err == ASSAY_E_EXISTS) {
            fetch->retry_ms = node_clock_ms() + BUSY_MS;
            return;
        }
        fetch->last_peer = peer;
        peer = hooks->next_peer(hooks->context, peer);
    }
    rest(fetch);
}

static void keep(struct node_fetch *fetch)
{
    struct node_captures *captures = fetch->captures;

    captures->counts.fetched++;
    captures->counts.used += fetch->need;
    log_fetch(fetch, NODE_LOG_DEBUG, "capture-kept", ASSAY_OK);
    node_fetch_release(fetch, true);
}

void node_fetch_go_on(struct node_fetch *fetch)
{
    if (fetch->is_working) {
        return;
    }
    if (fetch->is_over) {
        node_fetch_release(fetch, false);
    } else if (fetch->is_kept) {
        keep(fetch);
    } else if (fetch->first != NULL) {
        fetch->writing = fetch->first;
        fetch->first = NULL;
        start(fetch, NODE_FETCH_WRITE);
    } else if (fetch->incoming == NULL) {
        start(fetch, NODE_FETCH_OPEN);
    } else if (fetch->offset == fetch->total) {
        start(fetch, NODE_FETCH_FINISH);
    } else if (fetch->peer == 0) {
        ask(fetch);
    }
}

void node_fetch_turn_away(struct node_fetch *fetch)
{
    fetch->peer = 0;
    node_fetch_go_on(fetch);
}

static bool is_noted(const struct node_fetch *fetch,
                     const struct assay_key *key)
{
    size_t index = 0;

    while (index < fetch->sender_count &&
           !assay_key_equal(&fetch->senders[index], key)) {
        index++;
    }
    return index < fetch->sender_count;
}

/* Who has sent bytes, so that it can be named when it is gone. */
static void note_key(struct node_fetch *fetch)
{
    const struct node_captures_hooks *hooks = &fetch->captures->hooks;
    const struct assay_key *key = hooks->key(hooks->context, fetch->peer);

    if (key != NULL && fetch->sender_count < NODE_FETCH_SENDERS_MAX &&
        !is_noted(fetch, key)) {
        fetch->senders[fetch->sender_count++] = *key;
    }
}

/* What bytes tell of who has sent them. */
static void note_sender(struct node_fetch *fetch)
{
    note_key(fetch);
    if (fetch->only_peer == 0 && !fetch->is_mixed) {
        fetch->only_peer = fetch->peer;
    } else if (fetch->only_peer != fetch->peer) {
        fetch->is_mixed = true;
    }
}

/* Adds bytes to what is to be written; false without memory. */
static bool queue_bytes(struct node_fetch *fetch, struct assay_bytes bytes)
{
    struct node_part *part = fetch->first == NULL ? NULL : fetch->last;

    if (part == NULL || part->peer != fetch->peer ||
        bytes.len > sizeof(part->data) - part->len) {
        struct node_part *fresh = malloc(sizeof(*fresh));

        if (fresh == NULL) {
            return false;
        }
        fresh->next = NULL;
        fresh->peer = fetch->peer;
        fresh->len = 0;
        if (part == NULL) {
            fetch->first = fresh;
        } else {
            part->next = fresh;
        }
        fetch->last = fresh;
        part = fresh;
    }
    if (bytes.len > 0) {
        memcpy(part->data + part->len, bytes.data, bytes.len);
    }
    part->len += bytes.len;
    return true;
}

void node_fetch_take(struct node_fetch *fetch, const struct assay_blob *blob)
{
    struct node_captures *captures = fetch->captures;
    const struct node_captures_hooks *hooks = &captures->hooks;

    uint64_t need =
        blob->total > fetch->found_len ? blob->total - fetch->found_len : 0;

    ASSAY_CHECK(blob->offset == fetch->offset);
    fetch->is_over = blob->total > captures->size_max ||
                     !node_captures_fit(captures, fetch, need);
    if (fetch->is_over || !queue_bytes(fetch, blob->bytes)) {
        hooks->cancel(hooks->context, fetch->peer, fetch->sha256);
        hooks->taken(hooks->context, fetch->peer, blob->bytes.len);
        node_fetch_turn_away(fetch);
        return;
    }
    note_sender(fetch);
    fetch->offset += blob->bytes.len;
    fetch->total = blob->total;
    fetch->need = need;
    if (fetch->offset == fetch->total) {
        fetch->peer = 0; /* It has nothing more to say of it. */
    }
    node_fetch_go_on(fetch);
}
