/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.h - makes real, signed records for tests, from one seed.
 *
 * A history is a list of records in the order in which they were signed: each
 * names as prev and auth only earlier ones. Records are called by their index
 * in that list; a grant by the index of the found, rotate or member record
 * that made it. Keys, salts, clocks and every choice come from the seed, so
 * the same calls on the same seed give the same bytes.
 *
 * A record follows all heads of its log if that was healed just before, the
 * record that history_follow chose, or else the one that was added last:
 *
 *   struct history *history = history_new(17);
 *   size_t root = history_found(history);
 *   size_t editor = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
 *   size_t claim = history_claim(history, editor);
 *   history_follow(history, claim);
 *   ... two more records of editor: the second one forks the log
 *   history_heal(history, editor);
 *   ... the next one joins the heads
 *   history_free(history);
 *
 * Whatever goes wrong in here is a bug of the test and stops it.
 */
#ifndef ASSAY_TESTS_SUPPORT_HISTORY_H
#define ASSAY_TESTS_SUPPORT_HISTORY_H

#include "protocol/kinds/verdict.h"
#include "protocol/record.h"

/* No record: nothing is superseded, or a last good record nobody holds. */
#define HISTORY_NONE SIZE_MAX

struct history_item {
    struct assay_id id;
    uint64_t kind;
    size_t grant; /* Index of the grant whose log it is in. */
    size_t auth;  /* HISTORY_NONE for a found record. */
    uint64_t seq;
    size_t prev[ASSAY_PREV_MAX];
    size_t prev_count;
    struct assay_bytes envelope; /* Both owned by the history. */
    struct assay_bytes body;     /* data is NULL once it was dropped. */
};

struct history;

struct history *history_new(uint64_t seed);
void history_free(struct history *history);

size_t history_count(const struct history *history);

/* Valid until the next record is added. */
const struct history_item *history_item(const struct history *history,
                                        size_t index);

/* The secret of a grant's key, for records that a test seals itself. */
const uint8_t *history_secret(const struct history *history, size_t grant);

/* Randomness from the seed: 64 bits; a number below bound; true once in n. */
uint64_t history_draw(struct history *history);
size_t history_below(struct history *history, size_t bound);
bool history_once_in(struct history *history, size_t n);

/* Authority. A team; a member with a new key; what the team says of itself;
 * the end of a grant or a root key at the last good records. root may be any
 * grant, so that a test can put these where they do not belong. */
size_t history_found(struct history *history);
size_t history_member(struct history *history, size_t root,
                      enum assay_role role, uint32_t signoffs);
size_t history_profile(struct history *history, size_t root);
size_t history_vouch(struct history *history, size_t root, size_t team);
size_t history_revoke(struct history *history, size_t root, size_t target,
                      const size_t *last, size_t last_count);
size_t history_rotate(struct history *history, size_t root, const size_t *last,
                      size_t last_count);

/* The next key, of a member or the next root's that a found or rotate record
 * commits to, is not a new one but that of this grant. */
void history_reuse_key(struct history *history, size_t grant);

/* What is said. */
size_t history_capture(struct history *history, size_t grant);
size_t history_capture_of(struct history *history, size_t grant,
                          const uint8_t sha256[ASSAY_HASH_SIZE]);
size_t history_claim(struct history *history, size_t grant);
size_t history_source(struct history *history, size_t grant, size_t claim);
size_t history_verdict(struct history *history, size_t grant, size_t claim,
                       enum assay_rating rating, const size_t *supersedes,
                       size_t supersedes_count);
size_t history_endorse(struct history *history, size_t grant, size_t verdict);
size_t history_link(struct history *history, size_t grant, size_t claim,
                    enum assay_relation relation, size_t other);
size_t history_challenge(struct history *history, size_t grant, size_t target);
size_t history_carry(struct history *history, size_t grant, size_t target);
size_t history_retract(struct history *history, size_t grant, size_t target,
                       bool erase);

/* A record of a kind that nobody knows (7 to 15, or above 24), on target. */
size_t history_unknown(struct history *history, size_t grant, uint64_t kind,
                       size_t target);

/* The next record of this one's log follows it, whatever came after. */
void history_follow(struct history *history, size_t index);

/* The next record of a grant's log follows none: a second first record. Not
 * for found and rotate, which are the first of theirs for ever. */
void history_begin_again(struct history *history, size_t grant);

/* The next record of a grant's log follows all heads (eight at most). */
void history_heal(struct history *history, size_t grant);

/* Drops a body, as an erasure does. */
void history_drop_body(struct history *history, size_t index);

/* How much a random history has of what. */
struct history_mix {
    size_t count;         /* Records to add. */
    size_t team_max;      /* Teams that are founded at most. */
    size_t fork_once_in;  /* A record follows a random one of its log. */
    size_t heal_once_in;  /* A record follows all heads of its log. */
    size_t end_once_in;   /* A record is a revoke or rotate. */
    size_t erase_once_in; /* A body is dropped when the record was added. */
};

/* Adds random records to a history: everything above but history_reuse_key
 * where it would make two teams share a key. */
void history_grow(struct history *history, const struct history_mix *mix);

/* A new history of 2 to count_max random records, with each kind of trouble in
 * many but not all seeds, so that none hides another; a third of them are calm,
 * so that verdicts live to be signed off. */
struct history *history_troubled(uint64_t seed, size_t count_max);

/* Draws an order in which the records can be added, each after its prev and
 * auth: order_out has room for history_count indexes. */
void history_shuffle(struct history *history, size_t *order_out);

#endif
