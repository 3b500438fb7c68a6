#include "unit.h"

#include "ops/relation.h"

/* Pairs of the vendor's page: allowed both ways round, in every spelling. */
static const char *const pairs[][2] = {
    {"Campaigns", "Leads"},          {"Campaigns", "Contacts"},
    {"Products", "Leads"},           {"Products", "Accounts"},
    {"Products", "Contacts"},        {"Products", "Deals"},
    {"Products", "Potentials"},      {"Products", "Price_Books"},
    {"Products", "PriceBooks"},      {"Appointments", "Services"},
    {"Appointments__s", "Services__s"}, {"Appointments__s", "Services"},
    {"Appointments", "Services__s"}, {"campaigns", "LEADS"},
};

static void
documented_relations_are_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(pairs); i++) {
        const char *a = pairs[i][0], *b = pairs[i][1];
        unit_check(relation_is_allowed(a, b, NULL, 0), "%s/%s", a, b);
        unit_check(relation_is_allowed(b, a, NULL, 0), "%s/%s", b, a);
    }
}

/* Of all pairs of known names just eight relations are documented. */
static void
no_other_relation_is_allowed(void **state)
{
    static const char *const names[] = {"Campaigns", "Leads", "Contacts", "Products",
                                        "Accounts", "Deals", "Price_Books",
                                        "Appointments", "Services", "Attachments", "Notes", "Tasks", ""};
    size_t allowed = 0;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        for (size_t j = 0; j < UNIT_COUNT(names); j++)
            allowed += relation_is_allowed(names[i], names[j], NULL, 0);
    assert_int_equal(allowed, 16);
    assert_false(relation_is_allowed("Campaigns", "Attachments", NULL, 0));
    assert_false(relation_is_allowed("Leads", "Contacts", NULL, 0));
    assert_false(relation_is_allowed("Campaigns", "Campaigns", NULL, 0));
    assert_false(relation_is_allowed("Price Books", "Products", NULL, 0));
}

static void
permits_open_what_they_name(void **state)
{
    static const char *const permits[] = {"Deals/Contact_Roles", "Custom Module/Links"};
    (void)state;
    assert_true(relation_is_allowed("Deals", "Contact_Roles", permits, 2));
    assert_true(relation_is_allowed("DEALS", "contact_roles", permits, 2));
    assert_false(relation_is_allowed("Contact_Roles", "Deals", permits, 2));
    assert_true(relation_is_allowed("Custom_Module", "Links", permits, 2));
    assert_false(relation_is_allowed("Deals", "Attachments", permits, 2));
    assert_true(relation_is_allowed("Leads", "Campaigns", permits, 2));
    static const char *const any[] = {"Any"};
    assert_true(relation_is_allowed("Leads", "Attachments", any, 1));
}

static void
reads_names_as_they_are_sent(void **state)
{
    static const struct {
        const char *written, *sent;     /* NULL: no API name */
    } cases[] = {
        {"Leads", "Leads"}, {" Leads ", "Leads"}, {"Price Books", "Price_Books"},
        {"Price  Books", "Price__Books"}, {"_x", "_x"}, {"A1_b", "A1_b"},
        {"leads", "leads"},
        {"\xc2\xa0Leads", "Leads"},
        {"", NULL}, {" ", NULL}, {"1Leads", NULL}, {"Lea-ds", NULL}, {"Lea/ds", NULL},
        {"Leads?x", NULL}, {"Leads%20", NULL}, {"Le\tads", NULL},
        {"L\xc3\xa9" "ads", NULL},
        {"Price\xc2\xa0" "Books", NULL}, {"..", NULL}, {"a.b", NULL},
    };
    char name[RELATION_NAME_MAX + 1];
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        bool good = relation_read_name(span_of(cases[i].written), name) > 0;
        unit_check(good == (cases[i].sent != NULL), "'%s'", cases[i].written);
        if (good)
            assert_string_equal(name, cases[i].sent);
    }
    char longest[RELATION_NAME_MAX + 2];
    memset(longest, 'x', sizeof(longest));
    assert_true(relation_read_name((struct span){longest, RELATION_NAME_MAX}, name));
    assert_int_equal(strlen(name), RELATION_NAME_MAX);
    assert_false(relation_read_name((struct span){longest, RELATION_NAME_MAX + 1}, name));
    assert_false(relation_read_name((struct span){"a\0b", 3}, name));
}

static void
knows_permits(void **state)
{
    static const char *const good[] = {"any", "ANY", "Deals/Contact_Roles",
                                       " Deals / Contact Roles ", "a/b"};
    static const char *const bad[] = {"", "Deals", "Deals/", "/Roles", "a/b/c", "a/1",
                                      "a//b", "any/", "*"};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(good); i++)
        unit_check(relation_is_permit(span_of(good[i])), "'%s'", good[i]);
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        unit_check(!relation_is_permit(span_of(bad[i])), "'%s'", bad[i]);
}

void
test_relation(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_relations_are_allowed),
        cmocka_unit_test(no_other_relation_is_allowed),
        cmocka_unit_test(permits_open_what_they_name),
        cmocka_unit_test(reads_names_as_they_are_sent),
        cmocka_unit_test(knows_permits),
    };
    unit_run(tally, "relation", tests, UNIT_COUNT(tests));
}
