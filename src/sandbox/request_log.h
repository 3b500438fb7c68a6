/*
 * The log of requests (--log): one JSON line each, written just before its answer
 * leaves, or when it is clear that there will be none.
 *
 *   {"n":1,"time_ms":1763690850125,"method":"DELETE",
 *    "target":"/crm/v8/Campaigns/1/Contacts?ids=1,2","headers":{"host":"..."},
 *    "body":"","connection":1,"in_flight":1,"status":200,"fault":""}
 *
 * `n` counts requests as they came, `time_ms` is UTC, `target` is what was on the wire,
 * header names are in lower case, `connection` counts from 1, `in_flight` is how many
 * requests were being handled when it came, it included; `status` is 0 where the
 * connection was cut or the bytes were no HTTP; `fault` is the actions of the rule.
 * Bytes that are not UTF-8 are written as the characters of the same numbers.
 */
#ifndef SANDBOX_REQUEST_LOG_H
#define SANDBOX_REQUEST_LOG_H

struct err;
struct exchange;
struct request_log;

int request_log_open(const char *path, struct request_log **log, struct err *err);
void request_log_free(struct request_log *log);

/* Nothing is kept back in memory. */
int request_log_write(struct request_log *log, const struct exchange *exchange,
                      unsigned status, struct err *err);

#endif
