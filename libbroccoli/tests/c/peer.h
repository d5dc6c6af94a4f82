/* A connection to the peer of the tests, and waiting for what it sends. */
#ifndef PEER_H
#define PEER_H

#include <errno.h>
#include <poll.h>

#include "check.h"

static const char *peer;

/* Handles input until the awaited number is reached, or nothing arrives for 20 seconds. */
static int await(BroConn *bc, volatile int *what, int at_least)
{
    while (*what < at_least) {
        struct pollfd p = {bro_conn_get_fd(bc), POLLIN, 0};
        if (bro_conn_process_input(bc))
            continue;
        if (!bro_conn_alive(bc) || poll(&p, 1, 20000) == 0)
            return 0;
    }
    return 1;
}

static BroConn *connection(int flags)
{
    BroConn *bc = bro_conn_new_str(peer, flags);
    CHECK(bc != NULL);
    return bc;
}

static void send_count(BroConn *bc, const char *name, uint64 n)
{
    BroEvent *e = bro_event_new(name);
    bro_event_add_val(e, BRO_TYPE_COUNT, NULL, &n);
    CHECK(bro_event_send(bc, e) == TRUE);
    bro_event_free(e);
}

static int start(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc < 2)
        return 0;
    peer = argv[1];
    return bro_init(NULL);
}

#endif
