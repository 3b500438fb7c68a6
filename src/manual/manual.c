/*
 * unhitch-manual: fills a template (standard input) of a manual page or of a shell's
 * completion with the tables that --help prints, and writes it on standard output. It
 * serves the build and is not installed.
 */
#include "manual/insertion.h"

#include "base/log.h"
#include "base/text.h"

enum { LINE_BYTES_MAX = 1024 };

static const struct insertion *const tables[] = {page_insertions, bash_insertions,
                                                 zsh_insertions, fish_insertions};

static const struct insertion *
find_insertion(struct span name)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct insertion *found = tables[i]; found->name; found++)
            if (span_is(name, found->name))
                return found;
    return NULL;
}

/* A line of the template, less its end. */
static int
fill_line(const char *line, size_t len)
{
    if (len < 3 || line[0] != '@' || line[len - 1] != '@')
        return puts(line) < 0 ? -1 : 0;
    const struct insertion *insertion = find_insertion((struct span){line + 1, len - 2});
    if (!insertion) {
        log_error("there is nothing to insert for %s", line);
        return -1;
    }
    insertion->print();
    return 0;
}

int
main(void)
{
    char line[LINE_BYTES_MAX];
    while (fgets(line, sizeof(line), stdin)) {
        size_t len = strcspn(line, "\n");
        if (!line[len]) {
            log_error("a line of the template is too long or has no end");
            return EXIT_FAILURE;
        }
        line[len] = '\0';
        if (fill_line(line, len))
            return EXIT_FAILURE;
    }
    return ferror(stdin) || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
