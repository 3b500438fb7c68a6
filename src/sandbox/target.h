/*
 * A request target taken apart: the segments of its path and the parameters of
 * its query, percent-decoded. Form bodies hold parameters of the same form.
 */
#ifndef SANDBOX_TARGET_H
#define SANDBOX_TARGET_H

#include "base/text.h"

#define TARGET_SEGMENTS 8
#define TARGET_PARAMETERS 16

struct parameter {
    struct span name;
    struct span value;
};

struct parameters {
    struct parameter list[TARGET_PARAMETERS];
    size_t count;
};

struct target {
    struct span segments[TARGET_SEGMENTS]; /* "/a/b" has two */
    size_t segment_count;                  /* 0 for any path that is no route of ours */
    struct parameters parameters;
};

/* Decodes `text` in place and points into it. More than the limits above: an empty path,
 * the further parameters are left out. */
void target_split(char *text, struct target *target);

/* "a=1&b=2", with `+` for a blank; decodes in place and points into it. */
void target_split_form(char *text, struct parameters *parameters);

/* The first parameter of that name; its ptr is NULL if there is none. */
struct span target_parameter(const struct parameters *parameters, const char *name);

#endif
