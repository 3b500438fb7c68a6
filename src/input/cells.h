/*
 * The cells of one CSV record (RFC 4180), blanks kept. A record without quotes is cut
 * at its delimiters in place; libcsv takes the others.
 */
#ifndef INPUT_CELLS_H
#define INPUT_CELLS_H

#include "base/buf.h"
#include "base/text.h"

#include <csv.h>

struct cells {
    struct span *list; /* borrowed from the record or from `bytes` */
    size_t count, cap;
    struct buf bytes; /* text of cells that had quotes */
    struct csv_parser parser;
    size_t records; /* that libcsv saw in the text: must be 1 */
};

void cells_init(struct cells *cells, char delimiter);
void cells_clear(struct cells *cells);

/* Cut `record`; `holds` tells which of TEXT_QUOTE and TEXT_CR are in it. False: there
 * is a line break outside quotes (a lone carriage return); the cells are those of all of it. */
bool cells_split(struct cells *cells, struct span record, unsigned holds, char delimiter);

#endif
