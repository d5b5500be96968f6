/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.h - a thread, its claims and what a desk says of them, as one JSON
 * text ("assay-manifest/1"; docs/manifest.md defines it).
 *
 * The parser is pure: bytes in, a struct out, with every name that one entry
 * has for another resolved to an index. What it lets through needs only the
 * captured files, the quotes and the signers to become records.
 */
#ifndef ASSAY_CLI_MANIFEST_H
#define ASSAY_CLI_MANIFEST_H

#include "protocol/err.h"
#include "protocol/kinds/source.h"
#include "protocol/kinds/verdict.h"

#define CLI_MANIFEST_FORMAT "assay-manifest/1"
#define CLI_MANIFEST_MAX (16U * 1024U * 1024U) /* Bytes. */
/* Entries of all lists together: what one batch of the store takes. */
#define CLI_MANIFEST_RECORDS_MAX 20000U
#define CLI_MANIFEST_KEY_MAX 64
#define CLI_MANIFEST_NONE SIZE_MAX /* The index of what is not given. */

/* Texts are NULL where a field is not given; they live as long as the
 * manifest. A team is NULL where it is the manifest's, which may be NULL too:
 * the only one that there is. */

/* Another entry, by its key. */
struct cli_manifest_ref {
    const char *key;
    size_t index; /* In the list that the field is for. */
};

/* Up to ASSAY_LIST_MAX texts, or keys with what they name. */
struct cli_manifest_list {
    struct cli_manifest_ref *items;
    size_t count;
};

struct cli_manifest_place {
    struct cli_manifest_ref capture;
    const char *url;
    const char *quote;
    const char *prefix;
    const char *suffix;
};

struct cli_manifest_capture {
    const char *key;
    const char *file; /* Relative, without ".." or empty parts. */
    const char *url;
    const char *media_type;
    const char *title;
    const char *author;
    const char *published;
    const char *captured_at; /* A date as text.h has it, to the second. */
    const char *sha256;      /* 64 lower-case hexadecimal digits. */
};

struct cli_manifest_claim {
    const char *key;
    const char *team;
    const char *text;
    const char *lang;
    const char *speaker;
    const char *said;
    struct cli_manifest_list topics; /* Their indexes mean nothing. */
    struct cli_manifest_place *places;
    size_t place_count;
};

struct cli_manifest_source {
    const char *key;
    const char *team;
    size_t claim;    /* Index of the claim it is listed under. */
    size_t position; /* There. */
    const char *stance_name;
    enum assay_stance stance;
    struct cli_manifest_place place;
    const char *note;
};

struct cli_manifest_verdict {
    const char *key;
    const char *team;
    size_t claim;
    size_t position;
    const char *rating_name;
    enum assay_rating rating;
    const char *label;
    const char *lang;
    const char *rationale;
    const char *review_url;
    struct cli_manifest_list cites;      /* Sources. */
    struct cli_manifest_list supersedes; /* Verdicts before this one, of the
                                            same claim and team. */
};

struct cli_manifest_link {
    const char *team;
    struct cli_manifest_ref from; /* Claims. */
    struct cli_manifest_ref to;
    const char *relation_name;
    uint64_t relation;
    const char *note;
};

struct cli_manifest_challenge {
    const char *team;
    struct cli_manifest_ref on; /* A claim, source or verdict: see on_kind. */
    uint64_t on_kind;           /* enum assay_kind. */
    const char *reason;
    struct cli_manifest_list cites; /* Sources. */
};

struct cli_manifest_endorsement {
    const char *team;
    const char *as;             /* The name of a key. */
    struct cli_manifest_ref on; /* A verdict. */
    const char *note;
};

struct cli_manifest {
    void *root; /* The JSON value that owns the texts. */
    const char *team;
    struct cli_manifest_capture *captures;
    size_t capture_count;
    struct cli_manifest_claim *claims;
    size_t claim_count;
    struct cli_manifest_source *sources; /* Claim by claim. */
    size_t source_count;
    struct cli_manifest_verdict *verdicts; /* Claim by claim. */
    size_t verdict_count;
    struct cli_manifest_link *links;
    size_t link_count;
    struct cli_manifest_challenge *challenges;
    size_t challenge_count;
    struct cli_manifest_endorsement *endorsements;
    size_t endorsement_count;
};

/* Where a manifest is wrong, and how. */
struct cli_manifest_fault {
    char where[192]; /* "claims[2].places[0].quote", or "line 3, column 9". */
    char why[192];
};

/*
 * Reads a manifest. Fails with ASSAY_E_MALFORMED or ASSAY_E_LIMIT, with the
 * fault, or ASSAY_E_NOMEM; *manifest_out is untouched then. Free it with
 * cli_manifest_free.
 */
ASSAY_MUST_CHECK
enum assay_err cli_manifest_parse(struct assay_bytes json,
                                  struct cli_manifest **manifest_out,
                                  struct cli_manifest_fault *fault_out);

/* Accepts NULL. */
void cli_manifest_free(struct cli_manifest *manifest);

#endif
