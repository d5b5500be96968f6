/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.h - the evidence chain: a claim with everything that bears on it,
 * each record with its own state.
 *
 * Everything in the result borrows from the view, or lives in the chain's own
 * memory until store_chain_free. Lists that could be long are cut into pages.
 */
#ifndef ASSAY_STORE_CHAIN_H
#define ASSAY_STORE_CHAIN_H

#include "captures.h"
#include "protocol/kinds/capture.h"
#include "protocol/kinds/claim.h"
#include "protocol/kinds/source.h"
#include "protocol/kinds/team.h"
#include "protocol/quote.h"
#include "protocol/standing.h"
#include "view.h"

enum store_body_state {
    STORE_BODY_HELD,
    STORE_BODY_MALFORMED, /* Held, but it breaks its kind's rules. */
    STORE_BODY_ERASED,    /* Erased here, on purpose: see erasure. */
    STORE_BODY_MISSING    /* Not received, or the record is not held. */
};

enum store_signature_state {
    STORE_SIGNATURE_STORED, /* Checked when it was stored. */
    STORE_SIGNATURE_GOOD,   /* Checked again just now. */
    STORE_SIGNATURE_BAD     /* Checked again just now, and it fails. */
};

/* What is known of any record in the chain. */
struct store_item {
    struct assay_id id;
    bool is_held;          /* If not, only the id is known. */
    struct store_row *row; /* NULL if not held. */
    struct assay_validity_result validity;
    struct assay_bytes team_name;   /* None where it is erased or missing. */
    struct assay_bytes member_name; /* Likewise; a root has none. */
    bool is_log_forked;
    enum store_signature_state signature;
    enum store_body_state body;
    const char *malformed_rule;
    struct store_erasure erasure;
    bool is_dated_ahead; /* Its time is after its receipt here by a day. */
    bool is_retracted;   /* By a standing retraction that may. */
    struct assay_id retracted_by;
    struct assay_bytes retract_reason; /* None where its body is gone. */
    uint64_t retracted_s;              /* The retraction's own time. */
};

enum store_place_state {
    STORE_PLACE_URL_ONLY,  /* A URL, nothing archived. */
    STORE_PLACE_UNKNOWN,   /* The capture's record is not held. */
    STORE_PLACE_NO_BYTES,  /* Known, its bytes are not here. */
    STORE_PLACE_NOT_TEXT,  /* Held; quotes cannot be looked for in it. */
    STORE_PLACE_NO_QUOTE,  /* Held, nothing is quoted. */
    STORE_PLACE_FOUND,     /* The quote stands in the captured bytes. */
    STORE_PLACE_ABSENT,    /* It does not. */
    STORE_PLACE_AMBIGUOUS, /* It stands there more than once. */
    STORE_PLACE_BAD_BYTES, /* The bytes here do not have their hash. */
    STORE_PLACE_UNCHECKED  /* The file is here; nothing looked into it. */
};

/* A place with what was found there. */
struct store_place {
    struct assay_place place;
    enum store_place_state state;
    uint64_t quote_offset;      /* FOUND: bytes from the capture's start. */
    struct store_item *capture; /* NULL for a URL alone. */
    struct assay_capture about; /* Where the capture's body is held. */
};

struct store_challenge {
    struct store_item item;
    struct assay_bytes reason;
    struct store_item *cites;
    size_t cite_count;
    bool is_accepted; /* Of a team that the asker accepts. */
};

struct store_endorsement {
    struct store_item item;
    struct assay_bytes note;
    bool counts;
};

struct store_chain_source {
    struct store_item item;
    struct assay_source source;
    struct store_place place;
    bool is_cited; /* By a current verdict. */
    struct store_challenge *challenges;
    size_t challenge_count;
    uint64_t challenge_more; /* That this page leaves out. */
};

struct store_chain_verdict {
    struct store_item item;
    struct assay_verdict verdict;
    bool is_accepted;
    bool is_published;
    bool is_current;
    bool is_superseded;
    struct assay_id superseded_by;
    uint32_t signoffs_needed;
    uint32_t signoffs_count;
    struct assay_id *cites; /* Source ids, in order; find them in sources or
                               cited. */
    size_t cite_count;
    struct store_endorsement *endorsements;
    size_t endorsement_count;
    uint64_t endorsement_more;
    struct store_challenge *challenges;
    size_t challenge_count;
    uint64_t challenge_more;
};

struct store_chain_link {
    struct store_item item;
    uint64_t relation;
    bool is_outward;         /* This claim is the link's "on". */
    struct store_item other; /* The other claim. */
    struct assay_bytes other_text;
    struct assay_bytes note;
};

struct store_chain {
    struct store_item item; /* The claim's. */
    struct assay_claim claim;
    struct store_place *places;
    size_t place_count;
    uint64_t as_of_s; /* STORE_NOW, or what was asked. */

    struct assay_standing_result standing;
    struct store_chain_verdict *verdicts; /* Current first, then published,
                                             waiting, superseded, fallen. */
    size_t verdict_count;
    uint64_t verdict_more; /* Not in this page. */

    struct store_chain_source *sources; /* Of this page, by LSN; those that
                                           the verdicts shown cite always. */
    size_t source_count;
    uint64_t source_total;
    uint64_t source_next_lsn; /* Give as sources_after for the next page; 0 at
                                 the end. */

    struct store_chain_link *links;
    size_t link_count;
    uint64_t link_more;

    struct store_challenge *challenges; /* On the claim itself. */
    size_t challenge_count;
    uint64_t challenge_more;

    struct assay_id *missing; /* Named in this page and not held here. */
    size_t missing_count;
};

struct store_chain_options {
    uint32_t page_max;      /* Entries of each list; 0: 50; 4096 at most. */
    uint64_t sources_after; /* LSN; 0 for the first page. */
    bool verify_signatures; /* Check every record shown again, now. */
    bool check_captures;    /* Hash captures and look for the quotes; else
                               only whether the file is there. */
    /* Teams that count besides the trust list: one's own. */
    const struct assay_id *own_teams;
    size_t own_team_count;
};

/*
 * Walks the chain of a claim. All verdicts count for the standing, also those
 * beyond the page. ASSAY_E_NOT_FOUND where the claim is not held (or was not
 * by then), ASSAY_E_AUTH where the id is not a claim's, the view's errors.
 * captures_of may be NULL. Time is linear in what speaks about the claim.
 */
ASSAY_MUST_CHECK
enum assay_err store_chain_walk(struct store_view *view,
                                struct store_ledger *captures_of,
                                const struct assay_id *claim,
                                const struct store_chain_options *options,
                                struct store_chain **chain_out);
void store_chain_free(struct store_chain *chain);

/* Fills an item for one record alone (show, log, list use it). chain's memory
 * is not needed: row must outlive the item. */
ASSAY_MUST_CHECK
enum assay_err store_item_fill(struct store_view *view, struct store_row *row,
                               bool verify_signature,
                               struct store_item *item_out);

/* The name of a team now: the last standing profile's, else the founding
 * record's. None where it is not held. */
struct assay_bytes store_team_name(struct store_view *view,
                                   const struct assay_id *team);

#endif
