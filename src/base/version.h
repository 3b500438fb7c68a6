/* The version and its day, here and nowhere else. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define UNHITCH_VERSION "0.2.0"
#define UNHITCH_DATE "2026-11-24"

#endif
