/*
 * Job definitions: JSON files that save the settings of a job run every night. Every
 * option that is not flag-only is a key, dashes as underscores; `set` and `map` are
 * objects, `allow_relation` an array; `input`, `description` and `$schema` besides.
 */
#ifndef CLI_DEFINITION_H
#define CLI_DEFINITION_H

#include "cli/options.h"

/* Read the definition at `path` into options that were not set from a higher origin.
 * EXIT_USAGE: unknown key, wrong type, a credential in it. */
int definition_read(const char *path, struct options *options, struct err *err);

/* The settings of a run as a definition, to be read back by definition_read; the
 * caller frees it. */
char *definition_write(const struct options *options);

#endif
