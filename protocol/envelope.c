/* SPDX-License-Identifier: Apache-2.0 */
#include "envelope.h"

#include "check.h"

#include <sodium/crypto_hash_sha256.h>

/* Sig_structure (RFC 9052 section 4.4): ["Signature1", ... and 'assay/1'. */
static const uint8_t sig_context[] = {0x84, 0x6a, 'S', 'i', 'g', 'n',
                                      'a',  't',  'u', 'r', 'e', '1'};
static const uint8_t sig_external[] = {0x47, 'a', 's', 's', 'a', 'y', '/', '1'};

struct assay_sig_structure assay_sig_structure_of(struct assay_bytes envelope,
                                                  struct assay_bytes payload)
{
    const uint8_t *payload_item = envelope.data + ASSAY_PAYLOAD_ITEM_AT;
    size_t head_len = (size_t)(payload.data - payload_item);

    return (struct assay_sig_structure){{
        {sig_context, sizeof(sig_context)},
        {envelope.data + ASSAY_PROTECTED_ITEM_AT, ASSAY_PROTECTED_ITEM_SIZE},
        {sig_external, sizeof(sig_external)},
        {payload_item, head_len + payload.len},
    }};
}

void assay_sig_structure_hash(const struct assay_sig_structure *structure,
                              struct assay_id *id_out)
{
    crypto_hash_sha256_state state;

    (void)crypto_hash_sha256_init(&state);
    for (size_t index = 0; index < 4; index++) {
        (void)crypto_hash_sha256_update(&state, structure->piece[index].data,
                                        structure->piece[index].len);
    }
    (void)crypto_hash_sha256_final(&state, id_out->hash);
}

struct assay_bytes
assay_sig_structure_join(const struct assay_sig_structure *structure,
                         uint8_t *out, size_t out_cap)
{
    size_t len = 0;

    for (size_t index = 0; index < 4; index++) {
        ASSAY_CHECK(structure->piece[index].len <= out_cap - len);
        memcpy(out + len, structure->piece[index].data,
               structure->piece[index].len);
        len += structure->piece[index].len;
    }
    return (struct assay_bytes){out, len};
}

int assay_envelope_compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct assay_id));
}

int assay_envelope_compare_abouts(const void *a, const void *b)
{
    const struct assay_about *first = a;
    const struct assay_about *second = b;

    if (first->relation != second->relation) {
        return first->relation < second->relation ? -1 : 1;
    }
    return assay_envelope_compare_ids(&first->id, &second->id);
}
