/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof.c - which records make the proof of one.
 *
 * Everything is a set of LSNs, one bit each. First come the records that bear
 * on the one asked for, found by walking over who names whom. Then what
 * decides whether they stand: their teams' roots, with whole logs, and what
 * revocations name as last good. Last, from the highest LSN down, what each
 * record of the set builds on: prev and auth have lower LSNs than the record
 * itself, so one pass finds all of it, and the order of LSNs is one in which
 * everything can be imported.
 */
#include "export_file.h"
#include "internal.h"
#include "log.h"
#include "protocol/check.h"
#include "refs.h"

#include <stdlib.h>

#define BITS_A_BYTE 8

struct lsn_set {
    uint8_t *bits;
};

struct proof {
    struct store_view *view;
    struct assay_id asked;
    uint64_t last_lsn;
    struct lsn_set evidence; /* What bears on the record asked for. */
    struct lsn_set logs;     /* Grants whose logs hold evidence. */
    struct lsn_set roots;    /* Root grants whose logs are taken whole. */
    struct lsn_set wanted;   /* What is written. */
    uint64_t *queue;         /* Of LSNs that are still to be looked at. */
    size_t queue_len;
    size_t queue_cap;
};

static bool has(const struct lsn_set *set, uint64_t lsn)
{
    unsigned bits = set->bits[lsn / BITS_A_BYTE];

    return (bits >> (lsn % BITS_A_BYTE) & 1U) != 0;
}

/* Adds an LSN; false if it was there. */
static bool add(struct lsn_set *set, uint64_t lsn)
{
    if (has(set, lsn)) {
        return false;
    }
    set->bits[lsn / BITS_A_BYTE] |= (uint8_t)(1U << (lsn % BITS_A_BYTE));
    return true;
}

static enum assay_err push(struct proof *proof, uint64_t lsn)
{
    if (proof->queue_len == proof->queue_cap) {
        size_t cap = proof->queue_cap == 0 ? 64 : proof->queue_cap * 2;
        uint64_t *queue = realloc(proof->queue, cap * sizeof(*queue));

        if (queue == NULL) {
            return ASSAY_E_NOMEM;
        }
        proof->queue = queue;
        proof->queue_cap = cap;
    }
    proof->queue[proof->queue_len++] = lsn;
    return ASSAY_OK;
}

/* Adds a record to the evidence and queues it, once. */
static enum assay_err add_evidence(struct proof *proof, uint64_t lsn)
{
    return add(&proof->evidence, lsn) ? push(proof, lsn) : ASSAY_OK;
}

/* Adds the records of one kind that name id. */
static enum assay_err add_naming(struct proof *proof, const struct assay_id *id,
                                 uint64_t kind)
{
    struct store_row row;
    uint64_t cursor = 0;
    enum assay_err err = store_refs_next(proof->view, id, kind, &cursor, &row);

    while (err == ASSAY_OK) {
        err = add_evidence(proof, cursor);
        if (err == ASSAY_OK) {
            err = store_refs_next(proof->view, id, kind, &cursor, &row);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* The kinds that bear on a record of a kind by naming it, ended by 0. */
static const uint64_t *kinds_on(uint64_t kind, bool is_asked)
{
    static const uint64_t on_claim[] = {ASSAY_KIND_SOURCE,
                                        ASSAY_KIND_VERDICT,
                                        ASSAY_KIND_LINK,
                                        ASSAY_KIND_CHALLENGE,
                                        ASSAY_KIND_CARRY,
                                        ASSAY_KIND_RETRACT,
                                        0};
    static const uint64_t on_source[] = {ASSAY_KIND_CHALLENGE, ASSAY_KIND_CARRY,
                                         ASSAY_KIND_RETRACT, 0};
    static const uint64_t on_verdict[] = {
        ASSAY_KIND_ENDORSE, ASSAY_KIND_CHALLENGE, ASSAY_KIND_CARRY,
        ASSAY_KIND_RETRACT, 0};
    static const uint64_t on_other[] = {ASSAY_KIND_CARRY, ASSAY_KIND_RETRACT,
                                        0};
    static const uint64_t on_last[] = {0};

    switch (kind) {
    case ASSAY_KIND_CLAIM:
        /* Another claim is there because something here names it. What bears
         * on it is in its own proof. */
        return is_asked ? on_claim : on_other;
    case ASSAY_KIND_SOURCE:
        return on_source;
    case ASSAY_KIND_VERDICT:
        return on_verdict;
    case ASSAY_KIND_CARRY:
    case ASSAY_KIND_RETRACT:
        return on_last;
    default:
        return assay_kind_is_authority(kind) ? on_last : on_other;
    }
}

/* Adds what a record names, where that is held. */
static enum assay_err add_named(struct proof *proof,
                                const struct assay_payload *payload)
{
    struct store_row row;

    for (size_t index = 0; index < payload->about_count; index++) {
        enum assay_err err =
            store_view_by_id(proof->view, &payload->about[index].id, &row);

        if (err == ASSAY_OK) {
            err = add_evidence(proof, row.lsn);
        }
        if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
            return err;
        }
    }
    return ASSAY_OK;
}

static enum assay_err look_at(struct proof *proof, uint64_t lsn)
{
    struct store_row row;
    enum assay_err err = store_view_by_lsn(proof->view, lsn, &row);

    if (err != ASSAY_OK) {
        return err;
    }
    (void)add(&proof->logs, row.log_lsn);
    bool is_asked = assay_id_equal(&row.record.id, &proof->asked);
    bool is_other_claim =
        row.record.payload.kind == ASSAY_KIND_CLAIM && !is_asked;
    if (!is_other_claim) {
        err = add_named(proof, &row.record.payload);
    }
    const uint64_t *kinds = kinds_on(row.record.payload.kind, is_asked);
    for (size_t index = 0; err == ASSAY_OK && kinds[index] != 0; index++) {
        err = add_naming(proof, &row.record.id, kinds[index]);
    }
    return err;
}

static enum assay_err gather_evidence(struct proof *proof)
{
    struct store_row row;
    enum assay_err err = store_view_by_id(proof->view, &proof->asked, &row);

    if (err == ASSAY_OK) {
        err = add_evidence(proof, row.lsn);
    }
    while (err == ASSAY_OK && proof->queue_len > 0) {
        err = look_at(proof, proof->queue[--proof->queue_len]);
    }
    return err;
}

/* Wants a record of a member's log up to which a revocation lets it stand:
 * without it the rules could not see what lies behind. */
static enum assay_err want_last_good(struct proof *proof,
                                     const struct assay_record *revoke)
{
    struct assay_grant grant;
    struct store_row row;
    enum assay_err err = assay_grant_read(revoke->payload.kind,
                                          revoke->payload.grant, &grant, NULL);

    if (err != ASSAY_OK) {
        return ASSAY_E_CORRUPT; /* It was read when it was stored. */
    }
    err = store_view_by_id(proof->view, &grant.target, &row);
    if (err != ASSAY_OK || !has(&proof->logs, row.lsn)) {
        return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
    }
    for (size_t index = 0; index < grant.last_count; index++) {
        err = store_view_by_id(proof->view, &grant.last[index], &row);
        if (err == ASSAY_OK) {
            (void)add(&proof->wanted, row.lsn);
        } else if (err != ASSAY_E_NOT_FOUND) {
            return err;
        }
    }
    return ASSAY_OK;
}

/* Queues a root grant whose log is to be taken whole, once. */
static enum assay_err add_root(struct proof *proof, uint64_t lsn)
{
    return add(&proof->roots, lsn) ? push(proof, lsn) : ASSAY_OK;
}

/* Queues the root grants that a rotation made after this one. */
static enum assay_err add_rotations(struct proof *proof,
                                    const struct assay_id *grant)
{
    struct store_row row;
    uint64_t cursor = 0;
    enum assay_err err =
        store_refs_next(proof->view, grant, ASSAY_KIND_ROTATE, &cursor, &row);

    while (err == ASSAY_OK) {
        err = add_root(proof, cursor);
        if (err == ASSAY_OK) {
            err = store_refs_next(proof->view, grant, ASSAY_KIND_ROTATE,
                                  &cursor, &row);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Wants a root's own record and its whole log. */
static enum assay_err want_root(struct proof *proof, uint64_t lsn)
{
    struct store_log_cursor cursor = {0, 0};
    struct store_row row;
    enum assay_err err = store_view_by_lsn(proof->view, lsn, &row);

    if (err == ASSAY_OK) {
        (void)add(&proof->wanted, lsn);
        err = add_rotations(proof, &row.record.id);
    }
    while (err == ASSAY_OK) {
        err = store_log_next_row(proof->view, lsn, &cursor, &row);
        if (err == ASSAY_OK) {
            (void)add(&proof->wanted, row.lsn);
            if (row.record.payload.kind == ASSAY_KIND_REVOKE) {
                err = want_last_good(proof, &row.record);
            }
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Queues the founding record of the team that speaks in a log. */
static enum assay_err add_team(struct proof *proof, uint64_t log_lsn)
{
    struct store_row row;
    struct store_log log;
    enum assay_err err = store_view_by_lsn(proof->view, log_lsn, &row);

    if (err == ASSAY_OK) {
        err = store_log_find(proof->view, &row.record.id, &log);
    }
    if (err == ASSAY_OK) {
        err = store_view_by_id(proof->view, &log.team, &row);
    }
    return err == ASSAY_OK ? add_root(proof, row.lsn) : err;
}

/* Adds the logs in which the grants of logs were made: a grant may stand where
 * it does not belong, and whether it fell there is part of the answer. A grant
 * comes after that of its log, so one pass downwards finds all. */
static enum assay_err close_logs(struct proof *proof)
{
    struct store_row row;
    enum assay_err err = ASSAY_OK;

    for (uint64_t lsn = proof->last_lsn; err == ASSAY_OK && lsn > 0; lsn--) {
        if (has(&proof->logs, lsn)) {
            err = store_view_by_lsn(proof->view, lsn, &row);
            if (err == ASSAY_OK) {
                (void)add(&proof->logs, row.log_lsn);
            }
        }
    }
    return err;
}

static enum assay_err gather_authority(struct proof *proof)
{
    enum assay_err err = close_logs(proof);

    for (uint64_t lsn = 1; err == ASSAY_OK && lsn <= proof->last_lsn; lsn++) {
        if (has(&proof->logs, lsn)) {
            err = add_team(proof, lsn);
        }
    }
    while (err == ASSAY_OK && proof->queue_len > 0) {
        err = want_root(proof, proof->queue[--proof->queue_len]);
    }
    return err;
}

static enum assay_err want_id(struct proof *proof, const struct assay_id *id,
                              uint64_t below_lsn)
{
    struct store_row row;
    enum assay_err err = store_view_by_id(proof->view, id, &row);

    if (err == ASSAY_E_NOT_FOUND || (err == ASSAY_OK && row.lsn >= below_lsn)) {
        return ASSAY_E_CORRUPT; /* A record is stored after these. */
    }
    if (err == ASSAY_OK) {
        (void)add(&proof->wanted, row.lsn);
    }
    return err;
}

/* Wants what a record builds on. */
static enum assay_err want_base(struct proof *proof, uint64_t lsn)
{
    struct store_row row;
    enum assay_err err = store_view_by_lsn(proof->view, lsn, &row);

    if (err != ASSAY_OK) {
        return err;
    }
    const struct assay_payload *payload = &row.record.payload;
    if (payload->kind != ASSAY_KIND_FOUND) {
        err = want_id(proof, &payload->auth, lsn);
    }
    for (size_t index = 0; err == ASSAY_OK && index < payload->prev_count;
         index++) {
        err = want_id(proof, &payload->prev[index], lsn);
    }
    return err;
}

static enum assay_err gather_bases(struct proof *proof)
{
    enum assay_err err = ASSAY_OK;

    for (uint64_t lsn = proof->last_lsn; err == ASSAY_OK && lsn > 0; lsn--) {
        if (has(&proof->evidence, lsn)) {
            (void)add(&proof->wanted, lsn);
        }
        if (has(&proof->wanted, lsn)) {
            err = want_base(proof, lsn);
        }
    }
    return err;
}

static bool is_evidence(const void *context, uint64_t lsn)
{
    const struct proof *proof = context;

    return has(&proof->evidence, lsn);
}

static enum assay_err write_proof(struct proof *proof,
                                  struct store_export *export)
{
    enum assay_err err = ASSAY_OK;

    for (uint64_t lsn = 1; err == ASSAY_OK && lsn <= proof->last_lsn; lsn++) {
        if (has(&proof->wanted, lsn)) {
            err = store_export_lsn(export, lsn);
        }
        if (err == ASSAY_OK) {
            err = store_watch_tell(proof->view->ledger->watch, lsn,
                                   proof->last_lsn);
        }
    }
    for (uint64_t lsn = 1; err == ASSAY_OK && lsn <= proof->last_lsn; lsn++) {
        if (has(&proof->evidence, lsn)) {
            err = store_export_bytes(export, lsn, is_evidence, proof);
        }
    }
    return err == ASSAY_OK ? store_export_finish(export) : err;
}

static enum assay_err make_sets(struct proof *proof)
{
    struct lsn_set *sets[] = {&proof->evidence, &proof->logs, &proof->roots,
                              &proof->wanted};

    for (size_t index = 0; index < sizeof(sets) / sizeof(sets[0]); index++) {
        sets[index]->bits = calloc(proof->last_lsn / BITS_A_BYTE + 1, 1);
        if (sets[index]->bits == NULL) {
            return ASSAY_E_NOMEM;
        }
    }
    return ASSAY_OK;
}

enum assay_err store_export_record(struct store_view *view,
                                   const struct assay_id *id, int fd,
                                   struct store_ledger *captures_of,
                                   uint64_t *count_out)
{
    struct proof proof = {
        .view = view,
        .asked = *id,
        .last_lsn = store_view_last_lsn(view),
    };
    struct store_export export = {.buffer = NULL};
    enum assay_err err = make_sets(&proof);

    if (err == ASSAY_OK) {
        err = gather_evidence(&proof);
    }
    if (err == ASSAY_OK) {
        err = gather_authority(&proof);
    }
    if (err == ASSAY_OK) {
        err = gather_bases(&proof);
    }
    if (err == ASSAY_OK) {
        err = store_export_begin(&export, view, fd, captures_of);
    }
    if (err == ASSAY_OK) {
        err = write_proof(&proof, &export);
    }
    store_export_clear(&export);
    free(proof.evidence.bits);
    free(proof.logs.bits);
    free(proof.roots.bits);
    free(proof.wanted.bits);
    free(proof.queue);
    if (err == ASSAY_OK) {
        *count_out = export.count;
    }
    return err;
}
