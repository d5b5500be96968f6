/* SPDX-License-Identifier: Apache-2.0 */
/*
 * captures.h - captured bytes: files by their SHA-256, apart from the
 * records, written aside, synced and renamed, never twice.
 */
#ifndef ASSAY_STORE_CAPTURES_H
#define ASSAY_STORE_CAPTURES_H

#include "ledger.h"

struct store_capture_info {
    uint8_t sha256[ASSAY_HASH_SIZE];
    uint64_t size;
    bool was_held; /* The bytes were there already. */
};

/*
 * Copies what fd gives, up to its end, into the store. ASSAY_E_LIMIT when it
 * is longer than max_bytes; nothing is left behind then or on ASSAY_E_FULL,
 * ASSAY_E_IO. Memory used does not depend on the size.
 */
ASSAY_MUST_CHECK
enum assay_err store_captures_put(struct store_ledger *ledger, int fd,
                                  uint64_t max_bytes,
                                  struct store_capture_info *info_out);

/* Bytes of a held capture, mapped or read into memory; unmap with
 * store_captures_release. They are hashed again: ASSAY_E_CORRUPT when they
 * are not what their name says. ASSAY_E_NOT_FOUND. */
ASSAY_MUST_CHECK
enum assay_err store_captures_get(struct store_ledger *ledger,
                                  const uint8_t sha256[ASSAY_HASH_SIZE],
                                  struct assay_bytes *bytes_out);
void store_captures_release(struct assay_bytes bytes);

/* Whether a file of that name is there (its content unchecked). */
bool store_captures_has(struct store_ledger *ledger,
                        const uint8_t sha256[ASSAY_HASH_SIZE]);

/* Drops the bytes (erasure). ASSAY_E_NOT_FOUND. */
ASSAY_MUST_CHECK
enum assay_err store_captures_drop(struct store_ledger *ledger,
                                   const uint8_t sha256[ASSAY_HASH_SIZE]);

/* Calls visit for every file under captures/; is_sound says whether the bytes
 * hash to its name (left-over partial files count as not sound, and path
 * names them). Stops when visit returns false. */
ASSAY_MUST_CHECK
enum assay_err store_captures_walk(struct store_ledger *ledger,
                                   bool (*visit)(void *context,
                                                 const char *path,
                                                 bool is_sound),
                                   void *context);

#endif
