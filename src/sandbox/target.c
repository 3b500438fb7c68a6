#include "sandbox/target.h"

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A '%' that no two hex digits follow stands for itself. */
static struct span
decode_percents(char *text)
{
    char *in = strchr(text, '%');
    if (!in)
        return span_of(text);
    char *out = in;
    while (*in) {
        int high = *in == '%' ? hex_value(in[1]) : -1;
        int low = high >= 0 ? hex_value(in[2]) : -1;
        *out++ = low >= 0 ? (char)(high * 16 + low) : *in;
        in += low >= 0 ? 3 : 1;
    }
    return (struct span){text, (size_t)(out - text)};
}

/* Ends `text` at the first `mark` and returns what follows, NULL if nothing does. */
static char *
cut_off(char *text, char mark)
{
    char *end = strchr(text, mark);
    if (!end)
        return NULL;
    *end = '\0';
    return end + 1;
}

static void
split_path(char *path, struct target *target)
{
    target->segment_count = 0;
    for (char *next; path; path = next) {
        next = cut_off(path, '/');
        if (target->segment_count == TARGET_SEGMENTS) {
            target->segment_count = 0;
            return;
        }
        target->segments[target->segment_count++] = decode_percents(path);
    }
}

void
target_split(char *text, struct target *target)
{
    char *query = cut_off(text, '?');
    target->segment_count = 0;
    if (text[0] == '/')
        split_path(text + 1, target);
    target->parameters.count = 0;
    if (query)
        target_split_form(query, &target->parameters);
}

void
target_split_form(char *text, struct parameters *parameters)
{
    parameters->count = 0;
    for (char *next; text && parameters->count < TARGET_PARAMETERS; text = next) {
        next = cut_off(text, '&');
        for (char *plus = text; (plus = strchr(plus, '+'));)
            *plus = ' ';
        char *value = cut_off(text, '=');
        struct parameter *added = &parameters->list[parameters->count++];
        added->name = decode_percents(text);
        added->value = value ? decode_percents(value) : span_of("");
    }
}

struct span
target_parameter(const struct parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->count; i++)
        if (span_is(parameters->list[i].name, name))
            return parameters->list[i].value;
    return (struct span){NULL, 0};
}
