/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "protocol/id_table.h"

#include <stdlib.h>

#define COUNT 1000

struct thing {
    struct assay_id_entry entry;
    size_t number;
};

static struct thing things[COUNT];

static struct assay_id id_of(size_t number)
{
    struct assay_id id = {{0}};

    id.hash[0] = (uint8_t)number;
    id.hash[ASSAY_ID_SIZE - 1] = (uint8_t)(number >> 8);
    return id;
}

static struct assay_id_entry *fill(void)
{
    struct assay_id_entry *table = NULL;

    for (size_t i = 0; i < COUNT; i++) {
        things[i] = (struct thing){{.id = id_of(i)}, i};
        assert_int_equal(assay_id_table_add(&table, &things[i].entry),
                         ASSAY_OK);
    }
    return table;
}

static void empty(struct assay_id_entry *table)
{
    while (assay_id_table_pop(&table) != NULL) {
    }
    assert_null(table);
}

static void find_gives_what_was_added_under_the_id(void **state)
{
    struct assay_id_entry *table = fill();
    struct assay_id other = id_of(COUNT);
    (void)state;

    for (size_t i = 0; i < COUNT; i++) {
        struct assay_id id = id_of(i);

        assert_ptr_equal(assay_id_table_find(table, &id), &things[i].entry);
    }
    assert_null(assay_id_table_find(table, &other));
    empty(table);
}

static void an_empty_table_has_nothing(void **state)
{
    struct assay_id_entry *table = NULL;
    struct assay_id id = id_of(0);
    (void)state;

    assert_null(assay_id_table_find(table, &id));
    assert_null(assay_id_table_pop(&table));
}

static void what_was_removed_is_gone_and_the_rest_is_there(void **state)
{
    struct assay_id_entry *table = fill();
    (void)state;

    for (size_t i = 0; i < COUNT; i += 2) {
        assay_id_table_remove(&table, &things[i].entry);
    }
    for (size_t i = 0; i < COUNT; i++) {
        struct assay_id id = id_of(i);

        assert_ptr_equal(assay_id_table_find(table, &id),
                         i % 2 == 0 ? NULL : &things[i].entry);
    }
    empty(table);
}

static void pop_gives_each_entry_once(void **state)
{
    struct assay_id_entry *table = fill();
    struct assay_id_entry *entry = assay_id_table_pop(&table);
    bool is_seen[COUNT] = {false};
    size_t count = 0;
    (void)state;

    while (entry != NULL) {
        struct thing *thing = (struct thing *)entry;

        assert_false(is_seen[thing->number]);
        is_seen[thing->number] = true;
        count++;
        entry = assay_id_table_pop(&table);
    }
    assert_int_equal(count, COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find_gives_what_was_added_under_the_id),
        cmocka_unit_test(an_empty_table_has_nothing),
        cmocka_unit_test(what_was_removed_is_gone_and_the_rest_is_there),
        cmocka_unit_test(pop_gives_each_entry_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
