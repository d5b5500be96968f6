/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

#include "protocol/check.h"

#include <string.h>

#include <sodium.h>

const uint64_t sample_kinds[SAMPLE_KIND_COUNT] = {
    ASSAY_KIND_FOUND,     ASSAY_KIND_PROFILE, ASSAY_KIND_MEMBER,
    ASSAY_KIND_REVOKE,    ASSAY_KIND_ROTATE,  ASSAY_KIND_VOUCH,
    ASSAY_KIND_CAPTURE,   ASSAY_KIND_CLAIM,   ASSAY_KIND_SOURCE,
    ASSAY_KIND_VERDICT,   ASSAY_KIND_ENDORSE, ASSAY_KIND_LINK,
    ASSAY_KIND_CHALLENGE, ASSAY_KIND_CARRY,   ASSAY_KIND_RETRACT,
};

/* What varied samples say: several scripts, quotes, line breaks. */
static const char *const words[] = {
    "The mine produced before its owner went bankrupt.",
    "Seltene Erden: 0,1 % des Warenwerts – „Schwelle“ überschritten.",
    "中国对稀土实施出口管制。",
    "Экспортный контроль вступает в силу 8 ноября.",
    "ضوابط التصدير تدخل حيز التنفيذ",
    "It’s not the permit…\n\tIt’s the price.",
    "e\xcc\x81\xcc\x82\xcc\x83 \xf0\x9f\xa7\xb2 \xe2\x80\xae?",
};
#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

static const char *const urls[] = {
    "https://example.org/a",
    "http://news.example/2025/10/09/rare-earths?id=7#top",
    "https://xn--fiq228c.example:8443/%E7%A8%80",
};
static const char *const langs[] = {"en", "de-CH", "zh-Hant-TW"};
static const char *const dates[] = {"2025", "2025-10", "2025-10-09",
                                    "2025-10-09T12:34:56Z"};
static const char *const media_types[] = {
    "text/plain; charset=utf-8", "application/pdf", "application/ld+json"};

/* Draws what a sample has: nothing, everything, or by the number. */
struct drawer {
    enum sample_form form;
    uint64_t state;
};

static uint64_t draw(struct drawer *drawer, uint64_t below)
{
    /* The constants of Knuth's MMIX; the upper bits are the good ones. */
    drawer->state = drawer->state * 6364136223846793005U + 1442695040888963407U;
    return (drawer->state >> 33) % below;
}

static bool has(struct drawer *drawer)
{
    if (drawer->form != SAMPLE_VARIED) {
        return drawer->form == SAMPLE_FULL;
    }
    return draw(drawer, 2) == 1;
}

/* The given choice of a list; the first where nothing varies. */
static const char *one_of(struct drawer *drawer, const char *const *list,
                          size_t count)
{
    if (drawer->form != SAMPLE_VARIED) {
        return list[0];
    }
    return list[draw(drawer, count)];
}
#define ONE_OF(drawer, list)                                                   \
    assay_bytes_of(one_of(drawer, list, sizeof(list) / sizeof((list)[0])))

static struct assay_bytes text(struct drawer *drawer, const char *fixed)
{
    if (drawer->form != SAMPLE_VARIED) {
        return assay_bytes_of(fixed);
    }
    return assay_bytes_of(words[draw(drawer, WORD_COUNT)]);
}

static struct assay_bytes maybe_text(struct drawer *drawer, const char *fixed)
{
    return has(drawer) ? text(drawer, fixed) : ASSAY_BYTES_NONE;
}

static struct assay_bytes maybe_one_of(struct drawer *drawer,
                                       const char *const *list, size_t count)
{
    return has(drawer) ? assay_bytes_of(one_of(drawer, list, count))
                       : ASSAY_BYTES_NONE;
}
#define MAYBE_ONE_OF(drawer, list)                                             \
    maybe_one_of(drawer, list, sizeof(list) / sizeof((list)[0]))

/* A count of list entries: none, three, or up to most. */
static size_t count_of(struct drawer *drawer, size_t most)
{
    if (drawer->form != SAMPLE_VARIED) {
        return drawer->form == SAMPLE_FULL ? 3 : 0;
    }
    return (size_t)draw(drawer, most + 1);
}

void sample_key(uint8_t byte, uint8_t secret_out[ASSAY_SECRET_SIZE],
                struct assay_key *key_out)
{
    uint8_t seed[crypto_sign_SEEDBYTES];

    memset(seed, byte, sizeof(seed));
    ASSAY_CHECK(crypto_sign_seed_keypair(key_out->bytes, secret_out, seed) ==
                0);
}

struct assay_id sample_id(uint8_t byte)
{
    struct assay_id id;

    memset(id.hash, byte, sizeof(id.hash));
    return id;
}

static struct assay_id some_id(struct drawer *drawer, uint8_t fixed)
{
    struct assay_id id = sample_id(fixed);

    if (drawer->form == SAMPLE_VARIED) {
        for (size_t index = 0; index < sizeof(id.hash); index++) {
            id.hash[index] = (uint8_t)draw(drawer, 256);
        }
    }
    return id;
}

static void add_about(struct assay_payload *payload, uint64_t relation,
                      struct assay_id id)
{
    ASSAY_CHECK(payload->about_count < ASSAY_LIST_MAX);
    payload->about[payload->about_count].relation = relation;
    payload->about[payload->about_count].id = id;
    payload->about_count++;
}

static void fill_place(struct drawer *drawer, struct assay_payload *payload,
                       struct assay_place *place)
{
    memset(place, 0, sizeof(*place));
    place->has_capture = has(drawer);
    if (place->has_capture) {
        place->capture = some_id(drawer, 0xca);
        add_about(payload, ASSAY_REL_CAPTURE, place->capture);
    }
    if (!place->has_capture || has(drawer)) {
        place->url = ONE_OF(drawer, urls);
    }
    place->exact = maybe_text(drawer, "went bankrupt");
    if (place->exact.data != NULL) {
        place->prefix = maybe_text(drawer, "so the company ");
        place->suffix = maybe_text(drawer, " and its assets");
    }
}

static void fill_profile(struct drawer *drawer, uint64_t kind,
                         struct assay_cbor_writer *writer, const uint8_t *salt)
{
    struct assay_profile profile;

    memset(&profile, 0, sizeof(profile));
    if (kind == ASSAY_KIND_FOUND || has(drawer)) {
        profile.name = text(drawer, "Harbor Desk");
    }
    profile.url = MAYBE_ONE_OF(drawer, urls);
    profile.langs.count = count_of(drawer, 4);
    for (size_t index = 0; index < profile.langs.count; index++) {
        profile.langs.items[index] = ONE_OF(drawer, langs);
    }
    profile.contact = maybe_text(drawer, "desk@harbor.example");
    for (size_t rating = 1; rating <= ASSAY_RATING_COUNT; rating++) {
        profile.words[rating] = maybe_text(drawer, "word");
    }
    profile.has_signoffs = has(drawer);
    profile.signoffs =
        profile.has_signoffs ? (uint32_t)count_of(drawer, 16) : 0;
    assay_profile_write(&profile, salt, writer);
}

static void fill_capture(struct drawer *drawer,
                         struct assay_cbor_writer *writer, const uint8_t *salt)
{
    struct assay_capture capture;
    struct assay_id hash = some_id(drawer, 0x5a);

    memset(&capture, 0, sizeof(capture));
    capture.url = MAYBE_ONE_OF(drawer, urls);
    capture.media_type = ONE_OF(drawer, media_types);
    capture.size =
        drawer->form == SAMPLE_VARIED ? draw(drawer, 1U << 30) : 6155;
    memcpy(capture.sha256, hash.hash, sizeof(capture.sha256));
    capture.has_captured_at = has(drawer);
    capture.captured_at_s = capture.has_captured_at ? 1760010000 : 0;
    capture.tool = maybe_text(drawer, "assay capture");
    capture.title = maybe_text(drawer, "A thread");
    capture.author = maybe_text(drawer, "the thread's author");
    capture.published = MAYBE_ONE_OF(drawer, dates);
    assay_capture_write(&capture, salt, writer);
}

static void fill_claim(struct drawer *drawer, struct assay_payload *payload,
                       struct assay_cbor_writer *writer, const uint8_t *salt)
{
    static const char *const topics[] = {"rare-earths", "energy", "permits"};
    struct assay_claim claim;

    memset(&claim, 0, sizeof(claim));
    claim.text = text(drawer, "The company went bankrupt.");
    claim.lang = MAYBE_ONE_OF(drawer, langs);
    claim.speaker = maybe_text(drawer, "the thread's author");
    claim.said = MAYBE_ONE_OF(drawer, dates);
    claim.topics.count = count_of(drawer, 3);
    for (size_t index = 0; index < claim.topics.count; index++) {
        claim.topics.items[index] = assay_bytes_of(topics[index]);
    }
    claim.place_count = count_of(drawer, 5);
    for (size_t index = 0; index < claim.place_count; index++) {
        fill_place(drawer, payload, &claim.places[index]);
    }
    assay_claim_write(&claim, salt, writer);
}

static void fill_source(struct drawer *drawer, struct assay_payload *payload,
                        struct assay_cbor_writer *writer, const uint8_t *salt)
{
    struct assay_source source;

    add_about(payload, ASSAY_REL_ON, some_id(drawer, 0xc1));
    fill_place(drawer, payload, &source.place);
    source.stance = (enum assay_stance)(1 + draw(drawer, 3));
    source.note = maybe_text(drawer, "The ministry's own page.");
    assay_source_write(&source, salt, writer);
}

static void fill_verdict(struct drawer *drawer, struct assay_payload *payload,
                         struct assay_cbor_writer *writer, const uint8_t *salt)
{
    struct assay_verdict verdict;

    add_about(payload, ASSAY_REL_ON, some_id(drawer, 0xc1));
    for (size_t left = count_of(drawer, 5); left > 0; left--) {
        add_about(payload, ASSAY_REL_CITES,
                  some_id(drawer, (uint8_t)(0x50 + left)));
    }
    if (has(drawer)) {
        add_about(payload, ASSAY_REL_SUPERSEDES, some_id(drawer, 0x0e));
    }
    verdict.rating = (enum assay_rating)(1 + draw(drawer, ASSAY_RATING_COUNT));
    verdict.label = maybe_text(drawer, "Largely wrong");
    verdict.lang = MAYBE_ONE_OF(drawer, langs);
    verdict.rationale = text(drawer, "The mine ran before 2015.");
    verdict.review_url = MAYBE_ONE_OF(drawer, urls);
    assay_verdict_write(&verdict, salt, writer);
}

static void fill_note(struct drawer *drawer, struct assay_payload *payload,
                      struct assay_cbor_writer *writer, const uint8_t *salt)
{
    uint64_t kind = payload->kind;
    bool is_required = kind == ASSAY_KIND_MEMBER ||
                       kind == ASSAY_KIND_CHALLENGE ||
                       kind == ASSAY_KIND_RETRACT;
    struct assay_note note = {ASSAY_BYTES_NONE};

    if (kind == ASSAY_KIND_VOUCH || kind >= ASSAY_KIND_ENDORSE) {
        struct assay_id id = some_id(drawer, 0xc1);

        add_about(payload, ASSAY_REL_ON, id);
        if (kind == ASSAY_KIND_RETRACT && has(drawer)) {
            add_about(payload, ASSAY_REL_ERASES, id);
        }
        if (kind == ASSAY_KIND_CHALLENGE && has(drawer)) {
            add_about(payload, ASSAY_REL_CITES, some_id(drawer, 0x51));
        }
    }
    if (kind == ASSAY_KIND_LINK) {
        add_about(payload, ASSAY_REL_SAME_AS + draw(drawer, 5),
                  some_id(drawer, 0xc2));
    }
    if (is_required || has(drawer)) {
        note.text = text(drawer, "Ada Example");
    }
    assay_note_write(&note, salt, writer);
}

static void fill_body(struct drawer *drawer, struct sample *sample)
{
    struct assay_cbor_writer writer;
    uint8_t salt[ASSAY_SALT_SIZE];

    for (size_t index = 0; index < sizeof(salt); index++) {
        salt[index] = (uint8_t)draw(drawer, 256);
    }
    assay_cbor_writer_init(&writer, sample->body_space,
                           sizeof(sample->body_space));
    switch (sample->payload.kind) {
    case ASSAY_KIND_FOUND:
    case ASSAY_KIND_PROFILE:
        fill_profile(drawer, sample->payload.kind, &writer, salt);
        break;
    case ASSAY_KIND_CAPTURE:
        fill_capture(drawer, &writer, salt);
        break;
    case ASSAY_KIND_CLAIM:
        fill_claim(drawer, &sample->payload, &writer, salt);
        break;
    case ASSAY_KIND_SOURCE:
        fill_source(drawer, &sample->payload, &writer, salt);
        break;
    case ASSAY_KIND_VERDICT:
        fill_verdict(drawer, &sample->payload, &writer, salt);
        break;
    default:
        fill_note(drawer, &sample->payload, &writer, salt);
        break;
    }
    ASSAY_CHECK(assay_cbor_writer_finish(&writer, &sample->body) == ASSAY_OK);
}

static void fill_grant(struct drawer *drawer, struct sample *sample)
{
    uint8_t secret[ASSAY_SECRET_SIZE];
    struct assay_cbor_writer writer;
    struct assay_grant grant;
    struct assay_id hash = some_id(drawer, 0x4e);

    memset(&grant, 0, sizeof(grant));
    if (!assay_grant_is_required(sample->payload.kind)) {
        return;
    }
    memcpy(grant.next_key_hash, hash.hash, sizeof(grant.next_key_hash));
    sample_key((uint8_t)(1 + draw(drawer, 200)), secret, &grant.key);
    grant.role = (enum assay_role)(1 + draw(drawer, 3));
    grant.signoffs = (uint32_t)count_of(drawer, ASSAY_SIGNOFFS_MAX);
    grant.target = some_id(drawer, 0x6a);
    grant.last_count = count_of(drawer, ASSAY_LAST_MAX);
    for (size_t index = 0; index < grant.last_count; index++) {
        grant.last[index] = some_id(drawer, (uint8_t)(0x70 + index));
    }
    assay_cbor_writer_init(&writer, sample->grant_space,
                           sizeof(sample->grant_space));
    assay_grant_write(sample->payload.kind, &grant, &writer);
    ASSAY_CHECK(assay_cbor_writer_finish(&writer, &sample->payload.grant) ==
                ASSAY_OK);
}

static void fill_log(struct drawer *drawer, struct assay_payload *payload)
{
    if (payload->kind != ASSAY_KIND_FOUND) {
        payload->auth = some_id(drawer, 0xa0);
    }
    payload->seq = 1;
    if (!assay_kind_is_root(payload->kind) && has(drawer)) {
        payload->seq = 2 + draw(drawer, 1U << 20);
        payload->prev_count = 1 + count_of(drawer, ASSAY_PREV_MAX - 1);
        for (size_t index = 0; index < payload->prev_count; index++) {
            payload->prev[index] = some_id(drawer, (uint8_t)(0x90 + index));
        }
    }
    payload->time_s = 1760000000 + draw(drawer, 1U << 24);
}

void sample_make(uint64_t kind, enum sample_form form, uint64_t number,
                 struct sample *sample_out)
{
    struct drawer drawer = {form, number * 1000 + kind};
    struct assay_key key;

    memset(sample_out, 0, sizeof(*sample_out));
    sample_out->payload.kind = kind;
    sample_key((uint8_t)(1 + draw(&drawer, 200)), sample_out->secret, &key);
    fill_log(&drawer, &sample_out->payload);
    fill_grant(&drawer, sample_out);
    fill_body(&drawer, sample_out);
    ASSAY_CHECK(
        assay_record_seal(&sample_out->payload, sample_out->body,
                          sample_out->secret, sample_out->envelope_space,
                          &sample_out->envelope, &sample_out->id) == ASSAY_OK);
    ASSAY_CHECK(assay_record_open(sample_out->envelope, sample_out->body,
                                  &sample_out->record, NULL) == ASSAY_OK);
    ASSAY_CHECK(assay_body_check(&sample_out->record, NULL) == ASSAY_OK);
}

static void sign(const uint8_t secret[ASSAY_SECRET_SIZE],
                 struct assay_bytes protected_header,
                 struct assay_bytes payload,
                 uint8_t signature_out[ASSAY_SIGNATURE_SIZE])
{
    uint8_t buffer[ASSAY_RECORD_MAX + 64];
    struct assay_cbor_writer writer;
    struct assay_bytes message;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_cbor_write_array(&writer, 4);
    assay_cbor_write_text(&writer, assay_bytes_of("Signature1"));
    assay_cbor_write_bytes(&writer, protected_header);
    assay_cbor_write_bytes(&writer, assay_bytes_of("assay/1"));
    assay_cbor_write_bytes(&writer, payload);
    ASSAY_CHECK(assay_cbor_writer_finish(&writer, &message) == ASSAY_OK);
    ASSAY_CHECK(crypto_sign_detached(signature_out, NULL, message.data,
                                     message.len, secret) == 0);
}

struct assay_bytes sample_wrap(const uint8_t secret[ASSAY_SECRET_SIZE],
                               struct assay_bytes protected_header,
                               struct assay_bytes payload, uint8_t *out)
{
    uint8_t header[38] = {0xa2, 0x01, 0x27, 0x04, 0x58, 0x20};
    uint8_t signature[ASSAY_SIGNATURE_SIZE];
    struct assay_cbor_writer writer;
    struct assay_bytes envelope;

    memcpy(header + 6, secret + 32, 32);
    if (protected_header.data == NULL) {
        protected_header = (struct assay_bytes){header, sizeof(header)};
    }
    sign(secret, protected_header, payload, signature);
    assay_cbor_writer_init(&writer, out, ASSAY_RECORD_MAX);
    assay_cbor_write_tag(&writer, 18);
    assay_cbor_write_array(&writer, 4);
    assay_cbor_write_bytes(&writer, protected_header);
    assay_cbor_write_map(&writer, 0);
    assay_cbor_write_bytes(&writer, payload);
    assay_cbor_write_bytes(&writer,
                           (struct assay_bytes){signature, sizeof(signature)});
    ASSAY_CHECK(assay_cbor_writer_finish(&writer, &envelope) == ASSAY_OK);
    return envelope;
}

struct assay_bytes sample_hex(const char *hex, uint8_t *out, size_t cap)
{
    const char *end = NULL;
    size_t len = 0;

    ASSAY_CHECK(sodium_hex2bin(out, cap, hex, strlen(hex), " \n", &len, &end) ==
                0);
    ASSAY_CHECK(*end == 0);
    return (struct assay_bytes){out, len};
}
