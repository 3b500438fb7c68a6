/*
 * Earlier runs as people and scripts read them: a table that fits the terminal, with what
 * to type next, and JSON.
 */
#ifndef REPORT_RUN_TABLE_H
#define REPORT_RUN_TABLE_H

#include "base/buf.h"
#include "report/run_list.h"

struct run_table_style {
    size_t width; /* columns of the terminal; SIZE_MAX: any number */
    bool utf8, colours;
};

/* The runs of `dir` as a table; columns that do not fit are left out, the less important
 * first. */
void run_table_add(const char *dir, const struct run_list *list,
                   const struct run_table_style *style, struct buf *out);

/* The same as a JSON array of objects; the caller frees it. */
char *run_table_json(const char *dir, const struct run_list *list);

/* The command to type next, quoted for a shell where it must be; nothing if there is none. */
void run_table_add_next(const char *dir, const struct run_record *run, struct buf *out);

#endif
