/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a frontier comes to. The hashes here were made by another program
 * (hashlib's BLAKE2b), from the definitions in docs/protocol.md.
 */
#include "protocol/frontier.h"

#include "testing.h"

#define LOGS_MAX 700

/* Logs as a view has them, numbered from 1. */
struct logs {
    struct assay_sync_log list[LOGS_MAX];
    size_t count;
    enum assay_err err;
};

static struct logs logs;

static enum assay_err next_log(void *context, uint64_t *number,
                               struct assay_sync_log *log_out)
{
    (void)context;
    if (logs.err != ASSAY_OK || *number >= logs.count) {
        return logs.err != ASSAY_OK ? logs.err : ASSAY_E_NOT_FOUND;
    }
    *log_out = logs.list[*number];
    ++*number;
    return ASSAY_OK;
}

static const struct assay_sync_view view = {.next_log = next_log};

static struct assay_id id_of(uint8_t byte)
{
    struct assay_id id;

    memset(id.hash, byte, sizeof(id.hash));
    return id;
}

/* A log of grant, with heads whose ids follow one another. */
static struct assay_sync_log *add_log(struct assay_id grant, uint8_t first_head,
                                      size_t head_count)
{
    struct assay_sync_log *log = &logs.list[logs.count++];

    memset(log, 0, sizeof(*log));
    log->number = logs.count;
    log->grant = grant;
    log->team = id_of(9);
    log->record_count = head_count;
    log->head_count = head_count;
    for (size_t i = 0; i < head_count; i++) {
        log->heads[i].id = id_of((uint8_t)(first_head + i));
        log->heads[i].seq = 1;
    }
    return log;
}

static void begin(void)
{
    logs.count = 0;
    logs.err = ASSAY_OK;
}

static struct assay_sync_key key_of(uint64_t round)
{
    uint8_t handshake[ASSAY_HASH_SIZE];
    struct assay_sync_key key;

    for (size_t i = 0; i < sizeof(handshake); i++) {
        handshake[i] = (uint8_t)i;
    }
    assay_sync_key_make(handshake, round, &key);
    return key;
}

static struct assay_sync_teams teams_of(const struct assay_id *ids,
                                        size_t count)
{
    struct assay_sync_key key = key_of(0);
    struct assay_follows follows = {ids == NULL, ids, count};
    struct assay_sync_teams teams;

    assert_int_equal(assay_sync_teams_init(&teams, &key, &follows), ASSAY_OK);
    return teams;
}

static struct assay_frontier_root root_of(const struct assay_sync_key *key,
                                          struct assay_sync_teams teams)
{
    struct assay_frontier_root root;

    assert_int_equal(assay_frontier_root(&view, key, &teams, &root), ASSAY_OK);
    assay_sync_teams_clear(&teams);
    return root;
}

static void check_hex(const uint8_t *bytes, const char *hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; hex[2 * i] != '\0'; i++) {
        assert_int_equal(digits[bytes[i] >> 4], hex[2 * i]);
        assert_int_equal(digits[bytes[i] & 15], hex[2 * i + 1]);
    }
}

static void keys_and_hashes_are_those_of_another_program(void **state)
{
    struct assay_sync_key first = key_of(0);
    struct assay_sync_key second = key_of(1);
    struct assay_id one = id_of(1);
    struct assay_id two = id_of(2);
    struct assay_id teams[] = {id_of(9), id_of(8)};
    struct assay_follows follows = {false, teams, 2};
    uint8_t hash[ASSAY_SYNC_HASH_SIZE];
    (void)state;

    check_hex(first.bytes, "876d0bd6896a59659775fea3ccad40ce"
                           "0820971b699baedac814f9d748919616");
    check_hex(second.bytes, "2ab03deaaac7cbe85ab2efa7d8098fa4"
                            "b8d2dca25f21bfa67f0fc97636ee8c67");
    assert_true(assay_sync_log_key(&second, &one) ==
                UINT64_C(0xb315ae5717476c84));
    assert_int_equal(assay_sync_point_hash(&second, &one, &two), 0x2603dc);
    assay_follows_digest(&first, &follows, hash);
    check_hex(hash, "687ee4d879db894dd132be1f717755e4");
    follows.is_all = true;
    assay_follows_digest(&first, &follows, hash);
    check_hex(hash, "2183b9a158252a38f3c73463f6ebbbc1");
    begin();
    assay_sync_entry_hash(&second, add_log(one, 2, 1), hash);
    check_hex(hash, "e230429b2603dc1bfcef9d5728876585");
    assay_sync_entry_hash(&second, add_log(one, 2, ASSAY_HEADS_MAX), hash);
    check_hex(hash, "98a6c8d2a201035ee6b37373e6081a74");
}

static void a_root_is_the_sum_of_its_logs(void **state)
{
    struct assay_sync_key key = key_of(1);
    struct assay_frontier_root root;
    (void)state;

    begin();
    root = root_of(&key, teams_of(NULL, 0));
    check_hex(root.hash, "00000000000000000000000000000000");
    assert_int_equal(root.log_count, 0);
    (void)add_log(id_of(1), 2, 1);
    (void)add_log(id_of(3), 4, 2);
    root = root_of(&key, teams_of(NULL, 0));
    check_hex(root.hash, "fc8fa50eff3c0de8af8a33c6f5696a33");
    assert_int_equal(root.log_count, 2);
    assert_int_equal(root.record_count, 3);
    /* Granted, and nothing signed yet: the grant is in another log. */
    (void)add_log(id_of(5), 0, 0);
    root = root_of(&key, teams_of(NULL, 0));
    check_hex(root.hash, "fc8fa50eff3c0de8af8a33c6f5696a33");
    assert_int_equal(root.log_count, 2);
}

/* Heads have no order; two nodes may have received them differently. */
static void the_order_of_heads_does_not_matter(void **state)
{
    struct assay_sync_key key = key_of(1);
    struct assay_sync_log *log;
    uint8_t before[ASSAY_SYNC_HASH_SIZE];
    uint8_t after[ASSAY_SYNC_HASH_SIZE];
    (void)state;

    begin();
    log = add_log(id_of(3), 4, 2);
    assay_sync_entry_hash(&key, log, before);
    log->heads[0].id = id_of(5);
    log->heads[1].id = id_of(4);
    assay_sync_entry_hash(&key, log, after);
    assert_memory_equal(before, after, sizeof(before));
    log->head_count = 1;
    assay_sync_entry_hash(&key, log, after);
    assert_memory_not_equal(before, after, sizeof(before));
}

static void only_logs_of_the_teams_count(void **state)
{
    struct assay_sync_key key = key_of(1);
    struct assay_id ours[] = {id_of(9), id_of(200), id_of(9)};
    struct assay_frontier_root all;
    struct assay_frontier_root some;
    (void)state;

    begin();
    (void)add_log(id_of(1), 2, 1);
    all = root_of(&key, teams_of(NULL, 0));
    add_log(id_of(3), 4, 2)->team = id_of(10);
    some = root_of(&key, teams_of(ours, 3));
    assert_memory_equal(some.hash, all.hash, sizeof(all.hash));
    assert_int_equal(some.log_count, 1);
    assert_int_equal(some.record_count, 3);
    some = root_of(&key, teams_of(ours, 0));
    assert_int_equal(some.log_count, 0);
    some = root_of(&key, teams_of(&ours[1], 1));
    assert_int_equal(some.log_count, 0);
}

static void a_list_of_teams_has_a_limit(void **state)
{
    static struct assay_id many[ASSAY_FOLLOWS_MAX + 1];
    struct assay_sync_key key = key_of(0);
    struct assay_follows follows = {false, many, ASSAY_FOLLOWS_MAX + 1};
    struct assay_sync_teams teams;
    (void)state;

    assert_int_equal(assay_sync_teams_init(&teams, &key, &follows),
                     ASSAY_E_LIMIT);
    follows.count--;
    assert_int_equal(assay_sync_teams_init(&teams, &key, &follows), ASSAY_OK);
    assert_int_equal(teams.count, 1);
    assay_sync_teams_clear(&teams);
}

static void errors_of_the_view_are_passed_on(void **state)
{
    struct assay_sync_key key = key_of(0);
    struct assay_sync_teams teams = teams_of(NULL, 0);
    struct assay_frontier_root root;
    struct assay_frontier frontier;
    struct assay_slice slice = {0, 0};
    (void)state;

    begin();
    (void)add_log(id_of(1), 2, 1);
    logs.err = ASSAY_E_IO;
    assert_int_equal(assay_frontier_root(&view, &key, &teams, &root),
                     ASSAY_E_IO);
    assert_int_equal(assay_frontier_init(&frontier, &view, &key, &teams, slice),
                     ASSAY_E_IO);
    assay_sync_teams_clear(&teams);
}

static void add_many(size_t count)
{
    begin();
    for (size_t i = 0; i < count; i++) {
        struct assay_id grant = id_of(7);

        grant.hash[0] = (uint8_t)i;
        grant.hash[1] = (uint8_t)(i >> 8);
        add_log(grant, (uint8_t)i, 1)->is_root = i % 2 == 0;
    }
}

static struct assay_frontier frontier_of(struct assay_slice slice)
{
    struct assay_sync_key key = key_of(1);
    struct assay_sync_teams teams = teams_of(NULL, 0);
    struct assay_frontier frontier;

    assert_int_equal(assay_frontier_init(&frontier, &view, &key, &teams, slice),
                     ASSAY_OK);
    assay_sync_teams_clear(&teams);
    return frontier;
}

/* Taken in at once or slice by slice, each log is in one place. */
static void slices_divide_the_logs(void **state)
{
    struct assay_frontier whole;
    size_t count = 0;
    (void)state;

    add_many(LOGS_MAX);
    whole = frontier_of((struct assay_slice){0, 0});
    assert_int_equal(whole.count, LOGS_MAX);
    for (uint64_t index = 0; index < 8; index++) {
        struct assay_slice slice = {3, index};
        struct assay_slice finer = {5, index * 4 + 1};
        struct assay_frontier own = frontier_of(slice);
        struct assay_frontier part;

        assert_true(assay_frontier_covers(&whole, slice));
        assert_true(assay_frontier_covers(&own, finer));
        assert_false(assay_frontier_covers(
            &own, (struct assay_slice){5, (finer.index + 4) % 32}));
        assert_false(
            assay_frontier_covers(&own, (struct assay_slice){2, index / 2}));
        assay_frontier_part(&whole, slice, &part);
        assert_int_equal(part.count, own.count);
        for (size_t i = 0; i < own.count; i++) {
            assert_true(part.logs[i].key == own.logs[i].key);
            assert_int_equal(part.logs[i].number, own.logs[i].number);
            assert_true(i == 0 || own.logs[i].key > own.logs[i - 1].key);
            assert_true(own.logs[i].key >> 61 == index);
        }
        count += own.count;
        assay_frontier_clear(&own);
    }
    assert_int_equal(count, LOGS_MAX);
    assay_frontier_clear(&whole);
}

static void a_log_is_described_as_it_is(void **state)
{
    struct assay_frontier frontier;
    struct assay_sync_log *log;
    (void)state;

    begin();
    log = add_log(id_of(1), 2, 1);
    log->record_count = 5;
    log->heads[0].seq = 5;
    log->is_root = true;
    frontier = frontier_of((struct assay_slice){0, 0});
    assert_true(frontier.logs[0].is_plain);
    assert_true(frontier.logs[0].is_root);
    assert_int_equal(frontier.logs[0].seq, 5);
    assert_int_equal(frontier.logs[0].number, 1);
    assert_int_equal(frontier.logs[0].bucket, 0xe230429b);
    assert_int_equal(frontier.logs[0].heads, 0x2603dc);
    assay_frontier_clear(&frontier);

    log->record_count = 6; /* A fork that was healed. */
    frontier = frontier_of((struct assay_slice){0, 0});
    assert_false(frontier.logs[0].is_plain);
    assay_frontier_clear(&frontier);
}

static void a_bucket_is_the_sum_of_its_logs(void **state)
{
    uint8_t sums[ASSAY_SYNC_BUCKET_SIZE << 7];
    struct assay_frontier frontier;
    uint32_t expected = 0;
    uint64_t bucket;
    (void)state;

    add_many(LOGS_MAX);
    frontier = frontier_of((struct assay_slice){1, 1});
    assay_frontier_buckets(&frontier, 7, sums);
    bucket = frontier.logs[0].key << 1 >> 57;
    for (size_t i = 0; i < frontier.count; i++) {
        uint64_t place =
            assay_frontier_place(&frontier, 7, frontier.logs[i].key);

        assert_true(place == frontier.logs[i].key << 1 >> 33);
        assert_int_equal(assay_frontier_find(&frontier, 7, place), i);
        if (place >> 24 == bucket) {
            expected ^= frontier.logs[i].bucket;
        }
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(sums[bucket * 4 + i], expected >> 8 * (3 - i) & 0xff);
    }
    assert_int_equal(assay_frontier_find(&frontier, 7, UINT64_C(1) << 31),
                     frontier.count);
    assay_frontier_clear(&frontier);
}

static void bits_follow_the_number_of_logs(void **state)
{
    (void)state;

    assert_int_equal(assay_frontier_bucket_bits(0), 7);
    assert_int_equal(assay_frontier_bucket_bits(1000), 9);
    assert_int_equal(assay_frontier_bucket_bits(UINT64_MAX), 13);
    assert_int_equal(assay_frontier_slice_bits(0), 0);
    assert_int_equal(assay_frontier_slice_bits(50000), 0);
    assert_int_equal(assay_frontier_slice_bits(60000), 1);
    assert_int_equal(assay_frontier_slice_bits(UINT64_MAX), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_hashes_are_those_of_another_program),
        cmocka_unit_test(a_root_is_the_sum_of_its_logs),
        cmocka_unit_test(the_order_of_heads_does_not_matter),
        cmocka_unit_test(only_logs_of_the_teams_count),
        cmocka_unit_test(a_list_of_teams_has_a_limit),
        cmocka_unit_test(errors_of_the_view_are_passed_on),
        cmocka_unit_test(slices_divide_the_logs),
        cmocka_unit_test(a_log_is_described_as_it_is),
        cmocka_unit_test(a_bucket_is_the_sum_of_its_logs),
        cmocka_unit_test(bits_follow_the_number_of_logs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
