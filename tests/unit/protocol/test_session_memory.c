/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a session: what session.h says, taken when it begins, and no
 * more whatever a peer does. While frontiers are exchanged reconcile.h's comes
 * on top, and is given back.
 *
 * The linker puts the functions below before the allocator's.
 */
#include "memledger.h"
#include "protocol/messages/gossip.h"
#include "protocol/session.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

/* Before each allocation stands its size. */
#define HEAD 16

/* Bytes that are taken while it counts, now and at most. */
static bool is_counting;
static bool is_failing;
static size_t used;
static size_t used_max;
static size_t taken_count;

static void note_taken(size_t size)
{
    used += size;
    used_max = used > used_max ? used : used_max;
    taken_count++;
}

/* The linker's --wrap dictates the names. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
/* NOLINTBEGIN(cert-dcl51-cpp,readability-identifier-naming) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *old);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *old);

/* Everything in this program gets a head, counted or not, so that it can be
 * freed without knowing which. */
static void *with_head(uint8_t *block, size_t size)
{
    if (block == NULL) {
        return NULL;
    }
    size = is_counting ? size : 0;
    memcpy(block, &size, sizeof(size));
    if (is_counting) {
        note_taken(size);
    }
    return block + HEAD;
}

void *__wrap_malloc(size_t size)
{
    return is_failing ? NULL : with_head(__real_malloc(size + HEAD), size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_failing
               ? NULL
               : with_head(__real_calloc(1, count * size + HEAD), count * size);
}

void __wrap_free(void *old)
{
    size_t size = 0;

    if (old != NULL) {
        memcpy(&size, (uint8_t *)old - HEAD, sizeof(size));
        used -= size;
        __real_free((uint8_t *)old - HEAD);
    }
}

void *__wrap_realloc(void *old, size_t size)
{
    size_t before = 0;

    if (is_failing) {
        return NULL;
    }
    if (old != NULL) {
        memcpy(&before, (uint8_t *)old - HEAD, sizeof(before));
        used -= before;
        old = (uint8_t *)old - HEAD;
    }
    return with_head(__real_realloc(old, size + HEAD), size);
}
/* NOLINTEND(cert-dcl51-cpp,readability-identifier-naming) */
/* NOLINTEND(bugprone-reserved-identifier) */

struct scene {
    struct history *history;
    struct memledger *ledger;
    struct assay_session_config config;
    struct assay_session *session;
    uint8_t message[ASSAY_MESSAGE_MAX];
    uint8_t item[ASSAY_ITEM_MAX];
    uint8_t buffer[ASSAY_SESSION_BUFFER];
    struct assay_session_events events;
};

static void begin_counting(void)
{
    is_counting = true;
    used = 0;
    used_max = 0;
    taken_count = 0;
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    size_t root;

    assert_non_null(scene);
    scene->history = history_new(9);
    scene->ledger = memledger_new();
    root = history_found(scene->history);
    for (size_t index = 0; index < 100; index++) {
        (void)history_claim(scene->history, root);
    }
    memledger_put_all(scene->ledger, scene->history, 0, 101);
    scene->config.peer_key.bytes[0] = 1;
    scene->config.now_ms = 1000;
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    is_counting = false;
    is_failing = false;
    assay_session_free(scene->session);
    memledger_free(scene->ledger);
    history_free(scene->history);
    free(scene);
    return 0;
}

static void feed(struct scene *scene, const struct assay_cbor_writer *writer)
{
    struct assay_bytes bytes;

    assert_int_equal(assay_cbor_writer_finish(writer, &bytes), ASSAY_OK);
    assay_session_receive(scene->session, memledger_view(scene->ledger), 1000,
                          bytes, &scene->events);
}

static struct assay_bytes produce(struct scene *scene)
{
    return assay_session_produce(scene->session, memledger_view(scene->ledger),
                                 1000, scene->buffer, &scene->events);
}

/* A hello that follows nothing, as the session does, or everything. */
static void greet(struct scene *scene, const uint8_t *follows)
{
    struct assay_hello hello = {.versions = {ASSAY_PROTOCOL_VERSION},
                                .version_count = 1,
                                .nonce = {5},
                                .log_count = UINT64_C(1) << 50,
                                .serves_blobs = true};
    struct assay_cbor_writer writer;

    memcpy(hello.follows, follows, sizeof(hello.follows));
    assay_cbor_writer_init(&writer, scene->message, sizeof(scene->message));
    assay_hello_write(&writer, &hello);
    feed(scene, &writer);
    assert_int_equal(scene->events.list[0].type, ASSAY_SESSION_HELLO);
}

/* What the session says that it follows. */
static void open_session(struct scene *scene)
{
    struct assay_message message;
    struct assay_hello hello;

    assert_int_equal(assay_session_new(&scene->config, &scene->session),
                     ASSAY_OK);
    assert_int_equal(assay_message_open(produce(scene), &message), ASSAY_OK);
    assert_int_equal(assay_hello_read(&message, &hello, NULL), ASSAY_OK);
    greet(scene, hello.follows);
}

static void a_session_takes_what_its_header_says(void **state)
{
    struct scene *scene = *state;

    begin_counting();
    open_session(scene);
    assert_true(used > 0);
    assert_true(used <= ASSAY_SESSION_SIZE_MAX + 4096);
}

static void ask(struct scene *scene, uint64_t number)
{
    struct assay_range range = {number, history_item(scene->history, 0)->id, 1,
                                100};
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, scene->message, sizeof(scene->message));
    assay_range_write(&writer, &range);
    feed(scene, &writer);
}

static void tell_and_pass(struct scene *scene)
{
    static const uint8_t prune[] = {0x82, 0x18, 0x1e, 0x00};
    struct assay_session_news news = {.id =
                                          history_item(scene->history, 1)->id};

    while (assay_session_tell(scene->session, &news)) {
    }
    while (assay_session_pass(scene->session,
                              (struct assay_bytes){prune, sizeof(prune)}) ==
           ASSAY_OK) {
    }
}

static void fetch_all(struct scene *scene)
{
    struct assay_id id = {{0}};
    uint8_t sha256[ASSAY_HASH_SIZE] = {0};

    while (assay_session_fetch(scene->session, &id) == ASSAY_OK) {
        id.hash[0]++;
        id.hash[1] = (uint8_t)(id.hash[1] + (id.hash[0] == 0 ? 1 : 0));
    }
    while (assay_session_fetch_blob(scene->session, sha256, 0) == ASSAY_OK) {
        sha256[0]++;
    }
}

static void gossip_until_full(struct scene *scene)
{
    const struct history_item *record = history_item(scene->history, 2);
    struct assay_gossip_message gossip = {.round = 0};
    struct assay_cbor_writer writer;

    assert_int_equal(assay_record_join(record->envelope, record->body,
                                       scene->item, sizeof(scene->item),
                                       &gossip.item),
                     ASSAY_OK);
    while (assay_session_wants_input(scene->session)) {
        assay_cbor_writer_init(&writer, scene->message, sizeof(scene->message));
        assay_gossip_write(&writer, &gossip);
        feed(scene, &writer);
    }
}

/* All queues are filled from both ends, and nothing is allocated for it. */
static void no_flood_makes_it_grow(void **state)
{
    struct scene *scene = *state;

    open_session(scene);
    begin_counting();
    for (uint64_t number = 1; number <= ASSAY_SYNC_JOBS_MAX; number++) {
        ask(scene, number);
    }
    tell_and_pass(scene);
    fetch_all(scene);
    gossip_until_full(scene);
    for (size_t step = 0; step < 500; step++) {
        (void)produce(scene);
    }
    assay_session_tick(scene->session, 60000, &scene->events);
    assert_int_equal(scene->events.count, 0);
    assert_int_equal(taken_count, 0);
}

/* An exchange with somebody who claims to hold more than there is takes memory
 * for our own few logs, and gives it back. */
static void an_exchange_takes_little_and_gives_it_back(void **state)
{
    struct scene *scene = *state;
    size_t before;

    scene->config.follows.is_all = true;
    scene->config.is_dialler = true;
    begin_counting();
    open_session(scene);
    before = used;
    while (produce(scene).len > 0) {
    }
    assert_true(used_max > before);
    assert_true(used_max <= ASSAY_SESSION_SIZE_MAX + 131072);
    assay_session_free(scene->session);
    scene->session = NULL;
    assert_int_equal(used, 0);
}

static void no_memory_is_an_error(void **state)
{
    struct scene *scene = *state;
    enum assay_err err;

    is_failing = true;
    err = assay_session_new(&scene->config, &scene->session);
    is_failing = false;
    assert_int_equal(err, ASSAY_E_NOMEM);
    assert_null(scene->session);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_takes_what_its_header_says),
        TEST(no_flood_makes_it_grow),
        TEST(an_exchange_takes_little_and_gives_it_back),
        TEST(no_memory_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
