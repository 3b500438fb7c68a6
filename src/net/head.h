/*
 * The head of an HTTP answer, line by line as libcurl hands it out. libcurl takes more
 * for an answer than is one: any line that begins with "HTTP/" as a status (as 200 if it
 * has to guess: to Desk that would be a success), and a connection that ends within the
 * head, or after nothing but a 1xx.
 */
#ifndef NET_HEAD_H
#define NET_HEAD_H

#include <stdbool.h>
#include <stddef.h>

/* A zeroed one is at the start. */
struct head {
    bool interim; /* of a 1xx: another one follows */
    bool whole;   /* it ended, and is that of the answer */
};

/* Take a line, with its end. False if it begins as a status line and is none. */
bool head_take(struct head *head, const char *line, size_t len);

#endif
