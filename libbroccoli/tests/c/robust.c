/* Lost connections, forks, jumps, deletion within callbacks, threads. argv[2] selects one. */
#include <pthread.h>
#include <setjmp.h>
#include <sys/wait.h>

#include "peer.h"

static int echoes;

static void on_echo(BroConn *bc, void *user, uint64 *n)
{
    (void) bc;
    CHECK(*n < 100000);
    ++*(int *) user;
}

/* Waits until the socket can be read, and does not read it. */
static void watch(BroConn *bc)
{
    struct pollfd p = {bro_conn_get_fd(bc), POLLIN, 0};
    CHECK(poll(&p, 1, 20000) == 1);
}

/* The peer disconnects after each tenth event. The next event is the first of the next connection. */
static void lost(int registers)
{
    BroConn *bc = connection(BRO_CFLAG_RECONNECT);
    int fd;
    if (registers)
        bro_event_registry_add(bc, "echoed", (BroEventFunc) on_echo, &echoes);
    CHECK(bro_conn_connect(bc) == TRUE);
    fd = bro_conn_get_fd(bc);
    for (uint64 n = 0; n < 50; n++) {
        send_count(bc, "count", n);
        CHECK(bro_conn_get_fd(bc) == fd && bro_event_queue_length(bc) == 0);
        if (n % 10 == 9) {
            send_count(bc, "end", n);
            watch(bc);
        }
    }
    CHECK(bro_conn_delete(bc) == TRUE);
}

/* The peer closes its side at some time but continues to read: each event arrives once. */
static void half(void)
{
    BroConn *bc = connection(BRO_CFLAG_RECONNECT | BRO_CFLAG_ALWAYS_QUEUE);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) on_echo, &echoes);
    CHECK(bro_conn_connect(bc) == TRUE);
    for (uint64 n = 0; n < 5000; n++)
        send_count(bc, n == 1000 || n == 3000 ? "half" : "count", n);
    CHECK(bro_event_queue_length(bc) == 0);
    CHECK(bro_conn_delete(bc) == TRUE);
}

/* A program that only receives. */
static void receive(void)
{
    BroConn *bc = connection(BRO_CFLAG_RECONNECT);
    int fd;
    bro_event_registry_add(bc, "echoed", (BroEventFunc) on_echo, &echoes);
    CHECK(bro_conn_connect(bc) == TRUE);
    fd = bro_conn_get_fd(bc);
    send_count(bc, "end", 0);
    watch(bc);
    /* The first call notices that the connection is lost, and the second one reconnects. */
    CHECK(bro_conn_process_input(bc) == FALSE && bro_conn_alive(bc) == FALSE);
    CHECK(bro_conn_get_fd(bc) == -1);
    CHECK(bro_conn_process_input(bc) == TRUE && bro_conn_alive(bc) == TRUE);
    CHECK(bro_conn_get_fd(bc) == fd);
    send_count(bc, "echo", 1);
    CHECK(await(bc, &echoes, 1));
    CHECK(bro_conn_delete(bc) == TRUE);
}

/* Without flags, and with BRO_CFLAG_ALWAYS_QUEUE only. */
static void flags(void)
{
    uint64 n = 1;
    BroEvent *e = bro_event_new("count");
    BroConn *bc = connection(0);
    bro_event_add_val(e, BRO_TYPE_COUNT, NULL, &n);
    CHECK(bro_event_send(bc, e) == FALSE);
    CHECK(bro_conn_connect(bc) == TRUE);
    send_count(bc, "end", 0);
    watch(bc);
    CHECK(bro_event_send(bc, e) == FALSE && bro_conn_alive(bc) == FALSE);
    CHECK(bro_conn_process_input(bc) == FALSE && bro_conn_get_fd(bc) == -1);
    CHECK(bro_event_queue_length(bc) == 0);
    CHECK(bro_conn_reconnect(bc) == TRUE && bro_event_send(bc, e) == TRUE);
    CHECK(bro_conn_delete(bc) == TRUE);

    bc = connection(BRO_CFLAG_ALWAYS_QUEUE);
    CHECK(bro_event_send(bc, e) == TRUE && bro_event_queue_length(bc) == 1);
    for (n = 0; n < 1500; n++)
        CHECK(bro_event_send(bc, e) == TRUE);
    CHECK(bro_event_queue_length(bc) == 1000);
    CHECK(bro_event_queue_flush(bc) == 1000);
    CHECK(bro_conn_connect(bc) == TRUE && bro_event_queue_length(bc) == 0);
    CHECK(bro_conn_delete(bc) == TRUE);
    bro_event_free(e);
}

/* A hundred processes share a connection. */
static void forks(void)
{
    BroConn *bc = connection(0);
    int status, child, failed = 0;
    CHECK(bro_conn_connect(bc) == TRUE);
    for (child = 0; child < 100; child++)
        if (fork() == 0) {
            for (uint64 n = 0; n < 20; n++)
                send_count(bc, "count", child * 20 + n);
            bro_conn_delete(bc);
            _exit(failures != 0);
        }
    for (child = 0; child < 100; child++)
        failed += wait(&status) < 0 || status != 0;
    CHECK(failed == 0);
    /* The children have not closed it. */
    CHECK(bro_conn_alive(bc) == TRUE);
    send_count(bc, "count", 2000);
    CHECK(bro_conn_delete(bc) == TRUE);
}

/* Callbacks that do not return. */
static jmp_buf back;

static void leave(BroConn *bc, void *user, uint64 *n)
{
    (void) bc, (void) user, (void) n;
    longjmp(back, 1);
}

static void jump(void)
{
    BroConn *volatile bc = connection(0);
    volatile int jumps = 0;
    bro_event_registry_add(bc, "echoed", (BroEventFunc) leave, NULL);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) on_echo, &echoes);
    CHECK(bro_conn_connect(bc) == TRUE);
    for (uint64 n = 0; n < 10; n++)
        send_count(bc, "echo", n);
    if (setjmp(back))
        jumps++;
    while (jumps < 10) {
        struct pollfd p = {bro_conn_get_fd(bc), POLLIN, 0};
        if (!bro_conn_process_input(bc) && poll(&p, 1, 20000) == 0)
            break;
    }
    CHECK(jumps == 10 && echoes == 0);
    bro_event_registry_remove(bc, "echoed");
    bro_event_registry_add(bc, "echoed", (BroEventFunc) on_echo, &echoes);
    send_count(bc, "echo", 11);
    CHECK(await(bc, &echoes, 1));
    CHECK(bro_conn_delete(bc) == TRUE);
}

/* Callbacks that delete their connection, handle more input, and reconnect. */
static int deleted;

static void end(BroConn *bc, void *user, uint64 *n)
{
    (void) user;
    CHECK(bro_conn_delete(bc) == TRUE && *n == 3);
    deleted++;
}

static void deeper(BroConn *bc, void *user, uint64 *n)
{
    ++*(int *) user;
    if (*n < 5) {
        send_count(bc, "echo", *n + 1);
        CHECK(await(bc, user, *n + 2));
    }
}

static void again(BroConn *bc, void *user, uint64 *n)
{
    ++*(int *) user;
    bro_event_registry_remove(bc, "echoed");
    CHECK(bro_conn_reconnect(bc) == TRUE && *n == 9);
}

static void nested(void)
{
    int depth = 0;
    BroConn *bc = connection(0);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) deeper, &depth);
    CHECK(bro_conn_connect(bc) == TRUE);
    send_count(bc, "echo", 0);
    CHECK(await(bc, &depth, 6));
    bro_event_registry_remove(bc, "echoed");
    bro_event_registry_add(bc, "echoed", (BroEventFunc) again, &depth);
    send_count(bc, "echo", 9);
    CHECK(await(bc, &depth, 7));
    send_count(bc, "echo", 3);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) end, NULL);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) end, NULL);
    bro_event_registry_request(bc);
    send_count(bc, "echo", 3);
    while (!deleted) {
        watch(bc);
        bro_conn_process_input(bc);
    }
    CHECK(deleted == 1);
}

/* Two connections, two threads. */
static void *thread(void *user)
{
    static int seen[2];
    int *mine = &seen[*(int *) user];
    BroConn *bc = connection(0);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) on_echo, mine);
    CHECK(bro_conn_connect(bc) == TRUE);
    for (uint64 n = 0; n < 500; n++)
        send_count(bc, "echo", n);
    CHECK(await(bc, mine, 500));
    CHECK(bro_conn_delete(bc) == TRUE);
    return NULL;
}

static void threads(void)
{
    pthread_t ids[2];
    int numbers[] = {0, 1};
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&ids[i], NULL, thread, &numbers[i]) == 0);
    for (int i = 0; i < 2; i++)
        pthread_join(ids[i], NULL);
}

/* Invalid bytes end the connection, after the events before them. */
static void garbage(void)
{
    BroConn *bc = connection(0);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) on_echo, &echoes);
    CHECK(bro_conn_connect(bc) == TRUE);
    bro_debug_messages = 1;
    send_count(bc, "garbage", 5);
    while (bro_conn_alive(bc)) {
        watch(bc);
        bro_conn_process_input(bc);
    }
    CHECK(echoes == 1 && bro_conn_get_fd(bc) == -1);
    CHECK(bro_conn_delete(bc) == TRUE);
}

static void pings(void)
{
    BroConn *bc = connection(0);
    bro_event_registry_add(bc, "echoed", (BroEventFunc) on_echo, &echoes);
    CHECK(bro_conn_connect(bc) == TRUE);
    send_count(bc, "ping", 5);
    CHECK(await(bc, &echoes, 1));
    CHECK(bro_conn_delete(bc) == TRUE);
}

int main(int argc, char **argv)
{
    const char *which;
    if (!start(argc, argv) || argc < 3)
        return 2;
    which = argv[2];
    if (!strcmp(which, "lost"))
        lost(0), lost(1);
    else if (!strcmp(which, "half"))
        half();
    else if (!strcmp(which, "receive"))
        receive();
    else if (!strcmp(which, "flags"))
        flags();
    else if (!strcmp(which, "forks"))
        forks();
    else if (!strcmp(which, "jump"))
        jump();
    else if (!strcmp(which, "nested"))
        nested();
    else if (!strcmp(which, "threads"))
        threads();
    else if (!strcmp(which, "garbage"))
        garbage();
    else if (!strcmp(which, "pings"))
        pings();
    else
        return 2;
    return finish();
}
