/* A peer for the conformance suite, which starts it for each connection. It answers conformance_echo
 * with conformance_echoed. Values pass through the interface, except those of types that the
 * interface does not represent completely: these are forwarded as received. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broccoli.h"

static const char ECHO[] = "conformance_echo", ECHOED[] = "conformance_echoed";

static void raw(BroConn *bc, const BroEvMeta *meta)
{
    /* The length and the name come first. */
    size_t from = 4 + strlen(ECHO), to = 4 + strlen(ECHOED);
    size_t rest = meta->ev_end - meta->ev_start - from;
    uchar *event = malloc(to + rest);
    memcpy(event, "\0\0\0", 3);
    event[3] = strlen(ECHOED);
    memcpy(event + 4, ECHOED, strlen(ECHOED));
    memcpy(event + to, meta->ev_start + from, rest);
    bro_event_send_raw(bc, event, to + rest);
    free(event);
}

static void on_echo(BroConn *bc, void *user, BroEvMeta *meta)
{
    const BroEvArg *arg = meta->ev_args;
    BroEvent *e = bro_event_new(ECHOED);
    (void) user;
    if (meta->ev_numargs == 1) {
        if (arg->arg_type != BRO_TYPE_ENUM
            && bro_event_add_val(e, arg->arg_type, NULL, arg->arg_data))
            bro_event_send(bc, e);
        else
            raw(bc, meta);
    }
    bro_event_free(e);
}

int main(void)
{
    const char *address = getenv("CONFORMANCE_ADDRESS"), *class = getenv("CONFORMANCE_CLASS");
    BroConn *bc;
    if (!address || !bro_init(NULL))
        return 2;
    bc = bro_conn_new_str(address, BRO_CFLAG_NONE);
    if (class && *class)
        bro_conn_set_class(bc, class);
    bro_event_registry_add_compact(bc, ECHO, on_echo, NULL);
    /* It is not an error if the suite ends the connection in the handshake. */
    bro_conn_connect(bc);
    while (bro_conn_alive(bc)) {
        struct pollfd p = {bro_conn_get_fd(bc), POLLIN, 0};
        poll(&p, 1, -1);
        bro_conn_process_input(bc);
    }
    bro_conn_delete(bc);
    return 0;
}
