/*
 * What Verba's HTTP API answers: always with HTTP 200, the code is in the body. Its
 * clients must bear with every way to write the same XML, so there are several here
 * (--verba-xml).
 */
#ifndef SANDBOX_VERBA_ANSWER_H
#define SANDBOX_VERBA_ANSWER_H

struct answer;

enum verba_format { VERBA_FORMAT_XML, VERBA_FORMAT_HTML, VERBA_FORMAT_TEXT };

struct verba_reply {
    const char *action;
    unsigned code;       /* 0: success */
    const char *message; /* of a failure; it holds no markup */
    const char *token;   /* of RequestToken; NULL: none */
};

/* `xml_form`: one of enum settings_verba_xml. */
void verba_answer_write(const struct verba_reply *reply, enum verba_format format,
                        unsigned xml_form, struct answer *answer);

#endif
