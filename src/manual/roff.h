/*
 * Text in the language of manual pages (roff, with the macros of man(7)), on standard
 * output. What is between backticks is set in bold; nothing in a text is taken for a request.
 */
#ifndef MANUAL_ROFF_H
#define MANUAL_ROFF_H

/* The text, without a line end. */
void roff_print(const char *text);

/* The same in bold ('B') or italics ('I'). */
void roff_print_in(char font, const char *text);

/* The text and a line end; with a full stop unless it ends with a mark of its own. */
void roff_print_sentence(const char *text);

#endif
