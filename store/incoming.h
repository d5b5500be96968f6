/* SPDX-License-Identifier: Apache-2.0 */
/*
 * incoming.h - captured bytes that come in parts, from peers: a file for each
 * under DIR/incoming, named by the hash that it shall have, until it has it.
 *
 * What was written stays there when a fetch breaks off, also when the process
 * is killed: it is hashed again and goes on from its end. Bytes that are all
 * there and have their hash are put under captures/ in one step. A file may be
 * open once in all processes; only the node uses this.
 *
 * All calls may wait for the disk. One thread at a time uses an incoming file;
 * it may be handed on.
 */
#ifndef ASSAY_STORE_INCOMING_H
#define ASSAY_STORE_INCOMING_H

#include "ledger.h"

struct store_incoming; /* Opaque. */

/* Opens the file of a hash, and makes it where there is none; *len_out bytes
 * are there already. ASSAY_E_NOMEM, ASSAY_E_FULL, ASSAY_E_IO and the others of
 * files. End it with store_incoming_close. */
ASSAY_MUST_CHECK
enum assay_err store_incoming_open(struct store_ledger *ledger,
                                   const uint8_t sha256[ASSAY_HASH_SIZE],
                                   struct store_incoming **incoming_out,
                                   uint64_t *len_out);

/* Begins again from nothing. */
ASSAY_MUST_CHECK
enum assay_err store_incoming_restart(struct store_incoming *incoming);

/* Adds bytes at the end; where this fails part of them may be there, and it
 * can only be closed. ASSAY_E_LIMIT: more than a capture can have. */
ASSAY_MUST_CHECK
enum assay_err store_incoming_add(struct store_incoming *incoming,
                                  struct assay_bytes bytes);

/* All is there: puts it in its place. ASSAY_E_CORRUPT where it has not its
 * hash: restart or close it then. */
ASSAY_MUST_CHECK
enum assay_err store_incoming_finish(struct store_incoming *incoming);

/* Closes; the bytes stay for a later time where keep is true and there are
 * any. Accepts NULL. */
void store_incoming_close(struct store_incoming *incoming, bool keep);

/* Removes the files of hashes that no capture which is held, with its body,
 * has. */
ASSAY_MUST_CHECK
enum assay_err store_incoming_prune(struct store_ledger *ledger);

/* What all captured bytes take, those on their way included. */
ASSAY_MUST_CHECK
enum assay_err store_captures_usage(struct store_ledger *ledger,
                                    uint64_t *size_out);

#endif
