/*
 * The daemon and its loop: one thread, one epoll set (that of libmicrohttpd), a heap
 * of alarms, three signals. SIGUSR1 writes the books; SIGTERM and SIGINT end it.
 */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

struct err;
struct settings;

/* Everything the settings ask for, until a signal ends it. A port, a file or a script
 * that cannot be used is the user's error (EXIT_USAGE). */
int server_run(const struct settings *settings, struct err *err);

#endif
