/* SPDX-License-Identifier: Apache-2.0 */
#include "grant.h"

#include "check.h"

#include <stdlib.h>

static const char *const role_names[] = {
    [ASSAY_ROLE_CHECKER] = "checker",
    [ASSAY_ROLE_EDITOR] = "editor",
    [ASSAY_ROLE_ARCHIVIST] = "archivist",
};

#define ROLE_NAME_COUNT (sizeof(role_names) / sizeof(role_names[0]))

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct assay_id));
}

static void sort_last(struct assay_grant *grant)
{
    size_t kept = 0;

    qsort(grant->last, grant->last_count, sizeof(grant->last[0]), compare_ids);
    for (size_t index = 0; index < grant->last_count; index++) {
        if (kept == 0 ||
            !assay_id_equal(&grant->last[kept - 1], &grant->last[index])) {
            grant->last[kept] = grant->last[index];
            kept++;
        }
    }
    grant->last_count = kept;
}

static void read_array_of(struct assay_cbor_reader *reader, size_t count,
                          const char *rule)
{
    size_t at = reader->pos;

    if (assay_cbor_read_array(reader, ASSAY_LIST_MAX) != count) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED, rule);
    }
}

static void read_last(struct assay_cbor_reader *reader,
                      struct assay_grant *grant)
{
    /* RECORDS 4.1: "The last good records MUST be at most 64 ids, sorted
     * bytewise and unique." */
    grant->last_count = assay_cbor_read_array(reader, ASSAY_LAST_MAX);
    for (size_t index = 0; index < grant->last_count; index++) {
        size_t at = reader->pos;

        assay_cbor_read_fixed(reader, grant->last[index].hash, ASSAY_ID_SIZE);
        if (index > 0 &&
            compare_ids(&grant->last[index - 1], &grant->last[index]) >= 0) {
            assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                               "last good records are sorted and unique");
        }
    }
}

static void read_member(struct assay_cbor_reader *reader,
                        struct assay_grant *grant)
{
    read_array_of(reader, 3, "a member's grant is [key, role, signoffs]");
    assay_cbor_read_fixed(reader, grant->key.bytes, ASSAY_KEY_SIZE);

    size_t at = reader->pos;
    uint64_t role = assay_cbor_read_uint(reader);
    /* RECORDS 4.1: "A role MUST be 1 (checker), 2 (editor) or 3
     * (archivist)." */
    if (role < ASSAY_ROLE_CHECKER || role > ASSAY_ROLE_ARCHIVIST) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a role is 1 (checker), 2 (editor) or "
                           "3 (archivist)");
        return;
    }
    grant->role = (enum assay_role)role;

    at = reader->pos;
    uint64_t signoffs = assay_cbor_read_uint(reader);
    /* RECORDS 4.1: "signoffs MUST be an unsigned integer of at most 16." */
    if (signoffs > ASSAY_SIGNOFFS_MAX) {
        assay_cbor_fail_at(reader, at, ASSAY_E_LIMIT,
                           "a grant asks for 16 sign-offs at most");
        return;
    }
    grant->signoffs = (uint32_t)signoffs;
}

bool assay_grant_is_required(uint64_t kind)
{
    return kind == ASSAY_KIND_FOUND || kind == ASSAY_KIND_MEMBER ||
           kind == ASSAY_KIND_REVOKE || kind == ASSAY_KIND_ROTATE;
}

enum assay_err assay_grant_read(uint64_t kind, struct assay_bytes input,
                                struct assay_grant *grant_out,
                                struct assay_fault *fault_out)
{
    struct assay_grant grant;
    struct assay_cbor_reader reader;

    ASSAY_CHECK(assay_grant_is_required(kind));
    memset(&grant, 0, sizeof(grant));
    assay_cbor_reader_init(&reader, input);

    if (kind == ASSAY_KIND_MEMBER) {
        read_member(&reader, &grant);
    } else if (kind == ASSAY_KIND_FOUND) {
        read_array_of(&reader, 1, "a founding grant is [next key's hash]");
        assay_cbor_read_fixed(&reader, grant.next_key_hash, ASSAY_HASH_SIZE);
    } else if (kind == ASSAY_KIND_REVOKE) {
        read_array_of(&reader, 2, "a revocation is [grant, [last]]");
        assay_cbor_read_fixed(&reader, grant.target.hash, ASSAY_ID_SIZE);
        read_last(&reader, &grant);
    } else {
        read_array_of(&reader, 2, "a rotation is [next key's hash, [last]]");
        assay_cbor_read_fixed(&reader, grant.next_key_hash, ASSAY_HASH_SIZE);
        read_last(&reader, &grant);
    }

    enum assay_err err = assay_cbor_reader_finish(&reader, fault_out);
    if (err == ASSAY_OK) {
        *grant_out = grant;
    }
    return err;
}

static void write_fixed(struct assay_cbor_writer *writer, const uint8_t *bytes)
{
    _Static_assert(ASSAY_HASH_SIZE == ASSAY_ID_SIZE, "one size of 32 bytes");
    _Static_assert(ASSAY_HASH_SIZE == ASSAY_KEY_SIZE, "one size of 32 bytes");
    assay_cbor_write_bytes(writer,
                           (struct assay_bytes){bytes, ASSAY_HASH_SIZE});
}

static void write_last(struct assay_cbor_writer *writer,
                       struct assay_grant *grant)
{
    ASSAY_CHECK(grant->last_count <= ASSAY_LAST_MAX);
    sort_last(grant);
    assay_cbor_write_array(writer, grant->last_count);
    for (size_t index = 0; index < grant->last_count; index++) {
        write_fixed(writer, grant->last[index].hash);
    }
}

void assay_grant_write(uint64_t kind, struct assay_grant *grant,
                       struct assay_cbor_writer *writer)
{
    ASSAY_CHECK(assay_grant_is_required(kind));
    if (kind == ASSAY_KIND_MEMBER) {
        assay_cbor_write_array(writer, 3);
        write_fixed(writer, grant->key.bytes);
        assay_cbor_write_uint(writer, (uint64_t)grant->role);
        assay_cbor_write_uint(writer, grant->signoffs);
    } else if (kind == ASSAY_KIND_FOUND) {
        assay_cbor_write_array(writer, 1);
        write_fixed(writer, grant->next_key_hash);
    } else if (kind == ASSAY_KIND_REVOKE) {
        assay_cbor_write_array(writer, 2);
        write_fixed(writer, grant->target.hash);
        write_last(writer, grant);
    } else {
        assay_cbor_write_array(writer, 2);
        write_fixed(writer, grant->next_key_hash);
        write_last(writer, grant);
    }
}

const char *assay_role_name(enum assay_role role)
{
    unsigned index = (unsigned)role;

    if (index == 0 || index >= ROLE_NAME_COUNT) {
        return "unknown";
    }
    return role_names[index];
}

enum assay_role assay_role_by_name(struct assay_bytes name)
{
    for (unsigned index = 1; index < ROLE_NAME_COUNT; index++) {
        if (assay_bytes_equal(name, assay_bytes_of(role_names[index]))) {
            return (enum assay_role)index;
        }
    }
    return (enum assay_role)0;
}
