#include "unit.h"

#include "net/service.h"

static void
each_data_centre_has_its_hosts(void **state)
{
    static const char *const hosts[][3] = {
        {"us", "https://www.zohoapis.com", "https://desk.zoho.com"},
        {"eu", "https://www.zohoapis.eu", "https://desk.zoho.eu"},
        {"in", "https://www.zohoapis.in", "https://desk.zoho.in"},
        {"au", "https://www.zohoapis.com.au", "https://desk.zoho.com.au"},
        {"jp", "https://www.zohoapis.jp", "https://desk.zoho.jp"},
        {"cn", "https://www.zohoapis.com.cn", "https://desk.zoho.com.cn"},
        {"ca", "https://www.zohoapis.ca", "https://desk.zohocloud.ca"},
        {"sa", "https://www.zohoapis.sa", "https://desk.zoho.sa"},
        {"uk", "https://www.zohoapis.uk", NULL},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(hosts); i++)
        for (size_t s = 0; s < 2; s++) {
            struct service_settings settings = {.data_center = hosts[i][0]};
            struct service_url url = {0};
            struct err err = {0};
            int rc = service_find_url(&settings, s ? SERVICE_DESK : SERVICE_CRM, &url,
                                      &err);
            assert_int_equal(rc, hosts[i][s + 1] ? 0 : -1);
            if (rc == 0) {
                assert_string_equal(url.base, hosts[i][s + 1]);
                assert_string_equal(url.path, "");
                assert_true(url.tls);
                assert_false(url.loopback);
            } else {
                assert_error(err, EXIT_USAGE, "--desk-url");
            }
            service_url_clear(&url);
        }
    for (size_t i = 0; i < UNIT_COUNT(hosts); i++)
        assert_string_equal(data_centers[i], hosts[i][0]);
    assert_null(data_centers[UNIT_COUNT(hosts)]);
}

static void
urls_are_taken_apart(void **state)
{
    static const struct {
        const char *url, *base, *path;
        bool tls, loopback;
    } cases[] = {
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080", "", false, true},
        {"http://localhost:1/", "http://localhost:1", "", false, true},
        {"http://[::1]:8080/x/", "http://[::1]:8080", "/x", false, true},
        {"https://gate.example/zoho/crm//", "https://gate.example", "/zoho/crm", true,
         false},
        {"https://EXAMPLE.com:8443", "https://EXAMPLE.com:8443", "", true, false},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct service_settings settings = {.data_center = "us",
                                            .base_url = cases[i].url};
        struct service_url url = {0};
        struct err err = {0};
        assert_int_equal(service_find_url(&settings, SERVICE_CRM, &url, &err), 0);
        assert_string_equal(url.base, cases[i].base);
        assert_string_equal(url.path, cases[i].path);
        assert_int_equal(url.tls, cases[i].tls);
        assert_int_equal(url.loopback, cases[i].loopback);
        service_url_clear(&url);
    }
}

static void
bad_urls_are_refused_without_being_shown(void **state)
{
    static const char *const urls[] = {
        "",
        "ftp://x.example",
        "https://user@x.example",
        "https://user:hunter2@x.example",
        "https://x.example/?a=hunter2",
        "https://x.example/#hunter2",
        "file:///etc/passwd",
        "x.example:8080",
        "https://",
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(urls); i++) {
        struct service_settings settings = {.data_center = "us", .base_url = "http://ok"};
        struct service_url url = {0};
        struct err err = {0};
        settings.url[SERVICE_CRM] = urls[i];
        unit_check(service_find_url(&settings, SERVICE_CRM, &url, &err) == -1, "'%s'",
                   urls[i]);
        assert_error(err, EXIT_USAGE, "--crm-url");
        assert_null(strstr(err.text, "hunter2"));
        service_url_clear(&url);
    }
}

static void
secrets_come_from_the_environment(void **state)
{
    struct err err = {0};
    char *value = NULL;
    (void)state;
    (void)unsetenv("UNIT_SECRET_FILE");
    (void)unsetenv("UNIT_SECRET");
    assert_int_equal(secret_read("UNIT_SECRET", false, &value, &err), 0);
    assert_null(value);
    (void)setenv("UNIT_SECRET", "1000.abc", 1);
    assert_int_equal(secret_read("UNIT_SECRET", false, &value, &err), 0);
    assert_string_equal(value, "1000.abc");
    secret_free(value);
    (void)unsetenv("UNIT_SECRET");
    (void)setenv("UNIT_SECRET_FILE", unit_text_file("secret", "from-a-file\r\n\n"), 1);
    assert_int_equal(secret_read("UNIT_SECRET", false, &value, &err), 0);
    assert_string_equal(value, "from-a-file");
    secret_free(value);
    static const char *const bad[] = {"", "two words", "tab\there", "hunter2\nhunter2",
                                      "hunter2\x7f", "caf\xc3\xa9hunter2"};
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        (void)setenv("UNIT_SECRET", bad[i], 1);
        err = (struct err){0};
        unit_check(secret_read("UNIT_SECRET", false, &value, &err) == -1, "secret %zu",
                   i);
        assert_error(err, EXIT_USAGE, "UNIT_SECRET");
        assert_null(strstr(err.text, "hunter2"));
        assert_null(value);
    }
    (void)unsetenv("UNIT_SECRET");
    err = (struct err){0};
    (void)setenv("UNIT_SECRET_FILE", "/no/such/file", 1);
    assert_int_equal(secret_read("UNIT_SECRET", false, &value, &err), -1);
    assert_error(err, EXIT_USAGE, "/no/such/file");
    (void)unsetenv("UNIT_SECRET_FILE");
    secret_free(NULL);
    /* Passwords may be any text in one line. */
    err = (struct err){0};
    (void)setenv("UNIT_SECRET", "two caf\xc3\xa9s", 1);
    assert_int_equal(secret_read("UNIT_SECRET", true, &value, &err), 0);
    assert_string_equal(value, "two caf\xc3\xa9s");
    secret_free(value);
    (void)setenv("UNIT_SECRET", "hunter2\n", 1);
    assert_int_equal(secret_read("UNIT_SECRET", true, &value, &err), -1);
    assert_null(strstr(err.text, "hunter2"));
    (void)unsetenv("UNIT_SECRET");
}

static void
secrets_are_redacted(void **state)
{
    static const struct {
        const char *secret, *text, *clean;
    } cases[] = {
        {"s3cr", "no", "no"},
        {"s3cr", "s3cr", "[redacted]"},
        {"s3cr", "a s3cr s3crb", "a [redacted] [redacted]b"},
        {"s3cr", "s3crs3cr", "[redacted][redacted]"},
        {"s3cr", "", ""},
        {"", "abc", "abc"},
        {"s3cr", "s3c s3c", "s3c s3c"},
        {"longer than it", "short", "short"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct buf text = {0};
        buf_add_text(&text, cases[i].text);
        secret_redact(cases[i].secret, &text);
        assert_string_equal(text.data, cases[i].clean);
        assert_int_equal(text.len, strlen(cases[i].clean));
        buf_clear(&text);
    }
    struct buf text = {0};
    secret_redact(NULL, &text);
    secret_redact("x", &text);
    buf_clear(&text);
}

void
test_service(struct tally *tally)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_data_centre_has_its_hosts),
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(bad_urls_are_refused_without_being_shown),
        cmocka_unit_test(secrets_come_from_the_environment),
        cmocka_unit_test(secrets_are_redacted),
    };
    unit_run(tally, "service", tests, UNIT_COUNT(tests));
}
