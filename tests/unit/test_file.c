#include "unit.h"

#include "base/file.h"

#include <sys/stat.h>
#include <unistd.h>

static void
replaces_as_a_whole(void **state)
{
    struct err err = {0};
    struct buf content = {0};
    struct stat st;
    (void)state;
    const char *path = unit_text_file("replaced", "a longer old text");
    assert_int_equal(file_replace(path, "new", 3, &err), 0);
    unit_read(path, &content);
    assert_string_equal(content.data, "new");
    buf_clear(&content);
    assert_int_not_equal(stat(unit_path("replaced.tmp"), &st), 0);
    assert_int_equal(file_replace(unit_path("no/such"), "new", 3, &err), -1);
    assert_error(err, EXIT_INTERNAL, "no/such");
}

static void
reads_up_to_a_cap(void **state)
{
    struct err err = {0};
    struct buf content = {0};
    (void)state;
    const char *path = unit_text_file("capped", "0123456789");
    assert_int_equal(file_read(path, 10, &content, EXIT_USAGE, &err), 0);
    assert_string_equal(content.data, "0123456789");
    buf_reset(&content);
    assert_int_equal(file_read(path, 9, &content, EXIT_USAGE, &err), -1);
    assert_error(err, EXIT_USAGE, "larger than 9 bytes");
    buf_clear(&content);
    err = (struct err){0};
    assert_int_equal(file_read(unit_path("absent"), 9, &content, EXIT_INPUT, &err), -1);
    assert_error(err, EXIT_INPUT, "absent");
    buf_clear(&content);
}

static void
makes_private_folders(void **state)
{
    struct err err = {0};
    struct stat st;
    bool empty = false;
    const char *const but[] = {"tmp", "lock", NULL};
    (void)state;
    const char *path = unit_path("deep/er/still");
    assert_int_equal(file_dir_is_empty(path, but, &empty, &err), 0);
    assert_true(empty);
    assert_int_equal(file_make_dir(path, &err), 0);
    assert_int_equal(file_make_dir(path, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(file_dir_is_empty(path, but, &empty, &err), 0);
    assert_true(empty);
    (void)unit_text_file("deep/er/still/lock", "x");
    assert_int_equal(file_dir_is_empty(path, but, &empty, &err), 0);
    assert_true(empty);
    (void)unit_text_file("deep/er/still/x", "x");
    assert_int_equal(file_dir_is_empty(path, but, &empty, &err), 0);
    assert_false(empty);
    assert_no_error(err);
    assert_int_equal(file_make_dir(unit_path("deep/er/still/x/y"), &err), -1);
    assert_error(err, EXIT_INTERNAL, "still/x");
}

static void
joins_and_finds_paths(void **state)
{
    char here[4096];
    (void)state;
    char *path = file_join("a/b", "c");
    assert_string_equal(path, "a/b/c");
    free(path);
    assert_non_null(getcwd(here, sizeof(here)));
    path = file_absolute("not-there.csv");
    assert_true(strncmp(path, here, strlen(here)) == 0);
    assert_string_equal(path + strlen(here), "/not-there.csv");
    free(path);
    path = file_absolute("/no/such/file");
    assert_string_equal(path, "/no/such/file");
    free(path);
}

static void
the_first_error_wins(void **state)
{
    struct err err = {0};
    (void)state;
    assert_int_equal(err_set(&err, EXIT_INPUT, "first %d", 1), -1);
    assert_int_equal(err_set(&err, EXIT_USAGE, "second"), -1);
    assert_int_equal(err_set_errno(&err, EXIT_USAGE, "third"), -1);
    assert_error(err, EXIT_INPUT, "first 1");
    char text[5000];
    memset(text, 'e', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    err = (struct err){0};
    err_set_errno(&err, EXIT_USAGE, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

void
test_file(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_as_a_whole),
        cmocka_unit_test(reads_up_to_a_cap),
        cmocka_unit_test(makes_private_folders),
        cmocka_unit_test(joins_and_finds_paths),
        cmocka_unit_test(the_first_error_wins),
    };
    unit_run(tally, "file", tests, UNIT_COUNT(tests));
}
