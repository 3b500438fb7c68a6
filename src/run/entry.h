/*
 * What an entry of the journal looks like in the file: a type byte and fields, all
 * little-endian. The frame around it (length, checksum) is the journal's.
 */
#ifndef RUN_ENTRY_H
#define RUN_ENTRY_H

#include "run/journal.h"

struct buf;

/* Add the payload of the entry to `out`. */
void entry_encode(struct buf *out, const struct journal_entry *entry);

/* Take a payload apart; spans of the entry are borrowed from it. False if it is no entry. */
bool entry_decode(struct span payload, struct journal_entry *entry);

/* A number of so many bytes, at most 8. */
void entry_put_number(struct buf *out, uint64_t number, int bytes);
uint64_t entry_get_number(const char *at, int bytes);

#endif
