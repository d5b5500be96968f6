/* SPDX-License-Identifier: Apache-2.0 */
#include "chain_walk.h"
#include "protocol/check.h"

/* A capture that places name: looked up once. */
struct chain_capture {
    struct store_item item;
    struct assay_capture about;
    bool is_known; /* Held, and its body says what the bytes are. */
};

static enum assay_err find_capture(struct store_chain_walk *walk,
                                   const struct assay_id *id,
                                   struct chain_capture **capture_out)
{
    struct chain_capture *capture = store_id_map_get(&walk->captures, id);
    enum assay_err err;

    if (capture != NULL) {
        *capture_out = capture;
        return ASSAY_OK;
    }
    capture = store_arena_alloc(walk->arena, sizeof(*capture));
    if (capture == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = store_chain_keep_named(walk, id, &capture->item);
    if (err != ASSAY_OK) {
        return err;
    }
    if (store_chain_can_read(&capture->item, ASSAY_KIND_CAPTURE)) {
        err = assay_capture_read(capture->item.row->record.body,
                                 &capture->about, NULL);
        ASSAY_CHECK(err == ASSAY_OK);
        capture->is_known = true;
    }
    store_id_map_put(&walk->captures, walk->scratch, &capture->item.id,
                     capture);
    *capture_out = capture;
    return ASSAY_OK;
}

void store_chain_places_end(struct store_chain_walk *walk)
{
    if (walk->open.is_there && walk->open.err == ASSAY_OK) {
        store_captures_release(walk->open.bytes);
    }
    walk->open.is_there = false;
}

/* Opens captured bytes, which hashes them; the last ones stay open, as the
 * places of a claim are mostly in one page. */
static const struct store_chain_bytes *
open_bytes(struct store_chain_walk *walk, const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct store_chain_bytes *open = &walk->open;

    if (open->is_there &&
        memcmp(open->sha256, sha256, sizeof(open->sha256)) == 0) {
        return open;
    }
    store_chain_places_end(walk);
    memcpy(open->sha256, sha256, sizeof(open->sha256));
    open->err = store_captures_get(walk->captures_of, sha256, &open->bytes);
    open->is_there = true;
    return open;
}

static void look_for_quote(struct store_chain_walk *walk,
                           const struct store_chain_bytes *open,
                           struct store_place *place)
{
    struct assay_quote_result result;

    if (place->place.exact.data == NULL) {
        place->state = STORE_PLACE_NO_QUOTE;
        return;
    }
    if (!assay_capture_is_text(place->about.media_type)) {
        place->state = STORE_PLACE_NOT_TEXT;
        return;
    }
    if (open->bytes.len > walk->search_left) {
        place->state = STORE_PLACE_UNCHECKED;
        return;
    }
    walk->search_left -= open->bytes.len;
    result = assay_quote_find(open->bytes, &place->place, false);
    switch (result.state) {
    case ASSAY_QUOTE_FOUND:
        place->state = STORE_PLACE_FOUND;
        place->quote_offset = result.offset;
        break;
    case ASSAY_QUOTE_ABSENT:
        place->state = STORE_PLACE_ABSENT;
        break;
    case ASSAY_QUOTE_AMBIGUOUS:
        place->state = STORE_PLACE_AMBIGUOUS;
        break;
    }
}

/* What is to be said of the bytes of a known capture. */
static enum assay_err check_bytes(struct store_chain_walk *walk,
                                  struct store_place *place)
{
    const struct store_chain_bytes *open;

    if (walk->captures_of == NULL ||
        !store_captures_has(walk->captures_of, place->about.sha256)) {
        place->state = STORE_PLACE_NO_BYTES;
        return ASSAY_OK;
    }
    if (!walk->options->check_captures || walk->search_left == 0) {
        place->state = STORE_PLACE_UNCHECKED;
        return ASSAY_OK;
    }
    open = open_bytes(walk, place->about.sha256);
    if (open->err == ASSAY_OK) {
        look_for_quote(walk, open, place);
        return ASSAY_OK;
    }
    if (open->err == ASSAY_E_CORRUPT) {
        place->state = STORE_PLACE_BAD_BYTES;
        return ASSAY_OK;
    }
    place->state = STORE_PLACE_NO_BYTES;
    return open->err == ASSAY_E_NOT_FOUND ? ASSAY_OK : open->err;
}

enum assay_err store_chain_place(struct store_chain_walk *walk,
                                 const struct assay_place *place,
                                 struct store_place *place_out)
{
    struct store_place result = {
        .place = *place,
        .state = STORE_PLACE_URL_ONLY,
    };
    struct chain_capture *capture = NULL;
    enum assay_err err = ASSAY_OK;

    if (place->has_capture) {
        err = find_capture(walk, &place->capture, &capture);
        if (err != ASSAY_OK) {
            return err;
        }
        result.capture = &capture->item;
        result.about = capture->about;
        result.state =
            capture->item.is_held ? STORE_PLACE_NO_BYTES : STORE_PLACE_UNKNOWN;
        if (capture->is_known) {
            err = check_bytes(walk, &result);
        }
    }
    if (err == ASSAY_OK) {
        *place_out = result;
    }
    return err;
}
