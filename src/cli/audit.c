#include "cli/session.h"

#include "base/err.h"

/* The books as the journal on disk tells them, in place of those at hand. */
static int
reread(struct session *session, struct err *err)
{
    struct totals *totals = &session->totals;
    struct totals told = *totals;
    char *code = session->stop_code, *message = session->stop_message;
    session->stop_code = session->stop_message = NULL;
    journal_free(session->journal);
    session->journal = NULL;
    books_clear(&session->books);
    int rc = session_take_up(session, false, err);
    free(session->stop_code);
    free(session->stop_message);
    session->stop_code = code;
    session->stop_message = message;
    totals->exit_code = told.exit_code;
    totals->stop_code = told.stop_code;
    totals->stop_message = told.stop_message;
    return rc;
}

int
session_audit(struct session *session, struct err *err)
{
    uint64_t digest = books_digest(&session->books);
    uint64_t calls = session->totals.calls;
    uint32_t waiting = session->books.waiting;
    struct err why = {0};
    if (reread(session, &why))
        return err_set(err, EXIT_INTERNAL,
                       "the books do not balance: what was sent cannot be read back. %s",
                       why.text);
    if (digest == books_digest(&session->books) && calls == session->totals.calls)
        return 0;
    return err_set(
        err, EXIT_INTERNAL,
        "the books do not balance: by its own count this run made %llu calls and left %u "
        "IDs without a final word; its journal in %s tells of %llu and %u. The disk lost "
        "something, or this is a bug of unhitch. No results were written; `unhitch report "
        "%s` writes what the journal tells",
        (unsigned long long)calls, waiting, rundir_path(session->rundir),
        (unsigned long long)session->totals.calls, session->books.waiting,
        rundir_path(session->rundir));
}
