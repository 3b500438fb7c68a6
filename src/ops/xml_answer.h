/*
 * Reading Verba's XML answers with expat:
 *
 *     <VerbaApi><Response code="2" type="DeleteCall"><ErrorMessage>..</ErrorMessage>
 *     </Response></VerbaApi>
 *
 * Self-closing and open forms, any attribute order, further attributes, ErrorMessage
 * inside or beside Response, character entities: all read. A document type is refused,
 * and with it every entity bomb.
 *
 * Source: Verba HTTP API pages (envelope shown on sibling actions); the variants are
 * inferred.
 */
#ifndef OPS_XML_ANSWER_H
#define OPS_XML_ANSWER_H

#include "base/buf.h"
#include "base/text.h"

struct xml_answer {
    char code[24];      /* of Response: a whole number, perhaps negative */
    bool is_success;    /* it is 0 */
    struct buf message; /* of ErrorMessage */
    struct buf token;   /* of Response, in answers to RequestToken */
};

/* False if the text is not such an answer, or holds two Responses. */
bool xml_answer_read(struct span body, struct xml_answer *answer);
void xml_answer_clear(struct xml_answer *answer);

#endif
