/* SPDX-License-Identifier: Apache-2.0 */
/*
 * samples.h - records of every kind, for tests, vectors and fuzzers.
 *
 * A sample is made from its kind, a form and a number alone, so that it is the
 * same bytes everywhere and for ever.
 */
#ifndef ASSAY_TESTS_SUPPORT_SAMPLES_H
#define ASSAY_TESTS_SUPPORT_SAMPLES_H

#include "protocol/kinds/capture.h"
#include "protocol/kinds/claim.h"
#include "protocol/kinds/source.h"
#include "protocol/kinds/team.h"
#include "protocol/kinds/verdict.h"
#include "protocol/record.h"

#define SAMPLE_KIND_COUNT 15

enum sample_form {
    SAMPLE_MINIMAL, /* Only what the kind requires. */
    SAMPLE_FULL,    /* Every field that there is. */
    SAMPLE_VARIED   /* Fields, texts and counts drawn from the number. */
};

/* A record, sealed and opened again; its bytes lie in it, so it is not
 * copied. */
struct sample {
    struct assay_payload payload;
    struct assay_record record;
    struct assay_bytes envelope;
    struct assay_bytes body;
    struct assay_id id;
    uint8_t secret[ASSAY_SECRET_SIZE];
    uint8_t grant_space[ASSAY_RECORD_MAX];
    uint8_t body_space[ASSAY_RECORD_MAX];
    uint8_t envelope_space[ASSAY_RECORD_MAX];
};

/* The kinds, in order. */
extern const uint64_t sample_kinds[SAMPLE_KIND_COUNT];

/* A key pair whose seed is 32 times byte. */
void sample_key(uint8_t byte, uint8_t secret_out[ASSAY_SECRET_SIZE],
                struct assay_key *key_out);

/* An id that is 32 times byte. */
struct assay_id sample_id(uint8_t byte);

/* Makes one. Ends the program when the record layer refuses it. */
void sample_make(uint64_t kind, enum sample_form form, uint64_t number,
                 struct sample *sample_out);

/*
 * Puts an envelope around any payload, well-formed or not, and signs it: what
 * is refused then is refused for the payload. protected_header may be none:
 * then it is the right one. out has room for ASSAY_RECORD_MAX bytes.
 */
struct assay_bytes sample_wrap(const uint8_t secret[ASSAY_SECRET_SIZE],
                               struct assay_bytes protected_header,
                               struct assay_bytes payload, uint8_t *out);

/* Decodes hex, blanks left out, into out; returns what was written. Ends the
 * program when it is not hex or longer than cap. */
struct assay_bytes sample_hex(const char *hex, uint8_t *out, size_t cap);

#endif
