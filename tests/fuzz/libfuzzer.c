/* The targets under libFuzzer; UNHITCH_FUZZ names the one. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct fuzz_target *target;
    if (!target) {
        const char *name = getenv("UNHITCH_FUZZ");
        target = fuzz_find(name ? name : "");
        fuzz_holds(target, "UNHITCH_FUZZ names no target");
    }
    fuzz_run(target, bytes, len);
    return 0;
}
