/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/grant.h"

#include "samples.h"
#include "testing.h"

#include <string.h>

/* 32 bytes with their head. */
#define X8(x) x x x x x x x x
#define AA "5820" X8("aaaaaaaa")
#define BB "5820" X8("bbbbbbbb")
#define CC "5820" X8("cccccccc")

static struct assay_bytes write_grant(uint64_t kind, struct assay_grant *grant)
{
    static uint8_t space[4096];
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_grant_write(kind, grant, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    return bytes;
}

static void four_kinds_have_a_grant(void **state)
{
    size_t count = 0;
    (void)state;

    for (uint64_t kind = 0; kind < 300; kind++) {
        count += assay_grant_is_required(kind) ? 1 : 0;
    }
    assert_int_equal(count, 4);
    assert_true(assay_grant_is_required(ASSAY_KIND_FOUND));
    assert_true(assay_grant_is_required(ASSAY_KIND_MEMBER));
    assert_true(assay_grant_is_required(ASSAY_KIND_REVOKE));
    assert_true(assay_grant_is_required(ASSAY_KIND_ROTATE));
}

static void a_member_is_read_as_written(void **state)
{
    struct assay_grant in;
    struct assay_grant out;
    (void)state;

    memset(&in, 0, sizeof(in));
    memset(in.key.bytes, 0x31, sizeof(in.key.bytes));
    for (unsigned role = 1; role <= 3; role++) {
        in.role = (enum assay_role)role;
        in.signoffs = ASSAY_SIGNOFFS_MAX;
        memset(&out, 0xee, sizeof(out));
        assert_int_equal(assay_grant_read(ASSAY_KIND_MEMBER,
                                          write_grant(ASSAY_KIND_MEMBER, &in),
                                          &out, NULL),
                         ASSAY_OK);
        assert_memory_equal(&in, &out, sizeof(in));
    }
}

static void a_founding_grant_is_read_as_written(void **state)
{
    struct assay_grant in;
    struct assay_grant out;
    (void)state;

    memset(&in, 0, sizeof(in));
    memset(in.next_key_hash, 0x4e, sizeof(in.next_key_hash));
    memset(&out, 0xee, sizeof(out));
    assert_int_equal(assay_grant_read(ASSAY_KIND_FOUND,
                                      write_grant(ASSAY_KIND_FOUND, &in), &out,
                                      NULL),
                     ASSAY_OK);
    assert_memory_equal(&in, &out, sizeof(in));
}

static void the_last_good_records_are_sorted_when_written(void **state)
{
    struct assay_grant in;
    struct assay_grant out;
    (void)state;

    memset(&in, 0, sizeof(in));
    in.target = sample_id(0x6a);
    in.last_count = 4;
    in.last[0] = sample_id(9);
    in.last[1] = sample_id(3);
    in.last[2] = sample_id(9);
    in.last[3] = sample_id(0);
    assert_int_equal(assay_grant_read(ASSAY_KIND_REVOKE,
                                      write_grant(ASSAY_KIND_REVOKE, &in), &out,
                                      NULL),
                     ASSAY_OK);
    assert_true(assay_id_equal(&out.target, &in.target));
    assert_int_equal(out.last_count, 3);
    assert_int_equal(out.last[0].hash[0], 0);
    assert_int_equal(out.last[1].hash[0], 3);
    assert_int_equal(out.last[2].hash[0], 9);
}

/* As many last records as a log may have heads; none where nothing stands. */
static void a_rotation_names_none_to_64(void **state)
{
    struct assay_grant in;
    struct assay_grant out;
    (void)state;

    memset(&in, 0, sizeof(in));
    memset(in.next_key_hash, 0x4e, sizeof(in.next_key_hash));
    for (size_t count = 0; count <= ASSAY_LAST_MAX; count++) {
        in.last_count = count;
        for (size_t index = 0; index < count; index++) {
            in.last[index] = sample_id((uint8_t)index);
        }
        assert_int_equal(assay_grant_read(ASSAY_KIND_ROTATE,
                                          write_grant(ASSAY_KIND_ROTATE, &in),
                                          &out, NULL),
                         ASSAY_OK);
        assert_int_equal(out.last_count, count);
        assert_memory_equal(out.next_key_hash, in.next_key_hash, 32);
    }
}

static const struct grant_case {
    const char *what;
    uint64_t kind;
    const char *hex;
    enum assay_err err;
} cases[] = {
    {"found", ASSAY_KIND_FOUND, "81" AA, ASSAY_OK},
    {"found, nothing", ASSAY_KIND_FOUND, "", ASSAY_E_TRUNCATED},
    {"found, empty", ASSAY_KIND_FOUND, "80", ASSAY_E_MALFORMED},
    {"found, two", ASSAY_KIND_FOUND, "82" AA AA, ASSAY_E_MALFORMED},
    {"found, short", ASSAY_KIND_FOUND, "81 41 aa", ASSAY_E_MALFORMED},
    {"found, bare", ASSAY_KIND_FOUND, AA, ASSAY_E_MALFORMED},
    {"found, map", ASSAY_KIND_FOUND, "a1 01" AA, ASSAY_E_MALFORMED},
    {"found, more", ASSAY_KIND_FOUND, "81" AA "00", ASSAY_E_MALFORMED},
    {"found, cut", ASSAY_KIND_FOUND, "81 5820 aaaa", ASSAY_E_TRUNCATED},
    {"found, long head", ASSAY_KIND_FOUND, "98 01" AA, ASSAY_E_MALFORMED},

    {"member", ASSAY_KIND_MEMBER, "83" AA "01 00", ASSAY_OK},
    {"member, two", ASSAY_KIND_MEMBER, "82" AA "01", ASSAY_E_MALFORMED},
    {"member, four", ASSAY_KIND_MEMBER, "84" AA "01 00 00", ASSAY_E_MALFORMED},
    {"member, role 0", ASSAY_KIND_MEMBER, "83" AA "00 00", ASSAY_E_MALFORMED},
    {"member, role 4", ASSAY_KIND_MEMBER, "83" AA "04 00", ASSAY_E_MALFORMED},
    {"member, role in words", ASSAY_KIND_MEMBER, "83" AA "61 61 00",
     ASSAY_E_MALFORMED},
    {"member, role 2^32 + 1", ASSAY_KIND_MEMBER,
     "83" AA "1b 0000000100000001 00", ASSAY_E_MALFORMED},
    {"member, 16", ASSAY_KIND_MEMBER, "83" AA "01 10", ASSAY_OK},
    {"member, 17", ASSAY_KIND_MEMBER, "83" AA "01 11", ASSAY_E_LIMIT},
    {"member, 2^32", ASSAY_KIND_MEMBER, "83" AA "01 1b 0000000100000000",
     ASSAY_E_LIMIT},
    {"member, -1", ASSAY_KIND_MEMBER, "83" AA "01 20", ASSAY_E_MALFORMED},
    {"member, key null", ASSAY_KIND_MEMBER, "83 f6 01 00", ASSAY_E_MALFORMED},
    {"member, long role", ASSAY_KIND_MEMBER, "83" AA "18 01 00",
     ASSAY_E_MALFORMED},

    {"revoke", ASSAY_KIND_REVOKE, "82" AA "82" BB CC, ASSAY_OK},
    {"revoke, none", ASSAY_KIND_REVOKE, "82" AA "80", ASSAY_OK},
    {"revoke, unsorted", ASSAY_KIND_REVOKE, "82" AA "82" CC BB,
     ASSAY_E_MALFORMED},
    {"revoke, twice", ASSAY_KIND_REVOKE, "82" AA "82" BB BB, ASSAY_E_MALFORMED},
    {"revoke, 65", ASSAY_KIND_REVOKE, "82" AA "98 41", ASSAY_E_LIMIT},
    {"revoke, no list", ASSAY_KIND_REVOKE, "81" AA, ASSAY_E_MALFORMED},
    {"revoke, null list", ASSAY_KIND_REVOKE, "82" AA "f6", ASSAY_E_MALFORMED},
    {"revoke, indefinite", ASSAY_KIND_REVOKE, "82" AA "9f ff",
     ASSAY_E_MALFORMED},

    {"rotate", ASSAY_KIND_ROTATE, "82" AA "81" BB, ASSAY_OK},
    {"rotate, none", ASSAY_KIND_ROTATE, "82" AA "80", ASSAY_OK},
    {"rotate, no list", ASSAY_KIND_ROTATE, "81" AA, ASSAY_E_MALFORMED},
    {"rotate, three", ASSAY_KIND_ROTATE, "83" AA "80 00", ASSAY_E_MALFORMED},
    {"rotate, unsorted", ASSAY_KIND_ROTATE, "82" AA "82" CC BB,
     ASSAY_E_MALFORMED},
};

static void grants_out_of_form_are_refused(void **state)
{
    uint8_t space[256];
    struct assay_grant untouched;
    (void)state;

    memset(&untouched, 0xee, sizeof(untouched));
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct assay_bytes input =
            sample_hex(cases[index].hex, space, sizeof(space));
        struct assay_fault fault = {SIZE_MAX, NULL};
        struct assay_grant grant;

        memset(&grant, 0xee, sizeof(grant));
        enum assay_err err =
            assay_grant_read(cases[index].kind, input, &grant, &fault);
        if (err != cases[index].err) {
            fail_msg("%s: %s", cases[index].what, assay_err_name(err));
        }
        if (err != ASSAY_OK) {
            assert_memory_equal(&grant, &untouched, sizeof(grant));
            assert_non_null(fault.rule);
            assert_true(fault.offset <= input.len);
        }
    }
}

static void roles_have_names(void **state)
{
    (void)state;

    for (unsigned role = 1; role <= 3; role++) {
        const char *name = assay_role_name((enum assay_role)role);

        assert_int_equal(assay_role_by_name(assay_bytes_of(name)), role);
    }
    assert_string_equal(assay_role_name(ASSAY_ROLE_ARCHIVIST), "archivist");
    assert_string_equal(assay_role_name((enum assay_role)0), "unknown");
    assert_string_equal(assay_role_name((enum assay_role)4), "unknown");
    assert_int_equal(assay_role_by_name(assay_bytes_of("Editor")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_kinds_have_a_grant),
        cmocka_unit_test(a_member_is_read_as_written),
        cmocka_unit_test(a_founding_grant_is_read_as_written),
        cmocka_unit_test(the_last_good_records_are_sorted_when_written),
        cmocka_unit_test(a_rotation_names_none_to_64),
        cmocka_unit_test(grants_out_of_form_are_refused),
        cmocka_unit_test(roles_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
