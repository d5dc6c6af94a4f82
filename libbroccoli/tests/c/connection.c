/* Tests that need a running peer. The peer sends back the arguments of `echo`. */
#include <stdint.h>

#include "peer.h"

static int echoes;
static const void *last_user;

/* The types and values of an event, for comparison. */
static char shown[4096];

static void show(int type, void *data);

static int show_entry(void *key, void *val, void *user)
{
    int *types = user;
    show(types[0], key);
    strcat(shown, "=");
    show(types[1], val);
    return TRUE;
}

static int show_element(void *val, void *user)
{
    show(*(int *) user, val);
    return TRUE;
}

static void show(int type, void *data)
{
    char *to = shown + strlen(shown);
    int types[2] = {-1, -1}, i;
    if (!data) {
        strcpy(to, "unset ");
        return;
    }
    switch (type) {
    case BRO_TYPE_BOOL:
    case BRO_TYPE_INT:
        sprintf(to, "%d:%lld ", type, (long long) *(int64_t *) data);
        break;
    case BRO_TYPE_COUNT:
    case BRO_TYPE_COUNTER:
    case BRO_TYPE_ENUM:
        sprintf(to, "%d:%llu ", type, (unsigned long long) *(uint64 *) data);
        break;
    case BRO_TYPE_DOUBLE:
    case BRO_TYPE_TIME:
    case BRO_TYPE_INTERVAL:
        sprintf(to, "%d:%g ", type, *(double *) data);
        break;
    case BRO_TYPE_STRING:
        sprintf(to, "%d:%u/%s ", type, ((BroString *) data)->str_len,
                (char *) ((BroString *) data)->str_val);
        break;
    case BRO_TYPE_PORT:
        sprintf(to, "%d:%u/%d ", type, (unsigned) ((BroPort *) data)->port_num,
                ((BroPort *) data)->port_proto);
        break;
    case BRO_TYPE_IPADDR:
        sprintf(to, "%d:%x.%x ", type, ntohl(((BroAddr *) data)->addr[0]),
                ntohl(((BroAddr *) data)->addr[3]));
        break;
    case BRO_TYPE_SUBNET:
        sprintf(to, "%d:%x/%u ", type, ntohl(((BroSubnet *) data)->sn_net.addr[3]),
                ((BroSubnet *) data)->sn_width);
        break;
    case BRO_TYPE_RECORD:
    case BRO_TYPE_LIST:
        strcpy(to, "{");
        for (i = 0; i < bro_record_get_length(data); i++) {
            types[0] = BRO_TYPE_UNKNOWN;
            void *val = bro_record_get_nth_val(data, i, &types[0]);
            strcat(strcat(shown, bro_record_get_nth_name(data, i)), "$");
            show(types[0], val);
        }
        strcat(shown, "} ");
        break;
    case BRO_TYPE_VECTOR:
        strcpy(to, "[");
        for (i = 0; i < bro_vector_get_length(data); i++) {
            types[0] = BRO_TYPE_UNKNOWN;
            void *val = bro_vector_get_nth_val(data, i, &types[0]);
            show(types[0], val);
        }
        strcat(shown, "] ");
        break;
    case BRO_TYPE_TABLE:
        sprintf(to, "table %d:", bro_table_get_size(data));
        bro_table_get_types(data, &types[0], &types[1]);
        bro_table_foreach(data, show_entry, types);
        break;
    case BRO_TYPE_SET:
        sprintf(to, "set %d:", bro_set_get_size(data));
        bro_set_get_type(data, types);
        bro_set_foreach(data, show_element, types);
        break;
    default:
        sprintf(to, "%d? ", type);
    }
}

static void on_echo(BroConn *bc, void *user, BroEvMeta *meta)
{
    int i;
    (void) bc;
    shown[0] = 0;
    CHECK(strcmp(meta->ev_name, "echoed") == 0 && meta->ev_ts > 0);
    CHECK(meta->ev_end > meta->ev_start);
    for (i = 0; i < meta->ev_numargs; i++)
        show(meta->ev_args[i].arg_type, meta->ev_args[i].arg_data);
    last_user = user;
    echoes++;
}

/* Has one value echoed. */
static const char *echo_as(BroConn *bc, int type, const char *name, const void *val)
{
    BroEvent *e = bro_event_new("echo");
    int before = echoes;
    CHECK(bro_event_add_val(e, type, name, val) == TRUE);
    CHECK(bro_event_send(bc, e) == TRUE);
    bro_event_free(e);
    return await(bc, &echoes, before + 1) ? shown : "nothing";
}

#define ECHO_AS(type, name, val, expected)                                                  \
    do {                                                                                \
        const char *found = echo_as(bc, type, name, val);                               \
        if (strcmp(found, expected) != 0)                                               \
            printf("expected `%s`, found `%s`\n", expected, found);                     \
        CHECK(strcmp(found, expected) == 0);                                            \
    } while (0)
#define ECHO(type, val, expected) ECHO_AS(type, NULL, val, expected)

static void scalars(BroConn *bc)
{
    int no = 0, yes = -1, color = 2;
    int64_t i = INT64_MIN;
    uint64 c = UINT64_MAX;
    double d = -1.5;
    BroString s;
    BroPort tcp = {80, IPPROTO_TCP}, icmp = {8, IPPROTO_ICMP}, odd = {9, 132};
    BroAddr v4 = {{0, 0, htonl(0xffff), htonl(0x0a000001)}};
    BroAddr v6 = {{htonl(0x20010db8), 0, 0, htonl(1)}};
    BroSubnet n4, n6;
    n4.sn_net = v4;
    n4.sn_width = 32;
    n6.sn_net = v6;
    n6.sn_width = 128;
    ECHO(BRO_TYPE_BOOL, &no, "1:0 ");
    ECHO(BRO_TYPE_BOOL, &yes, "1:1 ");
    ECHO(BRO_TYPE_INT, &i, "2:-9223372036854775808 ");
    ECHO(BRO_TYPE_COUNT, &c, "3:18446744073709551615 ");
    ECHO(BRO_TYPE_COUNTER, &c, "4:18446744073709551615 ");
    ECHO(BRO_TYPE_DOUBLE, &d, "5:-1.5 ");
    ECHO(BRO_TYPE_TIME, &d, "6:-1.5 ");
    ECHO(BRO_TYPE_INTERVAL, &d, "7:-1.5 ");
    bro_string_set(&s, "");
    ECHO(BRO_TYPE_STRING, &s, "8:0/ ");
    bro_string_cleanup(&s);
    bro_string_set_data(&s, (const uchar *) "ab\0c", 4);
    ECHO(BRO_TYPE_STRING, &s, "8:4/ab ");
    bro_string_cleanup(&s);
    ECHO_AS(BRO_TYPE_ENUM, "Color", &color, "10:2 ");
    ECHO(BRO_TYPE_PORT, &tcp, "12:80/6 ");
    ECHO(BRO_TYPE_PORT, &icmp, "12:8/1 ");
#ifndef OTHER_LIBRARY
    ECHO(BRO_TYPE_PORT, &odd, "12:9/0 ");
#endif
    (void) odd;
    ECHO(BRO_TYPE_IPADDR, &v4, "13:0.a000001 ");
    ECHO(BRO_TYPE_IPADDR, &v6, "13:20010db8.1 ");
    ECHO(BRO_TYPE_SUBNET, &n4, "14:a000001/32 ");
    ECHO(BRO_TYPE_SUBNET, &n6, "14:1/128 ");
}

static void containers(BroConn *bc)
{
    uint64 one = 1, two = 2;
    BroRecord *r = bro_record_new(), *index = bro_record_new();
    BroVector *v = bro_vector_new();
    BroTable *t = bro_table_new();
    BroSet *set = bro_set_new();
    BroString s;
    bro_string_set(&s, "x");
    bro_vector_add_val(v, BRO_TYPE_COUNT, NULL, &one);
    bro_vector_add_val(v, BRO_TYPE_COUNT, NULL, &two);
    ECHO(BRO_TYPE_VECTOR, v, "[3:1 3:2 ] ");
    bro_record_add_val(r, "n", BRO_TYPE_COUNT, NULL, &one);
    bro_record_add_val(r, "v", BRO_TYPE_VECTOR, NULL, v);
    ECHO(BRO_TYPE_RECORD, r, "{n$3:1 v$[3:1 3:2 ] } ");
#ifndef OTHER_LIBRARY
    bro_vector_add_val(v, BRO_TYPE_COUNT, NULL, NULL);
    ECHO(BRO_TYPE_VECTOR, v, "[3:1 3:2 unset ] ");
    bro_record_add_val(r, "u", BRO_TYPE_STRING, NULL, NULL);
    ECHO(BRO_TYPE_RECORD, r, "{n$3:1 v$[3:1 3:2 ] u$unset } ");
    bro_table_insert(t, BRO_TYPE_COUNT, &one, BRO_TYPE_STRING, &s);
    ECHO(BRO_TYPE_TABLE, t, "table 1:3:1 =8:1/x ");
    bro_table_free(t);
    t = bro_table_new();
    bro_record_add_val(index, NULL, BRO_TYPE_COUNT, NULL, &one);
    bro_record_add_val(index, NULL, BRO_TYPE_STRING, NULL, &s);
    bro_table_insert(t, BRO_TYPE_LIST, index, BRO_TYPE_RECORD, r);
    ECHO(BRO_TYPE_TABLE, t, "table 1:{$3:1 $8:1/x } ={n$3:1 v$[3:1 3:2 ] u$unset } ");
    bro_set_insert(set, BRO_TYPE_COUNT, &one);
    bro_set_insert(set, BRO_TYPE_COUNT, &two);
    ECHO(BRO_TYPE_SET, set, "set 2:3:1 3:2 ");
    bro_record_add_val(r, "s", BRO_TYPE_SET, NULL, set);
    ECHO(BRO_TYPE_RECORD, r, "{n$3:1 v$[3:1 3:2 ] u$unset s$set 2:3:1 3:2 } ");
    bro_set_free(set);
    set = bro_set_new();
    ECHO(BRO_TYPE_SET, set, "set 0:");
    ECHO(BRO_TYPE_TABLE, set, "table 0:");
#endif
    bro_string_cleanup(&s);
    bro_record_free(r);
    bro_record_free(index);
    bro_vector_free(v);
    bro_table_free(t);
    bro_set_free(set);
}

/* ---- Callbacks ---- */

static char order[64];
static int expanded;

static void first(BroConn *bc, void *user, uint64 *n)
{
    (void) bc;
    CHECK(*n == 5 && user == order);
    strcat(order, "1");
    expanded++;
}

static void second(BroConn *bc, void *user, uint64 *n)
{
    (void) user;
    CHECK(*n == 5);
    strcat(order, "2");
    bro_event_registry_remove(bc, "echoed");
    bro_event_registry_add(bc, "echoed", (BroEventFunc) first, order);
}

static void never(BroConn *bc, void *user, uint64 *n)
{
    (void) bc, (void) user, (void) n;
    strcat(order, "3");
}

static void callbacks(void)
{
    BroConn *bc = connection(0);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) first, order);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) second, order);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) never, order);
    bro_event_registry_add(bc, "", (BroEventFunc) never, NULL);
    bro_event_registry_add(bc, NULL, (BroEventFunc) never, NULL);
    CHECK(bro_conn_connect(bc) == TRUE);
    send_count(bc, "echo", 5);
    send_count(bc, "echo", 5);
    CHECK(await(bc, &expanded, 2) && strcmp(order, "121") == 0);
    CHECK(bro_conn_delete(bc) == TRUE);
}

static int arguments;

static void fifteen(BroConn *bc, void *user, uint64 *a, uint64 *b, uint64 *c, uint64 *d,
                    uint64 *e, uint64 *f, uint64 *g, uint64 *h, uint64 *i, uint64 *j, uint64 *k,
                    uint64 *l, uint64 *m, uint64 *n, uint64 *o)
{
    uint64 *all[] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o};
    (void) bc, (void) user;
    for (uint64 at = 0; at < 15; at++)
        CHECK(*all[at] == at);
    arguments = 15;
}

/* Counts the arguments of an event by its own parameters. */
static void numbered(BroConn *bc, void *user, uint64 *a, uint64 *b)
{
    (void) bc, (void) user;
    CHECK(*a == 0 && *b == 1);
    arguments = 2;
}

static void none(BroConn *bc, void *user)
{
    (void) bc, (void) user;
    arguments = 100;
}

static void send_many(BroConn *bc, uint64 count)
{
    BroEvent *e = bro_event_new("echo");
    for (uint64 n = 0; n < count; n++)
        bro_event_add_val(e, BRO_TYPE_COUNT, NULL, &n);
    CHECK(bro_event_send(bc, e) == TRUE);
    bro_event_free(e);
}

static void many_arguments(void)
{
    BroConn *bc = connection(0);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) fifteen, NULL);
    CHECK(bro_conn_connect(bc) == TRUE);
    /* Events with sixteen arguments are dropped. */
    send_many(bc, 16);
    send_many(bc, 15);
    CHECK(await(bc, &arguments, 15));
    bro_event_registry_remove(bc, "echoed");
    bro_event_registry_add(bc, "echoed", (BroEventFunc) numbered, NULL);
    arguments = 0;
    send_many(bc, 2);
    CHECK(await(bc, &arguments, 2));
    bro_event_registry_remove(bc, "echoed");
    bro_event_registry_add(bc, "echoed", (BroEventFunc) none, NULL);
    send_many(bc, 0);
    CHECK(await(bc, &arguments, 100));
    CHECK(bro_conn_delete(bc) == TRUE);
}

/* Forwards an event as received, and receives it again. */
static void send_on(BroConn *bc, void *user, BroEvMeta *meta)
{
    (void) user;
    if (echoes++ == 0) {
        uchar *copy = malloc(5 + meta->ev_end - meta->ev_start);
        /* Under the name that the peer echoes: `echo`, not `echoed`. */
        int rest = meta->ev_end - meta->ev_start - 10;
        memcpy(copy, "\0\0\0\4echo", 8);
        memcpy(copy + 8, meta->ev_start + 10, rest);
        CHECK(bro_event_send_raw(bc, copy, 8 + rest) == TRUE);
        free(copy);
    }
    shown[0] = 0;
    show(meta->ev_args[0].arg_type, meta->ev_args[0].arg_data);
}

static void raw(void)
{
    uint64 n = 77;
    BroConn *bc = connection(0);
    BroRecord *r = bro_record_new();
    BroEvent *e = bro_event_new("echo");
    echoes = 0;
    bro_record_add_val(r, "n", BRO_TYPE_COUNT, NULL, &n);
    bro_event_add_val(e, BRO_TYPE_RECORD, NULL, r);
    bro_event_registry_add_compact(bc, "echoed", send_on, NULL);
    CHECK(bro_conn_connect(bc) == TRUE);
    CHECK(bro_event_send(bc, e) == TRUE);
    CHECK(await(bc, &echoes, 2) && strcmp(shown, "{n$3:77 } ") == 0);
    bro_record_free(r);
    bro_event_free(e);
    CHECK(bro_conn_delete(bc) == TRUE);
}

/* ---- Requests ---- */

static void requests(void)
{
    int seen = 0;
    BroConn *bc = connection(0), *other = connection(0);
    BroConnStats stats = {5, 5};
    CHECK(bro_conn_connect(bc) == TRUE);
    bro_conn_get_connstats(bc, &stats);
    CHECK(stats.tx_buflen == 0 && stats.rx_buflen == 0);
    CHECK(bro_event_queue_length(bc) == 0 && bro_event_queue_flush(bc) == 0);
    /* Nobody has requested it, which is not an error. */
    send_count(bc, "unrequested", 1);
    /* Registered after the handshake. */
    echoes = 0;
    bro_event_registry_add_compact(bc, "echoed", on_echo, &seen);
    bro_event_registry_request(bc);
    send_count(bc, "echo", 1);
    CHECK(await(bc, &echoes, 1) && last_user == &seen);
    /* The event that the peer of another connection requested. */
    CHECK(bro_conn_connect(other) == TRUE);
    bro_conn_adopt_events(bc, other);
    send_count(other, "echo", 2);
    CHECK(bro_conn_delete(other) == TRUE);
    /* The peer requests it now. */
    send_count(bc, "ask", 0);
    CHECK(await(bc, &echoes, 2));
    send_count(bc, "late", 3);
    send_count(bc, "echo", 4);
    CHECK(await(bc, &echoes, 3) && strcmp(shown, "3:4 ") == 0);
    CHECK(bro_conn_delete(bc) == TRUE);
}

static void flags(int flags)
{
    BroConn *bc = connection(flags);
    uint64 n;
    bro_event_registry_add_compact(bc, "echoed", on_echo, NULL);
    CHECK(bro_conn_connect(bc) == TRUE);
    echoes = 0;
    for (n = 0; n < 5; n++)
        send_count(bc, "echo", 1000);
    CHECK(await(bc, &echoes, 5) && strcmp(shown, "3:1000 ") == 0);
    CHECK(bro_conn_delete(bc) == TRUE);
}

static void packets(void)
{
#ifdef BRO_PCAP_SUPPORT
    struct pcap_pkthdr h;
    BroPacket *p;
    BroConn *bc = connection(0);
    int dlt = 0;
    memset(&h, 0, sizeof h);
    h.ts.tv_sec = 5;
    h.caplen = 3;
    h.len = 60;
    CHECK(bro_conn_connect(bc) == TRUE);
    bro_conn_set_packet_ctxt(bc, 101);
    bro_conn_get_packet_ctxt(bc, &dlt);
    CHECK(dlt == 101);
    p = bro_packet_new(&h, (const uchar *) "abc", "tag");
    CHECK(bro_packet_send(bc, p) == TRUE);
    bro_packet_free(p);
    CHECK(bro_conn_delete(bc) == TRUE);
#endif
}

int main(int argc, char **argv)
{
    BroConn *bc;
    int user;
    if (!start(argc, argv))
        return 2;
    bc = connection(0);
    bro_conn_set_class(bc, "tester");
    bro_event_registry_add_compact(bc, "echoed", on_echo, &user);
    CHECK(bro_conn_connect(bc) == TRUE);
    CHECK(bro_conn_alive(bc) == TRUE && bro_conn_get_fd(bc) >= 0);
    CHECK(bro_conn_process_input(bc) == FALSE);
    CHECK(bro_conn_get_peer_class(bc) && strcmp(bro_conn_get_peer_class(bc), "peer") == 0);
    CHECK(bro_conn_reconnect(bc) == TRUE && bro_conn_alive(bc) == TRUE);
    CHECK(bro_conn_reconnect(bc) == FALSE && bro_conn_alive(bc) == TRUE);
    scalars(bc);
    CHECK(last_user == &user);
    containers(bc);
    CHECK(bro_conn_delete(bc) == TRUE);
    callbacks();
    many_arguments();
    raw();
    requests();
    flags(BRO_CFLAG_CACHE);
    flags(BRO_CFLAG_YIELD);
    flags(BRO_CFLAG_SHAREABLE | BRO_CFLAG_DONTCACHE);
    packets();
    return finish();
}
