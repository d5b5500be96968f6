/* SPDX-License-Identifier: Apache-2.0 */
#include "store/chain.h"

#include "protocol/key.h"
#include "store/author.h"
#include "test_ledger.h"
#include "testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char page[] = "It all began on a Monday. It went on. It went on.";

/* A desk that captured a page and says what stands there. */
struct desk {
    struct test_ledger ledger;
    struct history *history;
    size_t root;
    struct assay_id capture;
    struct store_view *view;
    struct store_chain *chain;
};

static struct assay_id author(struct desk *desk, struct store_draft *draft,
                              const struct assay_cbor_writer *writer)
{
    struct store_batch *batch = NULL;
    struct assay_id id;

    draft->grant_id = history_item(desk->history, desk->root)->id;
    draft->time_s = TEST_NOW_S;
    assert_int_equal(assay_cbor_writer_finish(writer, &draft->body), ASSAY_OK);
    assert_int_equal(store_batch_begin(desk->ledger.ledger, TEST_NOW_S, &batch),
                     ASSAY_OK);
    assert_int_equal(
        store_author_write(
            batch, draft, history_secret(desk->history, desk->root), &id, NULL),
        ASSAY_OK);
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
    return id;
}

static struct assay_id write_capture(struct desk *desk, const char *media_type)
{
    static const uint8_t salt[ASSAY_SALT_SIZE] = {1};
    uint8_t buffer[1024];
    struct assay_cbor_writer writer;
    struct store_draft draft = {.kind = ASSAY_KIND_CAPTURE};
    struct assay_capture capture = {
        .media_type = assay_bytes_of(media_type),
        .size = sizeof(page) - 1,
    };

    assay_hash(assay_bytes_of(page), capture.sha256);
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_capture_write(&capture, salt, &writer);
    return author(desk, &draft, &writer);
}

/* A claim that stands in a capture; quote may be NULL. */
static struct assay_id write_claim(struct desk *desk,
                                   const struct assay_id *capture,
                                   const char *quote)
{
    static const uint8_t salt[ASSAY_SALT_SIZE] = {2};
    uint8_t buffer[1024];
    struct assay_cbor_writer writer;
    struct store_draft draft = {.kind = ASSAY_KIND_CLAIM, .about_count = 1};
    struct assay_claim *claim = calloc(1, sizeof(*claim));
    struct assay_id id;

    assert_non_null(claim);
    draft.about[0] = (struct assay_about){ASSAY_REL_CAPTURE, *capture};
    claim->text = assay_bytes_of("It began on a Monday.");
    claim->place_count = 1;
    claim->places[0].has_capture = true;
    claim->places[0].capture = *capture;
    claim->places[0].exact = assay_bytes_of(quote);
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_claim_write(claim, salt, &writer);
    free(claim);
    id = author(desk, &draft, &writer);
    return id;
}

static void archive(struct desk *desk, const char *bytes)
{
    struct store_capture_info info;
    char path[TEST_PATH_MAX];
    int fd;

    test_path(path, desk->ledger.folder, "page");
    test_file_write(path, bytes, strlen(bytes), 0600);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(
        store_captures_put(desk->ledger.ledger, fd, ASSAY_CAPTURE_MAX, &info),
        ASSAY_OK);
    assert_int_equal(close(fd), 0);
}

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof(*desk));

    assert_non_null(desk);
    test_ledger_make(&desk->ledger);
    desk->history = history_new(3);
    desk->root = history_found(desk->history);
    test_ledger_fill(&desk->ledger, desk->history, NULL, 1);
    desk->capture = write_capture(desk, "text/plain");
    *state = desk;
    return 0;
}

static void end_walk(struct desk *desk)
{
    store_chain_free(desk->chain);
    store_view_end(desk->view);
    desk->chain = NULL;
    desk->view = NULL;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;

    end_walk(desk);
    history_free(desk->history);
    test_ledger_remove(&desk->ledger);
    free(desk);
    return 0;
}

static const struct store_place *look(struct desk *desk,
                                      const struct assay_id *claim, bool check)
{
    struct store_chain_options options = {.check_captures = check};

    end_walk(desk);
    assert_int_equal(
        store_view_begin(desk->ledger.ledger, STORE_NOW, &desk->view),
        ASSAY_OK);
    assert_int_equal(store_chain_walk(desk->view, desk->ledger.ledger, claim,
                                      &options, &desk->chain),
                     ASSAY_OK);
    assert_int_equal(desk->chain->place_count, 1);
    return &desk->chain->places[0];
}

static void a_quote_is_looked_for_in_the_bytes(void **state)
{
    struct desk *desk = *state;
    struct assay_id found = write_claim(desk, &desk->capture, "on a Monday");
    struct assay_id absent = write_claim(desk, &desk->capture, "on a Sunday");
    struct assay_id twice = write_claim(desk, &desk->capture, "It went on.");
    struct assay_id none = write_claim(desk, &desk->capture, NULL);

    archive(desk, page);
    assert_int_equal(look(desk, &found, true)->state, STORE_PLACE_FOUND);
    assert_int_equal(desk->chain->places[0].quote_offset, 13);
    assert_int_equal(look(desk, &absent, true)->state, STORE_PLACE_ABSENT);
    assert_int_equal(look(desk, &twice, true)->state, STORE_PLACE_AMBIGUOUS);
    assert_int_equal(look(desk, &none, true)->state, STORE_PLACE_NO_QUOTE);
}

static void nothing_is_said_of_bytes_that_were_not_looked_at(void **state)
{
    struct desk *desk = *state;
    struct assay_id claim = write_claim(desk, &desk->capture, "on a Monday");

    assert_int_equal(look(desk, &claim, false)->state, STORE_PLACE_NO_BYTES);
    assert_int_equal(look(desk, &claim, true)->state, STORE_PLACE_NO_BYTES);
    archive(desk, page);
    assert_int_equal(look(desk, &claim, false)->state, STORE_PLACE_UNCHECKED);
}

static void a_picture_holds_no_quotes(void **state)
{
    struct desk *desk = *state;
    struct assay_id picture = write_capture(desk, "image/png");
    struct assay_id claim = write_claim(desk, &picture, "on a Monday");

    archive(desk, page);
    assert_int_equal(look(desk, &claim, true)->state, STORE_PLACE_NOT_TEXT);
}

static void a_capture_that_is_not_held_is_missing(void **state)
{
    struct desk *desk = *state;
    struct assay_id nowhere = {{9}};
    struct assay_id claim = write_claim(desk, &nowhere, "on a Monday");

    assert_int_equal(look(desk, &claim, true)->state, STORE_PLACE_UNKNOWN);
    assert_int_equal(desk->chain->missing_count, 1);
    assert_true(assay_id_equal(&desk->chain->missing[0], &nowhere));
}

/* Whoever changes the archive cannot make a quote fit. */
static void changed_bytes_are_called_wrong(void **state)
{
    static const char digits[] = "0123456789abcdef";
    struct desk *desk = *state;
    struct assay_id claim = write_claim(desk, &desk->capture, "on a Sunday");
    uint8_t hash[ASSAY_HASH_SIZE];
    char name[2 * ASSAY_HASH_SIZE + 16] = "captures/";
    char path[TEST_PATH_MAX];
    size_t at = 9;

    archive(desk, page);
    assay_hash(assay_bytes_of(page), hash);
    for (size_t i = 0; i < sizeof(hash); i++) {
        name[at++] = digits[hash[i] >> 4];
        name[at++] = digits[hash[i] & 15];
        if (i == 0) {
            name[at++] = '/';
        }
    }
    test_path(path, desk->ledger.dir, name);
    assert_int_equal(chmod(path, 0600), 0);
    test_file_write(path, "It all began on a Sunday.", 25, 0600);
    assert_int_equal(look(desk, &claim, true)->state, STORE_PLACE_BAD_BYTES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_quote_is_looked_for_in_the_bytes),
        TEST(nothing_is_said_of_bytes_that_were_not_looked_at),
        TEST(a_picture_holds_no_quotes),
        TEST(a_capture_that_is_not_held_is_missing),
        TEST(changed_bytes_are_called_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
