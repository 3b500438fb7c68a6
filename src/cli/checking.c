#include "cli/checking.h"

void
checking_clear(struct checking *checking)
{
    likeness_clear(&checking->likeness);
    buf_clear(&checking->target);
}

const struct op *
checking_row(struct checking *checking, struct row *row, struct span *target,
             struct span *id, struct problem *problem, struct err *err)
{
    struct likeness *likeness = &checking->likeness;
    const struct columns *columns = reader_columns(checking->reader);
    bool is_line = !row->cells;
    const struct op *op = is_line ? likeness_find(likeness, row->raw, target, id) : NULL;
    if (op || reader_look_into(checking->reader, row, err))
        return op;
    op = ops_check_row(row, columns, checking->settings, &checking->target, id, problem);
    *target = (struct span){checking->target.data, checking->target.len};
    if (op && is_line)
        likeness_note(likeness, op, row, columns, *target, *id);
    return op;
}
