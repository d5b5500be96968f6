/* SPDX-License-Identifier: Apache-2.0 */
#include "houses.h"

#include "node/clock.h"
#include "testing.h"

#include <fcntl.h>
#include <unistd.h>

static void on_news(void *context)
{
    (void)context;
}

static void on_synced(void *context, const struct node_sync_result *result)
{
    struct house *house = context;

    house->result = *result;
    house->result_count++;
}

static void on_failed(void *context, enum assay_err err)
{
    (void)context;
    fail_msg("the driver failed: %s", assay_err_phrase(err));
}

static void on_connection(uv_stream_t *server, int status)
{
    struct house *house = server->data;

    assert_int_equal(status, 0);
    if (!house->is_deaf) {
        node_driver_accept(house->driver, server);
    }
}

void house_listen(struct house *house)
{
    house->is_deaf = false;
    node_driver_accept(house->driver, (uv_stream_t *)&house->server);
}

static void begin_to_listen(struct houses *houses, struct house *house)
{
    struct sockaddr_in address;
    struct sockaddr_storage own;
    int len = sizeof(own);

    assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &address), 0);
    assert_int_equal(uv_tcp_init(&houses->loop, &house->server), 0);
    house->server.data = house;
    assert_int_equal(
        uv_tcp_bind(&house->server, (const struct sockaddr *)&address, 0), 0);
    assert_int_equal(
        uv_listen((uv_stream_t *)&house->server, 16, on_connection), 0);
    assert_int_equal(
        uv_tcp_getsockname(&house->server, (struct sockaddr *)&own, &len), 0);
    node_net_endpoint((const struct sockaddr *)&own, &house->address.at);
    house->address.node = house->key->pair.key;
}

static void open_house(struct houses *houses, struct house *house)
{
    struct node_driver_config config = {.loop = &houses->loop,
                                        .log = &house->log,
                                        .config = &house->config,
                                        .ledger = NULL,
                                        .context = house,
                                        .news = on_news,
                                        .synced = on_synced,
                                        .failed = on_failed};

    *house = (struct house){.log.fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
                            .log.now_ms = node_clock_wall_ms};
    assert_true(house->log.fd >= 0);
    test_ledger_make(&house->test);
    assert_int_equal(node_config_init(&house->config), ASSAY_OK);
    house->config.allow_all = true;
    house->config.accept = NODE_ACCEPT_OPEN;
    assert_int_equal(store_node_key_open(house->test.ledger, ASSAY_BYTES_NONE,
                                         TEST_NOW_S, &house->key),
                     ASSAY_OK);
    begin_to_listen(houses, house);
    config.ledger = house->test.ledger;
    config.key = house->key;
    config.self = house->address.at;
    assert_int_equal(node_driver_new(&config, &house->driver), ASSAY_OK);
    node_driver_start(house->driver);
}

void houses_open(struct houses *houses, size_t count)
{
    assert_true(count <= HOUSES_MAX);
    houses->count = count;
    assert_int_equal(uv_loop_init(&houses->loop), 0);
    assert_int_equal(uv_timer_init(&houses->loop, &houses->guard), 0);
    for (size_t i = 0; i < count; i++) {
        open_house(houses, &houses->list[i]);
    }
}

static void on_patience(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("what was waited for does not come");
}

void houses_run(struct houses *houses,
                bool (*is_so)(const struct houses *houses))
{
    assert_int_equal(
        uv_timer_start(&houses->guard, on_patience, HOUSES_PATIENCE_MS, 0), 0);
    while (!is_so(houses)) {
        (void)uv_run(&houses->loop, UV_RUN_ONCE);
    }
    assert_int_equal(uv_timer_stop(&houses->guard), 0);
}

static void on_stopped(void *context)
{
    struct house *house = context;

    house->is_stopped = true;
}

static bool are_stopped(const struct houses *houses)
{
    size_t stopped = 0;

    while (stopped < houses->count && houses->list[stopped].is_stopped) {
        stopped++;
    }
    return stopped == houses->count;
}

void houses_close(struct houses *houses)
{
    for (size_t i = 0; i < houses->count; i++) {
        struct house *house = &houses->list[i];

        uv_close((uv_handle_t *)&house->server, NULL);
        node_driver_stop(house->driver, on_stopped);
    }
    houses_run(houses, are_stopped);
    uv_close((uv_handle_t *)&houses->guard, NULL);
    for (size_t i = 0; i < houses->count; i++) {
        node_driver_free(houses->list[i].driver);
    }
    assert_int_equal(uv_run(&houses->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&houses->loop), 0);
    for (size_t i = 0; i < houses->count; i++) {
        struct house *house = &houses->list[i];

        store_node_key_free(house->key);
        node_config_clear(&house->config);
        test_ledger_remove(&house->test);
        (void)close(house->log.fd);
    }
}

size_t house_links(const struct house *house)
{
    return house->driver->link_count;
}
