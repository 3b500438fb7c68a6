/*
 * Which calls Verba holds (--verba-calls), and how DeleteCall finds one among them.
 *
 * The file has a line per call, six fields with commas between them, those at the end
 * may be left out; the line of the field names itself says nothing:
 *
 *   callID,platformCallID,nativeID,meetingID,extension,status
 *   a8343631-9f35-4a3a-83f0-9e81592339fb,71627389,TRS26140192,,8856 8857,ongoing
 *
 * `extension` holds the parties, blanks between them; `status` is ongoing, next or
 * finished (which is also what none means). Of the finished calls of an extension the
 * one furthest down that is not deleted is the last.
 */
#ifndef SANDBOX_VERBA_CALLS_H
#define SANDBOX_VERBA_CALLS_H

#include "base/text.h"

struct err;
struct verba_calls;

enum verba_identifier {
    VERBA_CALL_ID,
    VERBA_PLATFORM_CALL_ID,
    VERBA_NATIVE_ID,
    VERBA_MEETING_ID,
    VERBA_EXTENSION
};
#define VERBA_IDENTIFIERS 5

/* States of calls, to be or-ed. */
enum { VERBA_ONGOING = 1, VERBA_NEXT = 2, VERBA_LAST = 4 };

enum verba_found { VERBA_FOUND, VERBA_NOT_FOUND, VERBA_SEVERAL_FOUND };

struct verba_wish {
    enum verba_identifier identifier;
    struct span value;
    unsigned states; /* with an extension */
};

/* The parameter's name, in its exact case. */
const char *verba_calls_name(enum verba_identifier identifier);

/* "ongoing", "next", "last"; 0 for anything else. */
unsigned verba_calls_state(struct span word);

/* The form 8-4-4-4-12 in hexadecimal digits? */
bool verba_calls_is_uuid(struct span text);

int verba_calls_open(const char *path, struct verba_calls **calls, struct err *err);
void verba_calls_free(struct verba_calls *calls);

/* Deletes the call if there is exactly one. */
enum verba_found verba_calls_delete(struct verba_calls *calls,
                                    const struct verba_wish *wish);

#endif
