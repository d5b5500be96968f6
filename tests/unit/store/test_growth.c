/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map grows when it is full: while one process writes, while others read,
 * write and copy the ledger, and when all of it is written anew.
 */
#include "child.h"
#include "store/check.h"
#include "store/internal.h"
#include "test_ledger.h"
#include "testing.h"

#include "protocol/check.h"

#define MIB (UINT64_C(1) << 20)

/* A map that the first records fill, and what one batch here may take. */
#define MAP_SIZE (1 * MIB)
#define HEADROOM (1 * MIB)

/* Claims of a text that takes some pages: this many fill the first map. */
#define TEXT_LEN 10000
#define FILLS_MAP 100

static struct test_ledger test;
static struct history *history;

static int make_ledger(void **state)
{
    (void)state;
    history = history_new(8);
    (void)history_found(history);
    (void)history_found(history);
    test_ledger_make(&test);
    test_ledger_fill(&test, history, NULL, 2);
    store_ledger_close(test.ledger);
    test.ledger = NULL;
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_ledger_remove(&test);
    history_free(history);
    return 0;
}

/* Stops the program where it cannot, as all that children call. */
static struct store_ledger *open_sized(enum store_mode mode, uint64_t map_size,
                                       uint64_t headroom)
{
    struct store_ledger *ledger = NULL;
    enum assay_err err = store_ledger_open_sized(test.dir, mode, map_size,
                                                 headroom, &ledger, NULL);

    ASSAY_CHECK(err == ASSAY_OK);
    return ledger;
}

static uint64_t map_size(struct store_ledger *ledger)
{
    MDB_envinfo info;

    ASSAY_CHECK(mdb_env_info(ledger->env, &info) == 0);
    return info.me_mapsize;
}

static uint64_t used_size(struct store_ledger *ledger)
{
    MDB_envinfo info;
    MDB_stat stat;

    ASSAY_CHECK(mdb_env_info(ledger->env, &info) == 0);
    ASSAY_CHECK(mdb_env_stat(ledger->env, &stat) == 0);
    return (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
}

/* One batch of claims by a team. */
static void write_claims(struct store_ledger *ledger, size_t team, size_t count)
{
    struct store_batch *batch = NULL;
    enum assay_err err = store_batch_begin(ledger, TEST_NOW_S, &batch);

    ASSAY_CHECK(err == ASSAY_OK);
    for (size_t i = 0; i < count; i++) {
        test_ledger_claim(batch, history, team, TEXT_LEN, 1);
    }
    err = store_batch_commit(batch);
    ASSAY_CHECK(err == ASSAY_OK);
}

static void write_batches(struct store_ledger *ledger, size_t team,
                          size_t batch_count, size_t count)
{
    for (size_t i = 0; i < batch_count; i++) {
        write_claims(ledger, team, count);
    }
}

/* The ledger holds that much and is sound. */
static void expect_sound(uint64_t count)
{
    test_ledger_reopen(&test, STORE_READ);
    assert_int_equal(test_ledger_count(&test), count);
    test_ledger_check(&test);
}

static void a_writer_outgrows_its_map(void **state)
{
    (void)state;

    test.ledger = open_sized(STORE_WRITE, MAP_SIZE, HEADROOM);
    write_batches(test.ledger, 0, 10, FILLS_MAP / 4);
    assert_true(used_size(test.ledger) > 2 * MAP_SIZE);
    assert_true(map_size(test.ledger) >= used_size(test.ledger));
    expect_sound(2 + 10 * (FILLS_MAP / 4));
}

/* A batch finds the headroom whatever it is, so that none ends half-way. */
static void a_batch_begins_with_its_headroom(void **state)
{
    struct store_batch *batch = NULL;
    (void)state;

    test.ledger = open_sized(STORE_WRITE, MAP_SIZE, 8 * MIB);
    batch = test_ledger_begin(&test, TEST_NOW_S);
    assert_true(map_size(test.ledger) >= used_size(test.ledger) + 8 * MIB);
    store_batch_abort(batch);
    write_claims(test.ledger, 0, 4 * FILLS_MAP);
    expect_sound(2 + 4 * FILLS_MAP);
}

/* Each time that it is told to, the child writes a batch beyond what the
 * parent's map has. */
static void start_grower(struct child *child, size_t rounds)
{
    if (child_begin(child)) {
        struct store_ledger *ledger =
            open_sized(STORE_WRITE, MAP_SIZE, 4 * MIB);

        for (size_t i = 0; i < rounds; i++) {
            child_hear(child);
            write_claims(ledger, 0, 2 * FILLS_MAP);
            child_say(child);
        }
        store_ledger_close(ledger);
        child_end();
    }
}

static void grow(const struct child *child)
{
    child_say(child);
    child_hear(child);
}

/* A view that was begun before stays what it was, on the old map. */
static void a_reader_follows_a_map_that_grows(void **state)
{
    struct child child;
    struct store_view *view = NULL;
    struct store_row row;
    (void)state;

    start_grower(&child, 3);
    test.ledger = open_sized(STORE_READ, MAP_SIZE, 0);
    for (size_t round = 0; round < 3; round++) {
        uint64_t before = 2 + round * 2 * FILLS_MAP;

        assert_int_equal(store_view_begin(test.ledger, STORE_NOW, &view),
                         ASSAY_OK);
        assert_int_equal(store_view_last_lsn(view), before);
        grow(&child);
        assert_int_equal(store_view_by_lsn(view, before, &row), ASSAY_OK);
        assert_int_equal(store_view_by_lsn(view, before + 1, &row),
                         ASSAY_E_NOT_FOUND);
        store_view_end(view);
        assert_int_equal(test_ledger_count(&test), before + 2 * FILLS_MAP);
        assert_true(map_size(test.ledger) >= used_size(test.ledger));
    }
    child_expect_end(&child);
    test_ledger_check(&test);
}

/* A writer, too, takes in what another one grew. */
static void a_writer_follows_a_map_that_grows(void **state)
{
    struct child child;
    (void)state;

    start_grower(&child, 3);
    test.ledger = open_sized(STORE_WRITE, MAP_SIZE, HEADROOM);
    for (size_t round = 0; round < 3; round++) {
        write_claims(test.ledger, 1, FILLS_MAP / 4);
        grow(&child);
    }
    write_claims(test.ledger, 1, FILLS_MAP / 4);
    child_expect_end(&child);
    expect_sound(2 + 3 * 2 * FILLS_MAP + 4 * (FILLS_MAP / 4));
}

/* What others wrote while a batch waited for its turn is not of its room. */
static void room_is_found_when_the_turn_has_come(void **state)
{
    struct child child;
    struct store_batch *batch = NULL;
    (void)state;

    if (child_begin(&child)) {
        struct store_ledger *ledger = open_sized(STORE_WRITE, 8 * MIB, 5 * MIB);

        child_hear(&child);
        child_say(&child); /* It is about to ask for its turn. */
        write_claims(ledger, 1, 3 * FILLS_MAP);
        store_ledger_close(ledger);
        child_end();
    }
    test.ledger = open_sized(STORE_WRITE, 8 * MIB, 7 * MIB);
    batch = test_ledger_begin(&test, TEST_NOW_S);
    child_say(&child);
    child_hear(&child);
    for (size_t i = 0; i < 5 * FILLS_MAP; i++) {
        test_ledger_claim(batch, history, 0, TEXT_LEN, 1);
    }
    test_ledger_commit(batch);
    child_expect_end(&child);
    expect_sound(2 + 8 * FILLS_MAP);
}

static void two_writers_grow_the_map_by_turns(void **state)
{
    struct child children[2];
    (void)state;

    for (size_t team = 0; team < 2; team++) {
        if (child_begin(&children[team])) {
            struct store_ledger *ledger =
                open_sized(STORE_WRITE, MAP_SIZE, HEADROOM);

            write_batches(ledger, team, 20, FILLS_MAP / 4);
            store_ledger_close(ledger);
            child_end();
        }
    }
    test.ledger = open_sized(STORE_READ, MAP_SIZE, 0);
    uint64_t count = 2;
    while (!child_has_ended(&children[0]) || !child_has_ended(&children[1])) {
        uint64_t now = test_ledger_count(&test);

        assert_true(now >= count);
        assert_int_equal((now - 2) % (FILLS_MAP / 4), 0);
        count = now;
    }
    expect_sound(2 + 40 * (FILLS_MAP / 4));
}

/* A copy of a ledger that another process has made larger since. */
static void a_backup_follows_a_map_that_grows(void **state)
{
    struct test_ledger restored = {.ledger = NULL};
    struct child child;
    char path[TEST_PATH_MAX];
    (void)state;

    start_grower(&child, 1);
    test.ledger = open_sized(STORE_READ, MAP_SIZE, 0);
    grow(&child);
    child_expect_end(&child);
    test_path(path, test.folder, "copy");
    assert_int_equal(store_backup(test.ledger, path), ASSAY_OK);
    test_folder_make(restored.folder);
    test_path(restored.dir, restored.folder, "ledger");
    assert_int_equal(store_restore(path, restored.dir, NULL, NULL), ASSAY_OK);
    test_ledger_reopen(&restored, STORE_READ);
    assert_int_equal(test_ledger_count(&restored), 2 + 2 * FILLS_MAP);
    test_ledger_check(&restored);
    test_ledger_remove(&restored);
}

/* Emptied indexes give their pages back only when all is done, so a repair
 * needs the indexes' size again, which no batch does. */
static void a_repair_finds_the_room_that_it_needs(void **state)
{
    const struct store_check_hooks hooks = {.context = NULL};
    struct store_check_report report;
    const size_t rounds = 40;
    const size_t count = 50;
    (void)state;

    test.ledger = open_sized(STORE_WRITE, MAP_SIZE, HEADROOM);
    for (size_t i = 0; i < rounds; i++) {
        struct store_batch *batch = test_ledger_begin(&test, TEST_NOW_S);

        for (size_t j = 0; j < count; j++) {
            test_ledger_claim(batch, history, 0, 1, 1);
        }
        test_ledger_commit(batch);
    }
    store_ledger_close(test.ledger);
    test.ledger = open_sized(STORE_WRITE, MAP_SIZE, 0);
    assert_int_equal(store_repair(test.ledger, &hooks, &report), ASSAY_OK);
    assert_int_equal(report.problems, 0);
    expect_sound(2 + rounds * count);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_writer_outgrows_its_map),
        PROMISE(a_batch_begins_with_its_headroom),
        PROMISE(a_reader_follows_a_map_that_grows),
        PROMISE(a_writer_follows_a_map_that_grows),
        PROMISE(room_is_found_when_the_turn_has_come),
        PROMISE(two_writers_grow_the_map_by_turns),
        PROMISE(a_backup_follows_a_map_that_grows),
        PROMISE(a_repair_finds_the_room_that_it_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
