/*
 * Insertions: what a template's line `@NAME@` stands for. Each prints, on standard output,
 * one of the program's tables in the language of a manual page or of a shell.
 */
#ifndef MANUAL_INSERTION_H
#define MANUAL_INSERTION_H

struct insertion {
    const char *name;
    void (*print)(void);
};

/* Ended by a row without a name. */
extern const struct insertion page_insertions[];
extern const struct insertion bash_insertions[];
extern const struct insertion zsh_insertions[];
extern const struct insertion fish_insertions[];

#endif
