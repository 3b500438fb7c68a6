/* The schema of job definitions against the option table, in both directions. */
#include "unit.h"

#include "cli/definition.h"

#include <dirent.h>
#include <jansson.h>

static const char schema_path[] = "jobs/job.schema.json";

static json_t *
load_schema(void)
{
    json_error_t error;
    json_t *schema = json_load_file(schema_path, JSON_REJECT_DUPLICATES, &error);
    unit_check(json_is_object(schema), "%s:%d: %s", schema_path, error.line, error.text);
    return schema;
}

/* "string", or "string integer" for a list of types. */
static void
type_of(const json_t *property, char text[64])
{
    const json_t *type = json_object_get(property, "type"), *one;
    size_t i;
    text[0] = '\0';
    if (json_is_string(type))
        (void)snprintf(text, 64, "%s", json_string_value(type));
    json_array_foreach(type, i, one) {
        size_t len = strlen(text);
        (void)snprintf(text + len, 64 - len, "%s%s", i ? " " : "",
                       json_string_value(one));
    }
}

static const char *
type_wanted(enum option_type type)
{
    switch (type) {
    case TYPE_SWITCH:
        return "boolean";
    case TYPE_NUMBER:
        return "integer";
    case TYPE_DURATION:
        return "string integer";
    case TYPE_PAIR:
        return "object";
    case TYPE_RELATION:
        return "array";
    case TYPE_TEXT:
    case TYPE_CHOICE:
    case TYPE_RATE:
    case TYPE_CLOCK:
    case TYPE_CHARACTER:
    case TYPE_OPERATION:
    case TYPE_URL:
    case TYPE_FILE:
        break;
    }
    return "string";
}

/* "auto|csv|tsv|jsonl" of an enum; "" without one. */
static void
choices_of(const json_t *property, struct buf *text)
{
    size_t i;
    json_t *choice;
    buf_reset(text);
    json_array_foreach(json_object_get(property, "enum"), i, choice)
        buf_addf(text, "%s%s", i ? "|" : "", json_string_value(choice));
    buf_add(text, "", 0);
}

static void
check_default(const struct option_row *row, const json_t *property)
{
    const json_t *value = json_object_get(property, "default");
    char text[32] = "";
    if (json_is_integer(value))
        (void)snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
    else if (value)
        (void)snprintf(text, sizeof(text), "%s", json_string_value(value));
    bool off = row->type == TYPE_SWITCH && (!value || json_is_false(value));
    unit_check(off || (value != NULL) == (row->default_text != NULL), "%s: default",
               row->name);
    if (row->default_text)
        unit_check(strcmp(text, row->default_text) == 0, "%s: default '%s'", row->name,
                   text);
}

static void
check_bounds(const struct option_row *row, const json_t *property)
{
    const json_t *low = json_object_get(property, "minimum");
    const json_t *high = json_object_get(property, "maximum");
    if (row->type != TYPE_NUMBER)
        return;
    unit_check(json_is_integer(low) &&
                   (unsigned long long)json_integer_value(low) == row->low,
               "%s: minimum", row->name);
    unit_check((high != NULL) == (row->high <= 1000000), "%s: maximum", row->name);
    if (high)
        unit_check((unsigned long long)json_integer_value(high) == row->high,
                   "%s: maximum", row->name);
}

static void
every_option_is_a_property(void **state)
{
    json_t *schema = load_schema();
    const json_t *properties = json_object_get(schema, "properties");
    struct buf choices = {0};
    char key[32], type[64];
    (void)state;
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        const struct option_row *row = &option_rows[id];
        options_key(id, key);
        const json_t *property = json_object_get(properties, key);
        unit_check((property != NULL) == !row->flag_only, "%s %s", key,
                   property ? "is there" : "is missing");
        if (!property)
            continue;
        type_of(property, type);
        unit_check(strcmp(type, type_wanted(row->type)) == 0, "%s: type '%s'", key, type);
        choices_of(property, &choices);
        unit_check(strcmp(choices.data, row->choices ? row->choices : "") == 0,
                   "%s: enum %s", key, choices.data);
        unit_check(json_is_string(json_object_get(property, "description")),
                   "%s: no description", key);
        check_default(row, property);
        check_bounds(row, property);
    }
    buf_clear(&choices);
    json_decref(schema);
}

static void
nothing_else_is_a_property(void **state)
{
    json_t *schema = load_schema(), *property;
    const char *key;
    size_t others = 0;
    (void)state;
    json_object_foreach(json_object_get(schema, "properties"), key, property) {
        bool other = strcmp(key, "input") == 0 || strcmp(key, "description") == 0 ||
                     strcmp(key, "$schema") == 0;
        unit_check(other || options_find_key(key) != OPTION_COUNT, "%s is no option",
                   key);
        if (other)
            assert_string_equal(json_string_value(json_object_get(property, "type")),
                                "string");
        others += other;
    }
    assert_int_equal(others, 3);
    assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
    assert_string_equal(json_string_value(json_object_get(schema, "type")), "object");
    json_decref(schema);
}

/* `set` and `map` have the fields of the field table, if they name any. */
static void
pairs_have_the_fields(void **state)
{
    static const char *const pairs[] = {"set", "map"};
    json_t *schema = load_schema();
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(pairs); i++) {
        const json_t *pair = json_object_get(json_object_get(schema, "properties"),
                                             pairs[i]);
        const json_t *fields = json_object_get(pair, "properties");
        if (!fields)
            continue;
        assert_int_equal(json_object_size(fields), FIELD_COUNT);
        for (enum field field = 0; field < FIELD_COUNT; field++)
            unit_check(json_object_get(fields, field_names[field]) != NULL, "%s: %s",
                       pairs[i], field_names[field]);
        assert_true(json_is_false(json_object_get(pair, "additionalProperties")));
    }
    json_decref(schema);
}

/* The definitions that come with the program can be read, and name no other keys. */
static void
the_definitions_at_hand_are_good(void **state)
{
    json_t *schema = load_schema();
    DIR *dir = opendir("jobs");
    size_t count = 0;
    (void)state;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[600];
        const char *key;
        json_t *value;
        size_t len = strlen(entry->d_name);
        if (len < 5 || strcmp(entry->d_name + len - 5, ".json") != 0 ||
            strcmp(entry->d_name, "job.schema.json") == 0)
            continue;
        struct options options;
        struct err err = {0};
        (void)snprintf(path, sizeof(path), "jobs/%s", entry->d_name);
        options_init(&options);
        unit_check(definition_read(path, &options, &err) == 0, "%s", err.text);
        options_clear(&options);
        json_t *root = json_load_file(path, 0, NULL);
        json_object_foreach(root, key, value)
            unit_check(json_object_get(json_object_get(schema, "properties"), key) !=
                           NULL,
                       "%s: %s", path, key);
        json_decref(root);
        count++;
    }
    (void)closedir(dir);
    assert_true(count > 0);
    json_decref(schema);
}

void
test_schema(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_is_a_property),
        cmocka_unit_test(nothing_else_is_a_property),
        cmocka_unit_test(pairs_have_the_fields),
        cmocka_unit_test(the_definitions_at_hand_are_good),
    };
    unit_run(tally, "schema", tests, UNIT_COUNT(tests));
}
