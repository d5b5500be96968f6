/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kind.h - the kinds of record, the relations between them, and words for
 * both. Numbers are fixed for ever; docs/records.md lists them.
 */
#ifndef ASSAY_PROTOCOL_KIND_H
#define ASSAY_PROTOCOL_KIND_H

#include "bytes.h"

enum assay_kind {
    /* Authority. These count only in a root's log. */
    ASSAY_KIND_FOUND = 1,
    ASSAY_KIND_PROFILE = 2,
    ASSAY_KIND_MEMBER = 3,
    ASSAY_KIND_REVOKE = 4,
    ASSAY_KIND_ROTATE = 5,
    ASSAY_KIND_VOUCH = 6,
    /* What is said. */
    ASSAY_KIND_CAPTURE = 16,
    ASSAY_KIND_CLAIM = 17,
    ASSAY_KIND_SOURCE = 18,
    ASSAY_KIND_VERDICT = 19,
    ASSAY_KIND_ENDORSE = 20,
    ASSAY_KIND_LINK = 21,
    ASSAY_KIND_CHALLENGE = 22,
    ASSAY_KIND_CARRY = 23,
    ASSAY_KIND_RETRACT = 24
};

/* How a record speaks about another one. */
enum assay_relation {
    ASSAY_REL_ON = 1,         /* What this record is about. */
    ASSAY_REL_CAPTURE = 2,    /* The captured bytes that it quotes. */
    ASSAY_REL_CITES = 3,      /* A source that a verdict or challenge uses. */
    ASSAY_REL_SUPERSEDES = 4, /* An earlier verdict that it takes back. */
    ASSAY_REL_ERASES = 5,     /* A retraction asks to drop this body too. */
    ASSAY_REL_SAME_AS = 16,   /* The kinds of link; 16 to 31 are theirs. */
    ASSAY_REL_CONTRADICTS = 17,
    ASSAY_REL_PART_OF = 18,
    ASSAY_REL_TRANSLATION_OF = 19,
    ASSAY_REL_REPEATS = 20
};

/* Whether this version knows the kind: the numbers above have gaps. */
static inline bool assay_kind_is_known(uint64_t kind)
{
    return (kind >= ASSAY_KIND_FOUND && kind <= ASSAY_KIND_VOUCH) ||
           (kind >= ASSAY_KIND_CAPTURE && kind <= ASSAY_KIND_RETRACT);
}

/* The word for a kind ("found", "claim", ...); "unknown" for others. */
const char *assay_kind_name(uint64_t kind);

/* The kind with that name; 0 if there is none. */
uint64_t assay_kind_by_name(struct assay_bytes name);

/* The word for a relation ("on", "same-as", ...); "unknown" for others. */
const char *assay_relation_name(uint64_t relation);

/* The relation with that name; 0 if there is none. */
uint64_t assay_relation_by_name(struct assay_bytes name);

/* Whether a relation joins two claims (16 to 31). */
bool assay_relation_is_link(uint64_t relation);

/* Whether the kind decides who may speak, and so counts only in a root's
 * log: 1 to 15, known or not. */
bool assay_kind_is_authority(uint64_t kind);

/* Whether a record of this kind is the first of a log of its own: found and
 * rotate. */
bool assay_kind_is_root(uint64_t kind);

#endif
