/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_key.h - the key that a node is known by: DIR/node.key, mode 0600.
 *
 * It is a key file like those of the keyring (docs/store.md), for X25519. As a
 * rule it is plain, since a node starts without a person; one that is sealed
 * needs its passphrase. Whoever copies it is this node to others, so it stays
 * out of exports and backups of records.
 */
#ifndef ASSAY_STORE_NODE_KEY_H
#define ASSAY_STORE_NODE_KEY_H

#include "keyring.h"
#include "protocol/noise.h"

/* In locked memory: free with store_node_key_free. */
struct store_node_key {
    struct assay_noise_keypair pair;
};

/* Opens the node's key, and makes it where there is none, sealed where
 * passphrase is not none. ASSAY_E_PASSPHRASE (it is sealed, and the passphrase
 * wrong or none), ASSAY_E_UNSAFE (others can read or write the file),
 * ASSAY_E_MALFORMED (another kind of key), _VERSION, _ACCESS, _READONLY,
 * _FULL, _IO, _NOMEM. */
ASSAY_MUST_CHECK
enum assay_err store_node_key_open(struct store_ledger *ledger,
                                   struct assay_bytes passphrase,
                                   uint64_t now_s,
                                   struct store_node_key **key_out);

/* Wipes it. NULL is accepted. */
void store_node_key_free(struct store_node_key *key);

/* What may be known of the key without opening it; makes none:
 * ASSAY_E_NOT_FOUND where no node ran on this ledger. Else as above. */
ASSAY_MUST_CHECK
enum assay_err store_node_key_find(struct store_ledger *ledger,
                                   struct store_key_info *info_out);

#endif
