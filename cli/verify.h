/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - the three things that assay verify verifies: a record, a file of
 * records, a whole ledger. Each says its steps on standard output, for people
 * or as JSON (docs/json.md).
 */
#ifndef ASSAY_CLI_VERIFY_H
#define ASSAY_CLI_VERIFY_H

#include "context.h"
#include "json.h"
#include "term.h"

/* Faults that are told one by one as JSON; all are counted. */
#define CLI_VERIFY_FAULTS_MAX 1000

enum cli_step { CLI_STEP_GOOD, CLI_STEP_BAD, CLI_STEP_UNKNOWN };

/* For programs: static, stable. */
const char *cli_step_name(enum cli_step step);

/* Begins a paragraph with the mark of a step; the caller adds words of its own
 * and ends it. */
void cli_verify_mark(struct cli_term *term, enum cli_step step);

/* A paragraph that counts something; none where there is nothing. */
void cli_verify_count(struct cli_term *term, enum cli_step step, uint64_t count,
                      const char *what);

/* Adds an id; chars as cli_id_short takes them. */
void cli_verify_id(struct cli_term *term, enum assay_id_type type,
                   const uint8_t *bytes, size_t chars);

/* CLI_DONE where everything about the record is right and it stands. */
enum cli_exit cli_verify_record(struct store_view *view,
                                const struct assay_id *id, bool is_json);

/* A file that an export wrote, without any ledger but one that is made for it
 * and removed, whatever interrupts. CLI_DONE where all of it is whole and
 * verifies. */
enum cli_exit cli_verify_file(const char *path, uint64_t now_s, bool is_json);

/* Every record of the ledger. CLI_DONE where each is what was signed; that
 * some were revoked since is no fault. */
enum cli_exit cli_verify_all(struct store_view *view, bool is_json);

#endif
