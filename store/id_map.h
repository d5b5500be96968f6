/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id_map.h - a memory of what was found for an id, inside an arena. Not
 * installed.
 *
 * It is bounded: when it is full, what is put is forgotten and has to be found
 * again. Ids that somebody chose so that they meet in one bucket cost a walk
 * over at most STORE_ID_MAP_MAX entries.
 */
#ifndef ASSAY_STORE_ID_MAP_H
#define ASSAY_STORE_ID_MAP_H

#include "arena.h"
#include "protocol/id.h"

#define STORE_ID_MAP_BUCKETS 64
#define STORE_ID_MAP_MAX 4096

struct store_id_map_entry;

struct store_id_map {
    struct store_id_map_entry *buckets[STORE_ID_MAP_BUCKETS];
    size_t count;
};

/* What was put for id; NULL if nothing was. A map begins as all zero. */
void *store_id_map_get(const struct store_id_map *map,
                       const struct assay_id *id);

/* Keeps value for an id that has none yet. The id must outlive the map. */
void store_id_map_put(struct store_id_map *map, struct store_arena *arena,
                      const struct assay_id *id, void *value);

#endif
