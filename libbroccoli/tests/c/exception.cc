// A callback in C++ that throws, and the header in C++.
#include <poll.h>

#include <cstdio>

#include "broccoli.h"

static void on_echo(BroConn *, void *, uint64 *n)
{
    throw *n;
}

int main(int, char **argv)
{
    int caught = 0;
    bro_init(nullptr);
    BroConn *bc = bro_conn_new_str(argv[1], BRO_CFLAG_NONE);
    bro_event_registry_add(bc, "echoed", reinterpret_cast<BroEventFunc>(on_echo), nullptr);
    if (!bro_conn_connect(bc))
        return 1;
    for (uint64 n = 1; n <= 10; n++) {
        BroEvent *e = bro_event_new("echo");
        bro_event_add_val(e, BRO_TYPE_COUNT, nullptr, &n);
        bro_event_send(bc, e);
        bro_event_free(e);
    }
    while (caught < 10 && bro_conn_alive(bc)) {
        pollfd p = {bro_conn_get_fd(bc), POLLIN, 0};
        try {
            if (!bro_conn_process_input(bc))
                poll(&p, 1, 20000);
        } catch (uint64 n) {
            caught += n == static_cast<uint64>(caught) + 1;
        }
    }
    bro_conn_delete(bc);
    std::printf("%d exceptions\n", caught);
    return 0;
}
