#include "cli/definition.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#include <jansson.h>
#include <strings.h>

enum { DEFINITION_BYTES_MAX = 1 << 20 };

/* Where in a definition we are, for messages. */
struct place {
    const char *path;
    const char *key;
};

static int
fail(const struct place *place, const char *what, struct err *err)
{
    return err_set(err, EXIT_USAGE, "%s: \"%s\": %s", place->path, place->key, what);
}

static bool
is_secret_name(const char *key)
{
    static const char *const parts[] = {"token",        "secret",   "password",
                                        "apikey",       "clientid", "credential",
                                        "authorization"};
    char folded[64];
    (void)text_fold(span_of(key), folded, sizeof(folded));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strstr(folded, parts[i]))
            return true;
    return false;
}

/* A Zoho token: 1000.<32 hexadecimal digits>.<32 hexadecimal digits>. */
static bool
is_secret_value(const char *text)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    const char *at = strstr(text, "1000.");
    if (!at || strspn(at + 5, hex) != 32 || at[37] != '.')
        return false;
    return strspn(at + 38, hex) >= 32;
}

static const char holds_credential[] =
    "holds a credential; those come from the environment";

/* The text of a value of the kind that the option takes; NULL if it is of another. */
static char *
scalar_text(const json_t *value, enum option_type type)
{
    struct buf text = {0};
    if (json_is_string(value) && type != TYPE_SWITCH && type != TYPE_NUMBER)
        return mem_copy(json_string_value(value), json_string_length(value));
    if (json_is_boolean(value) && (type == TYPE_SWITCH || type == TYPE_PAIR)) {
        bool on = json_is_true(value);
        return mem_strdup(type == TYPE_PAIR ? (on ? "true" : "false") : on ? "1" : "0");
    }
    if (json_is_integer(value) &&
        (type == TYPE_NUMBER || type == TYPE_DURATION || type == TYPE_PAIR)) {
        buf_addf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return buf_take(&text);
    }
    return NULL;
}

static const char *
type_wanted(enum option_type type)
{
    switch (type) {
    case TYPE_SWITCH:
        return "must be true or false";
    case TYPE_NUMBER:
        return "must be a whole number";
    case TYPE_DURATION:
        return "must be a string such as \"90s\", or seconds";
    case TYPE_PAIR:
        return "must be an object of field names and texts";
    case TYPE_RELATION:
        return "must be an array of strings \"MODULE/LIST\"";
    default:
        return "must be a string";
    }
}

static int
set_scalar(struct options *options, enum option_id id, const json_t *value,
           const char *prefix, const struct place *place, struct err *err)
{
    enum option_type type = option_rows[id].type;
    char *text = scalar_text(value, type);
    if (!text)
        return fail(place, type_wanted(type), err);
    struct buf full = {0}, where = {0};
    buf_addf(&full, "%s%s", prefix, text);
    buf_addf(&where, "%s: \"%s\"", place->path, place->key);
    int rc = is_secret_value(text) ? fail(place, holds_credential, err)
                                   : options_set(options, id, full.data,
                                                 ORIGIN_DEFINITION, where.data, err);
    buf_clear(&full);
    buf_clear(&where);
    free(text);
    return rc;
}

static int
set_pairs(struct options *options, enum option_id id, json_t *object,
          const struct place *place, struct err *err)
{
    const char *field;
    json_t *value;
    if (!json_is_object(object))
        return fail(place, type_wanted(TYPE_PAIR), err);
    json_object_foreach(object, field, value) {
        struct buf prefix = {0};
        buf_addf(&prefix, "%s=", field);
        int rc = set_scalar(options, id, value, prefix.data, place, err);
        buf_clear(&prefix);
        if (rc)
            return rc;
    }
    return 0;
}

static int
set_relations(struct options *options, json_t *array, const struct place *place,
              struct err *err)
{
    size_t i;
    json_t *value;
    if (!json_is_array(array))
        return fail(place, type_wanted(TYPE_RELATION), err);
    json_array_foreach(array, i, value)
        if (!json_is_string(value) ||
            set_scalar(options, OPTION_ALLOW_RELATION, value, "", place, err))
            return fail(place, type_wanted(TYPE_RELATION), err);
    return 0;
}

/* The definition's own `input`, which is relative to its folder. */
static int
set_input(struct options *options, const json_t *value, const struct place *place,
          struct err *err)
{
    const char *input = json_string_value(value);
    if (!input || !input[0])
        return fail(place, "must be the path of the job file", err);
    if (options->input)
        return 0;
    const char *slash = strrchr(place->path, '/');
    struct buf path = {0};
    if (slash && input[0] != '/' && strcmp(input, "-") != 0)
        buf_add(&path, place->path, (size_t)(slash + 1 - place->path));
    buf_add_text(&path, input);
    options->input = file_shortest(path.data);
    buf_clear(&path);
    return 0;
}

static int
unknown_key(const struct place *place, struct err *err)
{
    char keys[OPTION_COUNT][32];
    const char *names[OPTION_COUNT];
    size_t count = 0;
    if (is_secret_name(place->key))
        return fail(place,
                    "credentials do not belong into a job definition; set the "
                    "environment variable (ZOHO_ACCESS_TOKEN, or ..._FILE)",
                    err);
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        options_key(id, keys[count]);
        names[count] = keys[count];
        if (option_rows[id].flag_only && strcmp(place->key, keys[count]) == 0)
            return fail(place, "there is no such key: it is for the command line only",
                        err);
        count += !option_rows[id].flag_only;
    }
    char hint[TEXT_HINT_BYTES];
    return err_set(err, EXIT_USAGE, "%s: \"%s\": there is no such key%s", place->path,
                   place->key,
                   text_hint(text_nearest(place->key, names, count), "\"", "", hint));
}

/* Where a key goes that only saved settings have; NULL: it is none. */
static char **
saved_slot(struct options *options, const char *key)
{
    return strcmp(key, "parent") == 0        ? &options->parent
           : strcmp(key, "job") == 0         ? &options->job
           : strcmp(key, "desk_org_id") == 0 ? &options->desk_org_id
                                             : NULL;
}

static int
set_key(struct options *options, json_t *value, const struct place *place,
        struct err *err)
{
    if (json_is_string(value) && is_secret_value(json_string_value(value)))
        return fail(place, holds_credential, err);
    if (strcmp(place->key, "input") == 0)
        return set_input(options, value, place, err);
    if (!options->definition && json_is_string(value)) {
        char **slot = saved_slot(options, place->key);
        if (slot)
            *slot = mem_strdup(json_string_value(value));
        if (slot)
            return 0;
    }
    if (strcmp(place->key, "description") == 0 || strcmp(place->key, "$schema") == 0)
        return json_is_string(value) ? 0 : fail(place, "must be a string", err);
    enum option_id id = options_find_key(place->key);
    if (id == OPTION_COUNT)
        return unknown_key(place, err);
    if (option_rows[id].type == TYPE_PAIR)
        return set_pairs(options, id, value, place, err);
    if (option_rows[id].type == TYPE_RELATION)
        return set_relations(options, value, place, err);
    return set_scalar(options, id, value, "", place, err);
}

int
definition_read(const char *path, struct options *options, struct err *err)
{
    struct buf content = {0};
    json_error_t error;
    json_t *root = NULL;
    int rc = -1;
    if (file_read(path, DEFINITION_BYTES_MAX, &content, EXIT_USAGE, err))
        goto out;
    size_t mark = content.len >= 3 && memcmp(content.data, "\xef\xbb\xbf", 3) == 0 ? 3
                                                                                   : 0;
    root = json_loadb(content.data + mark, content.len - mark, JSON_REJECT_DUPLICATES,
                      &error);
    if (!root) {
        err_set(err, EXIT_USAGE,
                "%s:%d:%d: not JSON: %s (a job file must be named "
                ".csv, .tsv or .jsonl)",
                path, error.line, error.column, error.text);
        goto out;
    }
    if (!json_is_object(root)) {
        err_set(err, EXIT_USAGE, "%s: a job definition is a JSON object", path);
        goto out;
    }
    struct place place = {.path = path};
    json_t *value;
    rc = 0;
    json_object_foreach(root, place.key, value)
        if (set_key(options, value, &place, err)) {
            rc = -1;
            break;
        }
out:
    json_decref(root);
    buf_clear(&content);
    return rc;
}

static json_t *
scalar_json(const struct options *options, enum option_id id)
{
    const char *text = options->text[id];
    switch (option_rows[id].type) {
    case TYPE_SWITCH:
        return json_boolean(strcmp(text, "1") == 0);
    case TYPE_NUMBER:
        return json_integer((json_int_t)options_number(options, id));
    default:
        return json_string(text);
    }
}

static json_t *
pairs_json(char *const *values)
{
    json_t *object = json_object();
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (values[i])
            (void)json_object_set_new(object, field_names[i], json_string(values[i]));
    return object;
}

char *
definition_write(const struct options *options)
{
    json_t *root = json_object(), *relations = json_array();
    char key[32];
    if (options->input)
        (void)json_object_set_new(root, "input", json_string(options->input));
    if (options->parent)
        (void)json_object_set_new(root, "parent", json_string(options->parent));
    if (options->job)
        (void)json_object_set_new(root, "job", json_string(options->job));
    if (options->desk_org_id)
        (void)json_object_set_new(root, "desk_org_id", json_string(options->desk_org_id));
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        options_key(id, key);
        if (!option_rows[id].flag_only && options->text[id])
            (void)json_object_set_new(root, key, scalar_json(options, id));
    }
    (void)json_object_set_new(root, "set", pairs_json(options->field_values));
    (void)json_object_set_new(root, "map", pairs_json(options->field_columns));
    for (size_t i = 0; i < options->relation_count; i++)
        (void)json_array_append_new(relations, json_string(options->relations[i]));
    (void)json_object_set_new(root, "allow_relation", relations);
    char *dumped = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    char *text = mem_strdup(dumped);
    free(dumped);
    return text;
}
