/* SPDX-License-Identifier: Apache-2.0 */
#include "store/incoming.h"

#include "store/blob_view.h"
#include "store/captures.h"
#include "test_ledger.h"
#include "testing.h"

#include <stdio.h>
#include <unistd.h>

/* SHA-256 of "abc" (FIPS 180-4). */
static const uint8_t abc_hash[ASSAY_HASH_SIZE] = {
    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
    0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
    0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};

static struct test_ledger ledger;

static int make_ledger(void **state)
{
    (void)state;
    test_ledger_make(&ledger);
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_ledger_remove(&ledger);
    return 0;
}

static struct store_incoming *open_at(uint64_t expected_len)
{
    struct store_incoming *incoming = NULL;
    uint64_t len = 99;

    assert_int_equal(
        store_incoming_open(ledger.ledger, abc_hash, &incoming, &len),
        ASSAY_OK);
    assert_int_equal(len, expected_len);
    return incoming;
}

static void add(struct store_incoming *incoming, const char *text)
{
    assert_int_equal(store_incoming_add(incoming, assay_bytes_of(text)),
                     ASSAY_OK);
}

static uint64_t usage(void)
{
    uint64_t size = 99;

    assert_int_equal(store_captures_usage(ledger.ledger, &size), ASSAY_OK);
    return size;
}

/* What broke off goes on from its end, and is a capture when all is there. */
static void goes_on_where_it_broke_off(void **state)
{
    struct assay_blob_view view = store_blob_view(ledger.ledger);
    struct store_incoming *incoming = open_at(0);
    uint8_t part[2];
    uint64_t size = 0;
    (void)state;

    add(incoming, "a");
    store_incoming_close(incoming, true);
    assert_false(store_captures_has(ledger.ledger, abc_hash));
    assert_int_equal(view.size(view.context, abc_hash, &size),
                     ASSAY_E_NOT_FOUND);
    assert_int_equal(usage(), 1);

    incoming = open_at(1);
    add(incoming, "bc");
    assert_int_equal(store_incoming_finish(incoming), ASSAY_OK);
    store_incoming_close(incoming, true);
    assert_true(store_captures_has(ledger.ledger, abc_hash));
    assert_int_equal(view.size(view.context, abc_hash, &size), ASSAY_OK);
    assert_int_equal(size, 3);
    assert_int_equal(view.read(view.context, abc_hash, 1, part, 2), ASSAY_OK);
    assert_memory_equal(part, "bc", 2);
    assert_int_equal(view.read(view.context, abc_hash, 2, part, 2),
                     ASSAY_E_NOT_FOUND);
    assert_int_equal(usage(), 3);
    store_incoming_close(open_at(0), true);
}

/* Bytes that are others never become the capture. */
static void refuses_what_has_another_hash(void **state)
{
    struct store_incoming *incoming = open_at(0);
    (void)state;

    add(incoming, "abd");
    assert_int_equal(store_incoming_finish(incoming), ASSAY_E_CORRUPT);
    assert_false(store_captures_has(ledger.ledger, abc_hash));
    assert_int_equal(store_incoming_restart(incoming), ASSAY_OK);
    add(incoming, "abc");
    assert_int_equal(store_incoming_finish(incoming), ASSAY_OK);
    store_incoming_close(incoming, true);
    assert_true(store_captures_has(ledger.ledger, abc_hash));
}

/* What is not to be kept is gone, and so is what nobody names any more: bytes
 * of a capture that was erased meanwhile must not stay. */
static void leaves_nothing_behind(void **state)
{
    struct store_incoming *incoming = open_at(0);
    (void)state;

    add(incoming, "a");
    store_incoming_close(incoming, false);
    assert_int_equal(usage(), 0);

    incoming = open_at(0);
    add(incoming, "ab");
    store_incoming_close(incoming, true);
    assert_int_equal(usage(), 2);
    assert_int_equal(store_incoming_prune(ledger.ledger), ASSAY_OK);
    assert_int_equal(usage(), 0);
}

/* A link in the place of the file leads nowhere. */
static void follows_no_links(void **state)
{
    struct store_incoming *incoming = NULL;
    char path[TEST_PATH_MAX];
    char target[TEST_PATH_MAX];
    char hex[2 * ASSAY_HASH_SIZE + 1];
    char folder[TEST_PATH_MAX];
    uint64_t len = 0;
    (void)state;

    store_incoming_close(open_at(0), false);
    for (size_t i = 0; i < sizeof(abc_hash); i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", abc_hash[i]);
    }
    test_path(folder, ledger.dir, "incoming");
    test_path(path, folder, hex);
    test_path(target, ledger.folder, "target");
    test_file_write(target, "ab", 2, 0600);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(
        store_incoming_open(ledger.ledger, abc_hash, &incoming, &len),
        ASSAY_E_UNSAFE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_on_where_it_broke_off, make_ledger,
                                        remove_ledger),
        cmocka_unit_test_setup_teardown(refuses_what_has_another_hash,
                                        make_ledger, remove_ledger),
        cmocka_unit_test_setup_teardown(leaves_nothing_behind, make_ledger,
                                        remove_ledger),
        cmocka_unit_test_setup_teardown(follows_no_links, make_ledger,
                                        remove_ledger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
