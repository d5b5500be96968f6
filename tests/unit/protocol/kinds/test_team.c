/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/kinds/team.h"

#include "body_cases.h"

static const uint8_t salt[ASSAY_SALT_SIZE];

static const uint64_t note_kinds[] = {
    ASSAY_KIND_MEMBER, ASSAY_KIND_REVOKE,  ASSAY_KIND_ROTATE,
    ASSAY_KIND_VOUCH,  ASSAY_KIND_ENDORSE, ASSAY_KIND_LINK,
    ASSAY_KIND_CARRY,  ASSAY_KIND_RETRACT, ASSAY_KIND_CHALLENGE,
};
#define NOTE_KIND_COUNT (sizeof(note_kinds) / sizeof(note_kinds[0]))

static bool needs_text(uint64_t kind)
{
    return kind == ASSAY_KIND_MEMBER || kind == ASSAY_KIND_RETRACT ||
           kind == ASSAY_KIND_CHALLENGE;
}

static enum assay_err read_profile(struct assay_bytes body,
                                   struct assay_fault *fault,
                                   bool *is_touched_out)
{
    static struct assay_profile profile;

    memset(&profile, 0xee, sizeof(profile));
    enum assay_err err = assay_profile_read(body, &profile, fault);
    *is_touched_out = !is_filled(&profile, sizeof(profile));
    return err;
}

static enum assay_err read_reason(struct assay_bytes body,
                                  struct assay_fault *fault,
                                  bool *is_touched_out)
{
    struct assay_note note;

    memset(&note, 0xee, sizeof(note));
    enum assay_err err =
        assay_note_read(ASSAY_KIND_RETRACT, body, &note, fault);
    *is_touched_out = !is_filled(&note, sizeof(note));
    return err;
}

static enum assay_err write_and_read(const struct assay_profile *in,
                                     struct assay_profile *out)
{
    static uint8_t space[ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer;
    struct assay_bytes body;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_profile_write(in, salt, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &body), ASSAY_OK);
    return assay_profile_read(body, out, NULL);
}

static enum assay_err write_and_read_note(uint64_t kind,
                                          struct assay_bytes text,
                                          struct assay_note *out)
{
    static uint8_t space[ASSAY_RECORD_MAX];
    struct assay_note in = {text};
    struct assay_cbor_writer writer;
    struct assay_bytes body;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_note_write(&in, salt, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &body), ASSAY_OK);
    return assay_note_read(kind, body, out, NULL);
}

static void all_fields_of_a_profile_are_read_as_written(void **state)
{
    struct assay_profile in = {.name = assay_bytes_of("Harbor Desk")};
    struct assay_profile out;
    (void)state;

    in.url = assay_bytes_of("https://harbor.example");
    in.langs.count = 2;
    in.langs.items[0] = assay_bytes_of("en");
    in.langs.items[1] = assay_bytes_of("de");
    in.contact = assay_bytes_of("desk@harbor.example");
    in.words[ASSAY_RATING_TRUE] = assay_bytes_of("Stimmt");
    in.words[ASSAY_RATING_OUTDATED] = assay_bytes_of("Veraltet");
    in.has_signoffs = true;
    in.signoffs = ASSAY_SIGNOFFS_MAX;
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_true(assay_bytes_equal(out.name, in.name));
    assert_true(assay_bytes_equal(out.url, in.url));
    assert_int_equal(out.langs.count, 2);
    assert_true(assay_bytes_equal(out.langs.items[1], in.langs.items[1]));
    assert_true(assay_bytes_equal(out.contact, in.contact));
    assert_true(assay_bytes_equal(out.words[1], in.words[1]));
    assert_null(out.words[2].data);
    assert_true(assay_bytes_equal(out.words[9], in.words[9]));
    assert_true(out.has_signoffs);
    assert_int_equal(out.signoffs, ASSAY_SIGNOFFS_MAX);
}

static void a_profile_may_say_nothing(void **state)
{
    struct assay_profile in = {.name = ASSAY_BYTES_NONE};
    struct assay_profile out;
    (void)state;

    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_null(out.name.data);
    assert_null(out.url.data);
    assert_int_equal(out.langs.count, 0);
    assert_false(out.has_signoffs);
}

/* No sign-offs needed is something else than nothing said of them. */
static void no_signoffs_can_be_said(void **state)
{
    struct assay_profile in = {.has_signoffs = true, .signoffs = 0};
    struct assay_profile out;
    (void)state;

    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_true(out.has_signoffs);
    assert_int_equal(out.signoffs, 0);
}

static void each_field_of_a_profile_has_its_limit(void **state)
{
    struct assay_profile in;
    struct assay_profile out;
    struct assay_bytes *const names[] = {&in.name, &in.contact, &in.words[4]};
    (void)state;

    for (size_t index = 0; index < 3; index++) {
        memset(&in, 0, sizeof(in));
        *names[index] = long_text(ASSAY_NAME_MAX);
        assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
        *names[index] = long_text(ASSAY_NAME_MAX + 1);
        assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    }
    memset(&in, 0, sizeof(in));
    in.url = long_text(ASSAY_URL_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    memset(&in, 0, sizeof(in));
    in.has_signoffs = true;
    in.signoffs = ASSAY_SIGNOFFS_MAX + 1;
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
}

static const struct body_case profiles[] = {
    {"the least", "a1" SALT, ASSAY_OK},
    {"unknown keys", "a2" SALT "07 80", ASSAY_OK},
    {"no salt", "a1 01" A, ASSAY_E_MALFORMED},
    {"a salt under key 1", "a1 01 50 000102030405060708090a0b0c0d0e0f",
     ASSAY_E_MALFORMED},
    {"an empty name", "a2" SALT "01 60", ASSAY_E_MALFORMED},
    {"a language that is none", "a2" SALT "03 81 61 2d", ASSAY_E_MALFORMED},
    {"a language alone", "a2" SALT "03 62 656e", ASSAY_E_MALFORMED},
    {"65 languages", "a2" SALT "03 98 41", ASSAY_E_LIMIT},
    {"words", "a2" SALT "05 a2 01" A "09" A, ASSAY_OK},
    {"no words", "a2" SALT "05 a0", ASSAY_OK},
    {"a word for rating 0", "a2" SALT "05 a1 00" A, ASSAY_E_MALFORMED},
    {"a word for rating 10", "a2" SALT "05 a1 0a" A, ASSAY_E_MALFORMED},
    {"a word for 2^64 - 1", "a2" SALT "05 a1 1b ffffffffffffffff" A,
     ASSAY_E_MALFORMED},
    {"an empty word", "a2" SALT "05 a1 01 60", ASSAY_E_MALFORMED},
    {"words in a list", "a2" SALT "05 81" A, ASSAY_E_MALFORMED},
    {"words out of order", "a2" SALT "05 a2 02" A "01" A, ASSAY_E_MALFORMED},
    {"17 sign-offs", "a2" SALT "06 11", ASSAY_E_LIMIT},
    {"negative sign-offs", "a2" SALT "06 20", ASSAY_E_MALFORMED},
    {"a trailing byte", "a1" SALT "00", ASSAY_E_MALFORMED},
    {"half of it", "a2" SALT "05 a1 01", ASSAY_E_TRUNCATED},
};

static void profiles_out_of_form_are_refused(void **state)
{
    (void)state;
    run_body_cases(profiles, sizeof(profiles) / sizeof(profiles[0]),
                   read_profile);
}

static void a_note_is_read_as_written(void **state)
{
    struct assay_note out;
    (void)state;

    for (size_t index = 0; index < NOTE_KIND_COUNT; index++) {
        assert_int_equal(write_and_read_note(note_kinds[index],
                                             assay_bytes_of("text"), &out),
                         ASSAY_OK);
        assert_true(assay_bytes_equal(out.text, assay_bytes_of("text")));
    }
}

/* A member has a name; who challenges or retracts says why; the others may. */
static void some_kinds_need_a_text(void **state)
{
    struct assay_note out;
    (void)state;

    for (size_t index = 0; index < NOTE_KIND_COUNT; index++) {
        uint64_t kind = note_kinds[index];
        enum assay_err err = write_and_read_note(kind, ASSAY_BYTES_NONE, &out);

        assert_int_equal(err, needs_text(kind) ? ASSAY_E_MALFORMED : ASSAY_OK);
        if (err == ASSAY_OK) {
            assert_null(out.text.data);
        }
    }
}

static void names_are_short_and_reasons_may_be_long(void **state)
{
    struct assay_note out;
    (void)state;

    for (size_t index = 0; index < NOTE_KIND_COUNT; index++) {
        uint64_t kind = note_kinds[index];
        size_t most =
            kind == ASSAY_KIND_MEMBER ? ASSAY_NAME_MAX : ASSAY_TEXT_MAX;

        assert_int_equal(write_and_read_note(kind, long_text(most), &out),
                         ASSAY_OK);
        assert_int_equal(write_and_read_note(kind, long_text(most + 1), &out),
                         ASSAY_E_LIMIT);
    }
}

static const struct body_case notes[] = {
    {"a reason", "a2" SALT "01" A, ASSAY_OK},
    {"unknown keys", "a3" SALT "01" A "02 a0", ASSAY_OK},
    {"no salt", "a1 01" A, ASSAY_E_MALFORMED},
    {"none", "a1" SALT, ASSAY_E_MALFORMED},
    {"an empty one", "a2" SALT "01 60", ASSAY_E_MALFORMED},
    {"one of bytes", "a2" SALT "01 41 61", ASSAY_E_MALFORMED},
    {"a list", "82" SALT, ASSAY_E_MALFORMED},
    {"a trailing byte", "a2" SALT "01" A "00", ASSAY_E_MALFORMED},
    {"half of it", "a2" SALT, ASSAY_E_TRUNCATED},
};

static void notes_out_of_form_are_refused(void **state)
{
    (void)state;
    run_body_cases(notes, sizeof(notes) / sizeof(notes[0]), read_reason);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields_of_a_profile_are_read_as_written),
        cmocka_unit_test(a_profile_may_say_nothing),
        cmocka_unit_test(no_signoffs_can_be_said),
        cmocka_unit_test(each_field_of_a_profile_has_its_limit),
        cmocka_unit_test(profiles_out_of_form_are_refused),
        cmocka_unit_test(a_note_is_read_as_written),
        cmocka_unit_test(some_kinds_need_a_text),
        cmocka_unit_test(names_are_short_and_reasons_may_be_long),
        cmocka_unit_test(notes_out_of_form_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
