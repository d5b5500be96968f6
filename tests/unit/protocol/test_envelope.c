/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every form that an envelope must not have, each one signed correctly, so
 * that nothing but the rule at hand can refuse it.
 */
#include "protocol/record.h"

#include "samples.h"
#include "testing.h"

#include <sodium.h>

/* The fields of a good payload of a claim, in order. */
#define KIND "01 11"
#define AUTH "02 5820" AA
#define SEQ "03 01"
#define PREV "04 80"
#define TIME "05 1a 68e77800"
#define HASH "06 5820" BB

/* 32 bytes each. */
#define X8(x) x x x x x x x x
#define ZERO X8("00000000")
#define AA X8("aaaaaaaa")
#define BB X8("bbbbbbbb")
#define CC X8("cccccccc")

#define LOG AUTH SEQ PREV TIME HASH
#define FOUND "01 01 02 5820" ZERO
#define GRANT_1 "07 81 5820" CC

struct refusal {
    const char *what;
    const char *payload;
    enum assay_err err;
};

static const struct refusal refusals[] = {
    {"kind 0", "a6 01 00" LOG, ASSAY_E_MALFORMED},
    {"a kind in words", "a6 01 61 63" LOG, ASSAY_E_MALFORMED},
    {"a negative kind", "a6 01 20" LOG, ASSAY_E_MALFORMED},
    {"a kind in two bytes", "a6 01 18 11" LOG, ASSAY_E_MALFORMED},
    {"a kind in three bytes", "a6 01 19 0011" LOG, ASSAY_E_MALFORMED},
    {"a kind in five bytes", "a6 01 1a 00000011" LOG, ASSAY_E_MALFORMED},
    {"a kind in nine bytes", "a6 01 1b 0000000000000011" LOG,
     ASSAY_E_MALFORMED},
    {"a reserved head", "a6 01 1c" LOG, ASSAY_E_MALFORMED},

    {"an indefinite map", "bf" KIND LOG "ff", ASSAY_E_MALFORMED},
    {"a map's long head", "b8 06" KIND LOG, ASSAY_E_MALFORMED},
    {"keys out of order", "a6" AUTH KIND SEQ PREV TIME HASH, ASSAY_E_MALFORMED},
    {"a key twice", "a7" KIND KIND LOG, ASSAY_E_MALFORMED},
    {"a key in two bytes", "a6 18 01 11" LOG, ASSAY_E_MALFORMED},
    {"a key in words", "a7" KIND LOG "61 61 00", ASSAY_E_MALFORMED},
    {"a negative key", "a7" KIND LOG "20 00", ASSAY_E_MALFORMED},
    {"key 0", "a7 00 00" KIND LOG, ASSAY_E_MALFORMED},
    {"key 9", "a7" KIND LOG "09 00", ASSAY_E_MALFORMED},
    {"key 24", "a7" KIND LOG "18 18 00", ASSAY_E_MALFORMED},
    {"no kind", "a5" LOG, ASSAY_E_MALFORMED},
    {"no auth", "a5" KIND SEQ PREV TIME HASH, ASSAY_E_MALFORMED},
    {"no seq", "a5" KIND AUTH PREV TIME HASH, ASSAY_E_MALFORMED},
    {"no prev", "a5" KIND AUTH SEQ TIME HASH, ASSAY_E_MALFORMED},
    {"no time", "a5" KIND AUTH SEQ PREV HASH, ASSAY_E_MALFORMED},
    {"no body hash", "a5" KIND AUTH SEQ PREV TIME, ASSAY_E_MALFORMED},
    {"an array", "86 01 02 03 04 05 06", ASSAY_E_MALFORMED},
    {"nothing", "", ASSAY_E_TRUNCATED},
    {"a pair too few", "a7" KIND LOG, ASSAY_E_TRUNCATED},
    {"a pair too many", "a5" KIND LOG, ASSAY_E_MALFORMED},
    {"a trailing byte", "a6" KIND LOG "00", ASSAY_E_MALFORMED},

    {"a short auth", "a6" KIND "02 44 aaaaaaaa" SEQ PREV TIME HASH,
     ASSAY_E_MALFORMED},
    {"a long auth", "a6" KIND "02 5821" AA "aa" SEQ PREV TIME HASH,
     ASSAY_E_MALFORMED},
    {"an auth in words", "a6" KIND "02 61 61" SEQ PREV TIME HASH,
     ASSAY_E_MALFORMED},
    {"an indefinite auth", "a6" KIND "02 5f 5820" AA "ff" SEQ PREV TIME HASH,
     ASSAY_E_MALFORMED},
    {"an auth's long head", "a6" KIND "02 59 0020" AA SEQ PREV TIME HASH,
     ASSAY_E_MALFORMED},
    {"auth zero", "a6" KIND "02 5820" ZERO SEQ PREV TIME HASH,
     ASSAY_E_MALFORMED},

    {"seq 0", "a6" KIND AUTH "03 00" PREV TIME HASH, ASSAY_E_SEQ},
    {"seq 0 with prev", "a6" KIND AUTH "03 00 04 81 5820" CC TIME HASH,
     ASSAY_E_SEQ},
    {"seq 2 without prev", "a6" KIND AUTH "03 02" PREV TIME HASH, ASSAY_E_SEQ},
    {"seq 1 with prev", "a6" KIND AUTH SEQ "04 81 5820" CC TIME HASH,
     ASSAY_E_SEQ},
    {"prev unsorted", "a6" KIND AUTH "03 02 04 82 5820" CC "5820" BB TIME HASH,
     ASSAY_E_MALFORMED},
    {"prev twice", "a6" KIND AUTH "03 02 04 82 5820" CC "5820" CC TIME HASH,
     ASSAY_E_MALFORMED},
    {"nine prev", "a6" KIND AUTH "03 02 04 89" TIME HASH, ASSAY_E_LIMIT},
    {"an indefinite prev", "a6" KIND AUTH "03 02 04 9f 5820" CC "ff" TIME HASH,
     ASSAY_E_MALFORMED},
    {"prev's long head", "a6" KIND AUTH SEQ "04 98 00" TIME HASH,
     ASSAY_E_MALFORMED},
    {"prev null", "a6" KIND AUTH SEQ "04 f6" TIME HASH, ASSAY_E_MALFORMED},

    {"a negative time", "a6" KIND AUTH SEQ PREV "05 20" HASH,
     ASSAY_E_MALFORMED},
    {"a broken time", "a6" KIND AUTH SEQ PREV "05 fa 4eceef00" HASH,
     ASSAY_E_MALFORMED},
    {"a tagged time", "a6" KIND AUTH SEQ PREV "05 c1 1a 68e77800" HASH,
     ASSAY_E_MALFORMED},
    {"time 2^53", "a6" KIND AUTH SEQ PREV "05 1b 0020000000000000" HASH,
     ASSAY_E_LIMIT},
    {"body hash null", "a6" KIND AUTH SEQ PREV TIME "06 f6", ASSAY_E_MALFORMED},

    {"a claim's grant", "a7" KIND LOG GRANT_1, ASSAY_E_MALFORMED},
    {"a found record without", "a6" FOUND SEQ PREV TIME HASH,
     ASSAY_E_MALFORMED},
    {"a member record without", "a6 01 03" LOG, ASSAY_E_MALFORMED},
    {"a revoke record without", "a6 01 04" LOG, ASSAY_E_MALFORMED},
    {"a rotate record without", "a6 01 05" LOG, ASSAY_E_MALFORMED},
    {"a grant of another kind", "a7 01 03" LOG GRANT_1, ASSAY_E_MALFORMED},
    {"found with auth", "a7 01 01" LOG GRANT_1, ASSAY_E_MALFORMED},
    {"found at seq 2", "a7" FOUND "03 02 04 81 5820" CC TIME HASH GRANT_1,
     ASSAY_E_SEQ},
    {"rotate at seq 2",
     "a7 01 05" AUTH "03 02 04 81 5820" CC TIME HASH "07 82 5820" CC "80",
     ASSAY_E_SEQ},

    {"about empty", "a7" KIND LOG "08 80", ASSAY_E_MALFORMED},
    {"about null", "a7" KIND LOG "08 f6", ASSAY_E_MALFORMED},
    {"about of 65", "a7" KIND LOG "08 98 41", ASSAY_E_LIMIT},
    {"about by id", "a7" KIND LOG "08 82 82 02 5820" CC "82 02 5820" BB,
     ASSAY_E_MALFORMED},
    {"about by relation", "a7" KIND LOG "08 82 82 03 5820" AA "82 02 5820" BB,
     ASSAY_E_MALFORMED},
    {"about twice", "a7" KIND LOG "08 82 82 02 5820" CC "82 02 5820" CC,
     ASSAY_E_MALFORMED},
    {"an entry of 1", "a7" KIND LOG "08 81 81 02", ASSAY_E_MALFORMED},
    {"an entry of 3", "a7" KIND LOG "08 81 83 02 5820" CC "00",
     ASSAY_E_MALFORMED},
    {"an entry's short id", "a7" KIND LOG "08 81 82 02 41 cc",
     ASSAY_E_MALFORMED},
    {"a relation in two bytes", "a7" KIND LOG "08 81 82 18 02 5820" CC,
     ASSAY_E_MALFORMED},
    {"relation 0", "a7" KIND LOG "08 81 82 00 5820" CC, ASSAY_E_MALFORMED},
    {"a relation in words", "a7" KIND LOG "08 81 82 61 61 5820" CC,
     ASSAY_E_MALFORMED},
};

/* Kind 200 is not known, so its grant may be anything that is deterministic
 * CBOR: each of these is not. */
#define OTHER "a7 01 18c8" LOG "07"
static const struct refusal grant_refusals[] = {
    {"a number's long head", OTHER "18 17", ASSAY_E_MALFORMED},
    {"a negative one's", OTHER "38 17", ASSAY_E_MALFORMED},
    {"a text's", OTHER "78 01 61", ASSAY_E_MALFORMED},
    {"a byte string's", OTHER "58 01 61", ASSAY_E_MALFORMED},
    {"an array's", OTHER "98 01 00", ASSAY_E_MALFORMED},
    {"a map's", OTHER "b8 01 00 00", ASSAY_E_MALFORMED},
    {"an indefinite text", OTHER "7f 61 61 ff", ASSAY_E_MALFORMED},
    {"an indefinite byte string", OTHER "5f 41 61 ff", ASSAY_E_MALFORMED},
    {"an indefinite array", OTHER "9f 00 ff", ASSAY_E_MALFORMED},
    {"an indefinite map", OTHER "bf 00 00 ff", ASSAY_E_MALFORMED},
    {"a map's keys out of order", OTHER "a2 02 00 01 00", ASSAY_E_MALFORMED},
    {"a map's keys by length only", OTHER "a2 61 61 00 01 00",
     ASSAY_E_MALFORMED},
    {"a map's key twice", OTHER "a2 01 00 01 00", ASSAY_E_MALFORMED},
    {"inside an array", OTHER "82 00 18 17", ASSAY_E_MALFORMED},
    {"inside a map", OTHER "a1 00 18 17", ASSAY_E_MALFORMED},
    {"a half float", OTHER "f9 3c00", ASSAY_E_MALFORMED},
    {"a float", OTHER "fa 3f800000", ASSAY_E_MALFORMED},
    {"a double", OTHER "fb 3ff0000000000000", ASSAY_E_MALFORMED},
    {"a tag", OTHER "c0 61 61", ASSAY_E_MALFORMED},
    {"undefined", OTHER "f7", ASSAY_E_MALFORMED},
    {"a simple value", OTHER "e0", ASSAY_E_MALFORMED},
    {"false in two bytes", OTHER "f8 14", ASSAY_E_MALFORMED},
    {"a stop alone", OTHER "ff", ASSAY_E_MALFORMED},
    {"text that is no UTF-8", OTHER "61 ff", ASSAY_E_MALFORMED},
    {"an overlong letter", OTHER "62 c1a1", ASSAY_E_MALFORMED},
    {"half a surrogate pair", OTHER "63 eda080", ASSAY_E_MALFORMED},
    {"a C0 control", OTHER "61 1b", ASSAY_E_MALFORMED},
    {"a C1 control", OTHER "62 c29b", ASSAY_E_MALFORMED},
    {"nothing", OTHER, ASSAY_E_TRUNCATED},
    {"half of a number", OTHER "19 01", ASSAY_E_TRUNCATED},
    {"half of an array", OTHER "82 01", ASSAY_E_TRUNCATED},
    {"nested too deep", OTHER "81 81 81 81 81 81 81 81 81 81 81 81 00",
     ASSAY_E_LIMIT},
};

static const char *const accepted[] = {
    "a6" KIND LOG,
    "a6" KIND AUTH "03 02 04 82 5820" BB "5820" CC TIME HASH,
    "a6" KIND AUTH SEQ PREV "05 1b 001fffffffffffff" HASH,
    "a6" KIND AUTH SEQ PREV "05 00" HASH,
    "a7" KIND LOG "08 82 82 02 5820" BB "82 02 5820" CC,
    "a7" KIND LOG "08 82 82 02 5820" CC "82 03 5820" BB,
    "a7" FOUND SEQ PREV TIME HASH GRANT_1,
    OTHER "a2 01 00 61 61 00",
    OTHER "83 20 f4 f6",
    OTHER "63 e280ae", /* A bidi override: made harmless where it is shown. */
    "a6 01 1b ffffffffffffffff" LOG,
};

static enum assay_err parse(const char *hex, struct assay_fault *fault)
{
    static uint8_t space[ASSAY_RECORD_MAX];
    static uint8_t out[ASSAY_RECORD_MAX];
    static struct assay_record record;
    uint8_t secret[ASSAY_SECRET_SIZE];
    struct assay_key key;

    sample_key(1, secret, &key);
    struct assay_bytes payload = sample_hex(hex, space, sizeof(space));
    struct assay_bytes envelope =
        sample_wrap(secret, ASSAY_BYTES_NONE, payload, out);
    return assay_record_open(envelope, ASSAY_BYTES_NONE, &record, fault);
}

static void refuse_all(const struct refusal *list, size_t count)
{
    struct assay_fault fault = {0, NULL};

    for (size_t index = 0; index < count; index++) {
        enum assay_err err = parse(list[index].payload, &fault);

        if (err != list[index].err) {
            fail_msg("%s: %s", list[index].what, assay_err_name(err));
        }
        assert_non_null(fault.rule);
        assert_true(fault.offset >= 40);
    }
}

/* The base of what follows: what is refused differs from one of these. */
static void payloads_in_form_are_accepted(void **state)
{
    (void)state;

    for (size_t index = 0; index < sizeof(accepted) / sizeof(accepted[0]);
         index++) {
        struct assay_fault fault = {0, "none"};
        enum assay_err err = parse(accepted[index], &fault);

        if (err != ASSAY_OK) {
            fail_msg("%s: %s at %zu", accepted[index], fault.rule,
                     fault.offset);
        }
    }
}

static void payloads_out_of_form_are_refused(void **state)
{
    (void)state;
    refuse_all(refusals, sizeof(refusals) / sizeof(refusals[0]));
}

static void grants_out_of_form_are_refused(void **state)
{
    (void)state;
    refuse_all(grant_refusals,
               sizeof(grant_refusals) / sizeof(grant_refusals[0]));
}

/* Offsets are of the envelope, so that a person finds the byte in a dump. */
static void a_fault_tells_the_offset_and_the_rule(void **state)
{
    struct assay_fault fault;
    (void)state;

    /* 43 bytes before the payload's head of 2, then the map's and KIND's. */
    assert_int_equal(parse("a6" KIND AUTH "03 00" PREV TIME HASH, &fault),
                     ASSAY_E_SEQ);
    assert_int_equal(fault.offset, 43 + 2 + 1 + 2 + 35 + 1);
    assert_string_equal(fault.rule, "seq counts from 1");

    /* A grant's offset counts from the envelope too. */
    assert_int_equal(parse("a7 01 03" LOG "07 83 5820" CC "09 00", &fault),
                     ASSAY_E_MALFORMED);
    assert_int_equal(fault.offset,
                     43 + 2 + 1 + 2 + 35 + 2 + 2 + 6 + 35 + 1 + 1 + 34);
}

struct edit {
    const char *what;
    size_t at;      /* In the envelope; -n counts from its end. */
    size_t remove;  /* So many bytes go, */
    const char *in; /* these come. */
    enum assay_err err;
};

#define FROM_END(n) (SIZE_MAX - (n) + 1)

static const struct edit edits[] = {
    {"no tag", 0, 1, "", ASSAY_E_MALFORMED},
    {"tag 17", 0, 1, "d1", ASSAY_E_MALFORMED},
    {"tag 18 in two bytes", 0, 1, "d8 12", ASSAY_E_MALFORMED},
    {"the tag twice", 0, 0, "d2", ASSAY_E_MALFORMED},
    {"COSE_Sign", 0, 1, "d8 62", ASSAY_E_MALFORMED},
    {"self-described", 0, 0, "d9 d9f7", ASSAY_E_MALFORMED},
    {"an array of 3", 1, 1, "83", ASSAY_E_MALFORMED},
    {"an array of 5", 1, 1, "85", ASSAY_E_MALFORMED},
    {"an array's long head", 1, 1, "98 04", ASSAY_E_MALFORMED},
    {"an indefinite array", 1, 1, "9f", ASSAY_E_MALFORMED},
    {"a map", 1, 1, "a4", ASSAY_E_MALFORMED},
    {"a protected header as text", 2, 1, "78", ASSAY_E_MALFORMED},
    {"its long head", 2, 2, "59 0026", ASSAY_E_MALFORMED},
    {"it empty", 2, 40, "40", ASSAY_E_MALFORMED},
    {"it without the key", 2, 40, "43 a10127", ASSAY_E_MALFORMED},
    {"ES256", 6, 1, "26", ASSAY_E_MALFORMED},
    {"alg in words", 2, 40, "45 a10162 4564", ASSAY_E_MALFORMED},
    {"the key under 5", 7, 1, "05", ASSAY_E_MALFORMED},
    {"a third header", 2, 3, "58 28 a3", ASSAY_E_MALFORMED},
    {"a key of 31 bytes", 2, 40,
     "58 25 a2012704581f" X8("aaaaaa") "aaaaaaaa"
                                       "aaaaaa",
     ASSAY_E_MALFORMED},
    {"a key of 33 bytes", 2, 40, "58 27 a20127045821" AA "aa",
     ASSAY_E_MALFORMED},
    {"a byte behind the key", 2, 40, "58 27 a20127045820" AA "00",
     ASSAY_E_MALFORMED},
    {"a byte too few of the key", 2, 40,
     "58 25 a20127045820" X8("aaaaaa") "aaaaaaaaaaaaaa", ASSAY_E_MALFORMED},
    {"an unprotected header", 42, 1, "a1 04 41 61", ASSAY_E_MALFORMED},
    {"it null", 42, 1, "f6", ASSAY_E_MALFORMED},
    {"it an array", 42, 1, "80", ASSAY_E_MALFORMED},
    {"its long head", 42, 1, "b8 00", ASSAY_E_MALFORMED},
    {"it indefinite", 42, 1, "bf ff", ASSAY_E_MALFORMED},
    {"the payload's long head", 43, 2, "59 0060", ASSAY_E_MALFORMED},
    {"the payload null", 43, 98, "f6", ASSAY_E_MALFORMED},
    {"the payload inline", 43, 2, "", ASSAY_E_MALFORMED},
    {"a signature of 63", FROM_END(66), 3, "58 3f", ASSAY_E_MALFORMED},
    {"a signature of 65", FROM_END(66), 2, "58 41 00", ASSAY_E_MALFORMED},
    {"a signature's long head", FROM_END(66), 2, "59 0040", ASSAY_E_MALFORMED},
    {"a signature as text", FROM_END(66), 1, "78", ASSAY_E_MALFORMED},
    {"a second signature", FROM_END(0), 0, "40", ASSAY_E_MALFORMED},
};

static void apply(const struct edit *edit, struct assay_bytes input,
                  uint8_t *out, size_t *len_out)
{
    uint8_t space[128];
    struct assay_bytes in = sample_hex(edit->in, space, sizeof(space));
    size_t at = edit->at > input.len ? input.len + edit->at : edit->at;

    memcpy(out, input.data, at);
    memcpy(out + at, in.data, in.len);
    memcpy(out + at + in.len, input.data + at + edit->remove,
           input.len - at - edit->remove);
    *len_out = input.len + in.len - edit->remove;
}

static void envelopes_out_of_form_are_refused(void **state)
{
    static uint8_t space[512];
    static uint8_t wrapped[ASSAY_RECORD_MAX];
    static uint8_t edited[ASSAY_RECORD_MAX];
    uint8_t secret[ASSAY_SECRET_SIZE];
    struct assay_record record;
    struct assay_key key;
    (void)state;

    sample_key(1, secret, &key);
    struct assay_bytes payload =
        sample_hex("a6" KIND LOG, space, sizeof(space));
    struct assay_bytes envelope =
        sample_wrap(secret, ASSAY_BYTES_NONE, payload, wrapped);
    for (size_t index = 0; index < sizeof(edits) / sizeof(edits[0]); index++) {
        struct assay_bytes input = {edited, 0};

        apply(&edits[index], envelope, edited, &input.len);
        enum assay_err err =
            assay_record_parse(input, ASSAY_BYTES_NONE, &record, NULL);
        if (err != edits[index].err) {
            fail_msg("%s: %s", edits[index].what, assay_err_name(err));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_in_form_are_accepted),
        cmocka_unit_test(payloads_out_of_form_are_refused),
        cmocka_unit_test(grants_out_of_form_are_refused),
        cmocka_unit_test(a_fault_tells_the_offset_and_the_rule),
        cmocka_unit_test(envelopes_out_of_form_are_refused),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
