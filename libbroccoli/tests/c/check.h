/* Checks that print what failed, and where. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broccoli.h"

static int failures;
static int checks;

#define CHECK(condition)                                                                \
    do {                                                                                \
        checks++;                                                                       \
        if (!(condition)) {                                                             \
            failures++;                                                                 \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                      \
        }                                                                               \
    } while (0)

/* Checks of behavior that only this library has. Left out for other libraries. */
#ifdef OTHER_LIBRARY
#define IMPROVED(condition) ((void) 0)
#else
#define IMPROVED(condition) CHECK(condition)
#endif

static int finish(void)
{
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}

#endif
