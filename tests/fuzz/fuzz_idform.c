/*
 * Forms of IDs: what is accepted is 1 to 20 digits out of the cell, the same when read
 * again or wrapped as spreadsheets and exports do, and nothing that a spreadsheet has
 * rounded or regrouped.
 */
#include "fuzz.h"
#include "input/idform.h"

static void
read_wrapped(struct span id, const char *before, const char *after)
{
    struct buf cell = {0};
    struct span again = {NULL, 0};
    buf_addf(&cell, "%s%.*s%s", before, (int)id.len, id.ptr, after);
    enum idform form = idform_read((struct span){cell.data, cell.len}, &again);
    fuzz_holds(form == IDFORM_GOOD && span_equal(again, id), "'%s' is not read as '%.*s'",
               cell.data, (int)id.len, id.ptr);
    buf_clear(&cell);
}

static size_t
digits_of(struct span cell)
{
    size_t digits = 0;
    for (size_t i = 0; i < cell.len; i++)
        digits += cell.ptr[i] >= '0' && cell.ptr[i] <= '9';
    return digits;
}

/* Digits without anything in between. */
static size_t
digit_runs(struct span cell)
{
    size_t runs = 0;
    for (size_t i = 0; i < cell.len; i++) {
        struct span here = {cell.ptr + i, 1}, before = {cell.ptr + i - 1, i ? 1 : 0};
        runs += digits_of(here) && !digits_of(before);
    }
    return runs;
}

static void
run(struct feed *feed)
{
    static const char *const wraps[][2] = {
        {"", ""},
        {" ", "\t"},
        {"'", ""},
        {"zcrm_", ""},
        {"=\"", "\""},
        {"=\"'", "\""},
        {"\xc2\xa0", "\r\n"},
        {"=\" zcrm_", " \""},
    };
    struct span cell = feed_rest(feed), id = {NULL, 0};
    enum idform form = idform_read(cell, &id);
    fuzz_holds(form <= IDFORM_BAD, "form %d", form);
    if (form == IDFORM_MISSING)
        fuzz_holds(!digits_of(cell), "an ID is overlooked");
    if (form != IDFORM_GOOD)
        return;
    fuzz_holds(id.ptr >= cell.ptr && id.ptr + id.len <= cell.ptr + cell.len,
               "the ID is not of the cell");
    fuzz_holds(id.len >= 1 && id.len <= ID_DIGITS_MAX, "%zu digits", id.len);
    fuzz_holds(digit_runs(id) == 1 && digits_of(id) == id.len, "not all digits");
    fuzz_holds(digit_runs(cell) == 1 && digits_of(cell) == id.len, "digits left out");
    fuzz_holds(!memchr(cell.ptr, '.', cell.len) && !memchr(cell.ptr, 'E', cell.len) &&
                   !memchr(cell.ptr, '-', cell.len),
               "a mangled ID is taken");
    for (size_t i = 0; i < FUZZ_COUNT(wraps); i++)
        read_wrapped(id, wraps[i][0], wraps[i][1]);
}

const struct fuzz_target fuzz_idform = {"idform", run};
