#include "cli/checking.h"

void
checking_clear(struct checking *checking)
{
    likeness_clear(&checking->likeness);
    recall_clear(&checking->recall);
    buf_clear(&checking->target);
}

const struct op *
checking_row(struct checking *checking, struct row *row, uint32_t *number,
             struct span *id, struct problem *problem, struct err *err)
{
    struct likeness *likeness = &checking->likeness;
    const struct columns *columns = reader_columns(checking->reader);
    bool is_line = !row->cells;
    const struct op *op = is_line
                              ? likeness_find(likeness, row->raw, &checking->record, id)
                              : NULL;
    checking->by_likeness = op;
    *number = op ? recall_find(&checking->recall, likeness->kind, checking->record)
                 : RECALL_NONE;
    if (op || reader_look_into(checking->reader, row, err))
        return op;
    op = ops_check_row(row, columns, checking->settings, &checking->target, id, problem);
    if (op && is_line)
        likeness_note(likeness, op, row, columns,
                      (struct span){checking->target.data, checking->target.len}, *id);
    return op;
}

struct span
checking_target(struct checking *checking)
{
    if (checking->by_likeness)
        return likeness_target(&checking->likeness, checking->record);
    return (struct span){checking->target.data, checking->target.len};
}

void
checking_learn(struct checking *checking, uint32_t number)
{
    if (checking->by_likeness)
        recall_note(&checking->recall, checking->likeness.kind, checking->record, number);
}
