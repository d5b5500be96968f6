/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.h - the way in for a file of records: one thread reads and takes it
 * apart, some check signatures, and the caller, who writes, gets what they
 * found in the order of the file. Not installed.
 *
 * A unit belongs to one thread at a time: the reader fills it, a worker checks
 * it, the caller has it until it is released, then it is the reader's again.
 * There is a fixed number of units, so that memory is bounded whatever the file
 * holds.
 */
#ifndef ASSAY_STORE_INTAKE_H
#define ASSAY_STORE_INTAKE_H

#include "capture_stage.h"
#include "protocol/record.h"

/* A unit is what a worker checks at once: some 160 records of usual size,
 * eight milliseconds. The bytes are room for two of the largest records, so
 * that any fits behind another. */
#define STORE_INTAKE_RECORDS 256
#define STORE_INTAKE_BYTES ((size_t)3 * ASSAY_RECORD_MAX)

/* While the caller writes half of the units, the other half is checked. Half
 * of them is one batch: some 4,000 records, beyond which a larger one makes
 * LMDB no faster. */
#define STORE_INTAKE_UNITS 48
#define STORE_INTAKE_BATCH (STORE_INTAKE_UNITS / 2)

/* A record of the file. err is ASSAY_OK where assay_record_open took it. */
struct store_intake_record {
    uint64_t offset; /* Of its item in the file. */
    struct assay_bytes envelope;
    struct assay_bytes body;
    enum assay_err err;
    const char *rule;           /* Where err is not ASSAY_OK. */
    bool has_id;                /* Else its form is bad. */
    struct assay_record record; /* Borrows from the unit. */
};

/* Captured bytes of the file, which come after the unit's records. */
struct store_intake_bytes {
    bool is_there;
    uint64_t offset;
    enum assay_err err; /* ASSAY_E_LIMIT, or why they could not be staged. */
    struct store_capture_stage stage;
    struct store_capture_info info;
};

/* How the file ended. */
struct store_intake_end {
    bool is_there;      /* The unit is the last one. */
    enum assay_err err; /* Of the file's form, or of reading it. */
    bool is_io;         /* It could not be read. */
    bool is_cut;        /* No end mark was seen. */
    bool is_headless;   /* It is no file of records. */
    uint64_t offset;    /* Of the fault. */
    uint64_t whole_offset;
    const char *rule;
};

struct store_intake_unit {
    struct store_intake_record *records;
    size_t count;
    uint8_t *data;
    size_t data_len;
    uint64_t read_to; /* Where in the file the unit ends. */
    struct store_intake_bytes bytes;
    struct store_intake_end end;
    bool is_checked;
};

struct store_intake;

/* Starts the threads (thread_count workers, 0: one a core). fd is read until
 * store_intake_end. ASSAY_E_NOMEM, ASSAY_E_BUSY (no thread can be had). */
ASSAY_MUST_CHECK
enum assay_err store_intake_begin(struct store_ledger *ledger, int fd,
                                  unsigned thread_count,
                                  struct store_intake **intake_out);

/* Waits for the next unit; the one whose end.is_there is the last. At most
 * STORE_INTAKE_BATCH may be held at a time. */
struct store_intake_unit *store_intake_next(struct store_intake *intake);

/* Gives back the unit that was got first among those held. */
void store_intake_release(struct store_intake *intake);

/* Stops and frees everything, read or not; accepts NULL. */
void store_intake_end(struct store_intake *intake);

#endif
