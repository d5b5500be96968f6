/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "testing.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 1024

json_t *vectors_load(const char *name)
{
    char path[PATH_SIZE];
    json_error_t error;

    int len = snprintf(path, sizeof(path), "%s/%s", ASSAY_TEST_VECTORS, name);
    assert_in_range(len, 1, sizeof(path) - 1);
    json_t *root = json_load_file(path, JSON_DECODE_INT_AS_REAL, &error);
    if (root == NULL) {
        fail_msg("%s:%d: %s", path, error.line, error.text);
    }
    return root;
}

const char *vectors_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));

    if (text == NULL) {
        fail_msg("there is no text called %s", member);
    }
    return text;
}

struct assay_bytes vector_from_hex(struct vector *vector, const char *hex)
{
    if (sodium_hex2bin(vector->data, sizeof(vector->data), hex, strlen(hex),
                       " ", &vector->len, NULL) != 0 ||
        strspn(hex, "0123456789abcdefABCDEF ") != strlen(hex)) {
        fail_msg("%s is not hexadecimal", hex);
    }
    return (struct assay_bytes){vector->data, vector->len};
}

struct assay_bytes vector_from_member(struct vector *vector,
                                      const json_t *object, const char *member)
{
    return vector_from_hex(vector, vectors_text(object, member));
}
