/*
 * The columns of a job file in order of appearance: CSV has them from its header,
 * JSONL meets them row by row as keys. Each knows which fields it feeds, and whether
 * it comes from an earlier run's result and is dropped.
 */
#ifndef INPUT_COLUMNS_H
#define INPUT_COLUMNS_H

#include "input/field.h"

#include <stdint.h>

struct err;

enum { COLUMNS_MAX = 4096 };

/* What the user said about fields: --map and --set. Borrowed; NULL: not said. */
struct field_settings {
    const char *column[FIELD_COUNT]; /* --map FIELD=COLUMN */
    const char *value[FIELD_COUNT];  /* --set FIELD=VALUE */
};

struct column {
    char *name; /* as written, NUL-ended, without NULs inside */
    size_t name_len;
    char *folded;    /* as compared */
    uint32_t fields; /* bit 1 << field for each field it feeds */
    bool dropped;    /* `result_...`, in JSONL `result` */
    bool has_twin;   /* another column folds to the same name */
};

/* A column gives a field its value. */
struct column_feed {
    uint16_t column;
    uint16_t field;
};

struct columns {
    struct column *list;
    size_t count, cap;
    struct column_feed *feeds; /* in the order of the columns */
    size_t feed_count, feed_cap;
    const struct field_settings *settings; /* borrowed */
};

void columns_clear(struct columns *columns);

/* Add a column; `json` tells which rule of `dropped` holds. -1 beyond COLUMNS_MAX. */
int columns_add(struct columns *columns, struct span name, bool json, struct err *err);

/*
 * Hold a CSV header against the settings: no two columns of one name, every --map
 * column there, at least one field known. EXIT_INPUT otherwise; `place` is "file:line".
 */
int columns_check_header(const struct columns *columns, const char *place,
                         struct err *err);

/* The column whose name is nearest to that of `field`, not yet used; or NULL. */
const char *columns_nearest(const struct columns *columns, enum field field);

/* The values of a row whose cells stand in the order of `columns`. */
void columns_read_fields(const struct columns *columns, const struct span *cells,
                         size_t cell_count, struct fields *fields);

#endif
