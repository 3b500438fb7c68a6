/*
 * unhitch-sandbox: a local stand-in for the services, to try, test and measure
 * unhitch against. It shares nothing with the client but base/.
 */
#include "base/err.h"
#include "sandbox/faults.h"
#include "sandbox/server.h"
#include "sandbox/settings.h"

int
main(int argc, char **argv)
{
    struct settings settings;
    struct err err = {0};
    if (settings_read(&settings, argc, argv, &err))
        goto out;
    if (settings.help) {
        settings_print_help();
        return EXIT_OK;
    }
    if (settings.help_faults) {
        faults_print_help();
        return EXIT_OK;
    }
    (void)server_run(&settings, &err);
out:
    if (err.exit_code)
        (void)fprintf(stderr, "unhitch-sandbox: %s\n", err.text);
    return err.exit_code;
}
