#include "cli/notify.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "run/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { LOOK_EVERY_MS = 20 };

/* Variables that the command must not see, by how they begin. */
static const char *const withheld[] = {"ZOHO_", "VERBA_"};

/* Variables it gets. The first also tells a process that a notify command started it. */
static const char *const told[] = {"UNHITCH_STATUS", "UNHITCH_EXIT_CODE", "UNHITCH_JOB",
                                   "UNHITCH_RUN_DIR"};

enum { TOLD_COUNT = sizeof(told) / sizeof(told[0]) };

bool
notify_is_nested(void)
{
    return getenv(told[0]) != NULL;
}

static bool
is_withheld(const char *variable)
{
    for (size_t i = 0; i < sizeof(withheld) / sizeof(withheld[0]); i++)
        if (strncmp(variable, withheld[i], strlen(withheld[i])) == 0)
            return true;
    for (size_t i = 0; i < TOLD_COUNT; i++)
        if (strncmp(variable, told[i], strlen(told[i])) == 0 &&
            variable[strlen(told[i])] == '=')
            return true;
    return false;
}

/* The command's environment; the first TOLD_COUNT strings of it are ours to free. */
static char **
make_environment(const struct notice *notice)
{
    char exit_code[16];
    (void)snprintf(exit_code, sizeof(exit_code), "%d", notice->exit_code);
    const char *const values[TOLD_COUNT] = {notice->status, exit_code, notice->job,
                                            notice->run_dir};
    size_t count = 0;
    for (char **at = environ; at && *at; at++)
        count++;
    char **made = mem_alloc(count + TOLD_COUNT + 1, sizeof(*made));
    for (size_t i = 0; i < TOLD_COUNT; i++) {
        struct buf variable = {0};
        buf_addf(&variable, "%s=%s", told[i], values[i]);
        made[i] = buf_take(&variable);
    }
    count = TOLD_COUNT;
    for (char **at = environ; at && *at; at++)
        if (!is_withheld(*at))
            made[count++] = *at;
    return made;
}

static void
free_environment(char **made)
{
    for (size_t i = 0; i < TOLD_COUNT; i++)
        free(made[i]);
    free(made);
}

/* A group of its own, so that all of it can be ended; signals as they were before us. */
static int
spawn(const struct notice *notice, int input, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t ours, none;
    char shell[] = "sh", option[] = "-c";
    char *command = mem_strdup(notice->command);
    char *const arguments[] = {shell, option, command, NULL};
    char **variables = make_environment(notice);
    (void)sigemptyset(&none);
    (void)sigemptyset(&ours);
    (void)sigaddset(&ours, SIGPIPE);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&how);
    int failed = posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    (void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETSIGMASK);
    (void)posix_spawnattr_setpgroup(&how, 0);
    (void)posix_spawnattr_setsigdefault(&how, &ours);
    (void)posix_spawnattr_setsigmask(&how, &none);
    if (!failed)
        failed = posix_spawn(pid, "/bin/sh", &files, &how, arguments, variables);
    (void)posix_spawnattr_destroy(&how);
    (void)posix_spawn_file_actions_destroy(&files);
    free_environment(variables);
    free(command);
    return failed;
}

/* A pipe whose ends are neither inherited nor one of the standard three. */
static int
open_pipe(int ends[2])
{
    int low[2];
    if (pipe(low))
        return -1;
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
        (void)close(low[i]);
    }
    if (ends[0] >= 0 && ends[1] >= 0)
        return fcntl(ends[1], F_SETFL, O_NONBLOCK);
    return -1;
}

/* Hand over what the pipe takes; a command that does not read is no failure. */
static void
feed(int *pipe_end, struct span *left)
{
    struct pollfd ready = {.fd = *pipe_end, .events = POLLOUT};
    if (poll(&ready, 1, LOOK_EVERY_MS) <= 0)
        return;
    ssize_t put = write(*pipe_end, left->ptr, left->len);
    if (put > 0) {
        left->ptr += put;
        left->len -= (size_t)put;
    }
    if (left->len == 0 || (put < 0 && errno != EAGAIN && errno != EINTR)) {
        (void)close(*pipe_end);
        *pipe_end = -1;
    }
}

/* Wait until it has ended, feeding it. False: it has not, until then or until there are
 * more signals. */
static bool
wait_for(pid_t pid, int *pipe_end, struct span *left, int64_t until_ms, int signals,
         int *status)
{
    while (waitpid(pid, status, WNOHANG) == 0) {
        if (clock_mono_ms() >= until_ms || signals_count() != signals)
            return false;
        if (*pipe_end >= 0)
            feed(pipe_end, left);
        else
            (void)poll(NULL, 0, LOOK_EVERY_MS);
    }
    return true;
}

static int
judge(int status, struct err *err)
{
    if (WIFSIGNALED(status))
        return err_set(err, EXIT_INTERNAL, "it was ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status))
        return err_set(err, EXIT_INTERNAL, "it exited with %d", WEXITSTATUS(status));
    return 0;
}

int
notify_send(const struct notice *notice, int64_t limit_ms, struct err *err)
{
    int ends[2] = {-1, -1}, status = 0, rc = -1, signals = signals_count();
    struct span left = {notice->summary, strlen(notice->summary)};
    pid_t pid = 0;
    if (open_pipe(ends)) {
        err_set_errno(err, EXIT_INTERNAL, "no pipe to it");
        goto out;
    }
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, it would not tell how the command ended */
    errno = spawn(notice, ends[0], &pid);
    if (errno) {
        err_set_errno(err, EXIT_INTERNAL, "it cannot be started");
        goto out;
    }
    (void)close(ends[0]);
    ends[0] = -1;
    int64_t start_ms = clock_mono_ms();
    if (wait_for(pid, &ends[1], &left, start_ms + limit_ms, signals, &status)) {
        rc = judge(status, err);
        goto out;
    }
    err_set(err, EXIT_INTERNAL, "it had not ended after %.0f s and was stopped",
            (double)(clock_mono_ms() - start_ms) / 1000);
    (void)kill(-pid, SIGTERM);
    if (!wait_for(pid, &ends[1], &left, clock_mono_ms() + NOTIFY_GRACE_MS,
                  signals_count(), &status)) {
        (void)kill(-pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
    }
out:
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    return rc;
}
