/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ledger.h - a ledger in a folder of its own, filled from a history.
 */
#ifndef ASSAY_TESTS_SUPPORT_TEST_LEDGER_H
#define ASSAY_TESTS_SUPPORT_TEST_LEDGER_H

#include "folder.h"
#include "history.h"
#include "store/batch.h"

#define TEST_NOW_S 1700000000

struct test_ledger {
    char folder[TEST_PATH_MAX];
    char dir[TEST_PATH_MAX];
    struct store_ledger *ledger; /* Open for writing. */
};

/* Each fails the test where it cannot do its work. */
void test_ledger_make(struct test_ledger *test);
void test_ledger_remove(struct test_ledger *test);

/* Closes and opens it again. */
void test_ledger_reopen(struct test_ledger *test, enum store_mode mode);

/* Puts records of a history: all in its order where order is NULL. All must be
 * taken. */
void test_ledger_fill(struct test_ledger *test, const struct history *history,
                      const size_t *order, size_t count);

/* Begins and commits a batch of the ledger, received at now_s. */
struct store_batch *test_ledger_begin(struct test_ledger *test, uint64_t now_s);
void test_ledger_commit(struct store_batch *batch);

/* Opens a record, which must be right in itself, and puts it into a batch;
 * returns what the batch says. */
enum assay_err test_ledger_put(struct store_batch *batch,
                               struct assay_bytes envelope,
                               struct assay_bytes body);

/* The same for a record of a history. */
enum assay_err test_ledger_put_item(struct store_batch *batch,
                                    const struct history *history,
                                    size_t index);

/* Writes a claim with a text of text_len at the end of a grant's log, as the
 * command line does; it states time_s. Stops the program where it cannot, so
 * that a child process may call it. */
void test_ledger_claim(struct store_batch *batch, const struct history *history,
                       size_t grant, size_t text_len, uint64_t time_s);

/* Walks the whole ledger; fails the test with the first problem. */
void test_ledger_check(struct test_ledger *test);

/* How many records it holds. */
uint64_t test_ledger_count(struct test_ledger *test);

/* Whether it holds a record of a history. */
bool test_ledger_has(struct test_ledger *test, const struct history *history,
                     size_t index);

#endif
