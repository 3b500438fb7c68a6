#include "base/mem.h"
#include "report/closing.h"
#include "report/html_parts.h"
#include "report/markup.h"

/* What needs a person first. */
static const enum status order[] = {STATUS_FAILED, STATUS_UNKNOWN, STATUS_REJECTED,
                                    STATUS_UNSENT, STATUS_SUCCESS};

enum {
    ORDERED = sizeof(order) / sizeof(order[0]),
    CODES_MAX = 40, /* of each status */
    SAMPLED_CODES_MAX = 30,
    QUOTE_BYTES = 160
};

static void
add_status(enum status status, struct buf *out)
{
    buf_addf(out, "<span class=\"key %s\"></span>%s", status_names[status],
             status_names[status]);
}

static void
add_code_name(const struct totals *totals, const struct code_count *count,
              struct buf *out)
{
    html_add_id(out, count->code, HTML_CODE_BYTES);
    if (totals->mixed && count->op)
        buf_addf(out, " <span class=\"dim small\">%s</span>", count->op->name);
}

/* Commands stand in `backticks`. */
static void
add_advice(const char *advice, struct buf *out)
{
    bool is_command = false;
    while (*advice) {
        size_t len = strcspn(advice, "`");
        char *part = mem_copy(advice, len);
        markup_add(out, part, HTML_WORDS_BYTES);
        free(part);
        advice += len;
        if (*advice != '`')
            break;
        buf_add_text(out, is_command ? "</code>" : "<code>");
        is_command = !is_command;
        advice++;
    }
    buf_add_text(out, is_command ? "</code>" : "");
}

static void
add_code(const struct totals *totals, const struct code_count *count,
         const char *const *columns, struct buf *out)
{
    const struct code_row *row = ops_explain(count->op, span_of(count->code),
                                             count->http);
    buf_add_text(out, "<tr>");
    html_begin_cell(columns, 0, out);
    closing_add_count(out, count->rows);
    html_end_cell(out);
    html_begin_cell(columns, 1, out);
    add_status(count->status, out);
    html_end_cell(out);
    html_begin_cell(columns, 2, out);
    add_code_name(totals, count, out);
    html_end_cell(out);
    html_begin_cell(columns, 3, out);
    markup_add(out, row ? row->meaning : "the service's own; unhitch has no words for it",
               HTML_WORDS_BYTES);
    if (count->words[0]) {
        buf_add_text(out, "<br/><span class=\"dim id\">“");
        markup_add(out, count->words, QUOTE_BYTES);
        buf_add_text(out, "”</span>");
    } else if (count->various) {
        buf_add_text(out, "<br/><span class=\"dim\">(in other words)</span>");
    }
    html_end_cell(out);
    html_begin_cell(columns, 4, out);
    add_advice(row ? row->advice : "", out);
    html_end_cell(out);
    buf_add_text(out, "</tr>\n");
}

/* The codes of a status, the most frequent first, as far as there is room. */
static void
add_codes_of(const struct totals *totals, enum status status, const char *const *columns,
             struct buf *out)
{
    uint64_t codes = 0, rows = 0;
    for (size_t i = 0; i < totals->code_count; i++) {
        const struct code_count *count = &totals->codes[i];
        if (count->status != status)
            continue;
        if (codes++ < CODES_MAX)
            add_code(totals, count, columns, out);
        else
            rows += count->rows;
    }
    if (codes <= CODES_MAX)
        return;
    buf_add_text(out, "<tr>");
    html_begin_cell(columns, 0, out);
    closing_add_count(out, rows);
    html_end_cell(out);
    html_begin_cell(columns, 1, out);
    add_status(status, out);
    html_end_cell(out);
    buf_add_text(out, "<td colspan=\"3\">");
    markup_add_counted(out, codes - CODES_MAX, "other code or wording",
                       "other codes and wordings");
    buf_add_text(out, ": see the result files</td></tr>\n");
}

void
html_add_codes(const struct html_facts *facts, struct buf *out)
{
    static const char *const columns[] = {"#Rows",   "=Status",    "Code",
                                          "Meaning", "What to do", NULL};
    if (!facts->totals->code_count)
        return;
    buf_add_text(out, "<h2>Codes</h2>\n");
    html_begin_table("cards codes", columns, out);
    for (size_t i = 0; i < ORDERED; i++)
        add_codes_of(facts->totals, order[i], columns, out);
    html_end_table(out);
}

static bool
is_sampled(const struct code_count *count, enum status status)
{
    return count->status == status && count->sample_count > 0;
}

static void
add_sample(const struct row_sample *sample, const char *const *columns, struct buf *out)
{
    buf_add_text(out, "<tr>");
    html_begin_cell(columns, 0, out);
    buf_add_number(out, sample->row);
    html_end_cell(out);
    html_begin_cell(columns, 1, out);
    buf_add_number(out, sample->line);
    html_end_cell(out);
    html_begin_cell(columns, 2, out);
    if (sample->id[0])
        html_add_id(out, sample->id, HTML_NAME_BYTES);
    else
        buf_add_text(out, "–");
    html_end_cell(out);
    html_begin_cell(columns, 3, out);
    buf_add_text(out, "<span class=\"id\">");
    markup_add(out, sample->message, HTML_WORDS_BYTES);
    if (sample->cut && strlen(sample->message) <= HTML_WORDS_BYTES)
        buf_add_text(out, "...");
    buf_add_text(out, "</span>");
    html_end_cell(out);
    buf_add_text(out, "</tr>\n");
}

static void
add_samples_of(const struct totals *totals, const struct code_count *count,
               const char *const *columns, struct buf *out)
{
    buf_add_text(out, "<tr class=\"group\"><th colspan=\"4\" scope=\"rowgroup\">"
                      "<span class=\"key ");
    buf_addf(out, "%s\"></span>", status_names[count->status]);
    add_code_name(totals, count, out);
    if (count->rows > count->sample_count) {
        buf_addf(out, " <span class=\"dim small\">the first %zu of ",
                 count->sample_count);
        markup_add_counted(out, count->rows, "row", "rows");
        buf_add_text(out, "</span>");
    }
    buf_add_text(out, "</th></tr>\n");
    for (size_t k = 0; k < count->sample_count; k++)
        add_sample(&count->samples[k], columns, out);
}

void
html_add_samples(const struct html_facts *facts, struct buf *out)
{
    static const char *const columns[] = {"#Row", "#Line", "ID", "Message", NULL};
    const struct totals *totals = facts->totals;
    size_t codes = 0;
    for (size_t i = 0; order[i] != STATUS_UNSENT; i++)
        for (size_t k = 0; k < totals->code_count; k++) {
            if (!is_sampled(&totals->codes[k], order[i]) || codes++ >= SAMPLED_CODES_MAX)
                continue;
            if (codes == 1) {
                buf_add_text(out, "<h2>First rows of each code</h2>\n");
                html_begin_table("cards samples", columns, out);
            }
            add_samples_of(totals, &totals->codes[k], columns, out);
        }
    if (codes)
        html_end_table(out);
    if (codes > SAMPLED_CODES_MAX)
        buf_add_text(out, "<p class=\"dim\">Rows of further codes are in the result "
                          "files.</p>\n");
}
