/*
 * SIGINT, SIGTERM and SIGHUP (unless nohup has it ignored) as a count: one stops sending
 * and lets calls in flight end, two abort them.
 */
#ifndef RUN_SIGNALS_H
#define RUN_SIGNALS_H

void signals_spare(void); /* a file beyond the limit of its size is an error, no signal */
void signals_catch(void); /* from now on; SIGPIPE is ignored, too */
int signals_count(void);  /* how many came */
int signals_first(void);  /* number of the first, 0: none */

#endif
