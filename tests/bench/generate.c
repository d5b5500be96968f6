/* SPDX-License-Identifier: Apache-2.0 */
#include "generate.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/cbor.h"
#include "protocol/check.h"
#include "protocol/key.h"
#include "protocol/kinds/claim.h"
#include "protocol/kinds/source.h"
#include "protocol/kinds/team.h"
#include "protocol/kinds/verdict.h"
#include "protocol/record.h"

#define TEAMS 200
#define SEATS 5 /* A team's root and four members. */
#define OPEN_CLAIMS 400
#define TASKS 9 /* Records about each claim; one in ten is a claim. */
#define TYPICAL_EVERY 20

/* One log and who writes it. */
struct seat {
    uint8_t secret[ASSAY_SECRET_SIZE];
    struct assay_key key;
    struct assay_id grant;
    struct assay_id head;
    uint64_t seq;
};

/* A claim that is being worked on. */
struct open_claim {
    struct assay_id id;
    unsigned sources_left;
    unsigned verdicts_left;
    unsigned others_left;
    struct assay_id source;  /* The last one; zero: none. */
    struct assay_id verdict; /* The last one, and the team it is of. */
    unsigned verdict_team;
    bool has_verdict;
    bool is_typical;
};

struct maker {
    FILE *file;
    uint64_t random; /* xorshift64*: the same records for one seed. */
    uint64_t time_s;
    struct seat seats[TEAMS][SEATS];
    struct open_claim claims[OPEN_CLAIMS];
    size_t claim_count;
    uint64_t claims_made;
    uint8_t body[ASSAY_RECORD_MAX];
    uint8_t envelope[ASSAY_RECORD_MAX];
    uint8_t item[ASSAY_ITEM_MAX];
    struct bench_ledger out;
};

static const char *const words[] = {
    "export",  "controls", "of",      "rare",     "earths",  "and",
    "magnets", "for",      "the",     "machines", "were",    "announced",
    "in",      "October",  "a",       "ministry", "licence", "before",
    "permit",  "plant",    "refused", "company",  "share",   "returns"};

static uint64_t draw(struct maker *maker, uint64_t below)
{
    maker->random ^= maker->random >> 12;
    maker->random ^= maker->random << 25;
    maker->random ^= maker->random >> 27;
    return ((maker->random * 2685821657736338717U) >> 16) % below;
}

static struct assay_bytes draw_text(struct maker *maker, char *out, size_t len)
{
    size_t used = 0;

    while (used < len) {
        const char *word = words[draw(maker, sizeof(words) / sizeof(*words))];
        int put = snprintf(out + used, 16, "%s ", word);

        used += (size_t)put;
    }
    return (struct assay_bytes){(const uint8_t *)out, used - 1};
}

static void draw_salt(struct maker *maker, uint8_t salt[ASSAY_SALT_SIZE])
{
    for (size_t i = 0; i < ASSAY_SALT_SIZE; i++) {
        salt[i] = (uint8_t)draw(maker, 256);
    }
}

static void write_item(struct maker *maker, struct assay_bytes item)
{
    ASSAY_CHECK(fwrite(item.data, 1, item.len, maker->file) == item.len);
}

/* Seals the record at the end of the seat's log and writes it out. */
static struct assay_id emit(struct maker *maker, struct seat *seat,
                            struct assay_payload *payload,
                            struct assay_bytes body)
{
    struct assay_bytes envelope;
    struct assay_bytes item;
    struct assay_id id;
    bool is_first = seat->seq == 0;

    payload->auth = seat->grant;
    payload->seq = seat->seq + 1;
    payload->prev_count = is_first ? 0 : 1;
    payload->prev[0] = seat->head;
    payload->time_s = maker->time_s++;
    ASSAY_CHECK(assay_record_seal(payload, body, seat->secret, maker->envelope,
                                  &envelope, &id) == ASSAY_OK);
    ASSAY_CHECK(assay_record_join(envelope, body, maker->item,
                                  sizeof(maker->item), &item) == ASSAY_OK);
    write_item(maker, item);
    seat->head = id;
    seat->seq++;
    maker->out.records++;
    maker->out.record_bytes += envelope.len + body.len;
    return id;
}

static struct assay_bytes finish_body(const struct assay_cbor_writer *writer)
{
    struct assay_bytes body;

    ASSAY_CHECK(assay_cbor_writer_finish(writer, &body) == ASSAY_OK);
    return body;
}

static void add_about(struct assay_payload *payload, uint64_t relation,
                      const struct assay_id *id)
{
    payload->about[payload->about_count].relation = relation;
    payload->about[payload->about_count].id = *id;
    payload->about_count++;
}

static void make_key(struct maker *maker, struct seat *seat)
{
    uint8_t seed[crypto_sign_SEEDBYTES];

    for (size_t i = 0; i < sizeof(seed); i++) {
        seed[i] = (uint8_t)draw(maker, 256);
    }
    ASSAY_CHECK(crypto_sign_seed_keypair(seat->key.bytes, seat->secret, seed) ==
                0);
}

static void found_team(struct maker *maker, unsigned team)
{
    struct seat *root = &maker->seats[team][0];
    struct assay_payload payload = {.kind = ASSAY_KIND_FOUND};
    struct assay_profile profile = {0};
    struct assay_grant grant = {0};
    struct assay_cbor_writer writer;
    uint8_t grant_bytes[64];
    uint8_t salt[ASSAY_SALT_SIZE];
    char name[32];

    make_key(maker, root);
    (void)snprintf(name, sizeof(name), "Desk %u", team);
    profile.name = assay_bytes_of(name);
    assay_hash((struct assay_bytes){root->secret, ASSAY_KEY_SIZE},
               grant.next_key_hash);
    assay_cbor_writer_init(&writer, grant_bytes, sizeof(grant_bytes));
    assay_grant_write(ASSAY_KIND_FOUND, &grant, &writer);
    payload.grant = finish_body(&writer);
    draw_salt(maker, salt);
    assay_cbor_writer_init(&writer, maker->body, sizeof(maker->body));
    assay_profile_write(&profile, salt, &writer);
    root->grant = emit(maker, root, &payload, finish_body(&writer));
}

static void add_member(struct maker *maker, unsigned team, unsigned number)
{
    struct seat *seat = &maker->seats[team][number];
    struct assay_payload payload = {.kind = ASSAY_KIND_MEMBER};
    struct assay_grant grant = {.role = ASSAY_ROLE_EDITOR, .signoffs = 1};
    struct assay_note note;
    struct assay_cbor_writer writer;
    uint8_t grant_bytes[64];
    uint8_t salt[ASSAY_SALT_SIZE];
    char name[32];

    make_key(maker, seat);
    grant.key = seat->key;
    assay_cbor_writer_init(&writer, grant_bytes, sizeof(grant_bytes));
    assay_grant_write(ASSAY_KIND_MEMBER, &grant, &writer);
    payload.grant = finish_body(&writer);
    (void)snprintf(name, sizeof(name), "Editor %u of %u", number, team);
    note.text = assay_bytes_of(name);
    draw_salt(maker, salt);
    assay_cbor_writer_init(&writer, maker->body, sizeof(maker->body));
    assay_note_write(&note, salt, &writer);
    seat->grant =
        emit(maker, &maker->seats[team][0], &payload, finish_body(&writer));
}

static void make_claim(struct maker *maker, struct open_claim *open)
{
    struct seat *seat = &maker->seats[draw(maker, TEAMS)][draw(maker, SEATS)];
    struct assay_payload payload = {.kind = ASSAY_KIND_CLAIM};
    struct assay_claim claim = {0};
    struct assay_cbor_writer writer;
    uint8_t salt[ASSAY_SALT_SIZE];
    char text[256];
    char topic[32];
    char url[64];

    claim.text = draw_text(maker, text, 60 + draw(maker, 80));
    claim.lang = assay_bytes_of("en");
    claim.speaker = assay_bytes_of("the thread's author");
    (void)snprintf(topic, sizeof(topic), "topic-%u",
                   (unsigned)draw(maker, 500));
    claim.topics.items[0] = assay_bytes_of(topic);
    claim.topics.count = 1;
    (void)snprintf(url, sizeof(url), "https://forum.example/thread/%u",
                   (unsigned)draw(maker, 100000000));
    claim.places[0].url = assay_bytes_of(url);
    claim.place_count = 1;
    draw_salt(maker, salt);
    assay_cbor_writer_init(&writer, maker->body, sizeof(maker->body));
    assay_claim_write(&claim, salt, &writer);

    *open = (struct open_claim){0};
    open->id = emit(maker, seat, &payload, finish_body(&writer));
    open->is_typical = maker->claims_made++ % TYPICAL_EVERY == 0;
    open->sources_left = open->is_typical ? 10 : 4;
    open->verdicts_left = open->is_typical ? 4 : 2;
    open->others_left = open->is_typical ? 0 : 3;
}

static void make_source(struct maker *maker, struct open_claim *open)
{
    struct seat *seat = &maker->seats[draw(maker, TEAMS)][draw(maker, SEATS)];
    struct assay_payload payload = {.kind = ASSAY_KIND_SOURCE};
    struct assay_source source = {0};
    struct assay_cbor_writer writer;
    uint8_t salt[ASSAY_SALT_SIZE];
    char note[256];
    char url[64];

    (void)snprintf(url, sizeof(url), "https://paper.example/article/%u",
                   (unsigned)draw(maker, 100000000));
    source.place.url = assay_bytes_of(url);
    source.stance = (enum assay_stance)(1 + draw(maker, 3));
    source.note = draw_text(maker, note, 40 + draw(maker, 60));
    add_about(&payload, ASSAY_REL_ON, &open->id);
    draw_salt(maker, salt);
    assay_cbor_writer_init(&writer, maker->body, sizeof(maker->body));
    assay_source_write(&source, salt, &writer);
    open->source = emit(maker, seat, &payload, finish_body(&writer));
    open->sources_left--;
}

static void make_verdict(struct maker *maker, struct open_claim *open)
{
    unsigned team = (unsigned)draw(maker, TEAMS);
    struct seat *seat = &maker->seats[team][draw(maker, SEATS - 1)];
    struct assay_payload payload = {.kind = ASSAY_KIND_VERDICT};
    struct assay_verdict verdict = {0};
    struct assay_cbor_writer writer;
    uint8_t salt[ASSAY_SALT_SIZE];
    char text[512];

    verdict.rating = (enum assay_rating)(1 + draw(maker, ASSAY_RATING_COUNT));
    verdict.lang = assay_bytes_of("en");
    verdict.rationale = draw_text(maker, text, 100 + draw(maker, 200));
    add_about(&payload, ASSAY_REL_ON, &open->id);
    add_about(&payload, ASSAY_REL_CITES, &open->source);
    draw_salt(maker, salt);
    assay_cbor_writer_init(&writer, maker->body, sizeof(maker->body));
    assay_verdict_write(&verdict, salt, &writer);
    open->verdict = emit(maker, seat, &payload, finish_body(&writer));
    open->verdict_team = team;
    open->has_verdict = true;
    open->verdicts_left--;
}

static void make_other(struct maker *maker, struct open_claim *open)
{
    bool is_link = draw(maker, 3) == 0;
    unsigned team = is_link ? (unsigned)draw(maker, TEAMS) : open->verdict_team;
    struct seat *seat = &maker->seats[team][SEATS - 1];
    struct assay_payload payload = {.kind = ASSAY_KIND_ENDORSE};
    struct assay_note note = {0};
    struct assay_cbor_writer writer;
    uint8_t salt[ASSAY_SALT_SIZE];

    if (is_link) {
        struct open_claim *other =
            &maker->claims[draw(maker, maker->claim_count)];

        payload.kind = ASSAY_KIND_LINK;
        add_about(&payload, ASSAY_REL_ON, &open->id);
        add_about(&payload, ASSAY_REL_REPEATS, &other->id);
    } else {
        add_about(&payload, ASSAY_REL_ON, &open->verdict);
    }
    draw_salt(maker, salt);
    assay_cbor_writer_init(&writer, maker->body, sizeof(maker->body));
    assay_note_write(&note, salt, &writer);
    (void)emit(maker, seat, &payload, finish_body(&writer));
    open->others_left--;
}

static void close_claim(struct maker *maker, struct open_claim *open)
{
    if (open->is_typical) {
        maker->out.typical[maker->out.typical_count++] = open->id;
    }
    make_claim(maker, open);
}

static void make_next(struct maker *maker)
{
    struct open_claim *open;

    if (maker->claim_count < OPEN_CLAIMS) {
        make_claim(maker, &maker->claims[maker->claim_count++]);
        return;
    }
    open = &maker->claims[draw(maker, OPEN_CLAIMS)];
    if (open->sources_left > 0) {
        make_source(maker, open);
    } else if (open->verdicts_left > 0) {
        make_verdict(maker, open);
    } else if (open->others_left > 0) {
        make_other(maker, open);
    } else {
        close_claim(maker, open);
    }
}

/* ["assay-records", 1] or ["end", count]. */
static void write_mark(struct maker *maker, const char *word, uint64_t number)
{
    struct assay_cbor_writer writer;
    uint8_t bytes[64];

    assay_cbor_writer_init(&writer, bytes, sizeof(bytes));
    assay_cbor_write_array(&writer, 2);
    assay_cbor_write_text(&writer, assay_bytes_of(word));
    assay_cbor_write_uint(&writer, number);
    write_item(maker, finish_body(&writer));
}

enum assay_err bench_generate(const char *path, uint64_t count,
                              struct bench_ledger *ledger_out)
{
    struct maker *maker = calloc(1, sizeof(*maker));

    ASSAY_CHECK(maker != NULL && count >= 2000);
    maker->file = fopen(path, "wbe");
    if (maker->file == NULL) {
        free(maker);
        return ASSAY_E_IO;
    }
    maker->random = 20251009;
    maker->time_s = 1760000000;
    maker->out.typical = calloc(count / TASKS, sizeof(struct assay_id));
    ASSAY_CHECK(maker->out.typical != NULL);
    write_mark(maker, "assay-records", 1);
    for (unsigned team = 0; team < TEAMS; team++) {
        found_team(maker, team);
        for (unsigned number = 1; number < SEATS; number++) {
            add_member(maker, team, number);
        }
    }
    while (maker->out.records < count) {
        make_next(maker);
    }
    write_mark(maker, "end", count);
    *ledger_out = maker->out;
    enum assay_err err = fclose(maker->file) == 0 ? ASSAY_OK : ASSAY_E_IO;
    free(maker);
    return err;
}
