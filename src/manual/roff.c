#include "manual/roff.h"

#include <stdbool.h>

/* What roff would read as something else. A dash of an option or a code is not a hyphen,
 * at which lines may break. */
static void
print_char(char c, bool literal)
{
    static const char *const escapes[] = {"\\\\e", "'\\(aq", "^\\(ha", "~\\(ti"};
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
        if (escapes[i][0] == c) {
            (void)fputs(escapes[i] + 1, stdout);
            return;
        }
    (void)fputs(c == '-' && literal ? "\\-" : (char[]){c, '\0'}, stdout);
}

/* Is the word that begins at `text` an option: --rate? */
static bool
is_option(const char *text)
{
    return text[0] == '-' && text[1] && !strchr(" ,", text[1]);
}

static void
print_in(const char *text, bool literal)
{
    bool bold = false, option = is_option(text);
    for (; *text; text++) {
        if (*text == '`') {
            bold = !bold;
            (void)fputs(bold ? "\\fB" : "\\fP", stdout);
            continue;
        }
        print_char(*text, literal || bold || option);
        if (strchr(" (;", *text))
            option = is_option(text + 1);
    }
}

void
roff_print(const char *text)
{
    bool like_request = text[0] == '.' || text[0] == '\'';
    (void)fputs(like_request ? "\\&" : "", stdout);
    print_in(text, false);
}

void
roff_print_in(char font, const char *text)
{
    (void)printf("\\f%c", font);
    print_in(text, true);
    (void)fputs("\\fP", stdout);
}

void
roff_print_sentence(const char *text)
{
    size_t len = strlen(text);
    roff_print(text);
    (void)puts(len && strchr(".:", text[len - 1]) ? "" : ".");
}
