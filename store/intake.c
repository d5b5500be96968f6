/* SPDX-License-Identifier: Apache-2.0 */
#include "intake.h"

#include "intake_reader.h"
#include "protocol/check.h"
#include "workers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct store_intake {
    struct store_intake_unit units[STORE_INTAKE_UNITS];
    struct store_intake_reader reader; /* The reading thread's. */

    pthread_mutex_t lock; /* Over all that follows. */
    pthread_cond_t is_changed;
    /* Units are numbered for ever; number n is in place n modulo their count.
     * released <= got <= taken <= filled <= released + STORE_INTAKE_UNITS. */
    uint64_t filled;
    uint64_t taken;
    uint64_t got;
    uint64_t released;
    bool is_filled_up; /* The last unit is filled. */
    bool is_stopping;

    pthread_t threads[STORE_WORKERS_MAX + 1];
    size_t thread_count;
    int wake[2]; /* A pipe that ends the reader's waiting for input. */
};

static struct store_intake_unit *unit_at(struct store_intake *intake,
                                         uint64_t number)
{
    return &intake->units[number % STORE_INTAKE_UNITS];
}

static void lock(struct store_intake *intake)
{
    int status = pthread_mutex_lock(&intake->lock);

    ASSAY_CHECK(status == 0);
}

static void unlock(struct store_intake *intake)
{
    int status = pthread_mutex_unlock(&intake->lock);

    ASSAY_CHECK(status == 0);
}

static void wait_for_change(struct store_intake *intake)
{
    int status = pthread_cond_wait(&intake->is_changed, &intake->lock);

    ASSAY_CHECK(status == 0);
}

/* One condition for everybody: units are so large that a needless waking is
 * nothing beside the work on one. */
static void tell_change(struct store_intake *intake)
{
    int status = pthread_cond_broadcast(&intake->is_changed);

    ASSAY_CHECK(status == 0);
}

/* A free unit for the reader; NULL when it is to stop. */
static struct store_intake_unit *wait_to_fill(struct store_intake *intake)
{
    struct store_intake_unit *unit = NULL;

    lock(intake);
    while (!intake->is_stopping &&
           intake->filled == intake->released + STORE_INTAKE_UNITS) {
        wait_for_change(intake);
    }
    if (!intake->is_stopping) {
        unit = unit_at(intake, intake->filled);
    }
    unlock(intake);
    return unit;
}

/* Memory for a unit that is used for the first time: a short file needs few.
 */
static enum assay_err make_unit(struct store_intake_unit *unit)
{
    if (unit->data == NULL) {
        unit->data = malloc(STORE_INTAKE_BYTES);
    }
    if (unit->records == NULL) {
        unit->records = calloc(STORE_INTAKE_RECORDS, sizeof(*unit->records));
    }
    return unit->data == NULL || unit->records == NULL ? ASSAY_E_NOMEM
                                                       : ASSAY_OK;
}

/* Fills a unit; where there is no memory for it, the file ends here. */
static void fill_unit(struct store_intake *intake,
                      struct store_intake_unit *unit)
{
    if (make_unit(unit) == ASSAY_OK) {
        store_intake_reader_fill(&intake->reader, unit);
        return;
    }
    unit->count = 0;
    unit->bytes.is_there = false;
    unit->end = (struct store_intake_end){
        .is_there = true, .is_io = true, .err = ASSAY_E_NOMEM};
}

static void *run_reader(void *context)
{
    struct store_intake *intake = context;
    bool is_last = false;

    while (!is_last) {
        struct store_intake_unit *unit = wait_to_fill(intake);

        if (unit == NULL) {
            return NULL;
        }
        fill_unit(intake, unit);
        is_last = unit->end.is_there;
        lock(intake);
        intake->filled++;
        intake->is_filled_up = is_last;
        tell_change(intake);
        unlock(intake);
    }
    return NULL;
}

static void check_record(struct store_intake_record *item)
{
    struct assay_fault fault = {0, NULL};

    item->err =
        assay_record_parse(item->envelope, item->body, &item->record, &fault);
    item->has_id = item->err == ASSAY_OK;
    item->rule = fault.rule;
    if (item->err == ASSAY_OK) {
        item->err = assay_record_check(&item->record);
        item->rule = assay_err_phrase(item->err);
    }
}

/* A filled unit for a worker; NULL when there will be no more. */
static struct store_intake_unit *wait_to_check(struct store_intake *intake)
{
    struct store_intake_unit *unit = NULL;

    lock(intake);
    while (!intake->is_stopping && !intake->is_filled_up &&
           intake->taken == intake->filled) {
        wait_for_change(intake);
    }
    if (!intake->is_stopping && intake->taken < intake->filled) {
        unit = unit_at(intake, intake->taken);
        intake->taken++;
    }
    unlock(intake);
    return unit;
}

static void *run_worker(void *context)
{
    struct store_intake *intake = context;
    struct store_intake_unit *unit = wait_to_check(intake);

    while (unit != NULL) {
        for (size_t index = 0; index < unit->count; index++) {
            check_record(&unit->records[index]);
        }
        lock(intake);
        unit->is_checked = true;
        tell_change(intake);
        unlock(intake);
        unit = wait_to_check(intake);
    }
    return NULL;
}

static enum assay_err start_all(struct store_intake *intake, size_t workers)
{
    enum assay_err err = store_workers_start(intake->threads, 1, run_reader,
                                             intake, &intake->thread_count);

    return err == ASSAY_OK
               ? store_workers_start(intake->threads, workers, run_worker,
                                     intake, &intake->thread_count)
               : err;
}

enum assay_err store_intake_begin(struct store_ledger *ledger, int fd,
                                  unsigned thread_count,
                                  struct store_intake **intake_out)
{
    struct store_intake *intake = calloc(1, sizeof(*intake));
    enum assay_err err = ASSAY_OK;

    if (intake == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (pthread_mutex_init(&intake->lock, NULL) != 0 ||
        pthread_cond_init(&intake->is_changed, NULL) != 0 ||
        pipe(intake->wake) != 0) {
        free(intake);
        return ASSAY_E_BUSY;
    }
    (void)fcntl(intake->wake[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(intake->wake[1], F_SETFD, FD_CLOEXEC);
    for (size_t index = 0; index < STORE_INTAKE_UNITS; index++) {
        intake->units[index].bytes.stage = STORE_CAPTURE_STAGE_NONE;
    }
    err =
        store_intake_reader_init(&intake->reader, ledger, fd, intake->wake[0]);
    if (err == ASSAY_OK) {
        err = start_all(intake, store_workers_count(thread_count));
    }
    if (err != ASSAY_OK) {
        store_intake_end(intake);
        return err;
    }
    *intake_out = intake;
    return ASSAY_OK;
}

struct store_intake_unit *store_intake_next(struct store_intake *intake)
{
    struct store_intake_unit *unit = unit_at(intake, intake->got);

    lock(intake);
    ASSAY_CHECK(intake->got < intake->released + STORE_INTAKE_BATCH);
    while (intake->got >= intake->filled || !unit->is_checked) {
        wait_for_change(intake);
    }
    intake->got++;
    unlock(intake);
    return unit;
}

void store_intake_release(struct store_intake *intake)
{
    struct store_intake_unit *unit = unit_at(intake, intake->released);

    ASSAY_CHECK(intake->released < intake->got);
    store_capture_stage_drop(&unit->bytes.stage);
    lock(intake);
    unit->is_checked = false;
    intake->released++;
    tell_change(intake);
    unlock(intake);
}

void store_intake_end(struct store_intake *intake)
{
    if (intake == NULL) {
        return;
    }
    lock(intake);
    intake->is_stopping = true;
    tell_change(intake);
    unlock(intake);
    store_files_close(intake->wake[1]); /* The reader sees the other end. */
    store_workers_join(intake->threads, intake->thread_count);
    store_files_close(intake->wake[0]);
    for (size_t index = 0; index < STORE_INTAKE_UNITS; index++) {
        store_capture_stage_drop(&intake->units[index].bytes.stage);
        free(intake->units[index].records);
        free(intake->units[index].data);
    }
    store_intake_reader_clear(&intake->reader);
    (void)pthread_cond_destroy(&intake->is_changed);
    (void)pthread_mutex_destroy(&intake->lock);
    free(intake);
}
