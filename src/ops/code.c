#include "ops/code.h"

const char *const class_names[] = {
    [CLASS_DONE] = "done",
    [CLASS_FIX_DATA] = "fix the data",
    [CLASS_FIX_PERMISSION] = "fix the permission",
    [CLASS_TRY_LATER] = "try later",
    [CLASS_STOP] = "stop",
};

/* clang-format off */
const struct code_row codes_own[] = {
    {0, "already-done", CLASS_DONE, ACTION_FAIL,
     "it was already gone (after a lost answer, or under --missing-ok)",
     ""},
    {0, "connect-failed", CLASS_TRY_LATER, ACTION_RETRY,
     "the service could not be reached; nothing was sent",
     "check the host name, the network and the proxy, then `unhitch retry`"},
    {0, "tls-failed", CLASS_TRY_LATER, ACTION_FAIL,
     "no trusted TLS connection could be made; nothing was sent",
     "check the certificate and --ca-file, then `unhitch retry`"},
    {0, "timeout", CLASS_TRY_LATER, ACTION_RETRY_LOST,
     "sent, but no answer came in time; it may have been applied",
     "`unhitch retry` sends them again and tells what became of them"},
    {0, "connection-lost", CLASS_TRY_LATER, ACTION_RETRY_LOST,
     "sent, but the connection ended before the answer; it may have been applied",
     "`unhitch retry` sends them again and tells what became of them"},
    {0, "bad-response", CLASS_TRY_LATER, ACTION_RETRY_LOST,
     "the answer cannot be read; it may have been applied",
     "look for a gateway or proxy in between, then `unhitch retry`"},
    {0, "no-entry", CLASS_TRY_LATER, ACTION_RETRY_LOST,
     "the answer does not mention this ID; it may have been applied",
     "`unhitch retry` sends them again and tells what became of them"},
    {0, "http-3xx", CLASS_STOP, ACTION_FAIL, "a redirect, which is never followed",
     "check the base URL and --data-center"},
    {0, "http-4xx", CLASS_FIX_DATA, ACTION_FAIL,
     "refused without a code of the service, perhaps by a gateway",
     "check the base URL, and what stands between"},
    {0, "http-5xx", CLASS_TRY_LATER, ACTION_RETRY_LOST,
     "the service or a gateway failed; it may have been applied",
     "`unhitch retry` later"},
    {0, "bad-syntax", CLASS_FIX_DATA, ACTION_FAIL, "the row cannot be read",
     "mend the row in the job file (result_message says how)"},
    {0, "missing-field", CLASS_FIX_DATA, ACTION_FAIL, "a field has no value",
     "fill the column, name it with --map, or use --set"},
    {0, "bad-id", CLASS_FIX_DATA, ACTION_FAIL,
     "an ID is not of the form that its field has",
     "correct the ID"},
    {0, "mangled-id", CLASS_FIX_DATA, ACTION_FAIL,
     "a spreadsheet has rounded or regrouped an ID",
     "export again with the column as text; the digits are lost here"},
    {0, "bad-value", CLASS_FIX_DATA, ACTION_FAIL, "a field holds what it cannot hold",
     "correct the value"},
    {0, "unsupported-relation", CLASS_FIX_DATA, ACTION_FAIL,
     "not a documented relation; the request could delete the record",
     "correct it, or permit it with --allow-relation MODULE/LIST"},
    {0, "unknown-operation", CLASS_FIX_DATA, ACTION_FAIL, "no operation of that name",
     "correct the name; `unhitch codes` lists the operations"},
    {0, "budget", CLASS_TRY_LATER, ACTION_FAIL,
     "the budget of calls or the service's daily limit was reached first",
     "`unhitch resume` carries on"},
    {0, "window", CLASS_TRY_LATER, ACTION_FAIL, "the time to send in was over first",
     "`unhitch resume` carries on"},
    {0, "halted", CLASS_TRY_LATER, ACTION_FAIL, "the run was stopped first",
     "mend the cause, then `unhitch resume` carries on"},
    {0, "interrupted", CLASS_TRY_LATER, ACTION_FAIL, "a signal stopped the run first",
     "`unhitch resume` carries on"},
    {0},
};
/* clang-format on */

bool
code_may_pass(const char *code, long http)
{
    return http >= 500 || http == 408 || http == 429 ||
           strcmp(code, "TOO_MANY_REQUESTS") == 0 ||
           strcmp(code, "connect-failed") == 0 || strcmp(code, "tls-failed") == 0;
}
