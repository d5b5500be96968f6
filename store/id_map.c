/* SPDX-License-Identifier: Apache-2.0 */
#include "id_map.h"

struct store_id_map_entry {
    struct store_id_map_entry *next;
    const struct assay_id *id;
    void *value;
};

/* Ids are hashes: their last byte is as good as any function of them. */
static size_t bucket_of(const struct assay_id *id)
{
    return id->hash[ASSAY_ID_SIZE - 1] % STORE_ID_MAP_BUCKETS;
}

void *store_id_map_get(const struct store_id_map *map,
                       const struct assay_id *id)
{
    const struct store_id_map_entry *entry = map->buckets[bucket_of(id)];

    while (entry != NULL && !assay_id_equal(entry->id, id)) {
        entry = entry->next;
    }
    return entry == NULL ? NULL : entry->value;
}

void store_id_map_put(struct store_id_map *map, struct store_arena *arena,
                      const struct assay_id *id, void *value)
{
    struct store_id_map_entry **bucket = &map->buckets[bucket_of(id)];
    struct store_id_map_entry *entry;

    if (map->count >= STORE_ID_MAP_MAX) {
        return;
    }
    entry = store_arena_alloc(arena, sizeof(*entry));
    if (entry == NULL) {
        return;
    }
    *entry = (struct store_id_map_entry){*bucket, id, value};
    *bucket = entry;
    map->count++;
}
