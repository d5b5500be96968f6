/* SPDX-License-Identifier: Apache-2.0 */
#include "history.h"

#include "protocol/check.h"
#include "protocol/key.h"
#include "protocol/kinds/capture.h"
#include "protocol/kinds/claim.h"
#include "protocol/kinds/source.h"
#include "protocol/kinds/team.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 64
#define TIME_FIRST_S 1700000000U /* Late in 2023. */
#define TIME_SPAN_S 100000000U   /* About three years. */

/* A grant's keys and where its log goes on. */
struct log {
    uint8_t secret[ASSAY_SECRET_SIZE];
    uint8_t next_secret[ASSAY_SECRET_SIZE]; /* Of the next root, for roots. */
    size_t last;                            /* Record, HISTORY_NONE at first. */
    size_t follow;                          /* HISTORY_NONE: the last one. */
    bool is_healing;
};

/* What a record's bytes are kept in. */
struct bytes {
    uint8_t *envelope;
    uint8_t *body;
};

struct history {
    uint64_t state; /* Of the generator. */
    struct history_item *items;
    struct bytes *bytes;
    struct log *logs; /* By the grant's index; unused for other records. */
    size_t count;
    size_t cap;
    size_t reuse; /* Grant whose key is the next one; HISTORY_NONE: a new. */
};

/* A record before it is sealed. */
struct draft {
    struct assay_payload payload;
    size_t auth;
    uint8_t grant[ASSAY_RECORD_MAX];
    uint8_t salt[ASSAY_SALT_SIZE];
    uint8_t body[ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer; /* Of the body. */
    struct log log;                  /* For records that make a grant. */
};

/* Sebastiano Vigna's splitmix64. */
uint64_t history_draw(struct history *history)
{
    uint64_t z;

    history->state += 0x9e3779b97f4a7c15U;
    z = history->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

size_t history_below(struct history *history, size_t bound)
{
    ASSAY_CHECK(bound > 0);
    return (size_t)(history_draw(history) % bound);
}

bool history_once_in(struct history *history, size_t n)
{
    return n > 0 && history_below(history, n) == 0;
}

static void draw_bytes(struct history *history, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)history_draw(history);
    }
}

static void draw_secret(struct history *history, uint8_t *secret_out)
{
    uint8_t seed[crypto_sign_SEEDBYTES];
    uint8_t key[ASSAY_KEY_SIZE];

    if (history->reuse != HISTORY_NONE) {
        memcpy(secret_out, history_secret(history, history->reuse),
               ASSAY_SECRET_SIZE);
        history->reuse = HISTORY_NONE;
        return;
    }
    draw_bytes(history, seed, sizeof(seed));
    (void)crypto_sign_seed_keypair(key, secret_out, seed);
}

static struct assay_key key_of(const uint8_t *secret)
{
    struct assay_key key;

    memcpy(key.bytes, secret + ASSAY_SECRET_SIZE - ASSAY_KEY_SIZE,
           ASSAY_KEY_SIZE);
    return key;
}

static void commit_to(const uint8_t *secret, uint8_t *hash_out)
{
    struct assay_key key = key_of(secret);

    assay_hash((struct assay_bytes){key.bytes, sizeof(key.bytes)}, hash_out);
}

static bool makes_grant(uint64_t kind)
{
    return assay_kind_is_root(kind) || kind == ASSAY_KIND_MEMBER;
}

struct history *history_new(uint64_t seed)
{
    struct history *history = calloc(1, sizeof(*history));

    ASSAY_CHECK(history != NULL);
    ASSAY_CHECK(sodium_init() >= 0);
    history->state = seed;
    history->reuse = HISTORY_NONE;
    return history;
}

void history_free(struct history *history)
{
    if (history == NULL) {
        return;
    }
    for (size_t i = 0; i < history->count; i++) {
        free(history->bytes[i].envelope);
        free(history->bytes[i].body);
    }
    free(history->items);
    free(history->bytes);
    free(history->logs);
    free(history);
}

size_t history_count(const struct history *history)
{
    return history->count;
}

const struct history_item *history_item(const struct history *history,
                                        size_t index)
{
    ASSAY_CHECK(index < history->count);
    return &history->items[index];
}

const uint8_t *history_secret(const struct history *history, size_t grant)
{
    ASSAY_CHECK(makes_grant(history_item(history, grant)->kind));
    return history->logs[grant].secret;
}

void history_reuse_key(struct history *history, size_t grant)
{
    history->reuse = grant;
}

static void grow_arrays(struct history *history)
{
    size_t cap = history->cap * 2 + 64;

    if (history->count < history->cap) {
        return;
    }
    history->items = realloc(history->items, cap * sizeof(*history->items));
    history->logs = realloc(history->logs, cap * sizeof(*history->logs));
    history->bytes = realloc(history->bytes, cap * sizeof(*history->bytes));
    ASSAY_CHECK(history->items != NULL && history->logs != NULL &&
                history->bytes != NULL);
    history->cap = cap;
}

static uint8_t *copy(struct assay_bytes bytes)
{
    uint8_t *data = malloc(bytes.len + 1);

    ASSAY_CHECK(data != NULL);
    memcpy(data, bytes.data, bytes.len);
    return data;
}

static void follow_one(struct history_item *item, size_t prev)
{
    ASSAY_CHECK(item->prev_count < ASSAY_PREV_MAX);
    item->prev[item->prev_count] = prev;
    item->prev_count++;
}

static bool is_head(const struct history *history, size_t index)
{
    for (size_t i = index + 1; i < history->count; i++) {
        const struct history_item *item = &history->items[i];

        for (size_t j = 0; j < item->prev_count; j++) {
            if (item->prev[j] == index) {
                return false;
            }
        }
    }
    return true;
}

static void follow_heads(const struct history *history,
                         struct history_item *item)
{
    for (size_t i = 0; i < history->count; i++) {
        if (history->items[i].grant == item->grant &&
            item->prev_count < ASSAY_PREV_MAX && is_head(history, i)) {
            follow_one(item, i);
        }
    }
}

/* Chooses what a record follows, and its seq. */
static void place(struct history *history, struct history_item *item)
{
    struct log *log = &history->logs[item->grant];

    if (log->is_healing) {
        follow_heads(history, item);
    } else if (log->follow != HISTORY_NONE) {
        follow_one(item, log->follow);
    } else if (log->last != HISTORY_NONE) {
        follow_one(item, log->last);
    }
    log->is_healing = false;
    log->follow = HISTORY_NONE;
    log->last = history->count;
    item->seq = 1;
    for (size_t i = 0; i < item->prev_count; i++) {
        uint64_t seq = history->items[item->prev[i]].seq;

        item->seq = seq >= item->seq ? seq + 1 : item->seq;
    }
}

static void begin(struct history *history, struct draft *draft, uint64_t kind,
                  size_t auth)
{
    memset(draft, 0, sizeof(*draft));
    draft->auth = auth;
    draft->payload.kind = kind;
    draft->payload.time_s = TIME_FIRST_S + history_below(history, TIME_SPAN_S);
    if (auth != HISTORY_NONE) {
        ASSAY_CHECK(makes_grant(history_item(history, auth)->kind));
        draft->payload.auth = history->items[auth].id;
    }
    draw_bytes(history, draft->salt, sizeof(draft->salt));
    assay_cbor_writer_init(&draft->writer, draft->body, sizeof(draft->body));
}

static void add_about(struct draft *draft, uint64_t relation,
                      const struct assay_id *id)
{
    ASSAY_CHECK(draft->payload.about_count < ASSAY_LIST_MAX);
    draft->payload.about[draft->payload.about_count].relation = relation;
    draft->payload.about[draft->payload.about_count].id = *id;
    draft->payload.about_count++;
}

static void add_grant(struct draft *draft, struct assay_grant *grant)
{
    struct assay_cbor_writer writer;
    enum assay_err err;

    assay_cbor_writer_init(&writer, draft->grant, sizeof(draft->grant));
    assay_grant_write(draft->payload.kind, grant, &writer);
    err = assay_cbor_writer_finish(&writer, &draft->payload.grant);
    ASSAY_CHECK(err == ASSAY_OK);
}

static void add_last(struct history *history, struct assay_grant *grant,
                     const size_t *last, size_t last_count)
{
    ASSAY_CHECK(last_count <= ASSAY_LAST_MAX);
    for (size_t i = 0; i < last_count; i++) {
        if (last[i] == HISTORY_NONE) {
            draw_bytes(history, grant->last[i].hash, ASSAY_ID_SIZE);
        } else {
            grant->last[i] = history_item(history, last[i])->id;
        }
    }
    grant->last_count = last_count;
}

/* Seals with a secret and appends to the list; returns the index. */
static size_t finish_by(struct history *history, struct draft *draft,
                        const uint8_t *secret)
{
    struct history_item item = {
        .kind = draft->payload.kind, .auth = draft->auth, .grant = draft->auth};
    uint8_t out[ASSAY_RECORD_MAX];
    struct assay_bytes body;
    struct assay_bytes envelope;
    enum assay_err err;

    grow_arrays(history);
    draft->log.last = HISTORY_NONE;
    draft->log.follow = HISTORY_NONE;
    history->logs[history->count] = draft->log;
    if (assay_kind_is_root(item.kind)) {
        item.grant = history->count;
    }
    place(history, &item);
    draft->payload.seq = item.seq;
    draft->payload.prev_count = item.prev_count;
    for (size_t i = 0; i < item.prev_count; i++) {
        draft->payload.prev[i] = history->items[item.prev[i]].id;
    }
    err = assay_cbor_writer_finish(&draft->writer, &body);
    ASSAY_CHECK(err == ASSAY_OK);
    err = assay_record_seal(&draft->payload, body, secret, out, &envelope,
                            &item.id);
    ASSAY_CHECK(err == ASSAY_OK);
    history->bytes[history->count].envelope = copy(envelope);
    history->bytes[history->count].body = copy(body);
    item.envelope = (struct assay_bytes){
        history->bytes[history->count].envelope, envelope.len};
    item.body =
        (struct assay_bytes){history->bytes[history->count].body, body.len};
    history->items[history->count] = item;
    history->count++;
    return history->count - 1;
}

static size_t finish(struct history *history, struct draft *draft)
{
    uint8_t secret[ASSAY_SECRET_SIZE];

    memcpy(secret, history->logs[draft->auth].secret, sizeof(secret));
    return finish_by(history, draft, secret);
}

/* Ends a draft whose body is a salt and perhaps a note. */
static size_t finish_note(struct history *history, struct draft *draft,
                          const char *text)
{
    struct assay_note note = {assay_bytes_of(text)};

    assay_note_write(&note, draft->salt, &draft->writer);
    return finish(history, draft);
}

size_t history_found(struct history *history)
{
    struct draft draft;
    struct assay_grant grant = {0};
    struct assay_profile profile = {0};
    char name[TEXT_MAX];

    begin(history, &draft, ASSAY_KIND_FOUND, HISTORY_NONE);
    draw_secret(history, draft.log.next_secret);
    draw_secret(history, draft.log.secret);
    commit_to(draft.log.next_secret, grant.next_key_hash);
    add_grant(&draft, &grant);
    (void)snprintf(name, sizeof(name), "Team %zu", history->count);
    profile.name = assay_bytes_of(name);
    assay_profile_write(&profile, draft.salt, &draft.writer);
    return finish_by(history, &draft, draft.log.secret);
}

size_t history_member(struct history *history, size_t root,
                      enum assay_role role, uint32_t signoffs)
{
    struct draft draft;
    struct assay_grant grant = {.role = role, .signoffs = signoffs};

    begin(history, &draft, ASSAY_KIND_MEMBER, root);
    draw_secret(history, draft.log.secret);
    grant.key = key_of(draft.log.secret);
    add_grant(&draft, &grant);
    return finish_note(history, &draft, "Somebody");
}

size_t history_profile(struct history *history, size_t root)
{
    struct draft draft;
    struct assay_profile profile = {.has_signoffs = true, .signoffs = 1};

    begin(history, &draft, ASSAY_KIND_PROFILE, root);
    assay_profile_write(&profile, draft.salt, &draft.writer);
    return finish(history, &draft);
}

/* A record on another one whose body is a note. */
static size_t note_on(struct history *history, uint64_t kind, size_t grant,
                      size_t target, const char *text)
{
    struct draft draft;

    begin(history, &draft, kind, grant);
    add_about(&draft, ASSAY_REL_ON, &history_item(history, target)->id);
    return finish_note(history, &draft, text);
}

size_t history_vouch(struct history *history, size_t root, size_t team)
{
    return note_on(history, ASSAY_KIND_VOUCH, root, team, NULL);
}

size_t history_revoke(struct history *history, size_t root, size_t target,
                      const size_t *last, size_t last_count)
{
    struct draft draft;
    struct assay_grant grant = {.target = history_item(history, target)->id};

    begin(history, &draft, ASSAY_KIND_REVOKE, root);
    add_last(history, &grant, last, last_count);
    add_grant(&draft, &grant);
    return finish_note(history, &draft, NULL);
}

size_t history_rotate(struct history *history, size_t root, const size_t *last,
                      size_t last_count)
{
    struct draft draft;
    struct assay_grant grant = {0};
    struct assay_note note = {ASSAY_BYTES_NONE};

    ASSAY_CHECK(assay_kind_is_root(history_item(history, root)->kind));
    begin(history, &draft, ASSAY_KIND_ROTATE, root);
    memcpy(draft.log.secret, history->logs[root].next_secret,
           ASSAY_SECRET_SIZE);
    draw_secret(history, draft.log.next_secret);
    commit_to(draft.log.next_secret, grant.next_key_hash);
    add_last(history, &grant, last, last_count);
    add_grant(&draft, &grant);
    assay_note_write(&note, draft.salt, &draft.writer);
    return finish_by(history, &draft, draft.log.secret);
}

size_t history_capture_of(struct history *history, size_t grant,
                          const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct draft draft;
    struct assay_capture capture = {
        .media_type = assay_bytes_of("text/plain"),
        .size = history_below(history, 1000),
        .title = assay_bytes_of("A page"),
    };

    memcpy(capture.sha256, sha256, sizeof(capture.sha256));
    begin(history, &draft, ASSAY_KIND_CAPTURE, grant);
    assay_capture_write(&capture, draft.salt, &draft.writer);
    return finish(history, &draft);
}

size_t history_capture(struct history *history, size_t grant)
{
    uint8_t sha256[ASSAY_HASH_SIZE];

    draw_bytes(history, sha256, sizeof(sha256));
    return history_capture_of(history, grant, sha256);
}

size_t history_claim(struct history *history, size_t grant)
{
    struct draft draft;
    struct assay_claim claim = {.lang = assay_bytes_of("en")};
    char text[TEXT_MAX];

    (void)snprintf(text, sizeof(text), "Claim %zu is true.", history->count);
    claim.text = assay_bytes_of(text);
    begin(history, &draft, ASSAY_KIND_CLAIM, grant);
    assay_claim_write(&claim, draft.salt, &draft.writer);
    return finish(history, &draft);
}

size_t history_source(struct history *history, size_t grant, size_t claim)
{
    struct draft draft;
    struct assay_source source = {.stance = ASSAY_STANCE_CONTEXT};

    source.place.url = assay_bytes_of("https://example.org/a");
    begin(history, &draft, ASSAY_KIND_SOURCE, grant);
    add_about(&draft, ASSAY_REL_ON, &history_item(history, claim)->id);
    assay_source_write(&source, draft.salt, &draft.writer);
    return finish(history, &draft);
}

size_t history_verdict(struct history *history, size_t grant, size_t claim,
                       enum assay_rating rating, const size_t *supersedes,
                       size_t supersedes_count)
{
    struct draft draft;
    struct assay_verdict verdict = {
        .rating = rating,
        .rationale = assay_bytes_of("Because."),
    };

    begin(history, &draft, ASSAY_KIND_VERDICT, grant);
    add_about(&draft, ASSAY_REL_ON, &history_item(history, claim)->id);
    for (size_t i = 0; i < supersedes_count; i++) {
        add_about(&draft, ASSAY_REL_SUPERSEDES,
                  &history_item(history, supersedes[i])->id);
    }
    assay_verdict_write(&verdict, draft.salt, &draft.writer);
    return finish(history, &draft);
}

size_t history_endorse(struct history *history, size_t grant, size_t verdict)
{
    return note_on(history, ASSAY_KIND_ENDORSE, grant, verdict, NULL);
}

size_t history_link(struct history *history, size_t grant, size_t claim,
                    enum assay_relation relation, size_t other)
{
    struct draft draft;

    begin(history, &draft, ASSAY_KIND_LINK, grant);
    add_about(&draft, ASSAY_REL_ON, &history_item(history, claim)->id);
    add_about(&draft, relation, &history_item(history, other)->id);
    return finish_note(history, &draft, NULL);
}

size_t history_challenge(struct history *history, size_t grant, size_t target)
{
    return note_on(history, ASSAY_KIND_CHALLENGE, grant, target, "Not so.");
}

size_t history_carry(struct history *history, size_t grant, size_t target)
{
    return note_on(history, ASSAY_KIND_CARRY, grant, target, NULL);
}

size_t history_retract(struct history *history, size_t grant, size_t target,
                       bool erase)
{
    struct draft draft;
    const struct assay_id *id = &history_item(history, target)->id;

    begin(history, &draft, ASSAY_KIND_RETRACT, grant);
    add_about(&draft, ASSAY_REL_ON, id);
    if (erase) {
        add_about(&draft, ASSAY_REL_ERASES, id);
    }
    return finish_note(history, &draft, "A mistake.");
}

size_t history_unknown(struct history *history, size_t grant, uint64_t kind,
                       size_t target)
{
    struct draft draft;

    begin(history, &draft, kind, grant);
    add_about(&draft, ASSAY_REL_ON, &history_item(history, target)->id);
    assay_cbor_write_map(&draft.writer, 1);
    assay_cbor_write_uint(&draft.writer, 0);
    assay_cbor_write_bytes(
        &draft.writer, (struct assay_bytes){draft.salt, sizeof(draft.salt)});
    return finish(history, &draft);
}

void history_follow(struct history *history, size_t index)
{
    history->logs[history_item(history, index)->grant].follow = index;
}

void history_begin_again(struct history *history, size_t grant)
{
    ASSAY_CHECK(history_item(history, grant)->kind == ASSAY_KIND_MEMBER);
    history->logs[grant].last = HISTORY_NONE;
    history->logs[grant].follow = HISTORY_NONE;
    history->logs[grant].is_healing = false;
}

void history_heal(struct history *history, size_t grant)
{
    ASSAY_CHECK(makes_grant(history_item(history, grant)->kind));
    history->logs[grant].is_healing = true;
}

void history_drop_body(struct history *history, size_t index)
{
    ASSAY_CHECK(index < history->count);
    free(history->bytes[index].body);
    history->bytes[index].body = NULL;
    history->items[index].body = ASSAY_BYTES_NONE;
}
