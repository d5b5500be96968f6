/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Blocks stop doubling here: a page of the largest chain is some of them. */
#define BLOCK_SIZE_MAX ((size_t)1 << 20)

struct store_arena_block {
    struct store_arena_block *before;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

static struct store_arena_block *add_block(struct store_arena *arena,
                                           size_t size)
{
    struct store_arena_block *block;
    size_t block_size = arena->block_size;

    if (block_size < size) {
        block_size = size;
    }
    if (block_size > SIZE_MAX - sizeof(*block)) {
        return NULL;
    }
    block = malloc(sizeof(*block) + block_size);
    if (block == NULL) {
        return NULL;
    }
    block->before = arena->last;
    block->size = block_size;
    block->used = 0;
    arena->last = block;
    if (arena->block_size < BLOCK_SIZE_MAX) {
        arena->block_size *= 2;
    }
    return block;
}

void store_arena_init(struct store_arena *arena, size_t block_size)
{
    arena->last = NULL;
    arena->block_size = block_size;
}

void store_arena_clear(struct store_arena *arena)
{
    store_arena_release(arena, (struct store_arena_mark){NULL, 0});
}

void *store_arena_alloc(struct store_arena *arena, size_t size)
{
    struct store_arena_block *block = arena->last;
    const size_t align = alignof(max_align_t);
    void *piece;

    if (size > SIZE_MAX - align) {
        return NULL;
    }
    size = (size + align - 1) / align * align;
    if (block == NULL || block->size - block->used < size) {
        block = add_block(arena, size);
    }
    if (block == NULL) {
        return NULL;
    }
    piece = block->bytes + block->used;
    block->used += size;
    memset(piece, 0, size);
    return piece;
}

void *store_arena_alloc_array(struct store_arena *arena, size_t count,
                              size_t item_size)
{
    if (item_size != 0 && count > SIZE_MAX / item_size) {
        return NULL;
    }
    return store_arena_alloc(arena, count * item_size);
}

struct store_arena_mark store_arena_mark(const struct store_arena *arena)
{
    struct store_arena_mark mark = {arena->last, 0};

    if (arena->last != NULL) {
        mark.used = arena->last->used;
    }
    return mark;
}

void store_arena_release(struct store_arena *arena,
                         struct store_arena_mark mark)
{
    while (arena->last != mark.block) {
        struct store_arena_block *block = arena->last;

        arena->last = block->before;
        free(block);
    }
    if (arena->last != NULL) {
        arena->last->used = mark.used;
    }
}
