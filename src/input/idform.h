/*
 * The forms in which a CRM or Desk record ID is found in exports and spreadsheets.
 * An ID is 1 to 20 digits and stays text. Taken as meant: blanks around it, a leading
 * `zcrm_` (CRM exports), a leading `'` and `="..."` (spreadsheets). Never repaired:
 * what a spreadsheet has rounded or regrouped, since the rounded ID may be another
 * real record.
 */
#ifndef INPUT_IDFORM_H
#define INPUT_IDFORM_H

#include "base/text.h"

enum { ID_DIGITS_MAX = 20 };

enum idform {
    IDFORM_GOOD,
    IDFORM_MISSING, /* nothing but wrapping */
    IDFORM_MANGLED, /* E+, a point, thousands separators */
    IDFORM_BAD      /* anything else that is not 1 to 20 digits */
};

/* Without blanks around it, and what a spreadsheet puts around a text: a leading `'`,
 * `="..."`. A part of `cell`. */
struct span idform_unquote(struct span cell);

/* Is it such an ID as it stands? */
static inline bool
idform_is_bare(struct span cell)
{
    return cell.len && cell.len <= ID_DIGITS_MAX && text_is_digits(cell.ptr, cell.len);
}

/* Unwrap `cell`; on IDFORM_GOOD `id` is the digits, a part of `cell`. */
enum idform idform_read(struct span cell, struct span *id);

#endif
