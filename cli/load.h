/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.h - a manifest on its way into the ledger, in steps: signers, captured
 * bytes, quotes, then all records in one batch.
 */
#ifndef ASSAY_CLI_LOAD_H
#define ASSAY_CLI_LOAD_H

#include "draft.h"
#include "interrupt.h"
#include "manifest.h"

/* Different signers of one manifest: teams, and keys that endorse. */
#define CLI_LOAD_SIGNERS_MAX 64

/* Who signs for a team (NULL: the default one) with a key (NULL likewise). */
struct cli_load_signer {
    const char *team;
    const char *as;
    size_t same; /* The first one that is the same; itself as a rule. */
    struct cli_signer signer; /* Unlocked where it is the first. */
};

/* What was found out about a capture's bytes. */
struct cli_load_capture {
    uint8_t sha256[ASSAY_HASH_SIZE];
    uint64_t size;
    uint64_t captured_at_s;
    const char *media_type;
};

struct cli_load {
    struct cli_context *context;
    const struct cli_manifest *manifest;
    int folder_fd; /* The manifest's folder. */
    struct cli_watch watch;
    struct cli_load_signer signers[CLI_LOAD_SIGNERS_MAX];
    size_t signer_count;
    struct cli_load_capture *captures; /* These are as many as the */
    struct assay_id *capture_ids;      /* manifest has. */
    struct assay_id *claim_ids;
    struct assay_id *source_ids;
    struct assay_id *verdict_ids;
};

/* The signer for an entry's team, chosen before; as may be NULL. */
const struct cli_signer *cli_load_signer(const struct cli_load *load,
                                         const char *team, const char *as);

/* What an entry says about a place, with the id of its capture. */
void cli_load_place(const struct cli_load *load,
                    const struct cli_manifest_place *from,
                    struct assay_place *place_out);

/* Says that Ctrl-C came before anything was signed for good. */
enum cli_exit cli_load_stopped(void);

/* Stores the bytes of every capture, and looks for every quote of a text. */
enum cli_exit cli_load_files(struct cli_load *load);

/* Writes every record in one batch and makes it durable, or none. */
enum cli_exit cli_load_records(struct cli_load *load);

#endif
