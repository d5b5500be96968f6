/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_chain.h - a chain made by hand, with one record of every state that a
 * renderer has to tell.
 */
#ifndef ASSAY_TESTS_UNIT_CLI_SAMPLE_CHAIN_H
#define ASSAY_TESTS_UNIT_CLI_SAMPLE_CHAIN_H

#include "store/chain.h"

#include <stdio.h>

/* Rows that a sample may have. */
#define SAMPLE_ROWS_MAX 64

struct sample {
    struct store_chain chain;
    struct store_row rows[SAMPLE_ROWS_MAX];
    size_t row_count;
    struct assay_authority authorities[4];
    struct store_item captures[2];
    struct store_place places[2];
    struct store_chain_verdict verdicts[8];
    struct store_chain_source sources[6];
    struct store_chain_link links[2];
    struct store_challenge challenges[3];
    struct store_endorsement endorsements[2];
    struct store_item challenge_cites[1];
    struct assay_id cites[4][2];
    struct assay_id missing[2];
};

/* A new sample with everything in it; free with free(). */
struct sample *sample_new(void);

/* A new sample with a claim alone, of this text. */
struct sample *sample_new_claim(struct assay_bytes text);

/* A held record of a kind, spoken by a member: standing, its body held. */
struct store_item sample_item(struct sample *sample, uint64_t kind);

/* What write writes, as text that is ended by a zero; free it. */
char *sample_text(enum assay_err (*write)(const struct store_chain *chain,
                                          FILE *out),
                  const struct store_chain *chain);

#endif
