#include "sandbox/modules.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define NAME_MAX_CHARACTERS 100

static const struct {
    const char *name;
    const char *plain; /* NULL: not supported in the API */
} MODULE_NAMES[] = {
    {"Leads", "Leads"},
    {"Accounts", "Accounts"},
    {"Contacts", "Contacts"},
    {"Deals", "Deals"},
    {"Potentials", "Deals"},
    {"Campaigns", "Campaigns"},
    {"Products", "Products"},
    {"Price_Books", "Price_Books"},
    {"PriceBooks", "Price_Books"},
    {"Appointments", "Appointments"},
    {"Appointments__s", "Appointments"},
    {"Services", "Services"},
    {"Services__s", "Services"},
    {"Documents", NULL},
    {"Projects", NULL},
};

static const struct {
    const char *one;
    const char *other;
} RELATED[] = {
    {"Campaigns", "Leads"},      {"Campaigns", "Contacts"},    {"Products", "Leads"},
    {"Products", "Accounts"},    {"Products", "Contacts"},     {"Products", "Deals"},
    {"Products", "Price_Books"}, {"Appointments", "Services"},
};

enum modules_verdict
modules_find(struct span name, struct span *plain)
{
    for (size_t i = 0; i < COUNT(MODULE_NAMES); i++) {
        if (!span_is_nocase(name, MODULE_NAMES[i].name))
            continue;
        if (!MODULE_NAMES[i].plain)
            return MODULES_UNSUPPORTED;
        *plain = span_of(MODULE_NAMES[i].plain);
        return MODULES_KNOWN;
    }
    return MODULES_UNKNOWN;
}

/* A list of the user's own: letters, digits and `_` behind the prefix. */
static bool
is_custom(struct span name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_";
    if (!span_starts(name, "Custom_") || name.len > NAME_MAX_CHARACTERS)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!memchr(letters, name.ptr[i], sizeof(letters) - 1))
            return false;
    return true;
}

bool
modules_find_list(struct span module, struct span name, struct span *plain)
{
    if (span_is_nocase(name, MODULES_ATTACHMENTS)) {
        *plain = span_of(MODULES_ATTACHMENTS);
        return true;
    }
    if (is_custom(name)) {
        *plain = name;
        return true;
    }
    if (modules_find(name, plain) != MODULES_KNOWN)
        return false;
    for (size_t i = 0; i < COUNT(RELATED); i++) {
        if (span_is(module, RELATED[i].one) && span_is(*plain, RELATED[i].other))
            return true;
        if (span_is(module, RELATED[i].other) && span_is(*plain, RELATED[i].one))
            return true;
    }
    return false;
}
