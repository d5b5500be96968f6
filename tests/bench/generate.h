/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate.h - a ledger's worth of signed records, the same for one seed.
 *
 * 200 teams with a root and four members each (1,000 keys); one record in ten
 * is a claim, the rest are sources, verdicts, endorsements and links, written
 * while their claim is recent, as in life: what is spoken about is one of some
 * 400 claims that are being worked on.
 */
#ifndef ASSAY_TESTS_BENCH_GENERATE_H
#define ASSAY_TESTS_BENCH_GENERATE_H

#include <stdint.h>

#include "protocol/err.h"
#include "protocol/id.h"

struct bench_ledger {
    uint64_t records;      /* Written. */
    uint64_t record_bytes; /* Envelopes and bodies. */
    /* Claims with exactly ten sources and four verdicts: malloc'ed. */
    struct assay_id *typical;
    uint64_t typical_count;
};

/* Writes count records (2,000 at least) as an import file to path. */
ASSAY_MUST_CHECK
enum assay_err bench_generate(const char *path, uint64_t count,
                              struct bench_ledger *ledger_out);

#endif
