/* SPDX-License-Identifier: Apache-2.0 */
/* What is wanted: looked for, and given to fetches. */
#include "captures_internal.h"

#include "clock.h"
#include "protocol/check.h"

#include <stdlib.h>

/* Fetches whose files are open at a time. */
#define OPEN_MAX 16

static bool are_peers(const struct node_captures *captures)
{
    return captures->hooks.next_peer(captures->hooks.context, 0) != 0;
}

bool node_captures_fit(struct node_captures *captures,
                       const struct node_fetch *of, uint64_t len)
{
    uint64_t used = captures->counts.used;
    bool fits = false;

    for (size_t i = 0; i < NODE_CAPTURES_WANTED_MAX; i++) {
        used += &captures->fetches[i] == of ? 0 : captures->fetches[i].need;
    }
    fits = used <= captures->quota && len <= captures->quota - used;
    if (!fits && !captures->is_quota_told) {
        captures->is_quota_told = true;
        node_log_event(captures->log, NODE_LOG_WARN, "captures-quota-reached",
                       NULL, NULL);
    }
    return fits;
}

/* --- The look */

/* Before all captures are looked at. What fails here is done another time. */
static void begin_again(struct node_captures *captures)
{
    struct node_look *look = &captures->look;
    struct store_stats stats;
    enum assay_err err = store_incoming_prune(captures->ledger);

    if (err == ASSAY_OK) {
        err = store_captures_usage(captures->ledger, &captures->used);
    }
    look->after_lsn[NODE_LOOK_CAPTURES] = 0;
    if (err == ASSAY_OK &&
        store_ledger_stats(captures->ledger, &stats) == ASSAY_OK) {
        /* What was cited by now shows at the captures. */
        look->after_lsn[NODE_LOOK_CLAIMS] = stats.last_lsn;
        look->after_lsn[NODE_LOOK_SOURCES] = stats.last_lsn;
    }
}

static void look_on(uv_work_t *request)
{
    struct node_captures *captures = request->data;
    struct node_look *look = &captures->look;

    if (captures->is_full_look) {
        begin_again(captures);
    }
    node_look_step(captures->ledger, look);
}

static struct node_fetch *find(struct node_captures *captures,
                               const uint8_t sha256[ASSAY_HASH_SIZE])
{
    for (size_t i = 0; i < NODE_CAPTURES_WANTED_MAX; i++) {
        struct node_fetch *fetch = &captures->fetches[i];

        if (fetch->is_used &&
            memcmp(fetch->sha256, sha256, sizeof(fetch->sha256)) == 0) {
            return fetch;
        }
    }
    return NULL;
}

/* A look begins only while there is room for all that it finds. */
static void want(struct node_captures *captures,
                 const struct node_look_found *found)
{
    struct node_fetch *fetch = captures->fetches;

    if (find(captures, found->sha256) != NULL) {
        return;
    }
    while (fetch->is_used) {
        fetch++;
    }
    fetch->is_used = true;
    fetch->total = UINT64_MAX;
    fetch->need = found->size;
    memcpy(fetch->sha256, found->sha256, sizeof(fetch->sha256));
    captures->wanted++;
}

static void after_look(uv_work_t *request, int status)
{
    struct node_captures *captures = request->data;
    struct node_look *look = &captures->look;

    ASSAY_CHECK(status == 0);
    captures->is_looking = false;
    if (node_captures_work_ended(captures)) {
        return;
    }
    if (captures->is_full_look) {
        captures->is_full_look = false;
        captures->counts.used = captures->used;
        captures->is_quota_told = false;
    }
    captures->has_more =
        !look->is_done || captures->has_news || captures->wants_full_look;
    captures->has_news = false;
    for (size_t i = 0; i < look->found_count; i++) {
        if (node_captures_fit(captures, NULL, look->found[i].size)) {
            want(captures, &look->found[i]);
        }
    }
    node_captures_pump(captures);
}

static void begin_look(struct node_captures *captures)
{
    if (captures->is_looking || !captures->has_more ||
        captures->keep == NODE_CAPTURES_NONE ||
        NODE_CAPTURES_WANTED_MAX - captures->wanted < NODE_LOOK_FOUND_MAX ||
        !are_peers(captures)) {
        return;
    }
    captures->is_full_look = captures->wants_full_look;
    captures->wants_full_look = false;
    if (captures->is_full_look) {
        captures->full_ms = node_clock_ms();
    }
    captures->look.cited_only = captures->keep == NODE_CAPTURES_CITED;
    captures->look.size_max = captures->size_max;
    captures->is_looking = true;
    captures->working++;
    captures->look_work.data = captures;
    ASSAY_CHECK(uv_queue_work(captures->loop, &captures->look_work, look_on,
                              after_look) == 0);
}

/* The next step begins with all captures. */
static void look_at_all(struct node_captures *captures)
{
    captures->wants_full_look = true;
    captures->has_more = true;
}

/* --- Time */

static void on_timer(uv_timer_t *timer)
{
    struct node_captures *captures = timer->data;
    uint64_t now_ms = node_clock_ms();

    captures->armed_ms = UINT64_MAX;
    if (captures->full_ms != 0 &&
        now_ms >= captures->full_ms + NODE_CAPTURES_LOOK_MS) {
        look_at_all(captures);
    }
    node_captures_pump(captures);
}

/* Sets the timer to what is due first. */
static void arm(struct node_captures *captures)
{
    uint64_t now_ms = node_clock_ms();
    uint64_t due_ms = captures->full_ms == 0
                          ? UINT64_MAX
                          : captures->full_ms + NODE_CAPTURES_LOOK_MS;

    for (size_t i = 0; i < NODE_CAPTURES_WANTED_MAX; i++) {
        const struct node_fetch *fetch = &captures->fetches[i];

        if (fetch->is_used && fetch->retry_ms > now_ms &&
            fetch->retry_ms < due_ms) {
            due_ms = fetch->retry_ms;
        }
    }
    if (due_ms == captures->armed_ms) {
        return;
    }
    captures->armed_ms = due_ms;
    if (due_ms == UINT64_MAX) {
        (void)uv_timer_stop(&captures->timer);
        return;
    }
    ASSAY_CHECK(uv_timer_start(&captures->timer, on_timer,
                               due_ms > now_ms ? due_ms - now_ms : 0, 0) == 0);
}

/* Whether a fetch waits for nobody and nothing but its turn. */
static bool is_due(const struct node_fetch *fetch, uint64_t now_ms)
{
    return fetch->is_used && !fetch->is_working && fetch->peer == 0 &&
           fetch->retry_ms <= now_ms;
}

void node_captures_pump(struct node_captures *captures)
{
    uint64_t now_ms = node_clock_ms();
    size_t open = 0;

    if (captures->is_stopping) {
        return;
    }
    for (size_t i = 0; i < NODE_CAPTURES_WANTED_MAX; i++) {
        const struct node_fetch *fetch = &captures->fetches[i];

        open += fetch->incoming != NULL || fetch->is_working ? 1 : 0;
    }
    for (size_t i = 0; i < NODE_CAPTURES_WANTED_MAX; i++) {
        struct node_fetch *fetch = &captures->fetches[i];
        bool is_open = fetch->incoming != NULL;

        if (is_due(fetch, now_ms) && (is_open || open < OPEN_MAX)) {
            fetch->retry_ms = 0;
            open += is_open ? 0 : 1;
            node_fetch_go_on(fetch);
        }
    }
    begin_look(captures);
    arm(captures);
    if (node_captures_are_idle(captures)) {
        captures->hooks.idle(captures->hooks.context);
    }
}

bool node_captures_are_idle(const struct node_captures *captures)
{
    return captures->wanted == 0 && captures->working == 0 &&
           (!captures->has_more || captures->keep == NODE_CAPTURES_NONE ||
            !are_peers(captures));
}

bool node_captures_work_ended(struct node_captures *captures)
{
    void (*done)(void *context) = captures->done;

    captures->working--;
    if (captures->is_stopping && captures->working == 0 && done != NULL) {
        captures->done = NULL;
        done(captures->hooks.context);
    }
    return captures->is_stopping;
}

/* --- What happens */

enum assay_err node_captures_new(uv_loop_t *loop, struct store_ledger *ledger,
                                 const struct node_log *log,
                                 const struct node_captures_hooks *hooks,
                                 struct node_captures **captures_out)
{
    struct node_captures *captures = calloc(1, sizeof(*captures));

    if (captures == NULL) {
        return ASSAY_E_NOMEM;
    }
    captures->loop = loop;
    captures->ledger = ledger;
    captures->log = log;
    captures->hooks = *hooks;
    captures->keep = NODE_CAPTURES_NONE;
    captures->armed_ms = UINT64_MAX;
    for (size_t i = 0; i < NODE_CAPTURES_WANTED_MAX; i++) {
        captures->fetches[i].captures = captures;
    }
    ASSAY_CHECK(uv_timer_init(loop, &captures->timer) == 0);
    captures->timer.data = captures;
    *captures_out = captures;
    return ASSAY_OK;
}

void node_captures_configure(struct node_captures *captures,
                             const struct node_config *config)
{
    captures->keep = config->captures;
    captures->size_max = config->capture_size_max;
    captures->quota = config->captures_quota;
    look_at_all(captures);
    node_captures_pump(captures);
}

void node_captures_news(struct node_captures *captures)
{
    captures->has_more = true;
    captures->has_news = captures->is_looking;
    node_captures_pump(captures);
}

void node_captures_peer_open(struct node_captures *captures)
{
    uint64_t now_ms = node_clock_ms();

    if (captures->full_ms != 0 &&
        now_ms - captures->full_ms >= NODE_CAPTURES_PEER_MS) {
        look_at_all(captures);
    }
    node_captures_pump(captures);
}

void node_captures_peer_gone(struct node_captures *captures, uint32_t peer)
{
    for (size_t i = 0; i < NODE_CAPTURES_WANTED_MAX && !captures->is_stopping;
         i++) {
        struct node_fetch *fetch = &captures->fetches[i];

        if (fetch->is_used && fetch->peer == peer) {
            node_fetch_turn_away(fetch);
        }
    }
    node_captures_pump(captures);
}

void node_captures_blob(struct node_captures *captures, uint32_t peer,
                        const struct assay_blob *blob)
{
    struct node_fetch *fetch = find(captures, blob->sha256);

    if (fetch == NULL || fetch->peer != peer || captures->is_stopping) {
        captures->hooks.taken(captures->hooks.context, peer, blob->bytes.len);
        return;
    }
    node_fetch_take(fetch, blob);
    node_captures_pump(captures);
}

void node_captures_lacked(struct node_captures *captures, uint32_t peer,
                          const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct node_fetch *fetch = find(captures, sha256);

    if (fetch != NULL && fetch->peer == peer && !captures->is_stopping) {
        node_fetch_turn_away(fetch);
        node_captures_pump(captures);
    }
}

void node_captures_count(const struct node_captures *captures,
                         struct node_captures_counts *counts_out)
{
    *counts_out = captures->counts;
    counts_out->wanted = captures->wanted;
}

void node_captures_stop(struct node_captures *captures,
                        void (*done)(void *context))
{
    captures->is_stopping = true;
    (void)uv_timer_stop(&captures->timer);
    if (captures->working == 0) {
        done(captures->hooks.context);
    } else {
        captures->done = done;
    }
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void node_captures_free(struct node_captures *captures)
{
    if (captures == NULL) {
        return;
    }
    ASSAY_CHECK(captures->working == 0);
    for (size_t i = 0; i < NODE_CAPTURES_WANTED_MAX; i++) {
        if (captures->fetches[i].is_used) {
            node_fetch_release(&captures->fetches[i], true);
        }
    }
    uv_close((uv_handle_t *)&captures->timer, on_closed);
}
