/* SPDX-License-Identifier: Apache-2.0 */
#include "team.h"

#include "../check.h"
#include "fields.h"

enum {
    PROFILE_NAME = 1,
    PROFILE_URL = 2,
    PROFILE_LANGS = 3,
    PROFILE_CONTACT = 4,
    PROFILE_WORDS = 5,
    PROFILE_SIGNOFFS = 6
};

enum { NOTE_TEXT = 1 };

static void read_langs(struct assay_cbor_reader *reader,
                       struct assay_text_list *langs)
{
    langs->count = assay_cbor_read_array(reader, ASSAY_LIST_MAX);
    for (size_t index = 0; index < langs->count; index++) {
        langs->items[index] = assay_field_lang(reader);
    }
}

static void read_words(struct assay_cbor_reader *reader,
                       struct assay_profile *profile)
{
    struct assay_cbor_map map = assay_cbor_read_map(reader, ASSAY_RECORD_MAX);
    uint64_t rating = 0;
    size_t at = reader->pos;

    while (assay_cbor_next_key(reader, &map, &rating)) {
        if (rating == 0 || rating > ASSAY_RATING_COUNT) {
            assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                               "a rating is 1 to 9");
            return;
        }
        profile->words[rating] = assay_field_text(reader, ASSAY_NAME_MAX);
        at = reader->pos;
    }
}

static void read_field(struct assay_cbor_reader *reader, uint64_t key,
                       struct assay_profile *profile)
{
    switch (key) {
    case PROFILE_NAME:
        profile->name = assay_field_text(reader, ASSAY_NAME_MAX);
        break;
    case PROFILE_URL:
        profile->url = assay_field_url(reader);
        break;
    case PROFILE_LANGS:
        read_langs(reader, &profile->langs);
        break;
    case PROFILE_CONTACT:
        profile->contact = assay_field_text(reader, ASSAY_NAME_MAX);
        break;
    case PROFILE_WORDS:
        read_words(reader, profile);
        break;
    case PROFILE_SIGNOFFS:
        profile->has_signoffs = true;
        profile->signoffs = (uint32_t)assay_field_number(
            reader, ASSAY_SIGNOFFS_MAX, "a team asks for 16 sign-offs at most");
        break;
    default:
        (void)assay_cbor_skip(reader);
        break;
    }
}

enum assay_err assay_profile_read(struct assay_bytes body,
                                  struct assay_profile *out,
                                  struct assay_fault *fault_out)
{
    struct assay_profile profile;
    struct assay_cbor_reader reader;
    struct assay_cbor_map map;
    uint64_t key = 0;

    memset(&profile, 0, sizeof(profile));
    assay_field_begin(&reader, &map, body);
    while (assay_cbor_next_key(&reader, &map, &key)) {
        read_field(&reader, key, &profile);
    }

    enum assay_err err = assay_cbor_reader_finish(&reader, fault_out);
    if (err == ASSAY_OK) {
        *out = profile;
    }
    return err;
}

static size_t count_words(const struct assay_profile *profile)
{
    size_t count = 0;

    for (size_t rating = 1; rating <= ASSAY_RATING_COUNT; rating++) {
        count += assay_field_given(profile->words[rating]);
    }
    return count;
}

static void write_words(struct assay_cbor_writer *writer,
                        const struct assay_profile *profile)
{
    size_t count = count_words(profile);

    if (count == 0) {
        return;
    }
    assay_cbor_write_uint(writer, PROFILE_WORDS);
    assay_cbor_write_map(writer, count);
    for (size_t rating = 1; rating <= ASSAY_RATING_COUNT; rating++) {
        assay_field_write_text(writer, rating, profile->words[rating]);
    }
}

void assay_profile_write(const struct assay_profile *profile,
                         const uint8_t salt[ASSAY_SALT_SIZE],
                         struct assay_cbor_writer *writer)
{
    assay_field_write_begin(writer,
                            assay_field_given(profile->name) +
                                assay_field_given(profile->url) +
                                (profile->langs.count > 0 ? 1U : 0U) +
                                assay_field_given(profile->contact) +
                                (count_words(profile) > 0 ? 1U : 0U) +
                                (profile->has_signoffs ? 1U : 0U),
                            salt);
    assay_field_write_text(writer, PROFILE_NAME, profile->name);
    assay_field_write_text(writer, PROFILE_URL, profile->url);
    assay_field_write_list(writer, PROFILE_LANGS, &profile->langs);
    assay_field_write_text(writer, PROFILE_CONTACT, profile->contact);
    write_words(writer, profile);
    if (profile->has_signoffs) {
        assay_cbor_write_uint(writer, PROFILE_SIGNOFFS);
        assay_cbor_write_uint(writer, profile->signoffs);
    }
}

static bool kind_has_note(uint64_t kind)
{
    return (kind >= ASSAY_KIND_MEMBER && kind <= ASSAY_KIND_VOUCH) ||
           (kind >= ASSAY_KIND_ENDORSE && kind <= ASSAY_KIND_RETRACT);
}

enum assay_err assay_note_read(uint64_t kind, struct assay_bytes body,
                               struct assay_note *out,
                               struct assay_fault *fault_out)
{
    struct assay_note note = {ASSAY_BYTES_NONE};
    struct assay_cbor_reader reader;
    struct assay_cbor_map map;
    uint64_t key = 0;
    bool is_name = kind == ASSAY_KIND_MEMBER;
    size_t len_max = is_name ? ASSAY_NAME_MAX : ASSAY_TEXT_MAX;
    bool is_reason = kind == ASSAY_KIND_CHALLENGE || kind == ASSAY_KIND_RETRACT;

    ASSAY_CHECK(kind_has_note(kind));
    assay_field_begin(&reader, &map, body);
    while (assay_cbor_next_key(&reader, &map, &key)) {
        if (key == NOTE_TEXT) {
            note.text = assay_field_text(&reader, len_max);
        } else {
            (void)assay_cbor_skip(&reader);
        }
    }
    assay_field_require(&reader, !is_name || note.text.data != NULL,
                        "a member has a name");
    assay_field_require(&reader, !is_reason || note.text.data != NULL,
                        "a challenge or retraction has a reason");

    enum assay_err err = assay_cbor_reader_finish(&reader, fault_out);
    if (err == ASSAY_OK) {
        *out = note;
    }
    return err;
}

void assay_note_write(const struct assay_note *note,
                      const uint8_t salt[ASSAY_SALT_SIZE],
                      struct assay_cbor_writer *writer)
{
    assay_field_write_begin(writer, assay_field_given(note->text), salt);
    assay_field_write_text(writer, NOTE_TEXT, note->text);
}
