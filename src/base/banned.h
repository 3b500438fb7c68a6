/*
 * Functions that do not compile here: each has a bounded or checked sibling.
 * The compiler is told to include this header first (see Makefile); the system
 * headers below come before the ban because they declare what is banned.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncat sprintf vsprintf gets strtok
#pragma GCC poison atoi atol atoll atof asctime ctime

#endif
