/* SPDX-License-Identifier: Apache-2.0 */
#include "nearest.h"

/* Of longer words every second, third, ... run is a seed. */
#define SEEDS_MAX 1024

/* A table that is a quarter full at most; a seed that finds no place within
 * these many steps is left out, so that a look-up is bounded too. */
#define SLOTS_BITS 12
#define SLOTS_COUNT (1U << SLOTS_BITS)
#define PROBES_MAX 8

/* How many bytes of an end are looked for, and how far from the guess. */
#define SNAP_LONGEST 8
#define SNAP_SHORTEST 3
#define SNAP_REACH 12

#define HASH_FACTOR 0x01000193U
#define SLOT_FACTOR 0x9e3779b1U

/* Longer seeds first: they tell more. For shorter ones a share of them must
 * be found, since some stand in any text. */
static const struct pass {
    size_t seed_len;
    size_t share;
} passes[] = {{12, SEEDS_MAX + 1}, {6, 8}, {3, 4}};

struct seeds {
    struct assay_bytes words;
    size_t seed_len;
    size_t count;
    uint32_t at[SEEDS_MAX];      /* Where in words each begins. */
    uint16_t slots[SLOTS_COUNT]; /* Seed number + 1; 0 where free. */
};

/* The seeds seen in the last span bytes, from the one seen longest ago to the
 * latest: a ring through END. */
#define END SEEDS_MAX
struct window {
    size_t span;
    size_t count;
    bool is_in[SEEDS_MAX];
    size_t seen_at[SEEDS_MAX];
    uint16_t older[SEEDS_MAX + 1];
    uint16_t newer[SEEDS_MAX + 1];
};

struct stretch {
    size_t score; /* Different seeds. */
    size_t start;
    size_t end;
};

static uint32_t hash_of(const uint8_t *bytes, size_t len)
{
    uint32_t hash = 0;

    for (size_t index = 0; index < len; index++) {
        hash = hash * HASH_FACTOR + bytes[index];
    }
    return hash;
}

/* HASH_FACTOR to the power of len: what takes out the byte that leaves. */
static uint32_t leaving_factor(size_t len)
{
    uint32_t factor = 1;

    for (size_t index = 0; index < len; index++) {
        factor *= HASH_FACTOR;
    }
    return factor;
}

static uint32_t slot_of(uint32_t hash)
{
    return (hash * SLOT_FACTOR) >> (32 - SLOTS_BITS);
}

/* The number of the seed that stands at bytes; SEEDS_MAX if none does. */
static size_t seeds_find(const struct seeds *seeds, const uint8_t *bytes,
                         uint32_t hash)
{
    uint32_t slot = slot_of(hash);

    for (unsigned probe = 0; probe < PROBES_MAX; probe++) {
        unsigned entry = seeds->slots[(slot + probe) % SLOTS_COUNT];

        if (entry == 0) {
            break;
        }
        if (memcmp(bytes, seeds->words.data + seeds->at[entry - 1],
                   seeds->seed_len) == 0) {
            return entry - 1;
        }
    }
    return SEEDS_MAX;
}

static void seeds_add(struct seeds *seeds, size_t at)
{
    const uint8_t *bytes = seeds->words.data + at;
    uint32_t hash = hash_of(bytes, seeds->seed_len);
    uint32_t slot = slot_of(hash);

    if (seeds_find(seeds, bytes, hash) != SEEDS_MAX) {
        return;
    }
    for (unsigned probe = 0; probe < PROBES_MAX; probe++) {
        uint16_t *entry = &seeds->slots[(slot + probe) % SLOTS_COUNT];

        if (*entry == 0) {
            seeds->at[seeds->count] = (uint32_t)at;
            seeds->count++;
            *entry = (uint16_t)seeds->count;
            return;
        }
    }
}

static void seeds_init(struct seeds *seeds, struct assay_bytes words,
                       size_t seed_len)
{
    size_t run_count = words.len - seed_len + 1;
    size_t stride = (run_count + SEEDS_MAX - 1) / SEEDS_MAX;

    memset(seeds, 0, sizeof(*seeds));
    seeds->words = words;
    seeds->seed_len = seed_len;
    for (size_t at = 0; at < run_count; at += stride) {
        seeds_add(seeds, at);
    }
}

static void window_init(struct window *window, size_t span)
{
    memset(window, 0, sizeof(*window));
    window->span = span;
    window->older[END] = END;
    window->newer[END] = END;
}

static void window_drop(struct window *window, size_t seed)
{
    uint16_t older = window->older[seed];
    uint16_t newer = window->newer[seed];

    window->newer[older] = newer;
    window->older[newer] = older;
    window->is_in[seed] = false;
    window->count--;
}

static void window_see(struct window *window, size_t seed, size_t pos)
{
    size_t oldest = window->newer[END];

    while (oldest != END && pos - window->seen_at[oldest] > window->span) {
        window_drop(window, oldest);
        oldest = window->newer[END];
    }
    if (window->is_in[seed]) {
        window_drop(window, seed);
    }
    window->newer[seed] = END;
    window->older[seed] = window->older[END];
    window->newer[window->older[END]] = (uint16_t)seed;
    window->older[END] = (uint16_t)seed;
    window->is_in[seed] = true;
    window->seen_at[seed] = pos;
    window->count++;
}

/* How far the text's place of a seed lies behind its place in the words. */
static int64_t shift_of(const struct seeds *seeds, const struct window *window,
                        size_t seed)
{
    return (int64_t)window->seen_at[seed] - (int64_t)seeds->at[seed];
}

/* The stretch from where the words begin, going by the first seed that fits
 * the latest one, to where they end, going by the latest. */
static struct stretch stretch_of(const struct seeds *seeds,
                                 const struct window *window)
{
    int64_t slack = (int64_t)(window->span - seeds->words.len);
    size_t latest = window->older[END];
    size_t first = window->newer[END];
    int64_t shift = shift_of(seeds, window, latest);

    while (first != latest) {
        int64_t apart = shift_of(seeds, window, first) - shift;

        if (apart >= -slack && apart <= slack) {
            break;
        }
        first = window->newer[first];
    }

    int64_t start = shift_of(seeds, window, first);
    int64_t end = shift + (int64_t)seeds->words.len;
    return (struct stretch){
        .score = window->count,
        .start = start > 0 ? (size_t)start : 0,
        .end = (size_t)end,
    };
}

static struct stretch search(struct assay_bytes text, const struct seeds *seeds)
{
    size_t seed_len = seeds->seed_len;
    uint32_t leaving = leaving_factor(seed_len);
    uint32_t hash = hash_of(text.data, seed_len);
    struct stretch best = {0, 0, 0};
    struct window window;

    window_init(&window, seeds->words.len + seeds->words.len / 8 + 8);
    for (size_t pos = 0;; pos++) {
        size_t seed = seeds_find(seeds, text.data + pos, hash);

        if (seed != SEEDS_MAX) {
            window_see(&window, seed, pos);
            if (window.count > best.score) {
                best = stretch_of(seeds, &window);
            }
        }
        if (pos + seed_len >= text.len) {
            break;
        }
        hash = hash * HASH_FACTOR + text.data[pos + seed_len] -
               leaving * text.data[pos];
    }
    return best;
}

/* Where, near a guess, the first or the last bytes of the words do stand: a
 * slip that is close to either end hides the seeds that lie beyond it. */
static size_t snap(struct assay_bytes text, size_t guess,
                   struct assay_bytes words, bool is_end)
{
    for (size_t len = SNAP_LONGEST; len >= SNAP_SHORTEST; len--) {
        const uint8_t *piece = words.data + (is_end ? words.len - len : 0);
        size_t first = guess - (is_end ? len : 0);

        for (size_t try = 0; try <= 2 * (size_t)SNAP_REACH; try++) {
            /* 0, then 1 after, 1 before, 2 after, 2 before, ... */
            size_t away = (try + 1) / 2;
            size_t at = try % 2 == 1 ? first + away : first - away;

            if (at < text.len && len <= text.len - at &&
                memcmp(text.data + at, piece, len) == 0) {
                return at + (is_end ? len : 0);
            }
        }
    }
    return guess;
}

static struct stretch snap_both(struct assay_bytes text, struct stretch stretch,
                                struct assay_bytes words)
{
    struct stretch snapped = stretch;

    if (words.len < SNAP_LONGEST) {
        return stretch;
    }
    snapped.start = snap(text, stretch.start, words, false);
    snapped.end = snap(text, stretch.end, words, true);
    return snapped.start < snapped.end ? snapped : stretch;
}

static bool is_inside_character(struct assay_bytes text, size_t pos)
{
    return pos < text.len && (text.data[pos] & 0xc0) == 0x80;
}

/* Widens a stretch to whole characters; at most three bytes either way, as
 * the text may be no UTF-8 at all. */
static struct assay_bytes whole_characters(struct assay_bytes text,
                                           struct stretch stretch,
                                           size_t *offset_out)
{
    size_t start = stretch.start;
    size_t end = stretch.end < text.len ? stretch.end : text.len;

    for (int step = 0; step < 3 && start > 0; step++) {
        start -= is_inside_character(text, start) ? 1 : 0;
    }
    for (int step = 0; step < 3; step++) {
        end += is_inside_character(text, end) ? 1 : 0;
    }
    *offset_out = start;
    return (struct assay_bytes){text.data + start, end - start};
}

struct assay_bytes assay_nearest_find(struct assay_bytes text,
                                      struct assay_bytes words,
                                      size_t *offset_out)
{
    for (size_t index = 0; index < sizeof(passes) / sizeof(passes[0]);
         index++) {
        size_t seed_len = passes[index].seed_len;
        struct seeds seeds;

        if (words.len < seed_len || text.len < seed_len) {
            continue;
        }
        seeds_init(&seeds, words, seed_len);
        struct stretch best = search(text, &seeds);
        if (best.score > seeds.count / passes[index].share) {
            best = snap_both(text, best, words);
            return whole_characters(text, best, offset_out);
        }
    }
    *offset_out = 0;
    return ASSAY_BYTES_NONE;
}
