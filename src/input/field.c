#include "input/field.h"

const char *const field_names[FIELD_COUNT] = {
    [FIELD_OPERATION] = "operation",
    [FIELD_MODULE] = "module",
    [FIELD_RECORD_ID] = "record_id",
    [FIELD_RELATED_LIST] = "related_list",
    [FIELD_RELATED_ID] = "related_id",
    [FIELD_SHOW_TO_NUMBER] = "show_to_number",
    [FIELD_SHOW_FROM_NUMBER] = "show_from_number",
    [FIELD_CALL_ID] = "call_id",
    [FIELD_ORG_ID] = "org_id",
    [FIELD_PLATFORM_CALL_ID] = "platform_call_id",
    [FIELD_NATIVE_ID] = "native_id",
    [FIELD_MEETING_ID] = "meeting_id",
    [FIELD_EXTENSION] = "extension",
    [FIELD_CALL_STATUS] = "call_status",
};

enum field
field_find(struct span name)
{
    char wanted[32], folded[32];
    (void)text_fold(name, wanted, sizeof(wanted));
    for (enum field field = 0; field < FIELD_COUNT; field++) {
        (void)text_fold(span_of(field_names[field]), folded, sizeof(folded));
        if (strcmp(wanted, folded) == 0)
            return field;
    }
    return FIELD_NONE;
}
