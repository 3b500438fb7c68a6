#include "ops/relation.h"

#include <strings.h>

enum module {
    MODULE_OTHER,
    MODULE_CAMPAIGNS,
    MODULE_LEADS,
    MODULE_CONTACTS,
    MODULE_PRODUCTS,
    MODULE_ACCOUNTS,
    MODULE_DEALS,
    MODULE_PRICE_BOOKS,
    MODULE_APPOINTMENTS,
    MODULE_SERVICES
};

static const struct {
    const char *name;
    enum module module;
} spellings[] = {
    {"Campaigns", MODULE_CAMPAIGNS},
    {"Leads", MODULE_LEADS},
    {"Contacts", MODULE_CONTACTS},
    {"Products", MODULE_PRODUCTS},
    {"Accounts", MODULE_ACCOUNTS},
    {"Deals", MODULE_DEALS},
    {"Potentials", MODULE_DEALS},
    {"Price_Books", MODULE_PRICE_BOOKS},
    {"PriceBooks", MODULE_PRICE_BOOKS},
    {"Appointments", MODULE_APPOINTMENTS},
    {"Appointments__s", MODULE_APPOINTMENTS},
    {"Services", MODULE_SERVICES},
    {"Services__s", MODULE_SERVICES},
};

static const struct {
    enum module a, b;
} documented[] = {
    {MODULE_CAMPAIGNS, MODULE_LEADS},      {MODULE_CAMPAIGNS, MODULE_CONTACTS},
    {MODULE_PRODUCTS, MODULE_LEADS},       {MODULE_PRODUCTS, MODULE_ACCOUNTS},
    {MODULE_PRODUCTS, MODULE_CONTACTS},    {MODULE_PRODUCTS, MODULE_DEALS},
    {MODULE_PRODUCTS, MODULE_PRICE_BOOKS}, {MODULE_APPOINTMENTS, MODULE_SERVICES},
};

size_t
relation_read_name(struct span written, char name[RELATION_NAME_MAX + 1])
{
    written = span_trim(written);
    if (!written.len || written.len > RELATION_NAME_MAX)
        return 0;
    for (size_t i = 0; i < written.len; i++) {
        char c = written.ptr[i] == ' ' ? '_' : written.ptr[i];
        bool letter = ((unsigned char)c | 0x20u) - 'a' < 26 || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return 0;
        name[i] = c;
    }
    name[written.len] = '\0';
    return written.len;
}

static enum module
module_of(const char *name)
{
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
        if ((name[0] | 0x20) == (spellings[i].name[0] | 0x20) &&
            strcasecmp(name, spellings[i].name) == 0)
            return spellings[i].module;
    return MODULE_OTHER;
}

/* The two names of "MODULE/LIST". */
static bool
read_permit(struct span text, char module[RELATION_NAME_MAX + 1],
            char list[RELATION_NAME_MAX + 1])
{
    const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    if (!slash)
        return false;
    size_t before = (size_t)(slash - text.ptr);
    return relation_read_name((struct span){text.ptr, before}, module) &&
           relation_read_name((struct span){slash + 1, text.len - before - 1}, list);
}

static bool
is_permitted(struct span permit, const char *module, const char *list)
{
    char permitted_module[RELATION_NAME_MAX + 1], permitted_list[RELATION_NAME_MAX + 1];
    if (span_is_nocase(permit, "any"))
        return true;
    return read_permit(permit, permitted_module, permitted_list) &&
           strcasecmp(module, permitted_module) == 0 &&
           strcasecmp(list, permitted_list) == 0;
}

bool
relation_is_allowed(const char *module, const char *list, const char *const *allowed,
                    size_t allowed_count)
{
    enum module a = module_of(module), b = module_of(list);
    for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++)
        if ((a == documented[i].a && b == documented[i].b) ||
            (a == documented[i].b && b == documented[i].a))
            return true;
    for (size_t i = 0; i < allowed_count; i++)
        if (is_permitted(span_of(allowed[i]), module, list))
            return true;
    return false;
}

bool
relation_is_permit(struct span text)
{
    char module[RELATION_NAME_MAX + 1], list[RELATION_NAME_MAX + 1];
    return span_is_nocase(text, "any") || read_permit(text, module, list);
}
