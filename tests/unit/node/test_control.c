/* SPDX-License-Identifier: Apache-2.0 */
#include "node/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/drop.h"
#include "test_ledger.h"
#include "testing.h"

struct fixture {
    struct test_ledger test;
    struct history *history;
    uv_loop_t loop;
    struct node_control *control;
    char path[TEST_PATH_MAX];
    uint64_t client;  /* Who asked last. */
    uint64_t request; /* What. */
    char address[64];
    size_t asked_count;
    size_t left_count;
    bool answers_at_once;
};

static void on_asked(void *context, uint64_t client,
                     const struct assay_control *request)
{
    struct fixture *fixture = context;

    fixture->client = client;
    fixture->request = request->type;
    fixture->asked_count++;
    if (request->type == ASSAY_CONTROL_SYNC && request->as.address.len > 0) {
        assert_true(request->as.address.len < sizeof(fixture->address));
        memcpy(fixture->address, request->as.address.data,
               request->as.address.len);
        fixture->address[request->as.address.len] = '\0';
    }
    if (fixture->answers_at_once) {
        node_control_done(fixture->control, client);
    }
}

static void on_left(void *context, uint64_t client)
{
    struct fixture *fixture = context;

    assert_int_equal(client, fixture->client);
    fixture->left_count++;
}

static enum assay_err open_at(struct fixture *fixture, const char *path,
                              struct node_control **control_out)
{
    struct node_control_hooks hooks = {
        .context = fixture, .asked = on_asked, .left = on_left};
    struct node_config_fault fault = {0, ""};
    enum assay_err err = node_control_open(&fixture->loop, fixture->test.ledger,
                                           path, &hooks, control_out, &fault);

    assert_true((err == ASSAY_OK) == (fault.text[0] == '\0'));
    return err;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture->history = history_new(4);
    test_ledger_make(&fixture->test);
    test_path(fixture->path, fixture->test.folder, "control.sock");
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    assert_int_equal(open_at(fixture, fixture->path, &fixture->control),
                     ASSAY_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    struct stat info;

    node_control_close(fixture->control);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    assert_int_not_equal(lstat(fixture->path, &info), 0); /* It is gone. */
    history_free(fixture->history);
    test_ledger_remove(&fixture->test);
    free(fixture);
    return 0;
}

/* A client as assay(1) is one, but that it never blocks. */
static int client_open(struct fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    memcpy(address.sun_path, fixture->path, strlen(fixture->path));
    assert_int_equal(
        connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void client_ask(int fd, const struct assay_control *request)
{
    uint8_t space[ASSAY_CONTROL_MAX];
    struct assay_bytes bytes;

    assert_int_equal(assay_control_write(request, space, &bytes), ASSAY_OK);
    assert_int_equal(write(fd, bytes.data, bytes.len), (ssize_t)bytes.len);
}

/* Runs the loop until the client has got a whole message. */
static void client_next(struct fixture *fixture, int fd, uint8_t *space,
                        struct assay_control *answer_out)
{
    size_t have = 0;
    size_t want = ASSAY_CONTROL_HEAD_SIZE;

    while (have < want) {
        ssize_t len = read(fd, space + have, want - have);

        assert_int_not_equal(len, 0);
        if (len < 0) {
            assert_int_equal(errno, EAGAIN);
            (void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
            continue;
        }
        have += (size_t)len;
        if (have == ASSAY_CONTROL_HEAD_SIZE) {
            assert_int_equal(
                assay_control_length((struct assay_bytes){space, have}, &want),
                ASSAY_OK);
        }
    }
    assert_int_equal(
        assay_control_read((struct assay_bytes){space + ASSAY_CONTROL_HEAD_SIZE,
                                                want - ASSAY_CONTROL_HEAD_SIZE},
                           answer_out, NULL),
        ASSAY_OK);
}

/* Runs the loop until the server has closed the connection. */
static void client_is_dropped(struct fixture *fixture, int fd)
{
    char byte = 0;
    ssize_t len = -1;

    while (len != 0) {
        len = read(fd, &byte, 1);
        if (len < 0 && errno == ECONNRESET) {
            break;
        }
        (void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
    }
    (void)close(fd);
}

static void run_until_asked(struct fixture *fixture, size_t count)
{
    while (fixture->asked_count < count) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
}

/* Only the node's own user may give it orders. */
static void the_socket_is_private(void **state)
{
    struct fixture *fixture = *state;
    struct stat info;

    assert_int_equal(stat(fixture->path, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_request_is_answered(void **state)
{
    struct fixture *fixture = *state;
    struct assay_control request = {.type = ASSAY_CONTROL_SYNC,
                                    .as.address = assay_bytes_of("a@b:1")};
    struct assay_control answer = {.type = ASSAY_CONTROL_PROGRESS,
                                   .as.progress = {.records_in = 42}};
    uint8_t space[ASSAY_CONTROL_MAX];
    int fd = client_open(fixture);

    client_ask(fd, &request);
    run_until_asked(fixture, 1);
    assert_int_equal(fixture->request, ASSAY_CONTROL_SYNC);
    assert_string_equal(fixture->address, "a@b:1");
    node_control_answer(fixture->control, fixture->client, &answer);
    node_control_fail(fixture->control, fixture->client, 1, "not in step");
    client_next(fixture, fd, space, &answer);
    assert_int_equal(answer.type, ASSAY_CONTROL_PROGRESS);
    assert_int_equal(answer.as.progress.records_in, 42);
    client_next(fixture, fd, space, &answer);
    assert_int_equal(answer.type, ASSAY_CONTROL_FAILED);
    assert_int_equal(answer.as.failure.exit_code, 1);
    (void)close(fd);
}

/* Requests that come at once are answered one after the other. */
static void requests_wait_for_their_turn(void **state)
{
    struct fixture *fixture = *state;
    struct assay_control request = {.type = ASSAY_CONTROL_ASK_STATUS};
    struct assay_control answer;
    uint8_t space[ASSAY_CONTROL_MAX];
    int fd = client_open(fixture);

    client_ask(fd, &request);
    request.type = ASSAY_CONTROL_ASK_PEERS;
    client_ask(fd, &request);
    run_until_asked(fixture, 1);
    assert_int_equal(fixture->request, ASSAY_CONTROL_ASK_STATUS);
    (void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_int_equal(fixture->asked_count, 1);
    node_control_done(fixture->control, fixture->client);
    run_until_asked(fixture, 2);
    assert_int_equal(fixture->request, ASSAY_CONTROL_ASK_PEERS);
    node_control_done(fixture->control, fixture->client);
    client_next(fixture, fd, space, &answer);
    client_next(fixture, fd, space, &answer);
    assert_int_equal(answer.type, ASSAY_CONTROL_DONE);
    (void)close(fd);
}

static void a_client_that_leaves_is_told_of(void **state)
{
    struct fixture *fixture = *state;
    struct assay_control request = {.type = ASSAY_CONTROL_SYNC};
    int fd = client_open(fixture);

    client_ask(fd, &request);
    run_until_asked(fixture, 1);
    (void)close(fd);
    while (fixture->left_count == 0) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
    node_control_done(fixture->control, fixture->client); /* Too late. */
}

static void what_is_no_request_is_refused(void **state)
{
    static const uint8_t junk[] = {0, 0, 0, 2, 0xff, 0xff};
    static const uint8_t unknown[] = {0, 0, 0, 3, 0x81, 0x18, 0x63};
    static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff};
    struct fixture *fixture = *state;
    struct assay_control answer;
    uint8_t space[ASSAY_CONTROL_MAX];
    int fd = client_open(fixture);

    assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
    client_next(fixture, fd, space, &answer);
    assert_int_equal(answer.type, ASSAY_CONTROL_FAILED);
    assert_int_equal(write(fd, unknown, sizeof(unknown)), sizeof(unknown));
    client_next(fixture, fd, space, &answer);
    assert_int_equal(answer.type, ASSAY_CONTROL_FAILED);
    assert_int_equal(write(fd, endless, sizeof(endless)), sizeof(endless));
    client_is_dropped(fixture, fd);
    assert_int_equal(fixture->asked_count, 0);
}

/* A client that asks on and on without reading takes bounded memory. */
static void a_client_that_does_not_read_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct assay_control request = {.type = ASSAY_CONTROL_ASK_PEERS};
    char lengthy[1001] = "";
    struct assay_control answer = {.type = ASSAY_CONTROL_PEER};
    int fd = client_open(fixture);

    memset(lengthy, 'x', sizeof(lengthy) - 1);
    answer.as.peer.at = assay_bytes_of(lengthy);
    client_ask(fd, &request);
    run_until_asked(fixture, 1);
    for (size_t i = 0; i < 2 * NODE_CONTROL_QUEUE_MAX / 1000; i++) {
        node_control_answer(fixture->control, fixture->client, &answer);
    }
    while (fixture->left_count == 0) {
        (void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
    }
    (void)close(fd);
}

static void too_many_clients_are_turned_away(void **state)
{
    struct fixture *fixture = *state;
    struct assay_control request = {.type = ASSAY_CONTROL_ASK_STATUS};
    int fds[NODE_CONTROL_CLIENTS_MAX];

    fixture->answers_at_once = true;
    for (size_t i = 0; i < NODE_CONTROL_CLIENTS_MAX; i++) {
        fds[i] = client_open(fixture);
        client_ask(fds[i], &request);
        run_until_asked(fixture, i + 1);
    }
    client_is_dropped(fixture, client_open(fixture));
    for (size_t i = 0; i < NODE_CONTROL_CLIENTS_MAX; i++) {
        (void)close(fds[i]);
    }
}

/* Who follows gets each record once, those that are there and those that
 * come. */
static void who_follows_gets_every_record(void **state)
{
    struct fixture *fixture = *state;
    struct assay_control request = {.type = ASSAY_CONTROL_FOLLOW};
    struct assay_control answer;
    uint8_t space[ASSAY_CONTROL_MAX];
    size_t root = history_found(fixture->history);
    size_t order[200];

    for (size_t i = 0; i < 200; i++) {
        order[i] = i;
        if (i > 0) {
            (void)history_claim(fixture->history, root);
        }
    }
    test_ledger_fill(&fixture->test, fixture->history, order, 150);
    int fd = client_open(fixture);
    client_ask(fd, &request);
    for (uint64_t lsn = 1; lsn <= 150; lsn++) {
        client_next(fixture, fd, space, &answer);
        assert_int_equal(answer.type, ASSAY_CONTROL_RECORD);
        assert_int_equal(answer.as.record.lsn, lsn);
        assert_true(assay_id_equal(
            &answer.as.record.id,
            &history_item(fixture->history, (size_t)lsn - 1)->id));
    }
    test_ledger_fill(&fixture->test, fixture->history, order + 150, 50);
    node_control_news(fixture->control);
    for (uint64_t lsn = 151; lsn <= 200; lsn++) {
        client_next(fixture, fd, space, &answer);
        assert_int_equal(answer.as.record.lsn, lsn);
    }
    (void)close(fd);
}

/* Records that were dropped leave a gap, however long: who follows goes on
 * behind it, without anything new having to come. */
static void who_follows_gets_over_what_was_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct assay_control request = {.type = ASSAY_CONTROL_FOLLOW};
    struct assay_control answer;
    uint8_t space[ASSAY_CONTROL_MAX];
    size_t dropped = history_found(fixture->history);
    size_t count = 0;
    struct store_batch *batch = NULL;

    while (history_count(fixture->history) < 150) {
        (void)history_claim(fixture->history, dropped);
    }
    (void)history_found(fixture->history);
    test_ledger_fill(&fixture->test, fixture->history, NULL, 151);
    batch = test_ledger_begin(&fixture->test, TEST_NOW_S);
    assert_int_equal(
        store_batch_drop_team(
            batch, &history_item(fixture->history, dropped)->id, &count),
        ASSAY_OK);
    test_ledger_commit(batch);
    assert_int_equal(count, 150);
    int fd = client_open(fixture);
    client_ask(fd, &request);
    client_next(fixture, fd, space, &answer);
    assert_int_equal(answer.type, ASSAY_CONTROL_RECORD);
    assert_int_equal(answer.as.record.lsn, 151);
    (void)close(fd);
}

static void what_a_killed_node_left_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct node_control *second = NULL;
    char path[TEST_PATH_MAX];

    /* A live one is respected. */
    assert_int_equal(open_at(fixture, fixture->path, &second), ASSAY_E_BUSY);
    /* A socket that nobody listens on is not. */
    test_path(path, fixture->test.folder, "left.sock");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(address.sun_path, path, strlen(path));
    assert_int_equal(
        bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    (void)close(fd);
    assert_int_equal(open_at(fixture, path, &second), ASSAY_OK);
    node_control_close(second);
    /* A file is. */
    test_path(path, fixture->test.folder, "file");
    test_file_write(path, "x", 1, 0600);
    assert_int_equal(open_at(fixture, path, &second), ASSAY_E_EXISTS);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct node_control *second = NULL;
    char path[300];

    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(open_at(fixture, path, &second), ASSAY_E_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_socket_is_private),
        TEST(a_request_is_answered),
        TEST(requests_wait_for_their_turn),
        TEST(a_client_that_leaves_is_told_of),
        TEST(what_is_no_request_is_refused),
        TEST(a_client_that_does_not_read_is_dropped),
        TEST(too_many_clients_are_turned_away),
        TEST(who_follows_gets_every_record),
        TEST(who_follows_gets_over_what_was_dropped),
        TEST(what_a_killed_node_left_is_replaced),
        TEST(a_path_that_is_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
