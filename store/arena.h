/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory that is given piece by piece and freed as a whole.
 *
 * For answers made of many small parts that live and die together: a chain
 * costs a few mallocs, however many records are in it. Not installed.
 */
#ifndef ASSAY_STORE_ARENA_H
#define ASSAY_STORE_ARENA_H

#include <stddef.h>

struct store_arena_block;

struct store_arena {
    struct store_arena_block *last; /* NULL before the first piece. */
    size_t block_size;              /* Of the next block; doubles. */
};

/* A point to which an arena can go back. */
struct store_arena_mark {
    struct store_arena_block *block;
    size_t used;
};

/* Begins an empty arena whose first block has block_size bytes. */
void store_arena_init(struct store_arena *arena, size_t block_size);

/* Frees every piece. The arena is then empty and can be used again. */
void store_arena_clear(struct store_arena *arena);

/* A piece of size bytes, all zero, aligned for any type; NULL where memory is
 * exhausted. A size of 0 gives a piece that must not be written to. */
void *store_arena_alloc(struct store_arena *arena, size_t size);

/* The same for count items of item_size bytes; NULL if that overflows. */
void *store_arena_alloc_array(struct store_arena *arena, size_t count,
                              size_t item_size);

/* Where the arena is, and back there: pieces given since are gone. */
struct store_arena_mark store_arena_mark(const struct store_arena *arena);
void store_arena_release(struct store_arena *arena,
                         struct store_arena_mark mark);

#endif
