/* Prints the results of using TLS. */
#include "peer.h"

static int echoes;

static void on_echo(BroConn *bc, void *user, uint64 *n)
{
    (void) bc, (void) user;
    echoes += *n == 5;
}

int main(int argc, char **argv)
{
    int init = start(argc, argv), again = bro_init(NULL), connected;
    BroConn *bc = connection(0);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) on_echo, NULL);
    connected = bro_conn_connect(bc);
    if (connected) {
        send_count(bc, "echo", 5);
        await(bc, &echoes, 1);
    }
    bro_conn_delete(bc);
    printf("init %d, again %d, connected %d, echoes %d\n", init, again, connected, echoes);
    /* The passphrase was erased. */
    CHECK(bro_conf_get_str("/broccoli/host_pass") == NULL);
    return finish();
}
