/*
 * The fields that operations read from a row, by name. One list for all operations,
 * so that --map, --set and header matching need to know no operation.
 */
#ifndef INPUT_FIELD_H
#define INPUT_FIELD_H

#include "base/text.h"

enum field {
    FIELD_OPERATION,
    FIELD_MODULE,
    FIELD_RECORD_ID,
    FIELD_RELATED_LIST,
    FIELD_RELATED_ID,
    FIELD_SHOW_TO_NUMBER,
    FIELD_SHOW_FROM_NUMBER,
    FIELD_CALL_ID,
    FIELD_ORG_ID,
    FIELD_PLATFORM_CALL_ID,
    FIELD_NATIVE_ID,
    FIELD_MEETING_ID,
    FIELD_EXTENSION,
    FIELD_CALL_STATUS,
    FIELD_COUNT,
    FIELD_NONE = FIELD_COUNT
};

/* The values of one row: trimmed, --set applied; absent spans where there is none. */
struct fields {
    struct span value[FIELD_COUNT];
};

extern const char *const field_names[FIELD_COUNT];

/* The field of that name (folded as headers are), or FIELD_NONE. */
enum field field_find(struct span name);

#endif
