#include "cli/commands.h"

#include "base/buf.h"
#include "base/mem.h"
#include "ops/op.h"

#include <jansson.h>

static const char *
http_text(const struct code_row *row, char text[8])
{
    if (row->http)
        (void)snprintf(text, 8, "%d", row->http);
    else
        (void)snprintf(text, 8, "-");
    return text;
}

static void
print_rows(const char *operation, const struct code_row *row)
{
    char http[8];
    (void)printf("%s\n", operation);
    for (; row->code; row++) {
        (void)printf("  %4s  %-26s %-19s %s\n", http_text(row, http), row->code,
                     class_names[row->class], row->meaning);
        if (row->advice[0])
            (void)printf("  %4s  %-26s %-19s -> %s\n", "", "", "", row->advice);
    }
}

static void
print_operation(const struct op *op)
{
    print_rows(op->name, op->codes);
    if (op->note)
        (void)printf("  %s\n", op->note);
}

static void
add_rows(json_t *list, const char *operation, const struct code_row *row)
{
    for (; row->code; row++) {
        json_t *entry = json_object();
        (void)json_object_set_new(entry, "operation", json_string(operation));
        (void)json_object_set_new(entry, "http",
                                  row->http ? json_integer(row->http) : json_null());
        (void)json_object_set_new(entry, "code", json_string(row->code));
        (void)json_object_set_new(entry, "class", json_string(class_names[row->class]));
        (void)json_object_set_new(entry, "meaning", json_string(row->meaning));
        (void)json_object_set_new(entry, "advice", json_string(row->advice));
        (void)json_array_append_new(list, entry);
    }
}

int
command_codes(struct options *options, struct err *err)
{
    (void)err;
    if (!options_on(options, OPTION_JSON)) {
        for (size_t i = 0; ops_all[i]; i++)
            print_operation(ops_all[i]);
        print_rows("unhitch (every operation)", codes_own);
        return EXIT_OK;
    }
    json_t *list = json_array();
    for (size_t i = 0; ops_all[i]; i++)
        add_rows(list, ops_all[i]->name, ops_all[i]->codes);
    add_rows(list, "unhitch", codes_own);
    char *text = json_dumps(list, JSON_INDENT(2));
    (void)printf("%s\n", text);
    free(text);
    json_decref(list);
    return EXIT_OK;
}
