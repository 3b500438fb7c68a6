#include "sandbox/fault_words.h"

#define UNITS_MAX 3

static const struct {
    const char *name;
    unsigned long long factor;
} UNITS[][UNITS_MAX] = {
    [FAULT_COUNT] = {{NULL, 0}},
    [FAULT_TIME] = {{"ms", 1}, {"s", 1000}},
    [FAULT_SIZE] = {{"K", 1ull << 10}, {"M", 1ull << 20}, {"G", 1ull << 30}},
};

static int
hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)((found - digits) % 16) : -1;
}

/* What `\` and the characters at *in stand for; moves *in behind them. -1: nothing. */
static int
read_escape(const char **in)
{
    static const char names[] = "nrt\"\\";
    static const char bytes[] = "\n\r\t\"\\";
    char c = *(*in)++;
    const char *known = c ? strchr(names, c) : NULL;
    if (known)
        return (unsigned char)bytes[known - names];
    int high = c == 'x' ? hex_digit((*in)[0]) : -1;
    int low = high >= 0 ? hex_digit((*in)[1]) : -1;
    if (low < 0)
        return -1;
    *in += 2;
    return high * 16 + low;
}

/* The quoted word that begins at *text; moves *text behind it. */
static const char *
read_quoted(char **text, struct span *word)
{
    char *out = *text;
    const char *in = *text + 1;
    *word = (struct span){out, 0};
    while (*in != '"') {
        if (!*in)
            return "a quote never closes";
        int byte = (unsigned char)*in++;
        if (byte == '\\' && (byte = read_escape(&in)) < 0)
            return "unknown escape in quotes";
        *out++ = (char)byte;
    }
    word->len = (size_t)(out - word->ptr);
    *text += in + 1 - *text;
    return NULL;
}

/* The plain word that begins at *text. `when`: a colon at its end is no part of it. */
static void
read_plain(char **text, bool when, struct span *word)
{
    *word = (struct span){*text, strcspn(*text, " \t")};
    if (when && word->ptr[word->len - 1] == ':')
        word->len--;
    *text += word->len;
}

const char *
fault_words_split(char *text, struct fault_words *words)
{
    char *at = text + strspn(text, " \t");
    while (*at) {
        if (words->count == FAULT_WORDS_MAX)
            return "too many words";
        bool when = !words->when_count;
        struct span *word = &words->list[words->count++];
        char *start = at;
        const char *problem = NULL;
        if (*at == '"')
            problem = read_quoted(&at, word);
        else
            read_plain(&at, when, word);
        if (problem)
            return problem;
        bool colon = when && *at == ':';
        if (*at && !colon && !strchr(" \t", *at))
            return "a blank must follow a quote";
        at += *at != '\0';
        if (colon) {
            words->when_count = words->count;
            words->actions_at = (size_t)(at - text);
        }
        start[word->len] = '\0';
        at += strspn(at, " \t");
    }
    bool whole = words->when_count && words->count > words->when_count;
    return whole ? NULL : "a rule reads `WHEN: ACTION...`";
}

bool
fault_words_number(struct span word, enum fault_unit unit, unsigned long long max,
                   unsigned long long *number)
{
    unsigned long long factor = 1;
    for (size_t i = 0; i < UNITS_MAX && UNITS[unit][i].name; i++) {
        size_t len = strlen(UNITS[unit][i].name);
        if (word.len > len &&
            strcmp(word.ptr + word.len - len, UNITS[unit][i].name) == 0) {
            factor = UNITS[unit][i].factor;
            word.len -= len;
            break;
        }
    }
    if (!text_number(word, max / factor, number))
        return false;
    *number *= factor;
    return true;
}
