/* Events, packets, the configuration, and handles without a connection. */
#include <stdint.h>

#include "check.h"

static void events(void)
{
    BroEvent *e = bro_event_new("some_event");
    BroRecord *r = bro_record_new();
    uint64 n = 1;
    double values[4] = {0};
    int type;
    CHECK(e != NULL);
    CHECK(bro_event_add_val(e, BRO_TYPE_COUNT, NULL, &n) == TRUE);
    CHECK(bro_event_add_val(NULL, BRO_TYPE_COUNT, NULL, &n) == FALSE);
    CHECK(bro_event_add_val(e, BRO_TYPE_COUNT, NULL, NULL) == FALSE);
    CHECK(bro_event_add_val(e, -1, NULL, &n) == FALSE);
    CHECK(bro_event_add_val(e, BRO_TYPE_MAX, NULL, &n) == FALSE);
    for (type = BRO_TYPE_UNKNOWN; type < BRO_TYPE_MAX; type++)
        switch (type) {
        case BRO_TYPE_UNKNOWN:
        case BRO_TYPE_PATTERN:
        case BRO_TYPE_TIMER:
        case BRO_TYPE_ANY:
        case BRO_TYPE_UNION:
        case BRO_TYPE_FUNC:
        case BRO_TYPE_FILE:
        case BRO_TYPE_ERROR:
        case BRO_TYPE_PACKET:
            CHECK(bro_event_add_val(e, type, NULL, values) == FALSE);
        }
    CHECK(bro_event_set_val(e, 0, BRO_TYPE_DOUBLE, NULL, values) == TRUE);
    CHECK(bro_event_set_val(e, 1, BRO_TYPE_DOUBLE, NULL, values) == FALSE);
    CHECK(bro_event_set_val(e, -1, BRO_TYPE_DOUBLE, NULL, values) == FALSE);
    CHECK(bro_event_set_val(e, 0, BRO_TYPE_DOUBLE, NULL, NULL) == FALSE);
    CHECK(bro_event_set_val(e, 0, BRO_TYPE_FUNC, NULL, values) == FALSE);
    CHECK(bro_event_set_val(NULL, 0, BRO_TYPE_DOUBLE, NULL, values) == FALSE);
    bro_record_add_val(r, "unset", BRO_TYPE_COUNT, NULL, NULL);
    IMPROVED(bro_event_add_val(e, BRO_TYPE_RECORD, NULL, r) == TRUE);
    bro_record_free(r);
    CHECK(bro_event_send(NULL, e) == FALSE);
    bro_event_free(e);
    bro_event_free(NULL);
    IMPROVED(bro_event_new(NULL) == NULL);
}

static void packets(void)
{
#ifdef BRO_PCAP_SUPPORT
    struct pcap_pkthdr h;
    BroPacket *p, *q;
    memset(&h, 0, sizeof h);
    h.ts.tv_sec = 5;
    h.ts.tv_usec = 500000;
    h.caplen = 3;
    h.len = 60;
    p = bro_packet_new(&h, (const uchar *) "abc", "tag");
    CHECK(p && p->pkt_pcap_hdr.len == 60 && p->pkt_pcap_hdr.ts.tv_usec == 500000);
    IMPROVED(p->pkt_time == 5.5);
    CHECK(memcmp(p->pkt_data, "abc", 3) == 0 && strcmp(p->pkt_tag, "tag") == 0);
    q = bro_packet_clone(p);
    bro_packet_free(p);
    CHECK(q && memcmp(q->pkt_data, "abc", 3) == 0 && strcmp(q->pkt_tag, "tag") == 0);
    IMPROVED(bro_packet_send(NULL, q) == FALSE);
    bro_packet_free(q);
    p = bro_packet_new(&h, (const uchar *) "abc", NULL);
    CHECK(p && strcmp(p->pkt_tag, "") == 0);
    bro_packet_free(p);
    CHECK(bro_packet_new(NULL, (const uchar *) "abc", NULL) == NULL);
    CHECK(bro_packet_new(&h, NULL, NULL) == NULL);
    IMPROVED(bro_packet_clone(NULL) == NULL);
    bro_packet_free(NULL);
#endif
}

static void utilities(void)
{
    struct timeval tv = {3, 250000};
    BroCtx ctx;
    memset(&ctx, 0xaa, sizeof ctx);
    bro_ctx_init(&ctx);
    CHECK(ctx.lock_func == NULL && ctx.dl_free_func == NULL);
    IMPROVED((bro_ctx_init(NULL), 1));
    CHECK(bro_util_timeval_to_double(&tv) == 3.25 && bro_util_timeval_to_double(NULL) == 0.0);
    CHECK(bro_util_current_time() > 1e9);
    CHECK(bro_debug_messages == 0 && bro_debug_calltrace == 0);
    CHECK(bro_init(&ctx) == TRUE && bro_init(NULL) == TRUE);
}

/* With the file that the test writes. */
static void configuration(void)
{
    int i = -5;
    double d = -5;
    CHECK(bro_conf_get_int("/test/int", &i) == TRUE && i == 42);
    IMPROVED(bro_conf_get_int("/test/negative", &i) == TRUE && i == -7);
    IMPROVED(bro_conf_get_int("/test/yes", &i) == TRUE && i == 1);
    CHECK(bro_conf_get_int("/test/true", &i) == TRUE && i == 1);
    CHECK(bro_conf_get_int("/test/off", &i) == TRUE && i == 0);
    i = -5;
    CHECK(bro_conf_get_int("/test/double", &i) == FALSE && i == -5);
    CHECK(bro_conf_get_int("/test/none", &i) == FALSE && bro_conf_get_int(NULL, &i) == FALSE);
    IMPROVED(bro_conf_get_int("/test/int", NULL) == FALSE);
    CHECK(bro_conf_get_dbl("/test/double", &d) == TRUE && d == 2.5);
    CHECK(bro_conf_get_dbl("/test/int", &d) == FALSE && bro_conf_get_dbl(NULL, &d) == FALSE);
    CHECK(bro_conf_get_str("/test/word") && strcmp(bro_conf_get_str("/test/word"), "/a/word") == 0);
    CHECK(strcmp(bro_conf_get_str("/test/quoted"), "two # words") == 0);
    CHECK(bro_conf_get_str("/test/int") == NULL && bro_conf_get_str("/test/none") == NULL);
    CHECK(bro_conf_get_str("/test/comment") == NULL && bro_conf_get_str(NULL) == NULL);
    CHECK(bro_conf_get_str("/test/own") == NULL);
    bro_conf_set_domain("DoMain");
    IMPROVED(bro_conf_get_int("/test/int", &i) == TRUE && i == 43);
    IMPROVED(bro_conf_get_int("/test/negative", &i) == TRUE && i == -7);
    IMPROVED(strcmp(bro_conf_get_str("/test/own"), "mine") == 0);
    bro_conf_set_domain(NULL);
    CHECK(bro_conf_get_int("/test/int", &i) == TRUE && i == 42);
}

static void handles(void)
{
    struct in_addr v4 = {htonl(INADDR_LOOPBACK)};
    struct in6_addr v6 = IN6ADDR_LOOPBACK_INIT;
    BroConnStats stats = {5, 5};
    CHECK(bro_conn_new_str(NULL, 0) == NULL && bro_conn_new_str("", 0) == NULL);
    CHECK(bro_conn_new_socket(-1, 0) == NULL);
    IMPROVED(bro_conn_new(NULL, 1, 0) == NULL && bro_conn_new6(NULL, 1, 0) == NULL);
#ifndef OTHER_LIBRARY
    CHECK(bro_conn_connect(NULL) == FALSE && bro_conn_reconnect(NULL) == FALSE);
    CHECK(bro_conn_delete(NULL) == FALSE && bro_conn_alive(NULL) == FALSE);
    CHECK(bro_conn_get_fd(NULL) == -1 && bro_conn_process_input(NULL) == FALSE);
    CHECK(bro_conn_get_peer_class(NULL) == NULL);
    CHECK(bro_event_queue_length(NULL) == 0 && bro_event_queue_length_max(NULL) == 1000);
    CHECK(bro_event_queue_flush(NULL) == -1);
    bro_conn_set_class(NULL, "x");
    bro_conn_adopt_events(NULL, NULL);
    bro_conn_get_connstats(NULL, &stats);
    bro_conn_get_connstats(NULL, NULL);
    bro_conn_data_set(NULL, "k", NULL);
    CHECK(bro_conn_data_get(NULL, "k") == NULL && bro_conn_data_del(NULL, "k") == NULL);
    bro_event_registry_add(NULL, "e", NULL, NULL);
    bro_event_registry_add_compact(NULL, "e", NULL, NULL);
    bro_event_registry_remove(NULL, "e");
    bro_event_registry_request(NULL);
    CHECK(bro_event_send_raw(NULL, (const uchar *) "x", 1) == FALSE);
#endif

    /* Nothing listens at port 1. */
    BroConn *all[] = {bro_conn_new(&v4, htons(1), 0), bro_conn_new6(&v6, htons(1), 0),
                      bro_conn_new_str("127.0.0.1:1", 0), bro_conn_new_str("abc", 0),
                      bro_conn_new_str("::1:1", 0)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        BroConn *bc = all[i];
        CHECK(bc != NULL && bro_conn_alive(bc) == FALSE && bro_conn_get_fd(bc) == -1);
        CHECK(bro_conn_delete(bc) == FALSE);
        CHECK(bro_conn_process_input(bc) == FALSE);
#ifndef OTHER_LIBRARY
        CHECK(bro_event_queue_length(bc) == 0 && bro_event_queue_length_max(bc) == 1000);
        CHECK(bro_event_queue_flush(bc) == 0);
        IMPROVED(bro_conn_reconnect(bc) == FALSE);
        stats.tx_buflen = stats.rx_buflen = 5;
        bro_conn_get_connstats(bc, &stats);
        CHECK(stats.tx_buflen == 0 && stats.rx_buflen == 0);
        bro_event_registry_request(bc);
        CHECK(bro_event_send_raw(bc, NULL, 1) == FALSE);
        CHECK(bro_event_send_raw(bc, (const uchar *) "x", 0) == TRUE);
#endif
        CHECK(bro_conn_connect(bc) == FALSE && bro_conn_connect(bc) == FALSE);
        CHECK(bro_conn_alive(bc) == FALSE);
        IMPROVED(bro_conn_reconnect(bc) == FALSE);
        CHECK(bro_conn_delete(bc) == TRUE);
    }
}

static void data(void)
{
    int a, b;
    BroConn *bc = bro_conn_new_str("127.0.0.1:1", 0);
    CHECK(bro_conn_data_get(bc, "k") == NULL && bro_conn_data_del(bc, "k") == NULL);
    bro_conn_data_set(bc, "k", &a);
    bro_conn_data_set(bc, "k", &b);
    bro_conn_data_set(bc, "", &b);
    bro_conn_data_set(bc, NULL, &b);
    CHECK(bro_conn_data_get(bc, "k") == &a && bro_conn_data_get(bc, "") == NULL);
    CHECK(bro_conn_data_get(bc, NULL) == NULL);
    CHECK(bro_conn_data_del(bc, "k") == &a && bro_conn_data_get(bc, "k") == &b);
    CHECK(bro_conn_data_del(bc, "k") == &b && bro_conn_data_del(bc, "k") == NULL);
    bro_conn_connect(bc);
    bro_conn_delete(bc);
}

int main(void)
{
    utilities();
    events();
    packets();
    configuration();
    handles();
    data();
    return finish();
}
