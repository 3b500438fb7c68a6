#include "cli/commands.h"

#include "base/log.h"
#include "base/terminal.h"
#include "report/run_table.h"

#include <unistd.h>

static const char default_dir[] = "runs";

static void
print_table(const char *dir, const struct run_list *list)
{
    struct terminal terminal = terminal_look(STDOUT_FILENO);
    struct run_table_style style = {
        .width = terminal.is_one ? terminal_width(STDOUT_FILENO) : SIZE_MAX,
        .utf8 = terminal.utf8 || !terminal.is_one,
        .colours = terminal.colours,
    };
    struct buf text = {0};
    run_table_add(dir, list, &style, &text);
    (void)fputs(text.data, stdout);
    buf_clear(&text);
}

int
command_runs(struct options *options, struct err *err)
{
    const char *dir = options->run_dir ? options->run_dir : default_dir;
    struct run_list list = {0};
    bool none_yet = !options->run_dir && access(dir, F_OK) != 0;
    if (!none_yet && run_list_read(dir, &list, err))
        return -1;
    if (options_on(options, OPTION_JSON)) {
        char *text = run_table_json(dir, &list);
        (void)fputs(text, stdout);
        free(text);
    } else if (list.count) {
        print_table(dir, &list);
    } else if (!options_on(options, OPTION_QUIET)) {
        log_note("no runs in %s", dir);
    }
    run_list_clear(&list);
    return EXIT_OK;
}
