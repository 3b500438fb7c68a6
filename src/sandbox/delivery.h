/*
 * How an answer goes out: plainly through libmicrohttpd, or as a fault has it, cut,
 * dripping, with a false length, or as bytes that are no HTTP.
 */
#ifndef SANDBOX_DELIVERY_H
#define SANDBOX_DELIVERY_H

#include <microhttpd.h>
#include <stdbool.h>

struct exchange;

/* The line of the request log. Where it cannot be written, the hub's error says so. */
void delivery_log(const struct exchange *exchange);

/* Hands the answer over; MHD_NO makes libmicrohttpd close the connection. Takes the body.
 */
enum MHD_Result delivery_send(struct exchange *exchange);

/* Has the client closed its side of the connection? */
bool delivery_client_gone(const struct exchange *exchange);

#endif
