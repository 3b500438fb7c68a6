#include "input/row.h"

#include <stdarg.h>
#include <stdio.h>

void
row_problem(struct row *row, const char *format, ...)
{
    if (row->problem[0])
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(row->problem, sizeof(row->problem), format, args);
    va_end(args);
}
