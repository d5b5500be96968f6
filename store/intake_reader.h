/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake_reader.h - reads a file of records and fills units with what it
 * holds. Used by one thread; not installed.
 */
#ifndef ASSAY_STORE_INTAKE_READER_H
#define ASSAY_STORE_INTAKE_READER_H

#include "intake.h"
#include "sequence.h"

struct store_intake_reader {
    struct store_ledger *ledger;
    int fd;
    int wake; /* Readable once reading is to end. */
    struct store_sequence sequence;
    uint64_t record_count;
    uint8_t *buffer; /* What was read and not yet taken apart. */
    size_t begin;
    size_t end;
    bool has_ended;                    /* fd gives nothing any more. */
    enum assay_err read_err;           /* Why it could not be read. */
    struct store_sequence_event event; /* RECORD: for the next unit. */
    bool has_event;
};

/* ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err store_intake_reader_init(struct store_intake_reader *reader,
                                        struct store_ledger *ledger, int fd,
                                        int wake);

/* Frees what it holds; accepts a zeroed one. */
void store_intake_reader_clear(struct store_intake_reader *reader);

/* Fills a unit whose records and data are allocated, from its beginning. */
void store_intake_reader_fill(struct store_intake_reader *reader,
                              struct store_intake_unit *unit);

#endif
