/* SPDX-License-Identifier: Apache-2.0 */
#include "check_records.h"

#include "protocol/check.h"
#include "workers.h"

#include <stdlib.h>

/* What a worker takes at once, less than a millisecond of work, and how many
 * of these there are: 1,024 rows of 3.5 KiB. */
#define UNIT_ROWS 16
#define UNITS 64

/* Rows and what was found of each. A unit belongs to one thread at a time: the
 * caller fills it, a worker checks it, the caller tells of it. */
struct unit {
    struct store_row rows[UNIT_ROWS];
    enum assay_err errs[UNIT_ROWS];
    size_t count;
    bool is_checked;
};

struct store_check_pool {
    struct store_checking *checking;
    struct unit units[UNITS];
    uint64_t told; /* Units that the caller is done with. */

    pthread_mutex_t lock; /* Over what follows, and is_checked. */
    pthread_cond_t is_changed;
    /* Units are numbered for ever; number n is in place n modulo UNITS.
     * told <= taken <= filled <= told + UNITS. */
    uint64_t filled;
    uint64_t taken;
    bool is_stopping;

    pthread_t threads[STORE_WORKERS_MAX];
    size_t thread_count;
};

static void lock(struct store_check_pool *pool)
{
    int status = pthread_mutex_lock(&pool->lock);

    ASSAY_CHECK(status == 0);
}

static void unlock(struct store_check_pool *pool)
{
    int status = pthread_mutex_unlock(&pool->lock);

    ASSAY_CHECK(status == 0);
}

static void wait_for_change(struct store_check_pool *pool)
{
    int status = pthread_cond_wait(&pool->is_changed, &pool->lock);

    ASSAY_CHECK(status == 0);
}

static void tell_change(struct store_check_pool *pool)
{
    int status = pthread_cond_broadcast(&pool->is_changed);

    ASSAY_CHECK(status == 0);
}

static struct unit *unit_at(struct store_check_pool *pool, uint64_t number)
{
    return &pool->units[number % UNITS];
}

/* A filled unit for a worker; NULL when there will be no more. */
static struct unit *wait_to_check(struct store_check_pool *pool)
{
    struct unit *unit = NULL;

    lock(pool);
    while (!pool->is_stopping && pool->taken == pool->filled) {
        wait_for_change(pool);
    }
    if (!pool->is_stopping) {
        unit = unit_at(pool, pool->taken++);
    }
    unlock(pool);
    return unit;
}

static void *run_worker(void *context)
{
    struct store_check_pool *pool = context;
    struct unit *unit = wait_to_check(pool);

    while (unit != NULL) {
        for (size_t i = 0; i < unit->count; i++) {
            unit->errs[i] = assay_record_check(&unit->rows[i].record);
        }
        lock(pool);
        unit->is_checked = true;
        tell_change(pool);
        unlock(pool);
        unit = wait_to_check(pool);
    }
    return NULL;
}

enum assay_err store_check_pool_new(struct store_checking *checking,
                                    struct store_check_pool **pool_out)
{
    struct store_check_pool *pool = calloc(1, sizeof(*pool));
    enum assay_err err;

    if (pool == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (pthread_mutex_init(&pool->lock, NULL) != 0 ||
        pthread_cond_init(&pool->is_changed, NULL) != 0) {
        free(pool);
        return ASSAY_E_BUSY;
    }
    pool->checking = checking;
    err = store_workers_start(pool->threads, store_workers_count(0), run_worker,
                              pool, &pool->thread_count);
    /* One is enough, though slower. */
    if (pool->thread_count == 0) {
        store_check_pool_free(pool);
        return err;
    }
    *pool_out = pool;
    return ASSAY_OK;
}

/* Waits until the oldest unit is checked, and tells of it. */
static void tell_oldest(struct store_check_pool *pool)
{
    struct unit *unit = unit_at(pool, pool->told);

    lock(pool);
    while (!unit->is_checked) {
        wait_for_change(pool);
    }
    unlock(pool);
    for (size_t i = 0; i < unit->count; i++) {
        if (unit->errs[i] != ASSAY_OK) {
            store_check_say(pool->checking, unit->rows[i].lsn,
                            "it does not verify: %s",
                            assay_err_phrase(unit->errs[i]));
        }
    }
    unit->count = 0;
    unit->is_checked = false;
    pool->told++;
}

static void hand_over(struct store_check_pool *pool)
{
    lock(pool);
    pool->filled++;
    tell_change(pool);
    unlock(pool);
    if (pool->filled == pool->told + UNITS) {
        tell_oldest(pool);
    }
}

void store_check_pool_add(struct store_check_pool *pool,
                          const struct store_row *row)
{
    struct unit *unit = unit_at(pool, pool->filled);

    ASSAY_CHECK(pool->filled < pool->told + UNITS);
    unit->rows[unit->count++] = *row;
    if (unit->count == UNIT_ROWS) {
        hand_over(pool);
    }
}

void store_check_pool_finish(struct store_check_pool *pool)
{
    if (unit_at(pool, pool->filled)->count > 0) {
        hand_over(pool);
    }
    while (pool->told < pool->filled) {
        tell_oldest(pool);
    }
}

void store_check_pool_free(struct store_check_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    lock(pool);
    pool->is_stopping = true;
    tell_change(pool);
    unlock(pool);
    store_workers_join(pool->threads, pool->thread_count);
    (void)pthread_cond_destroy(&pool->is_changed);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}
