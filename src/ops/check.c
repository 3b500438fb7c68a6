#include "ops/check.h"

#include "input/idform.h"

int
check_present(const struct fields *fields, const enum field *needed, size_t count,
              struct problem *problem)
{
    for (size_t i = 0; i < count; i++)
        if (!fields->value[needed[i]].len)
            return problem_set(problem, "missing-field", needed[i], "is empty",
                               span_of(NULL),
                               "fill the cell, or name the column with "
                               "--map or the value with --set");
    return 0;
}

int
check_record_id(const struct fields *fields, enum field field, struct span *id,
                struct problem *problem)
{
    struct span value = fields->value[field];
    if (idform_is_bare(value)) {
        *id = value;
        return 0;
    }
    switch (idform_read(value, id)) {
    case IDFORM_GOOD:
        return 0;
    case IDFORM_MISSING:
        return problem_set(problem, "missing-field", field, "is empty", value,
                           "fill the cell");
    case IDFORM_MANGLED:
        return problem_set(problem, "mangled-id", field, "mangled by a spreadsheet",
                           value,
                           "its digits are lost, export again with the column as text");
    case IDFORM_BAD:
        break;
    }
    return problem_set(problem, "bad-id", field, "not 1 to 20 digits", value,
                       "correct it");
}

int
check_switch(const struct fields *fields, enum field field, bool *on,
             struct problem *problem)
{
    static const struct {
        const char *word;
        bool on;
    } words[] = {{"true", true}, {"false", false}, {"1", true},
                 {"0", false},   {"yes", true},    {"no", false}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!span_is_nocase(fields->value[field], words[i].word))
            continue;
        *on = words[i].on;
        return 0;
    }
    return problem_set(problem, "bad-value", field, "not true or false",
                       fields->value[field], "write true, false, yes, no, 1 or 0");
}
