/*
 * The language of fault rules (see faults.h): two tables, one of the conditions and
 * one of the actions, each with its own reader and its line of help.
 */
#ifndef SANDBOX_FAULT_SCRIPT_H
#define SANDBOX_FAULT_SCRIPT_H

#include "base/text.h"

struct err;
struct fault;

/* Reads one rule into `fault`, which holds defaults and its line number; what was read
 * before an error stays there. Errors (EXIT_USAGE) name the file and the line. */
int fault_script_read(struct span rule, const char *path, struct fault *fault,
                      struct err *err);

#endif
