/*
 * An operation: one thing a service can do, as a constant struct of pure functions.
 * It checks a row, says what a call is addressed to, builds the request of a batch and
 * judges the answer, one verdict per ID. No I/O happens here.
 *
 * A new operation is one new file, one line in ops.c, one sandbox route, one folder of
 * recorded answers and one sample.
 */
#ifndef OPS_OP_H
#define OPS_OP_H

#include "base/buf.h"
#include "input/columns.h"
#include "input/row.h"
#include "ops/code.h"

#include <stdint.h>

enum { BATCH_MAX = 100 };

/* SERVICE_ACCOUNTS, Zoho's sign-in, has no operations. */
enum service {
    SERVICE_CRM,
    SERVICE_DESK,
    SERVICE_VERBA,
    SERVICE_ACCOUNTS,
    SERVICE_COUNT
};

extern const char *const service_names[SERVICE_COUNT];

struct op;

/* What the user's settings mean to operations. Strings are borrowed. */
struct op_settings {
    const char *default_operation;      /* of rows that name none, or NULL */
    const struct op *default_op;        /* the same, if already looked up; or NULL */
    const char *api_version;            /* CRM: "v8" */
    const char *const *allow_relations; /* "MODULE/LIST" or "any", see relation.h */
    size_t allow_relation_count;
    const char *desk_org_id; /* of rows without org_id, or NULL */
    bool desk_post;          /* the vendor's form, see desk_clear_live_mapping.c */
    bool verba_get;          /* parameters in the URL */
};

/* Why a row is rejected. */
struct problem {
    const char *code; /* one of the codes of rejected rows */
    enum field field; /* FIELD_NONE: the row as a whole */
    char text[320];   /* what is wrong, the offending value, what to do */
};

/* Note a problem: "field: what: 'value'; remedy". An absent value is left out. -1. */
int problem_set(struct problem *problem, const char *code, enum field field,
                const char *what, struct span value, const char *remedy);

/* One HTTP request, less what is the service's: base URL, credentials. */
struct request {
    const char *method;
    enum service service;
    struct buf target; /* path and query as they go out; checked characters only */
    bool has_body;     /* `body` is sent, even if empty */
    struct buf body;
    const char *content_type; /* of the body; NULL: none */
    struct buf header;        /* one more header line; empty: none */
    bool is_signed;           /* it carries its own credentials: add none */
    bool is_apart;            /* not on a kept connection, which may be dead already */
};

/* Make it empty, keep the memory. */
void request_begin(struct request *request, const char *method, enum service service);
void request_clear(struct request *request);
void request_wipe(struct request *request); /* it held credentials */

/* Add text to a URL or form body, percent-encoded where it must be (RFC 3986). */
void request_add_encoded(struct buf *out, struct span text);

/* One HTTP answer that arrived whole. */
struct answer {
    long http;        /* status */
    struct span body; /* decoded; borrowed */
};

/* What an answer says of one ID. */
enum verdict_kind {
    VERDICT_NONE, /* it does not say */
    VERDICT_DONE,
    VERDICT_GONE, /* there was nothing (any more) to remove */
    VERDICT_REFUSED,
    VERDICT_CONFLICT /* it says two different things */
};

struct verdict {
    enum verdict_kind kind;
    struct span code; /* as the service wrote it; borrowed from the judgement */
    struct span message;
};

/* An answer, judged. */
struct judgement {
    enum action action; /* ACTION_ENTRIES: look at `ids`, else at `whole` */
    struct verdict whole;
    struct verdict ids[BATCH_MAX]; /* in the order of the batch */
    long retry_after_s;            /* from the body; -1: not said */
    bool odd_success;   /* a success whose message is not the one of a removal */
    char own_code[32];  /* holds `whole.code` where the body has none */
    struct buf scratch; /* holds texts that had to be decoded */
};

void judgement_clear(struct judgement *judgement);

struct op {
    const char *name;
    enum service service;
    size_t batch_max;     /* IDs of one call */
    size_t ids_bytes_max; /* characters of the joined IDs, commas included */
    bool ordered;         /* sent one at a time, in input order, before all others,
                                   and never merged */
    const char *scope;    /* what the credentials must permit, for messages */
    const char *note;     /* what to know besides its codes; NULL: nothing */

    /* May a call to this target be sent again when its fate is unknown? NULL: always. */
    bool (*may_resend)(struct span target);

    /* Check a row and fill `target` (the key that calls are grouped by) and `id`
     * (borrowed from the row, or valid until the next check). -1 with a problem. */
    int (*check)(const struct fields *fields, const struct op_settings *settings,
                 struct buf *target, struct span *id, struct problem *problem);

    /* The request of one batch. `ids` are as `check` returned them. */
    void (*build)(struct span target, const struct span *ids, size_t count,
                  const struct op_settings *settings, struct request *request);

    /* Judge the answer to such a request. */
    void (*judge)(const struct answer *answer, const struct span *ids, size_t count,
                  struct judgement *judgement);

    const struct code_row *codes; /* ended by a row without a code */
};

extern const struct op op_crm_delink;
extern const struct op op_crm_call_preferences;
extern const struct op op_desk_clear_live_mapping;
extern const struct op op_verba_delete_call;

/* All operations, ended by NULL. */
extern const struct op *const ops_all[];

const struct op *ops_find(struct span name);

/* The name of the operation that may have been meant, or NULL. */
const char *ops_nearest(struct span name);

/*
 * Check a row as its operation does: `target` and `id` are filled in. NULL with a
 * problem (of the row's syntax, of its operation's name, of its fields) if it is not
 * accepted.
 */
const struct op *ops_check_row(const struct row *row, const struct columns *columns,
                               const struct op_settings *settings, struct buf *target,
                               struct span *id, struct problem *problem);

bool ops_may_resend(const struct op *op, struct span target);

/* The row of an operation's code table that explains `code`, or of unhitch's own. */
const struct code_row *ops_explain(const struct op *op, struct span code, long http);

#endif
