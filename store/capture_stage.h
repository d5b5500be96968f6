/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture_stage.h - captured bytes on their way: written aside and hashed
 * while they come, kept or dropped when it is known what they are. Not
 * installed.
 *
 * A stage is used by one thread at a time, and may be handed on.
 */
#ifndef ASSAY_STORE_CAPTURE_STAGE_H
#define ASSAY_STORE_CAPTURE_STAGE_H

#include "captures.h"
#include "files.h"

#include <sodium.h>

struct store_capture_stage {
    int captures; /* The folder; -1 where there is no stage. */
    struct store_aside aside;
    crypto_hash_sha256_state state;
    uint64_t size;
};

/* A stage that holds nothing; dropping it does nothing. */
#define STORE_CAPTURE_STAGE_NONE                                               \
    ((struct store_capture_stage){.captures = -1, .aside = {.fd = -1}})

/* Begins. End it with store_capture_stage_drop, whatever happened. */
ASSAY_MUST_CHECK
enum assay_err store_capture_stage_begin(struct store_ledger *ledger,
                                         struct store_capture_stage *stage_out);

/* Adds bytes at the end. */
ASSAY_MUST_CHECK
enum assay_err store_capture_stage_add(struct store_capture_stage *stage,
                                       struct assay_bytes bytes);

/* The hash and size of all that was added; was_held is false. Nothing can be
 * added any more. */
void store_capture_stage_finish(struct store_capture_stage *stage,
                                struct store_capture_info *info_out);

/* Puts the bytes in their place, unless they are there and sound, and sets
 * was_held in info. */
ASSAY_MUST_CHECK
enum assay_err store_capture_stage_keep(struct store_capture_stage *stage,
                                        struct store_capture_info *info);

/* Ends a stage; what was not kept is gone. */
void store_capture_stage_drop(struct store_capture_stage *stage);

/* Whether the file in a folder holds the bytes of that hash. */
bool store_capture_is_sound(int folder, const char *file,
                            const uint8_t sha256[ASSAY_HASH_SIZE]);

/* A hash is a folder of two characters and a file of the others. */
#define STORE_CAPTURE_HEX_LEN ((size_t)2 * ASSAY_HASH_SIZE)
#define STORE_CAPTURE_FOLDER_LEN 2

struct store_capture_name {
    char folder[STORE_CAPTURE_FOLDER_LEN + 1];
    char file[STORE_CAPTURE_HEX_LEN - STORE_CAPTURE_FOLDER_LEN + 1];
};

struct store_capture_name
store_capture_name(const uint8_t sha256[ASSAY_HASH_SIZE]);

/* Opens DIR/captures; makes it where make is true. */
ASSAY_MUST_CHECK
enum assay_err store_captures_folder(struct store_ledger *ledger, bool make,
                                     int *folder_out);

/* Opens DIR/incoming; makes it where make is true. A file there is named by its
 * whole hash. */
ASSAY_MUST_CHECK
enum assay_err store_incoming_folder(struct store_ledger *ledger, bool make,
                                     int *folder_out);
#define STORE_INCOMING_NAME_SIZE (STORE_CAPTURE_HEX_LEN + 1)

/* What is kept or mapped at most, whatever a caller allows: sixteen times what
 * is taken by default. */
#define STORE_CAPTURE_SIZE_MAX ((uint64_t)16 * ASSAY_CAPTURE_MAX)

#endif
