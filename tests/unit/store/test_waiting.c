/* SPDX-License-Identifier: Apache-2.0 */
#include "store/waiting.h"

#include "history.h"
#include "testing.h"

#define ROOM ((size_t)1024 * 1024)

static struct assay_record record_of(const struct history *history,
                                     size_t index)
{
    const struct history_item *item = history_item(history, index);
    struct assay_record record;

    assert_int_equal(
        assay_record_parse(item->envelope, item->body, &record, NULL),
        ASSAY_OK);
    return record;
}

static void add(struct store_waiting *waiting, const struct history *history,
                size_t index, size_t lacks)
{
    struct assay_record record = record_of(history, index);

    assert_int_equal(store_waiting_add(waiting, &record, index,
                                       &history_item(history, lacks)->id),
                     ASSAY_OK);
}

static struct history *sample_history(void)
{
    struct history *history = history_new(9);
    size_t root = history_found(history);

    for (size_t index = 0; index < 5; index++) {
        (void)history_claim(history, root);
    }
    history_drop_body(history, 5);
    return history;
}

/* What arrives wakes those that lack it, with their bytes as they were. */
static void an_arrival_wakes_who_lacks_it(void **state)
{
    struct history *history = sample_history();
    struct store_waiting *waiting = NULL;
    struct assay_record record;
    (void)state;

    assert_int_equal(store_waiting_new(ROOM, &waiting), ASSAY_OK);
    add(waiting, history, 2, 1);
    add(waiting, history, 3, 2);
    add(waiting, history, 5, 1);
    assert_null(store_waiting_take(waiting));
    store_waiting_wake(waiting, &history_item(history, 1)->id);
    size_t seen = 0;
    for (size_t index = 0; index < 2; index++) {
        struct store_waiter *waiter = store_waiting_take(waiting);

        assert_non_null(waiter);
        store_waiter_record(waiter, &record);
        assert_true(assay_id_equal(&record.id,
                                   &history_item(history, waiter->offset)->id));
        assert_int_equal(record.body.data == NULL, waiter->offset == 5);
        seen += waiter->offset;
        store_waiting_drop(waiting, waiter);
    }
    assert_int_equal(seen, 7);
    assert_null(store_waiting_take(waiting));
    assert_int_equal(store_waiting_count(waiting), 1);
    store_waiting_free(waiting);
    history_free(history);
}

static void the_room_is_bounded(void **state)
{
    struct history *history = sample_history();
    struct assay_record record = record_of(history, 1);
    struct store_waiting *waiting = NULL;
    size_t size =
        sizeof(struct store_waiter) + record.envelope.len + record.body.len;
    (void)state;

    assert_int_equal(store_waiting_new(2 * size, &waiting), ASSAY_OK);
    add(waiting, history, 1, 0);
    add(waiting, history, 1, 0);
    assert_int_equal(store_waiting_add(waiting, &record, 1, &record.id),
                     ASSAY_E_LIMIT);
    store_waiting_wake(waiting, &history_item(history, 0)->id);
    store_waiting_drop(waiting, store_waiting_take(waiting));
    add(waiting, history, 1, 0);
    store_waiting_free(waiting);
    history_free(history);
}

/* What is left at the end is told in the order of the file. */
static void all_wake_in_order(void **state)
{
    struct history *history = sample_history();
    struct store_waiting *waiting = NULL;
    (void)state;

    assert_int_equal(store_waiting_new(ROOM, &waiting), ASSAY_OK);
    add(waiting, history, 4, 0);
    add(waiting, history, 1, 3);
    add(waiting, history, 3, 2);
    add(waiting, history, 2, 1);
    assert_int_equal(store_waiting_wake_all(waiting), ASSAY_OK);
    for (size_t index = 1; index <= 4; index++) {
        struct store_waiter *waiter = store_waiting_take(waiting);

        assert_int_equal(waiter->offset, index);
        store_waiting_put_back(waiting, waiter, &history_item(history, 0)->id);
    }
    assert_null(store_waiting_take(waiting));
    assert_int_equal(store_waiting_count(waiting), 4);
    store_waiting_free(waiting);
    history_free(history);
}

/* Those of one number go, those that are awake stay, and the room is free. */
static void what_is_forgotten_frees_its_room(void **state)
{
    struct history *history = sample_history();
    struct store_waiting *waiting = NULL;
    (void)state;

    assert_int_equal(store_waiting_new(ROOM, &waiting), ASSAY_OK);
    add(waiting, history, 2, 1);
    add(waiting, history, 3, 1);
    add(waiting, history, 4, 3);
    store_waiting_forget(waiting, 3);
    store_waiting_forget(waiting, 77);
    assert_int_equal(store_waiting_count(waiting), 2);
    store_waiting_wake(waiting, &history_item(history, 1)->id);
    store_waiting_forget(waiting, 2);
    struct store_waiter *waiter = store_waiting_take(waiting);
    assert_non_null(waiter);
    assert_int_equal(waiter->offset, 2);
    store_waiting_drop(waiting, waiter);
    store_waiting_forget(waiting, 4);
    assert_int_equal(store_waiting_count(waiting), 0);
    store_waiting_free(waiting);
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arrival_wakes_who_lacks_it),
        cmocka_unit_test(the_room_is_bounded),
        cmocka_unit_test(all_wake_in_order),
        cmocka_unit_test(what_is_forgotten_frees_its_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
