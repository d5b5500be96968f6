/* SPDX-License-Identifier: Apache-2.0 */
#include "sample_chain.h"

#include "testing.h"

#include <stdlib.h>

/* 2025-10-12 14:03:00 UTC. */
#define BEGIN_S UINT64_C(1760277780)

enum { HARBOR_ROOT, HARBOR_ANN, HARBOR_BEN, INLAND_ROOT };

static struct assay_bytes text(const char *words)
{
    return assay_bytes_of(words);
}

/* Ids that look different in their first characters. */
static struct assay_id id_of(unsigned number)
{
    struct assay_id id;

    for (size_t i = 0; i < sizeof(id.hash); i++) {
        id.hash[i] = (uint8_t)((number + 1) * 37 + i * (number * 2 + 11));
    }
    return id;
}

static void make_authorities(struct sample *sample)
{
    struct assay_authority *authorities = sample->authorities;

    for (unsigned i = 0; i < 4; i++) {
        authorities[i] = (struct assay_authority){
            .grant = id_of(200 + i),
            .team = id_of(i == INLAND_ROOT ? 203 : 200),
            .root = id_of(i == INLAND_ROOT ? 203 : 200),
            .role = ASSAY_ROLE_EDITOR,
            .is_root = i == HARBOR_ROOT || i == INLAND_ROOT,
            .is_in_force = true,
            .state = ASSAY_STANDS,
        };
        authorities[i].key.bytes[0] = (uint8_t)(i + 1);
    }
    authorities[HARBOR_ANN].role = ASSAY_ROLE_CHECKER;
    authorities[HARBOR_ANN].signoffs = 1;
}

static struct store_item item_by(struct sample *sample, uint64_t kind, int who)
{
    static const char *const members[] = {NULL, "Ann", "Ben", NULL};
    size_t number = sample->row_count++;
    struct store_row *row = &sample->rows[number];

    assert_true(number < SAMPLE_ROWS_MAX);
    *row = (struct store_row){
        .lsn = number + 1,
        .received_s = BEGIN_S + number * 60 + 5,
        .log_lsn = 1,
    };
    row->record.id = id_of((unsigned)number);
    row->record.key = sample->authorities[who].key;
    row->record.payload.kind = kind;
    row->record.payload.auth = sample->authorities[who].grant;
    row->record.payload.seq = number + 2;
    row->record.payload.time_s = BEGIN_S + number * 60;
    if (kind != ASSAY_KIND_CLAIM && kind != ASSAY_KIND_CAPTURE) {
        row->record.payload.about[0] =
            (struct assay_about){ASSAY_REL_ON, sample->rows[0].record.id};
        row->record.payload.about_count = 1;
    }
    return (struct store_item){
        .id = row->record.id,
        .is_held = true,
        .row = row,
        .validity = {.state = ASSAY_STANDS,
                     .authority = &sample->authorities[who]},
        .team_name = text(who == INLAND_ROOT ? "Inland Desk (sample)"
                                             : "Harbor Desk (sample)"),
        .member_name = text(members[who]),
        .signature = STORE_SIGNATURE_GOOD,
        .body = STORE_BODY_HELD,
    };
}

static struct store_item item_missing(unsigned number)
{
    struct store_item item = {
        .id = id_of(number),
        .body = STORE_BODY_MISSING,
    };

    item.validity.state = ASSAY_AUTHORITY_MISSING;
    return item;
}

struct store_item sample_item(struct sample *sample, uint64_t kind)
{
    return item_by(sample, kind, HARBOR_BEN);
}

static void make_claim(struct sample *sample)
{
    struct store_chain *chain = &sample->chain;

    chain->as_of_s = STORE_NOW;
    chain->item = item_by(sample, ASSAY_KIND_CLAIM, HARBOR_BEN);
    chain->claim.text =
        text("95% of US companies are not seeing a return on investment on "
             "AI.");
    chain->claim.lang = text("en");
    chain->claim.speaker = text("the thread's author");
    chain->claim.said = text("2025-10");
    chain->claim.topics.items[0] = text("ai");
    chain->claim.topics.items[1] = text("economy");
    chain->claim.topics.count = 2;
}

static void make_places(struct sample *sample)
{
    struct store_place *places = sample->places;

    sample->captures[0] = item_by(sample, ASSAY_KIND_CAPTURE, HARBOR_BEN);
    places[0].state = STORE_PLACE_FOUND;
    places[0].quote_offset = 10432;
    places[0].capture = &sample->captures[0];
    places[0].place.has_capture = true;
    places[0].place.capture = sample->captures[0].id;
    places[0].place.exact = sample->chain.claim.text;
    places[0].place.prefix = text("This thread says it again: ");
    places[0].about.media_type = text("text/plain; charset=utf-8");
    places[0].about.size = 31234;
    places[0].about.title = text("Forum thread on China's October 2025 export "
                                 "controls, with quoted posts");
    places[0].about.published = text("2025-10");
    places[1].state = STORE_PLACE_URL_ONLY;
    places[1].place.url = text("https://forum.example/t/12345#post-7");
    sample->chain.places = places;
    sample->chain.place_count = 2;
}

static void make_sources(struct sample *sample)
{
    struct store_chain_source *sources = sample->sources;

    for (size_t i = 0; i < 5; i++) {
        sources[i].item = item_by(sample, ASSAY_KIND_SOURCE, HARBOR_ANN);
        sources[i].source.stance = ASSAY_STANCE_REFUTES;
        sources[i].place.state = STORE_PLACE_URL_ONLY;
        sources[i].place.place.url = text("https://stats.example/report");
        sources[i].source.place = sources[i].place.place;
    }
    sources[0].is_cited = true;
    sources[0].source.note =
        text("The link under the claim. Its own headline speaks of "
             "generative-AI pilots at companies, not of US companies.");
    sources[0].place.place.url = text(
        "https://fortune.example/2025/08/18/mit-report-95-percent-generative-"
        "ai-pilots-at-companies-failing-cfo/");
    sources[1].source.stance = ASSAY_STANCE_SUPPORTS;
    sources[1].is_cited = true;
    sources[1].place = sample->places[0];
    sources[1].place.state = STORE_PLACE_ABSENT;
    sources[2].source.stance = ASSAY_STANCE_CONTEXT;
    sources[2].item.is_log_forked = true;
    sources[3].item.body = STORE_BODY_ERASED;
    sources[3].item.row->is_erased = true;
    sources[3].item.erasure.at_s = BEGIN_S + 86400;
    sources[3].item.erasure.reason = text("court order 12/2025");
    sources[3].source.stance = (enum assay_stance)0;
    sources[4].place.capture = &sample->captures[1];
    sample->captures[1] = item_missing(99);
    sources[4].place.place.has_capture = true;
    sources[4].place.place.capture = sample->captures[1].id;
    sources[4].place.state = STORE_PLACE_UNKNOWN;
    sources[5].item = item_missing(98);
    sample->chain.sources = sources;
    sample->chain.source_count = 6;
    sample->chain.source_total = 5;
}

static void make_verdict(struct sample *sample, size_t index, int who,
                         enum assay_rating rating, const char *rationale)
{
    struct store_chain_verdict *verdict = &sample->verdicts[index];

    verdict->item = item_by(sample, ASSAY_KIND_VERDICT, who);
    verdict->verdict.rating = rating;
    verdict->verdict.rationale = text(rationale);
    verdict->is_accepted = true;
    verdict->is_published = true;
    verdict->signoffs_needed = sample->authorities[who].signoffs;
    sample->chain.verdict_count = index + 1;
}

static void make_current(struct sample *sample)
{
    struct store_chain_verdict *verdicts = sample->verdicts;

    make_verdict(sample, 0, HARBOR_ANN, ASSAY_RATING_MISLEADING,
                 "The cited article reports on a study of generative-AI "
                 "pilots. The claim turns a share of pilots into a share of "
                 "all US companies, and of one kind of AI into AI as such.");
    verdicts[0].is_current = true;
    verdicts[0].verdict.label = text("Out of context");
    verdicts[0].verdict.review_url = text("https://harbor.example/checks/17");
    verdicts[0].signoffs_count = 1;
    sample->cites[0][0] = sample->sources[0].item.id;
    sample->cites[0][1] = sample->sources[5].item.id;
    verdicts[0].cites = sample->cites[0];
    verdicts[0].cite_count = 2;
    sample->endorsements[0].item =
        item_by(sample, ASSAY_KIND_ENDORSE, HARBOR_BEN);
    sample->endorsements[0].counts = true;
    sample->endorsements[0].note = text("Read against the article.");
    sample->endorsements[1].item =
        item_by(sample, ASSAY_KIND_ENDORSE, INLAND_ROOT);
    verdicts[0].endorsements = sample->endorsements;
    verdicts[0].endorsement_count = 2;
    make_verdict(sample, 1, INLAND_ROOT, ASSAY_RATING_MOSTLY_FALSE,
                 "The figure exists, but for pilot projects in a study of "
                 "limited size;\nit says nothing of most US companies.");
    verdicts[1].is_current = true;
    sample->cites[1][0] = sample->sources[0].item.id;
    sample->cites[1][1] = sample->sources[1].item.id;
    verdicts[1].cites = sample->cites[1];
    verdicts[1].cite_count = 2;
}

static void make_earlier(struct sample *sample)
{
    struct store_chain_verdict *verdicts = sample->verdicts;

    make_verdict(sample, 2, INLAND_ROOT, ASSAY_RATING_TRUE, "A third desk.");
    verdicts[2].is_accepted = false;
    make_verdict(sample, 3, HARBOR_ANN, ASSAY_RATING_FALSE, "A new look.");
    verdicts[3].is_published = false;
    make_verdict(sample, 4, HARBOR_BEN, ASSAY_RATING_UNPROVEN, "First look.");
    verdicts[4].is_superseded = true;
    verdicts[4].superseded_by = verdicts[0].item.id;
    make_verdict(sample, 5, HARBOR_BEN, ASSAY_RATING_MIXED, "Second look.");
    verdicts[5].item.is_retracted = true;
    verdicts[5].item.retracted_by = id_of(120);
    verdicts[5].item.retracted_s = BEGIN_S + 7200;
    verdicts[5].item.retract_reason = text("the figure was misread");
    make_verdict(sample, 6, HARBOR_ANN, ASSAY_RATING_SATIRE, "By a thief.");
    verdicts[6].item.validity.state = ASSAY_CUT_BY_REVOKE;
    verdicts[6].item.validity.cut_by = id_of(121);
    verdicts[6].item.is_dated_ahead = true;
    make_verdict(sample, 7, HARBOR_BEN, (enum assay_rating)0, NULL);
    verdicts[7].item.body = STORE_BODY_MALFORMED;
    verdicts[7].item.malformed_rule = "a verdict has a rating";
    verdicts[7].item.signature = STORE_SIGNATURE_BAD;
    sample->chain.verdicts = verdicts;
    sample->chain.standing = (struct assay_standing_result){
        .standing = ASSAY_STANDING_CLOSE,
        .current_count = 2,
        .team_count = 2,
    };
}

static void make_replies(struct sample *sample)
{
    struct store_challenge *challenges = sample->challenges;

    for (size_t i = 0; i < 3; i++) {
        challenges[i].item = item_by(sample, ASSAY_KIND_CHALLENGE, INLAND_ROOT);
        challenges[i].reason = text("The study names its sample.");
        challenges[i].is_accepted = i > 0;
    }
    sample->challenge_cites[0] =
        item_by(sample, ASSAY_KIND_SOURCE, INLAND_ROOT);
    challenges[0].cites = sample->challenge_cites;
    challenges[0].cite_count = 1;
    sample->verdicts[1].challenges = &challenges[0];
    sample->verdicts[1].challenge_count = 1;
    sample->sources[2].challenges = &challenges[1];
    sample->sources[2].challenge_count = 1;
    sample->sources[2].challenge_more = 4;
    sample->chain.challenges = &challenges[2];
    sample->chain.challenge_count = 1;
}

static void make_links(struct sample *sample)
{
    struct store_chain_link *links = sample->links;

    links[0].item = item_by(sample, ASSAY_KIND_LINK, HARBOR_BEN);
    links[0].relation = ASSAY_REL_REPEATS;
    links[0].is_outward = true;
    links[0].other = item_by(sample, ASSAY_KIND_CLAIM, INLAND_ROOT);
    links[0].other_text = text("95% of AI pilots fail.");
    links[0].note = text("Word for word but for the subject.");
    links[1].item = item_by(sample, ASSAY_KIND_LINK, INLAND_ROOT);
    links[1].relation = ASSAY_REL_PART_OF;
    links[1].other = item_missing(97);
    sample->chain.links = links;
    sample->chain.link_count = 2;
    sample->missing[0] = sample->captures[1].id;
    sample->missing[1] = links[1].other.id;
    sample->chain.missing = sample->missing;
    sample->chain.missing_count = 2;
}

struct sample *sample_new(void)
{
    struct sample *sample = calloc(1, sizeof(*sample));

    assert_non_null(sample);
    make_authorities(sample);
    make_claim(sample);
    make_places(sample);
    make_sources(sample);
    make_current(sample);
    make_earlier(sample);
    make_replies(sample);
    make_links(sample);
    return sample;
}

struct sample *sample_new_claim(struct assay_bytes claim_text)
{
    struct sample *sample = calloc(1, sizeof(*sample));

    assert_non_null(sample);
    make_authorities(sample);
    make_claim(sample);
    sample->chain.claim.text = claim_text;
    return sample;
}

char *sample_text(enum assay_err (*write)(const struct store_chain *chain,
                                          FILE *out),
                  const struct store_chain *chain)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&bytes, &len);

    assert_non_null(out);
    assert_int_equal(write(chain, out), ASSAY_OK);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strlen(bytes), len);
    return bytes;
}
