/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_view.h - captured bytes as they are shown to peers
 * (protocol/blobview.h): read from their files, part by part.
 *
 * They are not hashed again, for whoever gets them does that.
 */
#ifndef ASSAY_STORE_BLOB_VIEW_H
#define ASSAY_STORE_BLOB_VIEW_H

#include "ledger.h"
#include "protocol/blobview.h"

/* What sessions are given. It lends the ledger, and is of any thread. */
struct assay_blob_view store_blob_view(struct store_ledger *ledger);

#endif
