/*
 * Job definitions: refused as a mistake of usage, or taken; and what was taken is the
 * same after it was written as the settings of a run and read back.
 */
#include "cli/definition.h"
#include "fuzz.h"

static bool
same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void
must_equal(const struct options *a, const struct options *b)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        fuzz_holds(same_text(a->text[i], b->text[i]), "%s: '%s', then '%s'",
                   option_rows[i].name, a->text[i], b->text[i]);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        fuzz_holds(same_text(a->field_values[i], b->field_values[i]) &&
                       same_text(a->field_columns[i], b->field_columns[i]),
                   "%s", field_names[i]);
    fuzz_holds(a->relation_count == b->relation_count, "relations");
    for (size_t i = 0; i < a->relation_count; i++)
        fuzz_holds(same_text(a->relations[i], b->relations[i]), "relation %zu", i);
}

static void
run(struct feed *feed)
{
    struct options options, again;
    struct err err = {0};
    const char *path = fuzz_file("input", feed_rest(feed));
    options_init(&options);
    options_init(&again);
    if (definition_read(path, &options, &err)) {
        fuzz_holds(err.exit_code == EXIT_USAGE && err.text[0], "exit %d", err.exit_code);
    } else {
        char *text = definition_write(&options);
        fuzz_holds(text, "it cannot be written");
        path = fuzz_file("again", span_of(text));
        fuzz_holds(definition_read(path, &again, &err) == 0, "%s: %s", err.text, text);
        must_equal(&options, &again);
        free(text);
    }
    options_clear(&options);
    options_clear(&again);
}

const struct fuzz_target fuzz_definition = {"definition", run};
