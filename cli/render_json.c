/* SPDX-License-Identifier: Apache-2.0 */
#include "render_json.h"

#include "record_json.h"
#include "words.h"

#define FORMAT "assay-chain/1"

/* The capture's record, with what its body says where that is held. */
static json_t *archived_of(struct cli_doc *doc, const struct store_place *place)
{
    const struct assay_capture *about = &place->about;
    json_t *object;

    if (place->capture == NULL) {
        return json_null();
    }
    object = cli_doc_object(doc);
    cli_doc_put(doc, object, "record", cli_record_brief(doc, place->capture));
    if (about->media_type.data == NULL) {
        return object;
    }
    cli_doc_put_text(doc, object, "title", about->title);
    cli_doc_put_text(doc, object, "author", about->author);
    cli_doc_put_text(doc, object, "published", about->published);
    cli_doc_put_text(doc, object, "url", about->url);
    cli_doc_put_text(doc, object, "media_type", about->media_type);
    cli_doc_put_number(doc, object, "size", about->size);
    cli_doc_put_hash(doc, object, "sha256", about->sha256);
    if (about->has_captured_at) {
        cli_doc_put_time(doc, object, "captured_at", about->captured_at_s);
    } else {
        cli_doc_put_null(doc, object, "captured_at");
    }
    cli_doc_put_text(doc, object, "tool", about->tool);
    return object;
}

static json_t *place_of(struct cli_doc *doc, const struct store_place *place)
{
    json_t *object = cli_doc_object(doc);

    cli_doc_put_text(doc, object, "url", place->place.url);
    cli_doc_put_id(doc, object, "capture", ASSAY_ID_CAPTURE,
                   place->place.has_capture ? place->place.capture.hash : NULL);
    cli_doc_put_text(doc, object, "quote", place->place.exact);
    cli_doc_put_text(doc, object, "prefix", place->place.prefix);
    cli_doc_put_text(doc, object, "suffix", place->place.suffix);
    cli_doc_put_word(doc, object, "state", cli_place_name(place->state));
    if (place->state == STORE_PLACE_FOUND) {
        cli_doc_put_number(doc, object, "quote_offset", place->quote_offset);
    } else {
        cli_doc_put_null(doc, object, "quote_offset");
    }
    cli_doc_put(doc, object, "archived", archived_of(doc, place));
    return object;
}

static json_t *topics_of(struct cli_doc *doc, const struct assay_claim *claim)
{
    json_t *list = cli_doc_list(doc);

    for (size_t i = 0; i < claim->topics.count; i++) {
        cli_doc_add_text(doc, list, claim->topics.items[i]);
    }
    return list;
}

static json_t *claim_of(struct cli_doc *doc, const struct store_chain *chain)
{
    json_t *object = cli_doc_object(doc);
    json_t *places = cli_doc_list(doc);

    cli_doc_put(doc, object, "record", cli_record_brief(doc, &chain->item));
    cli_doc_put_text(doc, object, "text", chain->claim.text);
    cli_doc_put_text(doc, object, "lang", chain->claim.lang);
    cli_doc_put_text(doc, object, "speaker", chain->claim.speaker);
    cli_doc_put_text(doc, object, "said", chain->claim.said);
    cli_doc_put(doc, object, "topics", topics_of(doc, &chain->claim));
    for (size_t i = 0; i < chain->place_count; i++) {
        cli_doc_add(doc, places, place_of(doc, &chain->places[i]));
    }
    cli_doc_put(doc, object, "places", places);
    return object;
}

static json_t *challenge_of(struct cli_doc *doc,
                            const struct store_challenge *challenge)
{
    json_t *object = cli_doc_object(doc);
    json_t *cited = cli_doc_list(doc);

    cli_doc_put(doc, object, "record", cli_record_brief(doc, &challenge->item));
    cli_doc_put_text(doc, object, "reason", challenge->reason);
    cli_doc_put_bool(doc, object, "is_accepted", challenge->is_accepted);
    for (size_t i = 0; i < challenge->cite_count; i++) {
        cli_doc_add(doc, cited, cli_record_brief(doc, &challenge->cites[i]));
    }
    cli_doc_put(doc, object, "cited", cited);
    return object;
}

static void put_challenges(struct cli_doc *doc, json_t *object,
                           const struct store_challenge *challenges,
                           size_t count, uint64_t more)
{
    json_t *list = cli_doc_list(doc);

    for (size_t i = 0; i < count; i++) {
        cli_doc_add(doc, list, challenge_of(doc, &challenges[i]));
    }
    cli_doc_put(doc, object, "challenges", list);
    cli_doc_put_number(doc, object, "challenges_more", more);
}

static void put_endorsements(struct cli_doc *doc, json_t *object,
                             const struct store_chain_verdict *verdict)
{
    json_t *list = cli_doc_list(doc);

    for (size_t i = 0; i < verdict->endorsement_count; i++) {
        const struct store_endorsement *from = &verdict->endorsements[i];
        json_t *entry = cli_doc_object(doc);

        cli_doc_put(doc, entry, "record", cli_record_brief(doc, &from->item));
        cli_doc_put_text(doc, entry, "note", from->note);
        cli_doc_put_bool(doc, entry, "counts", from->counts);
        cli_doc_add(doc, list, entry);
    }
    cli_doc_put(doc, object, "endorsements", list);
    cli_doc_put_number(doc, object, "endorsements_more",
                       verdict->endorsement_more);
}

static void put_finding(struct cli_doc *doc, json_t *object,
                        const struct store_chain_verdict *verdict)
{
    const struct assay_verdict *says = &verdict->verdict;
    bool can_read = verdict->item.body == STORE_BODY_HELD;

    cli_doc_put_word(doc, object, "rating",
                     can_read ? assay_rating_name(says->rating) : NULL);
    cli_doc_put_text(doc, object, "label", says->label);
    cli_doc_put_text(doc, object, "lang", says->lang);
    cli_doc_put_text(doc, object, "rationale", says->rationale);
    cli_doc_put_text(doc, object, "review_url", says->review_url);
    cli_doc_put_bool(doc, object, "is_current", verdict->is_current);
    cli_doc_put_bool(doc, object, "is_accepted", verdict->is_accepted);
    cli_doc_put_bool(doc, object, "is_published", verdict->is_published);
    cli_doc_put_bool(doc, object, "is_superseded", verdict->is_superseded);
    cli_doc_put_id(doc, object, "superseded_by", ASSAY_ID_VERDICT,
                   verdict->is_superseded ? verdict->superseded_by.hash : NULL);
    cli_doc_put_number(doc, object, "signoffs_needed",
                       verdict->signoffs_needed);
    cli_doc_put_number(doc, object, "signoffs_count", verdict->signoffs_count);
}

static json_t *verdict_of(struct cli_doc *doc,
                          const struct store_chain_verdict *verdict)
{
    json_t *object = cli_doc_object(doc);

    cli_doc_put(doc, object, "record", cli_record_brief(doc, &verdict->item));
    put_finding(doc, object, verdict);
    cli_doc_put_ids(doc, object, "cites");
    for (size_t i = 0; i < verdict->cite_count; i++) {
        cli_doc_add_id(doc, object, "cites", ASSAY_ID_SOURCE,
                       verdict->cites[i].hash);
    }
    put_endorsements(doc, object, verdict);
    put_challenges(doc, object, verdict->challenges, verdict->challenge_count,
                   verdict->challenge_more);
    return object;
}

static json_t *source_of(struct cli_doc *doc,
                         const struct store_chain_source *source)
{
    json_t *object = cli_doc_object(doc);
    bool can_read = source->source.stance != (enum assay_stance)0;

    cli_doc_put(doc, object, "record", cli_record_brief(doc, &source->item));
    cli_doc_put_word(doc, object, "stance",
                     can_read ? assay_stance_name(source->source.stance)
                              : NULL);
    cli_doc_put_text(doc, object, "note", source->source.note);
    cli_doc_put(doc, object, "place",
                can_read ? place_of(doc, &source->place) : json_null());
    cli_doc_put_bool(doc, object, "is_cited", source->is_cited);
    put_challenges(doc, object, source->challenges, source->challenge_count,
                   source->challenge_more);
    return object;
}

static json_t *link_of(struct cli_doc *doc, const struct store_chain_link *link)
{
    json_t *object = cli_doc_object(doc);

    cli_doc_put(doc, object, "record", cli_record_brief(doc, &link->item));
    cli_doc_put_word(doc, object, "relation",
                     assay_relation_name(link->relation));
    cli_doc_put_number(doc, object, "relation_number", link->relation);
    cli_doc_put_bool(doc, object, "is_outward", link->is_outward);
    cli_doc_put(doc, object, "other", cli_record_brief(doc, &link->other));
    cli_doc_put_text(doc, object, "other_text", link->other_text);
    cli_doc_put_text(doc, object, "note", link->note);
    return object;
}

static void put_lists(struct cli_doc *doc, json_t *document,
                      const struct store_chain *chain)
{
    json_t *verdicts = cli_doc_list(doc);
    json_t *sources = cli_doc_list(doc);
    json_t *links = cli_doc_list(doc);

    for (size_t i = 0; i < chain->verdict_count; i++) {
        cli_doc_add(doc, verdicts, verdict_of(doc, &chain->verdicts[i]));
    }
    for (size_t i = 0; i < chain->source_count; i++) {
        cli_doc_add(doc, sources, source_of(doc, &chain->sources[i]));
    }
    for (size_t i = 0; i < chain->link_count; i++) {
        cli_doc_add(doc, links, link_of(doc, &chain->links[i]));
    }
    cli_doc_put(doc, document, "verdicts", verdicts);
    cli_doc_put_number(doc, document, "verdicts_more", chain->verdict_more);
    cli_doc_put(doc, document, "sources", sources);
    cli_doc_put_number(doc, document, "sources_total", chain->source_total);
    if (chain->source_next_lsn > 0) {
        cli_doc_put_number(doc, document, "sources_next",
                           chain->source_next_lsn);
    } else {
        cli_doc_put_null(doc, document, "sources_next");
    }
    cli_doc_put(doc, document, "links", links);
    cli_doc_put_number(doc, document, "links_more", chain->link_more);
    put_challenges(doc, document, chain->challenges, chain->challenge_count,
                   chain->challenge_more);
    cli_doc_put_ids(doc, document, "missing");
    for (size_t i = 0; i < chain->missing_count; i++) {
        cli_doc_add_id(doc, document, "missing", ASSAY_ID_RECORD,
                       chain->missing[i].hash);
    }
}

json_t *cli_render_json_standing(struct cli_doc *doc,
                                 const struct assay_standing_result *standing)
{
    json_t *object = cli_doc_object(doc);

    cli_doc_put_word(doc, object, "name",
                     assay_standing_name(standing->standing));
    cli_doc_put_number(doc, object, "current_count", standing->current_count);
    cli_doc_put_number(doc, object, "team_count", standing->team_count);
    cli_doc_put_bool(doc, object, "is_unsettled", standing->is_unsettled);
    return object;
}

enum assay_err cli_render_json(const struct store_chain *chain, FILE *out)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, FORMAT);

    if (chain->as_of_s == STORE_NOW) {
        cli_doc_put_null(&doc, document, "as_of");
    } else {
        cli_doc_put_time(&doc, document, "as_of", chain->as_of_s);
    }
    cli_doc_put(&doc, document, "claim", claim_of(&doc, chain));
    cli_doc_put(&doc, document, "standing",
                cli_render_json_standing(&doc, &chain->standing));
    put_lists(&doc, document, chain);
    return cli_doc_write(&doc, document, out);
}
