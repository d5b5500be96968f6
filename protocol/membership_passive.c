/* SPDX-License-Identifier: Apache-2.0 */
#include "membership_internal.h"

#include "check.h"

uint64_t assay_membership_tag(const struct assay_membership *membership,
                              const struct assay_key *key)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint64_t tag;

    (void)crypto_shorthash(out, key->bytes, sizeof(key->bytes),
                           membership->tag_key);
    memcpy(&tag, out, sizeof(tag));
    return tag == 0 ? 1 : tag;
}

uint64_t assay_membership_jitter(struct assay_membership *membership,
                                 uint64_t time_ms)
{
    return time_ms / 2 +
           assay_random_below(&membership->random, time_ms / 2 + 1);
}

struct assay_static *assay_static_find(struct assay_membership *membership,
                                       const struct assay_key *key)
{
    for (size_t i = 0; i < membership->static_count; i++) {
        if (assay_key_equal(&membership->statics[i].address.key, key)) {
            return &membership->statics[i];
        }
    }
    return NULL;
}

struct assay_passive *assay_passive_find(struct assay_membership *membership,
                                         const struct assay_key *key)
{
    uint64_t tag = assay_membership_tag(membership, key);

    for (size_t i = 0; i < membership->passive_count; i++) {
        if (membership->passive[i].tag == tag) {
            return &membership->passive[i];
        }
    }
    return NULL;
}

/* The last one takes the place of the one that goes, and leaves it its room. */
static void remove_at(struct assay_membership *membership, size_t index)
{
    ASSAY_CHECK(index < membership->passive_count);
    struct assay_passive *last =
        &membership->passive[membership->passive_count - 1];
    struct assay_peer *room = membership->passive[index].address;

    membership->passive[index] = *last;
    last->address = room;
    membership->passive_count--;
}

void assay_passive_remove(struct assay_membership *membership,
                          const struct assay_key *key)
{
    const struct assay_passive *passive = assay_passive_find(membership, key);

    if (passive != NULL) {
        remove_at(membership, (size_t)(passive - membership->passive));
    }
}

static bool is_forgotten(const struct assay_membership_run *run,
                         const struct assay_key *key)
{
    const struct assay_membership *membership = run->membership;
    uint64_t tag = assay_membership_tag(membership, key);

    for (size_t i = 0; i < ASSAY_FORGOTTEN_MAX; i++) {
        if (membership->forgotten[i].tag == tag &&
            membership->forgotten[i].until_ms > run->now_ms) {
            return true;
        }
    }
    return false;
}

static void forget(struct assay_membership_run *run,
                   const struct assay_key *key)
{
    struct assay_membership *membership = run->membership;

    membership->forgotten[membership->forgotten_next] =
        (struct assay_forgotten){assay_membership_tag(membership, key),
                                 run->now_ms + ASSAY_FORGOTTEN_MS};
    membership->forgotten_next =
        (membership->forgotten_next + 1) % ASSAY_FORGOTTEN_MAX;
}

static bool is_wanted(struct assay_membership_run *run,
                      const struct assay_peer *address)
{
    struct assay_membership *membership = run->membership;
    const struct assay_link *link;

    if (address->port == 0 || address->host_len == 0 ||
        assay_key_equal(&address->key, &membership->self.key) ||
        assay_static_find(membership, &address->key) != NULL) {
        return false;
    }
    link = assay_link_of_key(membership, &address->key);
    return link == NULL || link->state != ASSAY_LINK_ACTIVE;
}

/* One of those that a peer told, at random, if it told its share already. */
static size_t over_share(struct assay_membership *membership, uint64_t source)
{
    size_t share = membership->passive_max / ASSAY_PASSIVE_SHARE;
    size_t chosen = SIZE_MAX;
    uint64_t count = 0;

    for (size_t i = 0; i < membership->passive_count; i++) {
        if (membership->passive[i].source != source) {
            continue;
        }
        count++;
        if (assay_random_below(&membership->random, count) == 0) {
            chosen = i;
        }
    }
    return count >= share ? chosen : SIZE_MAX;
}

/* One that the other side of a shuffle has now. */
static size_t sent_away(const struct assay_membership *membership,
                        const struct assay_shuffle_sent *sent)
{
    for (size_t i = 0; sent != NULL && i < membership->passive_count; i++) {
        uint64_t tag = membership->passive[i].tag;

        for (size_t j = 0; j < sent->count; j++) {
            if (sent->tags[j] == tag) {
                return i;
            }
        }
    }
    return SIZE_MAX;
}

/* Makes room for an address from this source; false if it may have none. */
static void make_room(struct assay_membership *membership, uint64_t source,
                      const struct assay_shuffle_sent *sent)
{
    size_t index = source == 0 ? SIZE_MAX : over_share(membership, source);

    if (index == SIZE_MAX &&
        membership->passive_count < membership->passive_max) {
        return;
    }
    if (index == SIZE_MAX) {
        index = sent_away(membership, sent);
    }
    if (index == SIZE_MAX) {
        index = (size_t)assay_random_below(&membership->random,
                                           membership->passive_count);
    }
    remove_at(membership, index);
}

void assay_passive_add(struct assay_membership_run *run,
                       const struct assay_peer *address, uint64_t source,
                       const struct assay_shuffle_sent *sent)
{
    struct assay_membership *membership = run->membership;
    struct assay_passive *passive;

    if (!is_wanted(run, address) ||
        (source != 0 && is_forgotten(run, &address->key))) {
        return;
    }
    passive = assay_passive_find(membership, &address->key);
    if (passive != NULL) {
        /* Hearsay does not change what is known. */
        if (source == 0) {
            *passive->address = *address;
            passive->source = 0;
        }
        return;
    }
    make_room(membership, source, sent);
    ASSAY_CHECK(membership->passive_count < membership->passive_max);
    passive = &membership->passive[membership->passive_count++];
    struct assay_peer *room = passive->address;
    *room = *address;
    *passive = (struct assay_passive){
        .address = room,
        .tag = assay_membership_tag(membership, &address->key),
        .source = source};
}

struct assay_passive *assay_passive_random(struct assay_membership_run *run)
{
    struct assay_membership *membership = run->membership;
    struct assay_passive *chosen = NULL;
    uint64_t count = 0;

    for (size_t i = 0; i < membership->passive_count; i++) {
        struct assay_passive *passive = &membership->passive[i];

        if (passive->rest_until_ms > run->now_ms ||
            assay_link_exists(membership, passive->tag)) {
            continue;
        }
        count++;
        if (assay_random_below(&membership->random, count) == 0) {
            chosen = passive;
        }
    }
    return chosen;
}

void assay_address_rest(struct assay_membership_run *run,
                        const struct assay_peer *address, uint64_t rest_ms)
{
    struct assay_membership *membership = run->membership;
    struct assay_static *named = assay_static_find(membership, &address->key);
    struct assay_passive *passive;
    uint64_t until_ms =
        run->now_ms + assay_membership_jitter(membership, rest_ms);

    if (named != NULL) {
        named->rest_until_ms = until_ms;
        return;
    }
    assay_passive_add(run, address, 0, NULL);
    passive = assay_passive_find(membership, &address->key);
    if (passive != NULL) {
        passive->rest_until_ms = until_ms;
    }
}

/* A time doubled with each failure behind the first, up to the longest. */
static uint64_t doubled(uint64_t time_ms, uint32_t failures, uint64_t max_ms)
{
    for (uint32_t i = 1; i < failures && time_ms < max_ms; i++) {
        time_ms *= 2;
    }
    return time_ms < max_ms ? time_ms : max_ms;
}

static uint64_t rest_after(struct assay_membership *membership,
                           uint32_t failures)
{
    return assay_membership_jitter(
        membership, doubled(ASSAY_REST_MS, failures, ASSAY_REST_MAX_MS));
}

uint64_t assay_address_refused_ms(struct assay_membership *membership,
                                  const struct assay_key *key)
{
    struct assay_static *named = assay_static_find(membership, key);

    if (named == NULL) {
        return ASSAY_REFUSED_MS;
    }
    named->refusals += named->refusals < UINT32_MAX ? 1 : 0;
    return doubled(ASSAY_REFUSED_MS, named->refusals, ASSAY_REFUSED_MAX_MS);
}

void assay_address_failed(struct assay_membership_run *run,
                          const struct assay_peer *address)
{
    struct assay_membership *membership = run->membership;
    struct assay_static *named = assay_static_find(membership, &address->key);
    struct assay_passive *passive;

    if (named != NULL) {
        named->failures += named->failures < UINT32_MAX ? 1 : 0;
        named->refusals = 0;
        named->was_away = true;
        named->rest_until_ms =
            run->now_ms + rest_after(membership, named->failures);
        return;
    }
    passive = assay_passive_find(membership, &address->key);
    if (passive == NULL) {
        return;
    }
    passive->failures++;
    if (passive->failures >= ASSAY_FAILURES_MAX) {
        forget(run, &address->key);
        assay_passive_remove(membership, &address->key);
        return;
    }
    passive->rest_until_ms =
        run->now_ms + rest_after(membership, passive->failures);
}

void assay_address_is_well(struct assay_membership *membership,
                           const struct assay_key *key)
{
    struct assay_static *named = assay_static_find(membership, key);
    struct assay_passive *passive = assay_passive_find(membership, key);

    if (named != NULL) {
        named->failures = 0;
    }
    if (passive != NULL) {
        passive->failures = 0;
    }
}

void assay_address_is_taken(struct assay_membership *membership,
                            const struct assay_key *key)
{
    struct assay_static *named = assay_static_find(membership, key);

    if (named != NULL) {
        named->refusals = 0;
        named->was_away = false;
    }
}

/* Reservoir sampling: each address is as likely as any other. */
size_t assay_passive_sample(struct assay_membership *membership,
                            const struct assay_key *except,
                            struct assay_peer *peers_out, size_t count)
{
    uint64_t except_tag = assay_membership_tag(membership, except);
    size_t chosen[ASSAY_SHUFFLE_MAX];
    size_t seen = 0;
    size_t taken = 0;

    ASSAY_CHECK(count <= ASSAY_SHUFFLE_MAX);
    for (size_t i = 0; i < membership->passive_count && count > 0; i++) {
        size_t at = taken;

        if (membership->passive[i].tag == except_tag) {
            continue;
        }
        seen++;
        if (taken < count) {
            taken++;
        } else {
            at = (size_t)assay_random_below(&membership->random, seen);
        }
        if (at < count) {
            chosen[at] = i;
        }
    }
    for (size_t i = 0; i < taken; i++) {
        peers_out[i] = *membership->passive[chosen[i]].address;
    }
    return taken;
}

uint64_t assay_static_next_ms(const struct assay_membership *membership)
{
    uint64_t next_ms = UINT64_MAX;

    for (size_t i = 0; i < membership->static_count; i++) {
        const struct assay_static *named = &membership->statics[i];

        if (named->rest_until_ms < next_ms &&
            !assay_link_exists(membership, named->tag)) {
            next_ms = named->rest_until_ms;
        }
    }
    return next_ms;
}

uint64_t assay_passive_next_ms(const struct assay_membership *membership)
{
    uint64_t next_ms = UINT64_MAX;

    for (size_t i = 0; i < membership->passive_count; i++) {
        const struct assay_passive *passive = &membership->passive[i];

        if (passive->rest_until_ms < next_ms &&
            !assay_link_exists(membership, passive->tag)) {
            next_ms = passive->rest_until_ms;
        }
    }
    return next_ms;
}
