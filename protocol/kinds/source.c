/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include "fields.h"

/* Keys 1 to 5 are those of a place. */
enum { SOURCE_STANCE = 6, SOURCE_NOTE = 7 };

static const char *const stance_names[] = {
    [ASSAY_STANCE_SUPPORTS] = "supports",
    [ASSAY_STANCE_REFUTES] = "refutes",
    [ASSAY_STANCE_CONTEXT] = "context",
};

#define STANCE_NAME_COUNT (sizeof(stance_names) / sizeof(stance_names[0]))

const char *assay_stance_name(enum assay_stance stance)
{
    unsigned index = (unsigned)stance;

    if (index == 0 || index >= STANCE_NAME_COUNT) {
        return "unknown";
    }
    return stance_names[index];
}

enum assay_stance assay_stance_by_name(struct assay_bytes name)
{
    for (unsigned index = 1; index < STANCE_NAME_COUNT; index++) {
        if (assay_bytes_equal(name, assay_bytes_of(stance_names[index]))) {
            return (enum assay_stance)index;
        }
    }
    return (enum assay_stance)0;
}

static enum assay_stance read_stance(struct assay_cbor_reader *reader)
{
    size_t at = reader->pos;
    uint64_t stance = assay_cbor_read_uint(reader);

    /* RECORDS 6.2: "A stance MUST be 1 (supports), 2 (refutes) or 3
     * (context)." */
    if (stance == 0 || stance >= STANCE_NAME_COUNT) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a stance is 1 (supports), 2 (refutes) or "
                           "3 (context)");
        return (enum assay_stance)0;
    }
    return (enum assay_stance)stance;
}

static void read_field(struct assay_cbor_reader *reader, uint64_t key,
                       struct assay_source *source)
{
    if (assay_field_place(reader, key, &source->place)) {
        return;
    }
    switch (key) {
    case SOURCE_STANCE:
        source->stance = read_stance(reader);
        break;
    case SOURCE_NOTE:
        source->note = assay_field_text(reader, ASSAY_TEXT_MAX);
        break;
    default:
        (void)assay_cbor_skip(reader);
        break;
    }
}

enum assay_err assay_source_read(struct assay_bytes body,
                                 struct assay_source *out,
                                 struct assay_fault *fault_out)
{
    struct assay_source source;
    struct assay_cbor_reader reader;
    struct assay_cbor_map map;
    uint64_t key = 0;

    memset(&source, 0, sizeof(source));
    assay_field_begin(&reader, &map, body);
    while (assay_cbor_next_key(&reader, &map, &key)) {
        read_field(&reader, key, &source);
    }
    assay_field_place_end(&reader, &source.place);
    assay_field_require(&reader, source.stance != 0, "a source has a stance");

    enum assay_err err = assay_cbor_reader_finish(&reader, fault_out);
    if (err == ASSAY_OK) {
        *out = source;
    }
    return err;
}

void assay_source_write(const struct assay_source *source,
                        const uint8_t salt[ASSAY_SALT_SIZE],
                        struct assay_cbor_writer *writer)
{
    assay_field_write_begin(writer,
                            1 + assay_field_place_count(&source->place) +
                                assay_field_given(source->note),
                            salt);
    assay_field_write_place(writer, &source->place);
    assay_cbor_write_uint(writer, SOURCE_STANCE);
    assay_cbor_write_uint(writer, (uint64_t)source->stance);
    assay_field_write_text(writer, SOURCE_NOTE, source->note);
}
