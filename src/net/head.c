#include "net/head.h"

#include <strings.h>

/* The first digit of the status in "HTTP/1.1 200 ..." or "HTTP/2 200"; 0: it is none. */
static char
status_class(const char *line, size_t len)
{
    static const char *const forms[] = {"HTTP/d.d ddd", "HTTP/d ddd"};
    for (size_t f = 0; f < 2; f++) {
        const char *form = forms[f];
        size_t i = 0;
        while (i < len && form[i] &&
               (form[i] == 'd' ? line[i] >= '0' && line[i] <= '9' : line[i] == form[i]))
            i++;
        if (!form[i] && (i == len || strchr(" \r\n", line[i])))
            return line[i - 3] > '0' ? line[i - 3] : '\0';
    }
    return '\0';
}

bool
head_take(struct head *head, const char *line, size_t len)
{
    if (len >= 5 && strncasecmp(line, "HTTP/", 5) == 0) {
        char class = status_class(line, len);
        *head = (struct head){.interim = class == '1'};
        return class != '\0';
    }
    if (len && (line[0] == '\r' || line[0] == '\n'))
        head->whole = !head->interim;
    return true;
}
