/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated network itself: order, time, faults, and the same again. */
#include "sim.h"

#include "testing.h"

#define NODES 4
#define LOG_MAX 256

/* What happened, in order. */
struct log {
    struct sim_event events[LOG_MAX];
    uint8_t first_bytes[LOG_MAX];
    uint64_t times_us[LOG_MAX];
    size_t count;
};

static void note(void *context, struct sim *sim, const struct sim_event *event)
{
    struct log *log = context;

    assert_true(log->count < LOG_MAX);
    log->events[log->count] = *event;
    log->first_bytes[log->count] =
        event->bytes.len == 0 ? 0 : event->bytes.data[0];
    log->times_us[log->count] = sim_now_us(sim);
    log->count++;
}

static struct sim *network(struct log *log, uint64_t seed)
{
    struct sim_config config = {.seed = seed,
                                .node_count = NODES,
                                .delay_median_us = 40 * SIM_MS,
                                .delay_sigma = 0.6,
                                .jitter = 0.5,
                                .dial_timeout_us = 10 * SIM_S,
                                .silence_us = 90 * SIM_S};
    struct sim *sim = sim_new(&config, note, log);

    log->count = 0;
    for (uint32_t node = 0; node < NODES; node++) {
        sim_start(sim, node);
    }
    return sim;
}

/* The events of a node and a type; the last one's place goes to *at_out. */
static size_t count_of(const struct log *log, enum sim_event_type type,
                       uint32_t node, size_t *at_out)
{
    size_t count = 0;

    for (size_t i = 0; i < log->count; i++) {
        if (log->events[i].type == type && log->events[i].node == node) {
            count++;
            *at_out = i;
        }
    }
    return count;
}

/* Dials from 0 to 1 and returns the connection. */
static uint32_t connect(struct sim *sim, struct log *log)
{
    size_t at = 0;

    sim_dial(sim, 0, 1, 0);
    sim_run_until(sim, sim_now_us(sim) + 10 * SIM_S);
    assert_int_equal(count_of(log, SIM_CONNECTED, 1, &at), 1);
    assert_false(log->events[at].is_dialled);
    assert_int_equal(count_of(log, SIM_CONNECTED, 0, &at), 1);
    assert_true(log->events[at].is_dialled);
    assert_int_equal(sim_other(sim, 0, log->events[at].conn), 1);
    return log->events[at].conn;
}

static void send_byte(struct sim *sim, uint32_t node, uint32_t conn,
                      uint8_t byte)
{
    sim_send(sim, node, conn, (struct assay_bytes){&byte, 1});
}

/* Jitter is larger than the time between two messages, and still none passes
 * the other. */
static void messages_come_in_the_order_they_were_sent(void **state)
{
    static struct log log;
    struct sim *sim = network(&log, 1);
    uint32_t conn = connect(sim, &log);
    size_t before = log.count;
    (void)state;

    for (uint8_t i = 0; i < 100; i++) {
        send_byte(sim, 0, conn, i);
        sim_run_until(sim, sim_now_us(sim) + 100);
    }
    assert_true(sim_unread(sim, 0, conn) > 0);
    sim_run_until(sim, sim_now_us(sim) + 10 * SIM_S);
    assert_int_equal(sim_unread(sim, 0, conn), 0);
    assert_int_equal(log.count - before, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(log.events[before + i].type, SIM_MESSAGE);
        assert_int_equal(log.first_bytes[before + i], i);
    }
    sim_free(sim);
}

static void a_message_takes_the_links_delay_and_some_jitter(void **state)
{
    static struct log log;
    struct sim *sim = network(&log, 1);
    uint32_t conn = connect(sim, &log);
    uint64_t sent_us = sim_now_us(sim);
    uint64_t delay_us = sim_delay_us(sim, 0, 1);
    (void)state;

    assert_int_equal(delay_us, sim_delay_us(sim, 1, 0));
    send_byte(sim, 1, conn, 1);
    sim_run_until(sim, sent_us + 10 * SIM_S);
    assert_in_range(log.times_us[log.count - 1], sent_us + delay_us,
                    sent_us + delay_us + delay_us / 2);
    sim_free(sim);
}

/* Half of all links are above the median, and few are far from it. */
static void delays_are_spread_about_their_median(void **state)
{
    static struct log log;
    struct sim *sim = network(&log, 3);
    size_t above = 0;
    size_t far = 0;
    (void)state;

    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t delay_us = sim_delay_us(sim, i, i + 5000);

        above += delay_us > 40 * SIM_MS ? 1 : 0;
        far += delay_us > 200 * SIM_MS || delay_us < 8 * SIM_MS ? 1 : 0;
    }
    assert_in_range(above, 430, 570);
    assert_in_range(far, 1, 30);
    sim_free(sim);
}

/* What was sent before a connection was closed arrives before its end. */
static void a_close_comes_behind_what_was_sent(void **state)
{
    static struct log log;
    struct sim *sim = network(&log, 1);
    uint32_t conn = connect(sim, &log);
    size_t before = log.count;
    (void)state;

    send_byte(sim, 0, conn, 1);
    sim_close(sim, 0, conn);
    send_byte(sim, 0, conn, 2);
    send_byte(sim, 1, conn, 3);
    sim_run_until(sim, sim_now_us(sim) + 200 * SIM_S);
    assert_int_equal(log.count - before, 2);
    assert_int_equal(log.events[before].type, SIM_MESSAGE);
    assert_int_equal(log.events[before + 1].type, SIM_LOST);
    assert_int_equal(log.events[before + 1].node, 1);
    sim_free(sim);
}

/* A process that ends is noticed at once, and refuses; a machine without power
 * is noticed after a silence, and does not answer. */
static void a_crash_is_noticed_soon_or_late(void **state)
{
    (void)state;

    for (int is_silent = 0; is_silent < 2; is_silent++) {
        static struct log log;
        struct sim *sim = network(&log, 1);
        uint32_t conn = connect(sim, &log);
        uint64_t then_us = sim_now_us(sim);
        size_t at = 0;

        sim_crash(sim, 1, is_silent == 1);
        assert_false(sim_is_up(sim, 1));
        send_byte(sim, 0, conn, 1);
        sim_dial(sim, 0, 1, 9);
        sim_run_until(sim, then_us + 100 * SIM_S);
        assert_int_equal(count_of(&log, SIM_MESSAGE, 1, &at), 0);
        assert_int_equal(count_of(&log, SIM_LOST, 1, &at), 0);
        assert_int_equal(count_of(&log, SIM_LOST, 0, &at), 1);
        assert_true((log.times_us[at] - then_us > 40 * SIM_S) ==
                    (is_silent == 1));
        assert_int_equal(count_of(&log, SIM_DIAL_FAILED, 0, &at), 1);
        assert_int_equal(log.events[at].tag, 9);
        assert_true((log.times_us[at] - then_us == 10 * SIM_S) ==
                    (is_silent == 1));
        sim_start(sim, 1);
        sim_dial(sim, 0, 1, 0);
        sim_run_until(sim, sim_now_us(sim) + 10 * SIM_S);
        assert_int_equal(count_of(&log, SIM_CONNECTED, 0, &at), 2);
        sim_free(sim);
    }
}

/* Nothing crosses a partition; connections across it go silent, and those
 * inside do not. */
static void a_partition_lets_nothing_pass(void **state)
{
    static struct log log;
    struct sim *sim = network(&log, 1);
    uint32_t conn = connect(sim, &log);
    size_t at = 0;
    (void)state;

    sim_set_part(sim, 0, 1);
    sim_set_part(sim, 2, 1);
    send_byte(sim, 0, conn, 1);
    sim_dial(sim, 1, 2, 0);
    sim_dial(sim, 0, 2, 0);
    sim_run_until(sim, sim_now_us(sim) + 100 * SIM_S);
    assert_int_equal(count_of(&log, SIM_MESSAGE, 1, &at), 0);
    assert_int_equal(count_of(&log, SIM_LOST, 0, &at), 1);
    assert_int_equal(count_of(&log, SIM_LOST, 1, &at), 1);
    assert_int_equal(count_of(&log, SIM_DIAL_FAILED, 1, &at), 1);
    assert_int_equal(count_of(&log, SIM_CONNECTED, 2, &at), 1);
    sim_set_part(sim, 0, 0);
    sim_dial(sim, 1, 0, 0);
    sim_run_until(sim, sim_now_us(sim) + 10 * SIM_S);
    assert_int_equal(count_of(&log, SIM_CONNECTED, 1, &at), 2);
    sim_free(sim);
}

static void a_broken_connection_loses_what_is_sent(void **state)
{
    static struct log log;
    struct sim *sim = network(&log, 1);
    uint32_t conn = connect(sim, &log);
    size_t at = 0;
    (void)state;

    sim_break(sim, conn);
    send_byte(sim, 0, conn, 1);
    sim_run_until(sim, sim_now_us(sim) + 100 * SIM_S);
    assert_int_equal(count_of(&log, SIM_MESSAGE, 1, &at), 0);
    assert_int_equal(count_of(&log, SIM_LOST, 0, &at), 1);
    assert_int_equal(count_of(&log, SIM_LOST, 1, &at), 1);
    sim_free(sim);
}

/* The last time that was set is the one that counts. */
static void a_node_has_one_timer(void **state)
{
    static struct log log;
    struct sim *sim = network(&log, 1);
    (void)state;

    sim_set_timer(sim, 0, 50 * SIM_MS);
    sim_set_timer(sim, 0, 20 * SIM_MS);
    sim_set_timer(sim, 0, 30 * SIM_MS);
    sim_set_timer(sim, 1, 10 * SIM_MS);
    sim_set_timer(sim, 1, SIM_NEVER);
    sim_run_until(sim, SIM_S);
    assert_int_equal(log.count, 1);
    assert_int_equal(log.times_us[0], 30 * SIM_MS);
    sim_set_timer(sim, 0, 1);
    sim_run_until(sim, 2 * SIM_S);
    assert_int_equal(log.count, 2);
    assert_int_equal(log.times_us[1], SIM_S);
    sim_free(sim);
}

/* A seed is a run: the same events at the same times. */
static void a_seed_gives_the_same_run(void **state)
{
    static struct log logs[3];
    static const uint64_t seeds[3] = {5, 5, 6};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        struct sim *sim = network(&logs[i], seeds[i]);
        uint32_t conn = connect(sim, &logs[i]);

        for (uint8_t j = 0; j < 20; j++) {
            send_byte(sim, j % 2, conn, j);
        }
        sim_crash(sim, 1, true);
        sim_run_until(sim, 200 * SIM_S);
        sim_free(sim);
    }
    assert_int_equal(logs[0].count, logs[1].count);
    assert_memory_equal(logs[0].times_us, logs[1].times_us,
                        logs[0].count * sizeof(logs[0].times_us[0]));
    assert_memory_not_equal(logs[0].times_us, logs[2].times_us,
                            sizeof(logs[0].times_us[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_the_order_they_were_sent),
        cmocka_unit_test(a_message_takes_the_links_delay_and_some_jitter),
        cmocka_unit_test(delays_are_spread_about_their_median),
        cmocka_unit_test(a_close_comes_behind_what_was_sent),
        cmocka_unit_test(a_crash_is_noticed_soon_or_late),
        cmocka_unit_test(a_partition_lets_nothing_pass),
        cmocka_unit_test(a_broken_connection_loses_what_is_sent),
        cmocka_unit_test(a_node_has_one_timer),
        cmocka_unit_test(a_seed_gives_the_same_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
