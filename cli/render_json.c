/* SPDX-License-Identifier: Apache-2.0 */
#include "render_json.h"

#include "json.h"
#include "words.h"

#define FORMAT "assay-chain/1"

static json_t *capture_of(struct cli_doc *json, const struct store_place *place)
{
    const struct assay_capture *about = &place->about;
    json_t *object;

    if (place->capture == NULL) {
        return json_null();
    }
    object = cli_doc_object(json);
    cli_doc_put(json, object, "record", cli_doc_item(json, place->capture));
    if (about->media_type.data == NULL) {
        return object;
    }
    cli_doc_put_text(json, object, "media_type", about->media_type);
    cli_doc_put_number(json, object, "size", about->size);
    cli_doc_put_hex(json, object, "sha256",
                    (struct assay_bytes){about->sha256, ASSAY_HASH_SIZE});
    cli_doc_put_text(json, object, "url", about->url);
    if (about->has_captured_at) {
        cli_doc_put_time(json, object, "captured_at", about->captured_at_s);
    } else {
        cli_doc_put(json, object, "captured_at", json_null());
    }
    cli_doc_put_text(json, object, "tool", about->tool);
    cli_doc_put_text(json, object, "title", about->title);
    cli_doc_put_text(json, object, "author", about->author);
    cli_doc_put_text(json, object, "published", about->published);
    return object;
}

static json_t *place_of(struct cli_doc *json, const struct store_place *place)
{
    json_t *object = cli_doc_object(json);

    cli_doc_put_text(json, object, "url", place->place.url);
    cli_doc_put_text(json, object, "quote", place->place.exact);
    cli_doc_put_text(json, object, "prefix", place->place.prefix);
    cli_doc_put_text(json, object, "suffix", place->place.suffix);
    cli_doc_put_word(json, object, "state", cli_place_name(place->state));
    cli_doc_put(json, object, "quote_offset",
                place->state == STORE_PLACE_FOUND
                    ? json_integer((json_int_t)place->quote_offset)
                    : json_null());
    cli_doc_put(json, object, "capture", capture_of(json, place));
    return object;
}

static json_t *topics_of(struct cli_doc *json, const struct assay_claim *claim)
{
    json_t *list = cli_doc_list(json);

    for (size_t i = 0; i < claim->topics.count; i++) {
        struct assay_bytes topic = claim->topics.items[i];

        cli_doc_add(json, list,
                    json_stringn((const char *)topic.data, topic.len));
    }
    return list;
}

static json_t *claim_of(struct cli_doc *json, const struct store_chain *chain)
{
    json_t *object = cli_doc_object(json);
    json_t *places = cli_doc_list(json);

    cli_doc_put(json, object, "record", cli_doc_item(json, &chain->item));
    cli_doc_put_text(json, object, "text", chain->claim.text);
    cli_doc_put_text(json, object, "lang", chain->claim.lang);
    cli_doc_put_text(json, object, "speaker", chain->claim.speaker);
    cli_doc_put_text(json, object, "said", chain->claim.said);
    cli_doc_put(json, object, "topics", topics_of(json, &chain->claim));
    for (size_t i = 0; i < chain->place_count; i++) {
        cli_doc_add(json, places, place_of(json, &chain->places[i]));
    }
    cli_doc_put(json, object, "places", places);
    return object;
}

static json_t *standing_of(struct cli_doc *json,
                           const struct assay_standing_result *standing)
{
    json_t *object = cli_doc_object(json);

    cli_doc_put_word(json, object, "name",
                     assay_standing_name(standing->standing));
    cli_doc_put_number(json, object, "current_count", standing->current_count);
    cli_doc_put_number(json, object, "team_count", standing->team_count);
    cli_doc_put_bool(json, object, "is_unsettled", standing->is_unsettled);
    return object;
}

static json_t *challenge_of(struct cli_doc *json,
                            const struct store_challenge *challenge)
{
    json_t *object = cli_doc_object(json);
    json_t *cites = cli_doc_list(json);

    cli_doc_put(json, object, "record", cli_doc_item(json, &challenge->item));
    cli_doc_put_text(json, object, "reason", challenge->reason);
    cli_doc_put_bool(json, object, "is_accepted", challenge->is_accepted);
    for (size_t i = 0; i < challenge->cite_count; i++) {
        cli_doc_add(json, cites, cli_doc_item(json, &challenge->cites[i]));
    }
    cli_doc_put(json, object, "cites", cites);
    return object;
}

static void put_challenges(struct cli_doc *json, json_t *object,
                           const struct store_challenge *challenges,
                           size_t count, uint64_t more)
{
    json_t *list = cli_doc_list(json);

    for (size_t i = 0; i < count; i++) {
        cli_doc_add(json, list, challenge_of(json, &challenges[i]));
    }
    cli_doc_put(json, object, "challenges", list);
    cli_doc_put_number(json, object, "challenges_more", more);
}

static void put_endorsements(struct cli_doc *json, json_t *object,
                             const struct store_chain_verdict *verdict)
{
    json_t *list = cli_doc_list(json);

    for (size_t i = 0; i < verdict->endorsement_count; i++) {
        const struct store_endorsement *from = &verdict->endorsements[i];
        json_t *entry = cli_doc_object(json);

        cli_doc_put(json, entry, "record", cli_doc_item(json, &from->item));
        cli_doc_put_text(json, entry, "note", from->note);
        cli_doc_put_bool(json, entry, "counts", from->counts);
        cli_doc_add(json, list, entry);
    }
    cli_doc_put(json, object, "endorsements", list);
    cli_doc_put_number(json, object, "endorsements_more",
                       verdict->endorsement_more);
}

static void put_finding(struct cli_doc *json, json_t *object,
                        const struct store_chain_verdict *verdict)
{
    const struct assay_verdict *says = &verdict->verdict;
    bool can_read = verdict->item.body == STORE_BODY_HELD;

    cli_doc_put_word(json, object, "rating",
                     can_read ? assay_rating_name(says->rating) : NULL);
    cli_doc_put_text(json, object, "label", says->label);
    cli_doc_put_text(json, object, "lang", says->lang);
    cli_doc_put_text(json, object, "rationale", says->rationale);
    cli_doc_put_text(json, object, "review_url", says->review_url);
    cli_doc_put_bool(json, object, "is_current", verdict->is_current);
    cli_doc_put_bool(json, object, "is_accepted", verdict->is_accepted);
    cli_doc_put_bool(json, object, "is_published", verdict->is_published);
    cli_doc_put_bool(json, object, "is_superseded", verdict->is_superseded);
    cli_doc_put_id(json, object, "superseded_by", ASSAY_ID_VERDICT,
                   verdict->is_superseded ? verdict->superseded_by.hash : NULL);
    cli_doc_put_number(json, object, "signoffs_needed",
                       verdict->signoffs_needed);
    cli_doc_put_number(json, object, "signoffs_count", verdict->signoffs_count);
}

static json_t *verdict_of(struct cli_doc *json,
                          const struct store_chain_verdict *verdict)
{
    json_t *object = cli_doc_object(json);
    json_t *cites = cli_doc_list(json);

    cli_doc_put(json, object, "record", cli_doc_item(json, &verdict->item));
    put_finding(json, object, verdict);
    for (size_t i = 0; i < verdict->cite_count; i++) {
        cli_doc_add(json, cites,
                    cli_doc_id(json, ASSAY_ID_SOURCE, verdict->cites[i].hash));
    }
    cli_doc_put(json, object, "cites", cites);
    put_endorsements(json, object, verdict);
    put_challenges(json, object, verdict->challenges, verdict->challenge_count,
                   verdict->challenge_more);
    return object;
}

static json_t *source_of(struct cli_doc *json,
                         const struct store_chain_source *source)
{
    json_t *object = cli_doc_object(json);
    bool can_read = source->source.stance != (enum assay_stance)0;

    cli_doc_put(json, object, "record", cli_doc_item(json, &source->item));
    cli_doc_put_word(json, object, "stance",
                     can_read ? assay_stance_name(source->source.stance)
                              : NULL);
    cli_doc_put_text(json, object, "note", source->source.note);
    cli_doc_put(json, object, "place",
                can_read ? place_of(json, &source->place) : json_null());
    cli_doc_put_bool(json, object, "is_cited", source->is_cited);
    put_challenges(json, object, source->challenges, source->challenge_count,
                   source->challenge_more);
    return object;
}

static json_t *link_of(struct cli_doc *json,
                       const struct store_chain_link *link)
{
    json_t *object = cli_doc_object(json);

    cli_doc_put(json, object, "record", cli_doc_item(json, &link->item));
    cli_doc_put_word(json, object, "relation",
                     assay_relation_name(link->relation));
    cli_doc_put_number(json, object, "relation_number", link->relation);
    cli_doc_put_bool(json, object, "is_outward", link->is_outward);
    cli_doc_put(json, object, "other", cli_doc_item(json, &link->other));
    cli_doc_put_text(json, object, "other_text", link->other_text);
    cli_doc_put_text(json, object, "note", link->note);
    return object;
}

static void put_lists(struct cli_doc *json, json_t *document,
                      const struct store_chain *chain)
{
    json_t *verdicts = cli_doc_list(json);
    json_t *sources = cli_doc_list(json);
    json_t *links = cli_doc_list(json);
    json_t *missing = cli_doc_list(json);

    for (size_t i = 0; i < chain->verdict_count; i++) {
        cli_doc_add(json, verdicts, verdict_of(json, &chain->verdicts[i]));
    }
    for (size_t i = 0; i < chain->source_count; i++) {
        cli_doc_add(json, sources, source_of(json, &chain->sources[i]));
    }
    for (size_t i = 0; i < chain->link_count; i++) {
        cli_doc_add(json, links, link_of(json, &chain->links[i]));
    }
    for (size_t i = 0; i < chain->missing_count; i++) {
        cli_doc_add(json, missing,
                    cli_doc_id(json, ASSAY_ID_RECORD, chain->missing[i].hash));
    }
    cli_doc_put(json, document, "verdicts", verdicts);
    cli_doc_put_number(json, document, "verdicts_more", chain->verdict_more);
    cli_doc_put(json, document, "sources", sources);
    cli_doc_put_number(json, document, "sources_total", chain->source_total);
    cli_doc_put(json, document, "sources_next_after",
                chain->source_next_lsn > 0
                    ? json_integer((json_int_t)chain->source_next_lsn)
                    : json_null());
    cli_doc_put(json, document, "links", links);
    cli_doc_put_number(json, document, "links_more", chain->link_more);
    put_challenges(json, document, chain->challenges, chain->challenge_count,
                   chain->challenge_more);
    cli_doc_put(json, document, "missing", missing);
}

enum assay_err cli_render_json(const struct store_chain *chain, FILE *out)
{
    struct cli_doc json = {false};
    json_t *document = cli_doc_object(&json);

    cli_doc_put_word(&json, document, "format", FORMAT);
    if (chain->as_of_s == STORE_NOW) {
        cli_doc_put(&json, document, "as_of", json_null());
    } else {
        cli_doc_put_time(&json, document, "as_of", chain->as_of_s);
    }
    cli_doc_put(&json, document, "claim", claim_of(&json, chain));
    cli_doc_put(&json, document, "standing",
                standing_of(&json, &chain->standing));
    put_lists(&json, document, chain);
    return cli_doc_write(&json, document, out);
}
