/* The version, here and nowhere else. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define UNHITCH_VERSION "0.1.0"

#endif
