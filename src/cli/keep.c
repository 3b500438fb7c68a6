#include "cli/keep.h"

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/job_name.h"
#include "report/results.h"
#include "report/run_list.h"
#include "run/rundir.h"

/* Is it "<name>-20261124T020000Z", or that with "-2", "-3", ...? */
static bool
is_named_so(const char *folder, const char *name)
{
    static const char shape[] = "-ddddddddTddddddZ";
    size_t len = strlen(name), i = 0;
    unsigned long long number;
    if (strncmp(folder, name, len) != 0)
        return false;
    for (folder += len; shape[i]; i++)
        if (shape[i] == 'd' ? folder[i] < '0' || folder[i] > '9' : folder[i] != shape[i])
            return false;
    folder += i;
    return !*folder || (*folder == '-' && folder[1] != '0' &&
                        text_number(span_of(folder + 1), 1000000, &number));
}

static bool
is_report(const char *name)
{
    return results_is_file(name) || strcmp(name, "summary.json") == 0 ||
           strcmp(name, "report.html") == 0;
}

/* Remove a run if it may go. With its lock held it is looked at again: it may have changed
 * since it was listed. */
static bool
remove_run(const char *dir, const char *name, const char *job)
{
    struct err err = {0};
    struct run_record record = {0};
    char *path = file_join(dir, name);
    struct rundir *rundir = rundir_open(path, &err);
    bool is_run = rundir && run_record_read(dir, name, &record);
    bool removed = is_run && run_record_is_good(&record) &&
                   strcmp(record.job, job) == 0 &&
                   rundir_remove(rundir, is_report, &err) == 0;
    if (removed)
        log_detail("--keep: removed %s", path);
    else if (is_run && err.exit_code)
        log_warn("--keep: %s; it stays", err.text);
    if (is_run)
        run_record_clear(&record);
    rundir_free(rundir);
    free(path);
    return removed;
}

/* The folders that count, the newest first by name: the clock may have been wrong, but what
 * a name says is what people see. */
static int
compare_names(const void *left, const void *right)
{
    const struct run_record *const *a = left, *const *b = right;
    return strcmp((*b)->name, (*a)->name);
}

static void
remove_older(const char *dir, const struct run_list *list, const char *job, size_t keep)
{
    const struct run_record **mine = mem_alloc(list->count, sizeof(struct run_record *));
    char *name = job_name(job);
    size_t count = 0, left = 0;
    for (size_t i = 0; i < list->count; i++)
        if (is_named_so(list->runs[i].name, name) && strcmp(list->runs[i].job, job) == 0)
            mine[count++] = &list->runs[i];
    if (count)
        qsort(mine, count, sizeof(struct run_record *), compare_names);
    for (size_t i = keep; i < count; i++)
        if (!run_record_is_good(mine[i]) || !remove_run(dir, mine[i]->name, job))
            left++;
    if (left)
        log_note("--keep: %zu older run%s of this job in %s stay%s: not every row of "
                 "%s succeeded, or %s in use; `unhitch runs %s` lists them",
                 left, left == 1 ? "" : "s", dir, left == 1 ? "s" : "",
                 left == 1 ? "it" : "them", left == 1 ? "it is" : "they are", dir);
    free(name);
    free(mine);
}

void
keep_newest(const char *run_dir, const char *job, size_t keep)
{
    const char *slash = strrchr(run_dir, '/');
    char *dir = slash ? mem_copy(run_dir, (size_t)(slash - run_dir)) : mem_strdup(".");
    char *name = job_name(job);
    struct run_list list = {0};
    struct err err = {0};
    if (job[0] != '/')
        log_warn("--keep: a job from standard input has no name; nothing is removed");
    else if (!is_named_so(slash ? slash + 1 : run_dir, name))
        log_warn("--keep: %s is not the default run directory of the job; nothing is "
                 "removed",
                 run_dir);
    else if (run_list_read(dir, &list, &err))
        log_warn("--keep: %s; nothing is removed", err.text);
    else
        remove_older(dir, &list, job, keep);
    run_list_clear(&list);
    free(name);
    free(dir);
}
