/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validity.h - which records stand, and who speaks in them.
 *
 * A pure function of the set of records held: never of clocks or of the order
 * of arrival. In this order, so that nothing is circular:
 *
 *   1. the chain of root grants: found, then rotate by rotate; of two rotates
 *      of one grant the one with the smaller id is in force;
 *   2. which root records stand: those behind the last good records that the
 *      rotate in force after their grant names (all, where none follows);
 *   3. members and revocations: of standing root records only;
 *   4. which records of members stand: those behind the last good records of
 *      every standing revocation of their grant;
 *   5. kinds of authority count only in a root's log.
 *
 * docs/records.md says the same at length.
 */
#ifndef ASSAY_PROTOCOL_VALIDITY_H
#define ASSAY_PROTOCOL_VALIDITY_H

#include "logview.h"

enum assay_validity_state {
    ASSAY_STANDS,
    ASSAY_CUT_BY_REVOKE,     /* Beyond a standing revocation's last good. */
    ASSAY_CUT_BY_ROTATE,     /* In a root's log, beyond the rotation's cut. */
    ASSAY_GRANT_FELL,        /* The member record it speaks under fell. */
    ASSAY_ROOT_NOT_IN_FORCE, /* Under the losing side of a root fork. */
    ASSAY_OUT_OF_PLACE,      /* A kind of authority outside a root's log. */
    ASSAY_AUTHORITY_MISSING  /* Part of the path is not held, or the path does
                                not lead to the author's key. */
};

/* Who speaks under a grant. */
struct assay_authority {
    struct assay_id grant;
    struct assay_id team; /* The founding record. */
    struct assay_id root; /* The root grant it was made under, or itself. */
    struct assay_key key;
    enum assay_role role; /* A root speaks as an editor. */
    uint32_t signoffs;    /* That its verdicts need. Roots: 0. */
    bool is_root;
    bool is_root_chair; /* A root, or a member with the key of a root in the
                           team's chain: one person. */
    bool is_in_force;   /* The grant record itself stands. */
    bool is_ended;      /* A standing revocation or rotation names it. */
    bool has_root_fork; /* The team's chain of roots has a fork. */
    enum assay_validity_state state; /* Of the grant record itself. */
    struct assay_id cut_by; /* What made it fall, where something did. */
};

struct assay_validity; /* Opaque: a view and a memory of grants. */

struct assay_validity_result {
    enum assay_validity_state state;
    struct assay_id cut_by; /* The revoke or rotate record that made it fall
                               (of several revokes the smallest id; of a root
                               fork the rotate in force); else zero. */
    const struct assay_authority *authority; /* Lives as long as the
                                                evaluator; NULL exactly where
                                                it is missing. */
};

/*
 * Where several reasons hold, a record's state is the first of: missing, out
 * of place, root not in force, grant fell, cut.
 *
 * A found or rotate record names no other grant than itself. A rotate whose
 * key is not the one that auth committed to, one that is more than
 * ASSAY_ROTATIONS_MAX rotates away from its found record, and a member record
 * that is not in a root's log (or not by the root's key) grant nothing.
 */

/* Makes an evaluator over a view, which must outlive it and not change. */
ASSAY_MUST_CHECK
enum assay_err assay_validity_new(const struct assay_log_view *view,
                                  struct assay_validity **validity_out);
void assay_validity_free(struct assay_validity *validity);

/* Who speaks under a grant (a found, rotate or member record's id); NULL in
 * *authority_out where its path is not held. Errors are the view's, NOMEM,
 * and ASSAY_E_AUTH where the id is not a grant's. */
ASSAY_MUST_CHECK
enum assay_err
assay_validity_authority(struct assay_validity *validity,
                         const struct assay_id *grant,
                         const struct assay_authority **authority_out);

/* Whether a held record stands. Errors are the view's and NOMEM; that a
 * record fell is a result, not an error. */
ASSAY_MUST_CHECK
enum assay_err assay_validity_of(struct assay_validity *validity,
                                 const struct assay_record *record,
                                 struct assay_validity_result *result_out);

/* The root grant in force now for a team, following its rotations.
 * ASSAY_E_NOT_FOUND where the founding record is not held, ASSAY_E_AUTH where
 * team is another record's id; else as above. */
ASSAY_MUST_CHECK
enum assay_err assay_validity_root(struct assay_validity *validity,
                                   const struct assay_id *team,
                                   struct assay_id *root_out);

/*
 * Whether a record that stands, spoken under by, may retract one spoken under
 * of: the same person (the same key, or both roots) of the same team, or an
 * editor or root of that team. Kinds of authority are never retracted, nor
 * are retractions.
 */
bool assay_validity_may_retract(const struct assay_authority *by,
                                const struct assay_record *target,
                                const struct assay_authority *of);

/* Whether two grants are one person's: of the same team, and of the same key
 * or both of the roots' chair, since a rotation hands the same chair on. This
 * is an equivalence, so that persons can be counted in any order. */
bool assay_validity_same_person(const struct assay_authority *a,
                                const struct assay_authority *b);

/* "stands", "cut by revocation", ...: a phrase for people; static. */
const char *assay_validity_phrase(enum assay_validity_state state);

/* "stands", "revoked", "rotated", "grant-fell", "root-not-in-force",
 * "out-of-place", "authority-missing": for programs; static, stable. */
const char *assay_validity_name(enum assay_validity_state state);

#endif
