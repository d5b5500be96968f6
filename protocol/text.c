/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include "check.h"
#include "limits.h"

/* Stands for bytes that are not UTF-8. */
#define REPLACEMENT 0xfffd

#define SURROGATE_FIRST 0xd800
#define SURROGATE_LAST 0xdfff
#define CODE_POINT_LAST 0x10ffff

/* C0, DEL and C1. */
#define C0_END 0x20
#define DELETE 0x7f
#define C1_LAST 0x9f

/* Each byte of a word: its high bit, and the same small number. */
#define HIGH_BITS UINT64_C(0x8080808080808080)
#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* Bytes of a UTF-8 sequence behind the first one. */
#define TAIL_MASK 0xc0
#define TAIL_MARK 0x80
#define TAIL_VALUE 0x3fU
#define TAIL_BITS 6

/* BCP 47: a subtag has at most 8 characters; a tag made of a language, a
 * script, a region and two variants has at most 35 (RFC 5646, 4.4.1). */
#define LANG_PART_MAX 8
#define LANG_MAX 35

/* YYYY, YYYY-MM, YYYY-MM-DD and YYYY-MM-DDThh:mm:ssZ. */
#define DATE_YEAR_LEN 4
#define DATE_MONTH_LEN 7
#define DATE_DAY_LEN 10
#define DATE_TIME_LEN 20

struct code_range {
    uint32_t first;
    uint32_t last;
};

/* What is laid out unseen, in ascending order. */
static const struct code_range hidden_ranges[] = {
    {0x00ad, 0x00ad},   /* Soft hyphen. */
    {0x034f, 0x034f},   /* Combining grapheme joiner. */
    {0x061c, 0x061c},   /* Arabic letter mark. */
    {0x115f, 0x1160},   /* Hangul fillers. */
    {0x17b4, 0x17b5},   /* Khmer inherent vowels, deprecated. */
    {0x180e, 0x180e},   /* Mongolian vowel separator. */
    {0x200b, 0x200f},   /* Zero-width characters, bidi marks. */
    {0x2028, 0x202e},   /* Separators, bidi embeddings and overrides. */
    {0x2060, 0x206f},   /* Word joiner, isolates, deprecated controls. */
    {0x3164, 0x3164},   /* Hangul filler. */
    {0xfeff, 0xfeff},   /* Byte order mark. */
    {0xffa0, 0xffa0},   /* Half-width Hangul filler. */
    {0xfff9, 0xfffb},   /* Interlinear annotation. */
    {0x1bca0, 0x1bca3}, /* Shorthand format controls. */
    {0x1d173, 0x1d17a}, /* Musical format controls. */
    {0xe0000, 0xe007f}, /* Tags. */
};

#define HIDDEN_RANGE_COUNT (sizeof(hidden_ranges) / sizeof(hidden_ranges[0]))

/* How many bytes a sequence with this first byte has, and what the first
 * byte adds to the code point; 0 for a byte that begins none. */
static size_t sequence_len(uint8_t first, uint32_t *bits_out)
{
    if (first < 0x80) {
        *bits_out = first;
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        *bits_out = first & 0x1f;
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        *bits_out = first & 0x0f;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        *bits_out = first & 0x07;
        return 4;
    }
    return 0;
}

/* Reads the code point at pos; returns its length, 0 if it is not UTF-8. */
static size_t decode(struct assay_bytes text, size_t pos,
                     uint32_t *code_point_out)
{
    /* The smallest code point that needs as many bytes (RFC 3629, 3). */
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code_point = 0;
    size_t len = sequence_len(text.data[pos], &code_point);

    if (len == 0 || len > text.len - pos) {
        return 0;
    }
    for (size_t index = 1; index < len; index++) {
        uint8_t byte = text.data[pos + index];

        if ((byte & TAIL_MASK) != TAIL_MARK) {
            return 0;
        }
        code_point = code_point << TAIL_BITS | (byte & TAIL_VALUE);
    }
    if (code_point < smallest[len] || code_point > CODE_POINT_LAST ||
        (code_point >= SURROGATE_FIRST && code_point <= SURROGATE_LAST)) {
        return 0;
    }
    *code_point_out = code_point;
    return len;
}

static bool is_refused_control(uint32_t code_point)
{
    if (code_point < C0_END) {
        return code_point != '\n' && code_point != '\t';
    }
    return code_point >= DELETE && code_point <= C1_LAST;
}

/* Whether eight bytes are all printable ASCII. Only a byte that is not borrows
 * from its neighbour or carries into it, so the answer is right for all. */
static bool is_plain_word(const uint8_t *data)
{
    uint64_t word;

    memcpy(&word, data, sizeof(word));
    return ((word | (word - EACH_BYTE(C0_END)) | (word + EACH_BYTE(1))) &
            HIGH_BITS) == 0;
}

static bool is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Whether text begins with a word in lower case, in whatever case. */
static bool has_prefix(struct assay_bytes text, const char *word)
{
    struct assay_bytes want = assay_bytes_of(word);

    if (text.len < want.len) {
        return false;
    }
    for (size_t index = 0; index < want.len; index++) {
        uint8_t byte = text.data[index];

        if (byte >= 'A' && byte <= 'Z') {
            byte = (uint8_t)(byte - 'A' + 'a');
        }
        if (byte != want.data[index]) {
            return false;
        }
    }
    return true;
}

/* Whether a URI may hold the byte (RFC 3986, 2: reserved, unreserved, "%"). */
static bool is_url_byte(uint8_t byte)
{
    return is_letter(byte) || is_digit(byte) ||
           (byte != '\0' && strchr("-._~:/?#[]@!$&'()*+,;=%", byte) != NULL);
}

static struct assay_bytes tail(struct assay_bytes text, size_t from)
{
    return (struct assay_bytes){text.data + from, text.len - from};
}

/* The index of the first byte of text that is one of stops; text.len if
 * there is none. */
static size_t find_any(struct assay_bytes text, const char *stops)
{
    size_t len = text.len;

    for (; *stops != '\0' && len > 0; stops++) {
        const uint8_t *at = memchr(text.data, *stops, len);

        len = at == NULL ? len : (size_t)(at - text.data);
    }
    return len;
}

/* Whether [ userinfo "@" ] host [ ":" port ] has a host, and a port of
 * digits where there is a colon (RFC 3986, 3.2). */
static bool has_host(struct assay_bytes authority)
{
    size_t at = find_any(authority, "@");
    struct assay_bytes host =
        at == authority.len ? authority : tail(authority, at + 1);
    size_t end = find_any(host, ":");

    if (host.len > 0 && host.data[0] == '[') {
        end = find_any(host, "]") + 1;
        if (end > host.len || end == sizeof("[]") - 1) {
            return false;
        }
    }
    if (end == 0 || find_any(host, "@") < host.len) {
        return false;
    }
    for (size_t index = end; index < host.len; index++) {
        uint8_t byte = host.data[index];

        if (index == end ? byte != ':' : !is_digit(byte)) {
            return false;
        }
    }
    return true;
}

/* Reads two digits at pos; -1 if they are none, or not from first to last. */
static int two_digits(struct assay_bytes date, size_t pos, int first, int last)
{
    uint8_t tens = date.data[pos];
    uint8_t ones = date.data[pos + 1];

    if (!is_digit(tens) || !is_digit(ones)) {
        return -1;
    }
    int value = (tens - '0') * 10 + (ones - '0');
    return value >= first && value <= last ? value : -1;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* Whether "Thh:mm:ssZ" stands behind the day. */
static bool has_time(struct assay_bytes date)
{
    return date.data[10] == 'T' && two_digits(date, 11, 0, 23) >= 0 &&
           date.data[13] == ':' && two_digits(date, 14, 0, 59) >= 0 &&
           date.data[16] == ':' && two_digits(date, 17, 0, 59) >= 0 &&
           date.data[19] == 'Z';
}

enum assay_err assay_text_check(struct assay_bytes text,
                                struct assay_fault *fault_out)
{
    struct assay_fault fault = {0, NULL};

    while (fault.offset < text.len) {
        uint32_t code_point = 0;

        if (text.len - fault.offset >= sizeof(uint64_t) &&
            is_plain_word(text.data + fault.offset)) {
            fault.offset += sizeof(uint64_t);
            continue;
        }
        size_t len = decode(text, fault.offset, &code_point);
        /* RECORDS 1.2: "Text MUST be UTF-8 as RFC 3629 defines it, without
         * overlong forms and surrogates." */
        if (len == 0) {
            fault.rule = "text must be UTF-8, each character in its one form";
            break;
        }
        /* RECORDS 1.2: "Text MUST NOT hold the control characters U+0000 to
         * U+001F and U+007F to U+009F, other than newline (U+000A) and tab
         * (U+0009)." */
        if (is_refused_control(code_point)) {
            fault.rule = "text must hold no control characters other than "
                         "newline and tab";
            break;
        }
        fault.offset += len;
    }
    if (fault.rule == NULL) {
        return ASSAY_OK;
    }
    if (fault_out != NULL) {
        *fault_out = fault;
    }
    return ASSAY_E_MALFORMED;
}

uint32_t assay_text_next(struct assay_bytes text, size_t *pos)
{
    uint32_t code_point = REPLACEMENT;

    ASSAY_CHECK(*pos < text.len);
    size_t len = decode(text, *pos, &code_point);
    *pos += len > 0 ? len : 1;
    return code_point;
}

bool assay_text_is_hidden(uint32_t code_point)
{
    if (code_point < hidden_ranges[0].first) {
        return false;
    }
    for (size_t index = 0; index < HIDDEN_RANGE_COUNT; index++) {
        if (code_point <= hidden_ranges[index].last) {
            return code_point >= hidden_ranges[index].first;
        }
    }
    return false;
}

bool assay_text_is_url(struct assay_bytes url)
{
    size_t authority;

    if (url.len > ASSAY_URL_MAX) {
        return false;
    }
    if (has_prefix(url, "http://")) {
        authority = sizeof("http://") - 1;
    } else if (has_prefix(url, "https://")) {
        authority = sizeof("https://") - 1;
    } else {
        return false;
    }
    for (size_t index = 0; index < url.len; index++) {
        if (!is_url_byte(url.data[index])) {
            return false;
        }
    }
    struct assay_bytes rest = tail(url, authority);
    rest.len = find_any(rest, "/?#");
    return has_host(rest);
}

bool assay_text_is_lang(struct assay_bytes tag)
{
    size_t part_len = 0;

    if (tag.len > LANG_MAX) {
        return false;
    }
    for (size_t index = 0; index < tag.len; index++) {
        uint8_t byte = tag.data[index];

        if (byte == '-' && part_len > 0) {
            part_len = 0;
        } else if ((is_letter(byte) || is_digit(byte)) &&
                   part_len < LANG_PART_MAX) {
            part_len++;
        } else {
            return false;
        }
    }
    /* An empty tag, and one that ends in a hyphen, have an empty part. */
    return part_len > 0;
}

bool assay_text_is_date(struct assay_bytes date)
{
    if (date.len != DATE_YEAR_LEN && date.len != DATE_MONTH_LEN &&
        date.len != DATE_DAY_LEN && date.len != DATE_TIME_LEN) {
        return false;
    }
    int century = two_digits(date, 0, 0, 99);
    int year_of_century = two_digits(date, 2, 0, 99);
    if (century < 0 || year_of_century < 0) {
        return false;
    }
    if (date.len == DATE_YEAR_LEN) {
        return true;
    }
    int month = two_digits(date, 5, 1, 12);
    if (date.data[4] != '-' || month < 0) {
        return false;
    }
    if (date.len == DATE_MONTH_LEN) {
        return true;
    }
    int last = days_in_month(century * 100 + year_of_century, month);
    if (date.data[7] != '-' || two_digits(date, 8, 1, last) < 0) {
        return false;
    }
    return date.len == DATE_DAY_LEN || has_time(date);
}
