#include "report/run_list.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "run/rundir.h"

#include <dirent.h>
#include <jansson.h>
#include <sys/stat.h>

enum { JSON_BYTES_MAX = 16 << 20 };

/* A JSON object in a regular file; NULL if there is none. */
static json_t *
load_object(const char *path)
{
    struct buf content = {0};
    struct err err = {0};
    struct stat st;
    json_t *root = NULL;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= JSON_BYTES_MAX &&
        file_read(path, JSON_BYTES_MAX, &content, EXIT_INPUT, &err) == 0)
        root = json_loadb(content.data, content.len, JSON_REJECT_DUPLICATES, NULL);
    buf_clear(&content);
    if (root && json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

static char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return mem_strdup(text ? text : "");
}

/* A count; false if it is none. */
static bool
read_count(const json_t *object, const char *key, uint64_t *count)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *count = (uint64_t)json_integer_value(value);
    return true;
}

/* All of it, or it is as if there were none. */
static bool
read_numbers(const json_t *summary, struct run_record *record)
{
    uint64_t sum = 0, exit_code = 0;
    for (enum status status = STATUS_SUCCESS; status < STATUS_COUNT; status++) {
        if (!read_count(summary, status_names[status], &record->by_status[status]))
            return false;
        sum += record->by_status[status];
    }
    record->seconds = json_number_value(json_object_get(summary, "seconds"));
    (void)read_count(summary, "retryable", &record->retryable);
    if (!read_count(summary, "rows", &record->rows) || sum != record->rows ||
        !read_count(summary, "calls", &record->calls) ||
        !read_count(summary, "exit_code", &exit_code) || exit_code > 255 ||
        !json_is_boolean(json_object_get(summary, "finished")))
        return false;
    record->exit_code = (int)exit_code;
    return true;
}

/* Like "2026-11-24T02:00:01.125Z": such stamps are in order as texts, too. */
static bool
is_stamp(const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";
    size_t i = 0;
    for (; shape[i]; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    return !text[i];
}

static void
read_summary(const char *path, struct run_record *record)
{
    json_t *summary = load_object(path);
    if (summary && read_numbers(summary, record))
        record->state = json_is_true(json_object_get(summary, "finished")) ? RUN_FINISHED
                                                                           : RUN_STOPPED;
    char *started = text_of(summary, "started");
    if (is_stamp(started))
        (void)snprintf(record->started, sizeof(record->started), "%s", started);
    free(started);
    record->parent = text_of(summary, "parent");
    record->stop_code = text_of(json_object_get(summary, "stopped_by"), "code");
    json_decref(summary);
}

bool
run_record_read(const char *dir, const char *name, struct run_record *record)
{
    struct stat st;
    char *path = file_join(dir, name);
    char *settings_path = file_join(path, RUNDIR_SETTINGS);
    char *summary_path = file_join(path, "summary.json");
    json_t *settings = lstat(path, &st) == 0 && S_ISDIR(st.st_mode)
                           ? load_object(settings_path)
                           : NULL;
    if (settings && lstat(settings_path, &st) == 0) {
        *record = (struct run_record){.in_use = rundir_is_in_use(path)};
        clock_format_stamp((int64_t)st.st_mtime * 1000, record->started);
        record->name = mem_strdup(name);
        record->job = text_of(settings, "job");
        read_summary(summary_path, record);
    }
    bool is_run = settings != NULL;
    json_decref(settings);
    free(summary_path);
    free(settings_path);
    free(path);
    return is_run;
}

void
run_record_clear(struct run_record *record)
{
    free(record->name);
    free(record->stop_code);
    free(record->parent);
    free(record->job);
}

bool
run_record_is_good(const struct run_record *record)
{
    return record->state == RUN_FINISHED && record->exit_code == EXIT_OK &&
           record->by_status[STATUS_SUCCESS] == record->rows;
}

/* The newest first; of one moment, by name. */
static int
compare_runs(const void *left, const void *right)
{
    const struct run_record *a = left, *b = right;
    int order = strcmp(b->started, a->started);
    return order ? order : strcmp(b->name, a->name);
}

static void
note_retries(struct run_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *parent = list->runs[i].parent;
        size_t len = strlen(parent);
        while (len && parent[len - 1] == '/')
            len--;
        size_t from = len;
        while (from && parent[from - 1] != '/')
            from--;
        for (size_t k = 0; k < list->count && len; k++)
            list->runs[k].retried |= span_is((struct span){parent + from, len - from},
                                             list->runs[k].name);
    }
}

int
run_list_read(const char *dir, struct run_list *list, struct err *err)
{
    DIR *open = opendir(dir);
    if (!open)
        return err_set_errno(err, EXIT_USAGE, "%s: cannot look for runs there", dir);
    for (struct dirent *entry; (entry = readdir(open));) {
        struct run_record record;
        if (entry->d_name[0] == '.' || !run_record_read(dir, entry->d_name, &record))
            continue;
        if (list->count == list->cap) {
            list->cap = list->cap ? list->cap * 2 : 64;
            list->runs = mem_resize(list->runs, list->cap, sizeof(*list->runs));
        }
        list->runs[list->count++] = record;
    }
    (void)closedir(open);
    if (list->count)
        qsort(list->runs, list->count, sizeof(*list->runs), compare_runs);
    note_retries(list);
    return 0;
}

void
run_list_clear(struct run_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        run_record_clear(&list->runs[i]);
    free(list->runs);
    *list = (struct run_list){0};
}
