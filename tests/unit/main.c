/*
 * The unit tests: all groups, or those named as arguments. Runs from the root of the
 * tree. The last line says how many tests passed and failed.
 */
#include "unit.h"

static const struct group {
    const char *name;
    void (*run)(struct tally *tally);
} groups[] = {
    {"text", test_text},
    {"buf", test_buf},
    {"shown", test_shown},
    {"clock", test_clock},
    {"file", test_file},
    {"syncer", test_syncer},
    {"json", test_json},
    {"idform", test_idform},
    {"columns", test_columns},
    {"reader", test_reader},
    {"jsonl", test_jsonl},
    {"checking", test_checking},
    {"recall", test_recall},
    {"source", test_source},
    {"relation", test_relation},
    {"delink", test_delink},
    {"preferences", test_preferences},
    {"desk", test_desk},
    {"verba", test_verba},
    {"xml_answer", test_xml_answer},
    {"verdicts", test_verdicts},
    {"pack", test_pack},
    {"plan", test_plan},
    {"splitter", test_splitter},
    {"tape", test_tape},
    {"verdict-notes", test_verdict_notes},
    {"books", test_books},
    {"journal", test_journal},
    {"replay", test_replay},
    {"pace", test_pace},
    {"limits", test_limits},
    {"queue", test_queue},
    {"latency", test_latency},
    {"ruling", test_ruling},
    {"result_row", test_result_row},
    {"outfile", test_outfile},
    {"totals", test_totals},
    {"html", test_html},
    {"ending", test_ending},
    {"timeline", test_timeline},
    {"head", test_head},
    {"service", test_service},
    {"auth", test_auth},
    {"options", test_options},
    {"definition", test_definition},
    {"schema", test_schema},
    {"terminal", test_terminal},
    {"progress", test_progress},
    {"run table", test_run_table},
    {"notify", test_notify},
    {"metrics", test_metrics},
};

static bool
is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

int
main(int argc, char **argv)
{
    struct tally tally = {0};
    for (size_t i = 0; i < UNIT_COUNT(groups); i++)
        if (is_wanted(groups[i].name, argc, argv))
            groups[i].run(&tally);
    unit_clean();
    (void)fflush(stderr);
    (void)printf("%zu passed, %zu failed\n", tally.passed, tally.failed);
    return tally.failed || !tally.passed ? 1 : 0;
}
