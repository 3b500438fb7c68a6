/*
 * What the fuzz targets share. A target drives one part of the program with the bytes
 * of an input and checks what must hold, beyond that nothing crashes. The same targets
 * are linked with libFuzzer (`make fuzz`) and with a plain main that feeds them the
 * committed inputs (`make fuzz-replay`).
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

#include <stdint.h>

#define FUZZ_COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What is left of an input. Choices are taken from its front. */
struct feed {
    const unsigned char *at;
    const unsigned char *end;
};

/* The next byte, as a choice below `below`; 0 when the input is used up. */
unsigned feed_choice(struct feed *feed, unsigned below);

/* Everything up to the next `stop`, which is stepped over, or up to the end. */
struct span feed_until(struct feed *feed, char stop);

/* All that is left. Memory of just its size, so that a sanitizer sees what reads beyond;
 * valid until the next call. */
struct span feed_rest(struct feed *feed);

/* One target; the name is that of its folder of inputs. */
struct fuzz_target {
    const char *name;
    void (*run)(struct feed *feed);
};

extern const struct fuzz_target fuzz_csv;
extern const struct fuzz_target fuzz_jsonl;
extern const struct fuzz_target fuzz_json;
extern const struct fuzz_target fuzz_idform;
extern const struct fuzz_target fuzz_check;
extern const struct fuzz_target fuzz_crm;
extern const struct fuzz_target fuzz_preferences;
extern const struct fuzz_target fuzz_desk;
extern const struct fuzz_target fuzz_verba;
extern const struct fuzz_target fuzz_token;
extern const struct fuzz_target fuzz_wire;
extern const struct fuzz_target fuzz_journal;
extern const struct fuzz_target fuzz_definition;
extern const struct fuzz_target fuzz_options;

/* All of them, ended by NULL. */
extern const struct fuzz_target *const fuzz_targets[];

const struct fuzz_target *fuzz_find(const char *name);

void fuzz_run(const struct fuzz_target *target, const unsigned char *bytes, size_t len);

/* What must hold, does not: say so and abort. */
_Noreturn void fuzz_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define fuzz_holds(condition, ...)                                                       \
    do {                                                                                 \
        if (!(condition))                                                                \
            fuzz_fail(__FILE__, __LINE__, __VA_ARGS__);                                  \
    } while (0)

/* A path in a folder of this process. */
const char *fuzz_path(const char *name);

/* The same, with that content. */
const char *fuzz_file(const char *name, struct span content);

/* Does `text` hold `part`, without regard to case? */
bool fuzz_mentions(struct span text, const char *part);

/* Only what may stand in a URL or in a header line: printable ASCII, blanks if allowed. */
bool fuzz_is_printable(struct span text, bool blanks);

#endif
