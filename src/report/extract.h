/*
 * Some rows of a job file as a job file of their own: the original bytes of each row,
 * below the original header.
 */
#ifndef REPORT_EXTRACT_H
#define REPORT_EXTRACT_H

#include "input/reader.h"

struct extract_settings {
    const char *input_path;
    const char *input_name; /* what messages call it */
    const struct reader_settings *reader;
    struct fingerprint fingerprint; /* that the file must have */
    const char *path;               /* of the new file */

    /* Does the row (number from 1) belong into it? 1, 0, or -1 with an error. Asked in
     * order, of each row. */
    int (*wants)(uint64_t row, void *context, struct err *err);
    void *context;
};

/* Write and sync the new file. EXIT_INPUT if the job file has changed. */
int extract_rows(const struct extract_settings *settings, struct err *err);

#endif
