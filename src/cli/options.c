#include "cli/options.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "cli/definition.h"
#include "ops/op.h"
#include "ops/relation.h"

#include <strings.h>

void
options_init(struct options *options)
{
    *options = (struct options){0};
    for (size_t i = 0; i < OPTION_COUNT; i++)
        options->text[i] = mem_strdup(option_rows[i].default_text);
}

void
options_clear(struct options *options)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        free(options->text[i]);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        free(options->field_values[i]);
        free(options->field_columns[i]);
    }
    for (size_t i = 0; i < options->relation_count; i++)
        free(options->relations[i]);
    free(options->definition);
    free(options->input);
    free(options->run_dir);
    free(options->parent);
    free(options->job);
    free(options->desk_org_id);
    *options = (struct options){0};
}

void
options_key(enum option_id id, char key[32])
{
    (void)snprintf(key, 32, "%s", option_rows[id].name);
    for (char *at = key; *at; at++)
        *at = *at == '-' ? '_' : *at;
}

enum option_id
options_find_key(const char *key)
{
    char name[32];
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        options_key(id, name);
        if (!option_rows[id].flag_only && strcmp(name, key) == 0)
            return id;
    }
    return OPTION_COUNT;
}

#define DURATION_MAX_MS ((int64_t)36500 * 86400000) /* a hundred years */

/* Milliseconds of "90s", "1h30m", "90"; -1 if it is no duration. */
static int64_t
read_duration(const char *text)
{
    static const char units[] = "smhd";
    static const int64_t unit_ms[] = {1000, 60000, 3600000, 86400000};
    int64_t total = 0;
    unsigned long long number;
    if (text_number(span_of(text), DURATION_MAX_MS / 1000, &number))
        return (int64_t)number * 1000;
    if (!*text)
        return -1;
    while (*text) {
        size_t digits = strspn(text, "0123456789");
        const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
        if (!unit || !text_number((struct span){text, digits}, DURATION_MAX_MS / 86400000,
                                  &number))
            return -1;
        total += (int64_t)number * unit_ms[unit - units];
        if (total > DURATION_MAX_MS)
            return -1;
        text += digits + 1;
    }
    return total;
}

/* Microseconds between starts of "5/s", "100/m"; -1 if it is no rate. */
static int64_t
read_rate(const char *text)
{
    static const struct {
        const char *unit;
        int64_t us;
    } units[] = {{"s", 1000000},      {"sec", 1000000},     {"second", 1000000},
                 {"m", 60000000},     {"min", 60000000},    {"minute", 60000000},
                 {"h", 3600000000},   {"hour", 3600000000}, {"d", 86400000000},
                 {"day", 86400000000}};
    const char *slash = strchr(text, '/');
    unsigned long long number;
    if (!slash ||
        !text_number((struct span){text, (size_t)(slash - text)}, 1000000, &number) ||
        number == 0)
        return -1;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(slash + 1, units[i].unit) == 0)
            return (units[i].us + (int64_t)number - 1) / (int64_t)number;
    return -1;
}

/* Minutes since midnight of "HH:MM"; -1 if it is none. */
static int
read_clock(const char *text)
{
    size_t len = strlen(text);
    unsigned long long hour, minute;
    const char *colon = strchr(text, ':');
    if (!colon || len > 5 || strlen(colon + 1) != 2 ||
        !text_number((struct span){text, (size_t)(colon - text)}, 23, &hour) ||
        !text_number(span_of(colon + 1), 59, &minute))
        return -1;
    return (int)(hour * 60 + minute);
}

static bool
is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);
    for (const char *at = choices; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strcspn(at, "|") == len && strncmp(at, text, len) == 0)
            return len > 0 && !strchr(text, '|');
    }
    return false;
}

static const char *
fault_of_choice(const char *choices, const char *text, struct buf *expected)
{
    enum { CHOICES_MAX = 16 };
    const char *names[CHOICES_MAX];
    char *copy = mem_strdup(choices), hint[TEXT_HINT_BYTES], *rest = copy;
    size_t count = 0;
    for (char *name; count < CHOICES_MAX && (name = strtok_r(rest, "|", &rest));)
        names[count++] = name;
    buf_addf(expected, "must be one of %s%s", choices,
             text_hint(text_nearest(text, names, count), "", "", hint));
    free(copy);
    return is_choice(choices, text) ? NULL : expected->data;
}

static const char *
fault_of_operation(const char *text, struct buf *expected)
{
    char hint[TEXT_HINT_BYTES];
    buf_addf(expected, "is no operation%s",
             text_hint(ops_nearest(span_of(text)), "", "; `unhitch codes` lists them",
                       hint));
    return ops_find(span_of(text)) ? NULL : expected->data;
}

static int
read_character(const char *text)
{
    if (strcasecmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        return '\t';
    bool one = text[0] && !text[1] && (unsigned char)text[0] < 0x80;
    return one && !strchr("\"\r\n", text[0]) ? text[0] : -1;
}

/* Does the URL hold a user name or password? They would show in the process list. */
static bool
holds_credentials(const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    const char *end = host + strcspn(host, "/?#");
    const char *at = strchr(host, '@');
    return at && at < end;
}

/* What is wrong with a value, or NULL. `expected` may be filled in. */
static const char *
fault_of(const struct option_row *row, const char *text, struct buf *expected)
{
    unsigned long long number;
    switch (row->type) {
    case TYPE_TEXT:
    case TYPE_FILE:
        return text[0] ? NULL : "is empty";
    case TYPE_SWITCH:
        return is_choice("1|0", text) ? NULL : "must be 1 or 0";
    case TYPE_CHOICE:
        return fault_of_choice(row->choices, text, expected);
    case TYPE_NUMBER:
        buf_addf(expected, "must be a whole number from %llu", row->low);
        if (row->high <= 1000000)
            buf_addf(expected, " to %llu", row->high);
        return text_number(span_of(text), row->high, &number) && number >= row->low
                   ? NULL
                   : expected->data;
    case TYPE_DURATION:
        if (read_duration(text) < (int64_t)row->low)
            return "must be a duration such as 90s, 5m or 1h30m";
        return (uint64_t)read_duration(text) > row->high ? "is too long" : NULL;
    case TYPE_RATE:
        return read_rate(text) > 0 ? NULL : "must be a rate such as 5/s or 100/m";
    case TYPE_CLOCK:
        return read_clock(text) >= 0 ? NULL : "must be a time of day, HH:MM";
    case TYPE_CHARACTER:
        return strcmp(text, "auto") == 0 || read_character(text) >= 0
                   ? NULL
                   : "must be one ASCII character, or tab";
    case TYPE_OPERATION:
        return fault_of_operation(text, expected);
    case TYPE_URL:
        return holds_credentials(text)
                   ? "holds a user name or password; give it in the environment"
                   : NULL;
    case TYPE_RELATION:
        return relation_is_permit(span_of(text)) ? NULL : "must be MODULE/LIST, or any";
    case TYPE_PAIR:
        break;
    }
    return NULL;
}

/* Flags are read first, so what a lower origin says of the same field comes too late. */
static int
set_pair(char **values, const char *text, enum origin origin, const char *place,
         struct err *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return err_set(err, EXIT_USAGE, "%s: '%s' is not of the form FIELD=TEXT", place,
                       text);
    char *name = mem_copy(text, (size_t)(equals - text));
    enum field field = field_find(span_of(name));
    int rc = 0;
    if (field == FIELD_NONE) {
        char hint[TEXT_HINT_BYTES];
        const char *nearest = text_nearest(name, field_names, FIELD_COUNT);
        rc = err_set(err, EXIT_USAGE, "%s: there is no field '%s'%s", place, name,
                     text_hint(nearest, "", "", hint));
    } else if (!values[field] || origin == ORIGIN_FLAG) {
        free(values[field]);
        values[field] = mem_strdup(equals + 1);
    }
    free(name);
    return rc;
}

static int
add_relation(struct options *options, const char *text, const char *place,
             struct err *err)
{
    if (options->relation_count == RELATIONS_MAX)
        return err_set(err, EXIT_USAGE, "%s: more than %d relations", place,
                       RELATIONS_MAX);
    options->relations[options->relation_count++] = mem_strdup(text);
    return 0;
}

int
options_set(struct options *options, enum option_id id, const char *text,
            enum origin origin, const char *place, struct err *err)
{
    const struct option_row *row = &option_rows[id];
    struct buf expected = {0};
    const char *fault = fault_of(row, text, &expected);
    int rc = 0;
    if (!text_is_utf8(text, strlen(text)))
        rc = err_set(err, EXIT_USAGE, "%s: its value is not UTF-8 text", place);
    else if (fault && row->type == TYPE_URL)
        rc = err_set(err, EXIT_USAGE, "%s: %s", place, fault);
    else if (fault)
        rc = err_set(err, EXIT_USAGE, "%s: '%s' %s", place, text, fault);
    else if (row->type == TYPE_PAIR)
        rc = set_pair(id == OPTION_SET ? options->field_values : options->field_columns,
                      text, origin, place, err);
    else if (row->type == TYPE_RELATION)
        rc = add_relation(options, text, place, err);
    else if (origin >= options->origin[id]) {
        free(options->text[id]);
        options->text[id] = mem_strdup(text);
        options->origin[id] = origin;
    }
    buf_clear(&expected);
    return rc;
}

const char *
options_text(const struct options *options, enum option_id id)
{
    return options->text[id];
}

bool
options_is(const struct options *options, enum option_id id, const char *text)
{
    return options->text[id] && strcmp(options->text[id], text) == 0;
}

bool
options_on(const struct options *options, enum option_id id)
{
    return options_is(options, id, "1");
}

unsigned long long
options_number(const struct options *options, enum option_id id)
{
    unsigned long long number = 0;
    (void)text_number(span_of(options->text[id]), UINT64_MAX / 2, &number);
    return number;
}

int64_t
options_duration_ms(const struct options *options, enum option_id id)
{
    return options->text[id] ? read_duration(options->text[id]) : 0;
}

int64_t
options_interval_us(const struct options *options)
{
    return options->text[OPTION_RATE] ? read_rate(options->text[OPTION_RATE]) : 0;
}

int64_t
options_until_stop_ms(const struct options *options, int64_t now_utc_ms)
{
    int clock = read_clock(options->text[OPTION_STOP_AT]);
    time_t now = (time_t)(now_utc_ms / 1000);
    struct tm tm;
    (void)localtime_r(&now, &tm);
    int passed = tm.tm_hour * 60 + tm.tm_min;
    tm.tm_mday += clock <= passed;
    tm.tm_hour = clock / 60;
    tm.tm_min = clock % 60;
    tm.tm_sec = 0;
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm) * 1000 - now_utc_ms;
}

char
options_delimiter(const struct options *options)
{
    const char *text = options->text[OPTION_DELIMITER];
    return strcmp(text, "auto") == 0 ? '\0' : (char)read_character(text);
}
