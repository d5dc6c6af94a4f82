/* Sends or receives events as fast as possible. Uses only the public interface, so it can be built
 * with any libbroccoli.
 *
 *     client HOST:PORT send|receive|connect S|C COUNT
 *
 * S is an event with a count and a string of 20 bytes. C is an event with a record {addr, port, addr,
 * port}, a string of 20 bytes and a double. `connect` opens COUNT connections and keeps them open. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broccoli.h"

static const uchar TEXT[] = "twenty bytes of text";
static long received;
static double sum;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void on_s(BroConn *bc, void *user, uint64 *n, BroString *text)
{
    (void) bc, (void) user;
    sum += *n + text->str_len;
    received++;
}

static void on_c(BroConn *bc, void *user, BroRecord *id, BroString *text, double *d)
{
    int type = BRO_TYPE_PORT;
    BroPort *port = bro_record_get_named_val(id, "resp_p", &type);
    (void) bc, (void) user;
    sum += port->port_num + text->str_len + *d;
    received++;
}

static void send_s(BroConn *bc, uint64 n)
{
    BroEvent *e = bro_event_new("s");
    BroString text = {20, (uchar *) TEXT};
    bro_event_add_val(e, BRO_TYPE_COUNT, NULL, &n);
    bro_event_add_val(e, BRO_TYPE_STRING, NULL, &text);
    bro_event_send(bc, e);
    bro_event_free(e);
}

static void send_c(BroConn *bc, uint64 n)
{
    BroEvent *e = bro_event_new("c");
    BroRecord *id = bro_record_new();
    BroString text = {20, (uchar *) TEXT};
    BroAddr orig = {{0, 0, htonl(0xffff), htonl(0x0a000001)}};
    BroAddr resp = {{htonl(0x20010db8), 0, 0, htonl(1)}};
    BroPort orig_p = {n & 0xffff, IPPROTO_TCP}, resp_p = {443, IPPROTO_TCP};
    double d = n;
    bro_record_add_val(id, "orig_h", BRO_TYPE_IPADDR, NULL, &orig);
    bro_record_add_val(id, "orig_p", BRO_TYPE_PORT, NULL, &orig_p);
    bro_record_add_val(id, "resp_h", BRO_TYPE_IPADDR, NULL, &resp);
    bro_record_add_val(id, "resp_p", BRO_TYPE_PORT, NULL, &resp_p);
    bro_event_add_val(e, BRO_TYPE_RECORD, NULL, id);
    bro_event_add_val(e, BRO_TYPE_STRING, NULL, &text);
    bro_event_add_val(e, BRO_TYPE_DOUBLE, NULL, &d);
    bro_event_send(bc, e);
    bro_record_free(id);
    bro_event_free(e);
}

static BroConn *connection(const char *peer)
{
    BroConn *bc = bro_conn_new_str(peer, BRO_CFLAG_NONE);
    bro_event_registry_add(bc, "s", (BroEventFunc) on_s, NULL);
    bro_event_registry_add(bc, "c", (BroEventFunc) on_c, NULL);
    if (!bro_conn_connect(bc)) {
        fprintf(stderr, "cannot connect to %s\n", peer);
        exit(1);
    }
    return bc;
}

/* Returns the resident memory in KiB. */
static long resident(void)
{
    long pages = 0, size;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &size, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return pages * 4;
}

int main(int argc, char **argv)
{
    long count, n;
    int is_c;
    double begin;
    BroConn *bc;
    if (argc != 5)
        return 2;
    is_c = argv[3][0] == 'C';
    count = atol(argv[4]);
    bro_init(NULL);
    bc = connection(argv[1]);
    if (!strcmp(argv[2], "connect")) {
        long before = resident();
        begin = now();
        for (n = 0; n < count; n++)
            connection(argv[1]);
        printf("%.2f ms and %.1f KiB per connection\n", (now() - begin) / count * 1e3,
               (double) (resident() - before) / count);
        return 0;
    }
    begin = now();
    if (!strcmp(argv[2], "send")) {
        for (n = 0; n < count; n++)
            is_c ? send_c(bc, n) : send_s(bc, n);
    } else {
        BroEvent *e = bro_event_new(is_c ? "give_c" : "give_s");
        uint64 wanted = count;
        struct pollfd p = {bro_conn_get_fd(bc), POLLIN, 0};
        bro_event_add_val(e, BRO_TYPE_COUNT, NULL, &wanted);
        bro_event_send(bc, e);
        bro_event_free(e);
        while (received < count && bro_conn_alive(bc))
            if (!bro_conn_process_input(bc))
                poll(&p, 1, 1000);
        if (received != count)
            printf("only %ld received\n", received);
    }
    printf("%.0f events per second\n", count / (now() - begin));
    bro_conn_delete(bc);
    return 0;
}
