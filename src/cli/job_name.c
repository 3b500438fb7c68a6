#include "cli/job_name.h"

#include "base/file.h"
#include "base/mem.h"

char *
job_path(const struct options *options)
{
    if (options->run_dir)
        return mem_strdup(options->job ? options->job : "");
    if (options->definition)
        return file_absolute(options->definition);
    if (!options->input)
        return mem_strdup("");
    return strcmp(options->input, "-") == 0 ? mem_strdup(JOB_STDIN)
                                            : file_absolute(options->input);
}

char *
job_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t len = strcspn(base, ".");
    return len ? mem_copy(base, len) : mem_strdup("job");
}
