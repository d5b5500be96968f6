/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passphrase.h - the passphrase of a node's key, where it is sealed: the first
 * line of the file that ASSAY_PASSPHRASE_FILE names.
 */
#ifndef ASSAY_NODE_PASSPHRASE_H
#define ASSAY_NODE_PASSPHRASE_H

#include "protocol/bytes.h"
#include "protocol/err.h"

#define NODE_PASSPHRASE_MAX 1024

/* In locked memory; NULL where there is none. */
struct node_secret_text;

/* Reads it; passphrase_out borrows from *text_out and is none where the
 * variable is not set. ASSAY_E_NOT_FOUND, ASSAY_E_UNSAFE (others may read the
 * file, or it is no regular file), ASSAY_E_LIMIT (it is too long),
 * ASSAY_E_ACCESS, ASSAY_E_IO, ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_passphrase_read(struct node_secret_text **text_out,
                                    struct assay_bytes *passphrase_out);

/* Wipes and frees it; accepts NULL. */
void node_passphrase_free(struct node_secret_text *text);

#endif
