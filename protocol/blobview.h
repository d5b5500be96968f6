/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blobview.h - captured bytes, as serving them to a peer sees them.
 *
 * An interface like syncview.h: the store answers from its files, tests from
 * arrays. It may be asked as long as the session lives.
 */
#ifndef ASSAY_PROTOCOL_BLOBVIEW_H
#define ASSAY_PROTOCOL_BLOBVIEW_H

#include "bytes.h"
#include "err.h"
#include "limits.h"

struct assay_blob_view {
    void *context;

    /* The length of what has this hash; ASSAY_E_NOT_FOUND. */
    enum assay_err (*size)(void *context, const uint8_t sha256[ASSAY_HASH_SIZE],
                           uint64_t *size_out);

    /* Copies len bytes from offset, which lie inside of it. ASSAY_E_NOT_FOUND
     * where it is gone meanwhile, ASSAY_E_IO. */
    enum assay_err (*read)(void *context, const uint8_t sha256[ASSAY_HASH_SIZE],
                           uint64_t offset, uint8_t *out, size_t len);
};

#endif
