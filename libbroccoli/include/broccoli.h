/*
 * Exchanges events with a Bro, or any other node that implements its protocol.
 *
 * Call bro_init() first, create a handle with one of the bro_conn_new functions,
 * register callbacks, then connect:
 *
 *     bro_init(NULL);
 *     BroConn *bc = bro_conn_new_str("127.0.0.1:47757", BRO_CFLAG_RECONNECT);
 *     bro_event_registry_add(bc, "pong", (BroEventFunc) on_pong, NULL);
 *     if (!bro_conn_connect(bc))
 *         return 1;
 *     BroEvent *ev = bro_event_new("ping");
 *     uint64 seq = 1;
 *     bro_event_add_val(ev, BRO_TYPE_COUNT, NULL, &seq);
 *     bro_event_send(bc, ev);
 *     bro_event_free(ev);
 *     for (;;) {
 *         wait until bro_conn_get_fd(bc) can be read;
 *         bro_conn_process_input(bc);
 *     }
 *
 * Functions of type int return TRUE or FALSE unless stated otherwise. For a NULL
 * handle the result is FALSE, NULL or 0. Arguments are copied. Returned pointers
 * belong to the library, and are valid as long as the object that they come from.
 *
 * One thread at a time may use a connection. Different threads may use different
 * connections. The library starts no threads, handles no signals and sets no locks.
 */
#ifndef broccoli_h
#define broccoli_h

#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

/* Packets need a struct from libpcap's header, which needs more than standard C. */
#if !defined(BRO_PCAP_SUPPORT) && defined(__has_include)
#if !defined(__STRICT_ANSI__) || defined(_DEFAULT_SOURCE) || defined(_GNU_SOURCE)
#if __has_include(<pcap.h>)
#define BRO_PCAP_SUPPORT
#endif
#endif
#endif
#ifdef BRO_PCAP_SUPPORT
#include <pcap.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef FALSE
#define FALSE (0)
#endif
#ifndef TRUE
#define TRUE (!FALSE)
#endif

typedef uint64_t uint64;
typedef uint32_t uint32;
typedef uint16_t uint16;
typedef uint8_t uint8;
typedef unsigned char uchar;

/* Set the first to 1 for messages on stderr: why a connection failed or was lost,
 * and what was dropped. broccoli.conf can also set both. The second has no effect. */
extern int bro_debug_messages;
extern int bro_debug_calltrace;

/* ---- Types -------------------------------------------------------------- */

/* The types of values, as passed and returned by pointer:                    */
#define BRO_TYPE_UNKNOWN 0   /* no value; in a request: any type              */
#define BRO_TYPE_BOOL 1      /* passed: int; returned: 64 bits, 0 or 1        */
#define BRO_TYPE_INT 2       /* int64_t                                       */
#define BRO_TYPE_COUNT 3     /* uint64                                        */
#define BRO_TYPE_COUNTER 4   /* uint64                                        */
#define BRO_TYPE_DOUBLE 5    /* double                                        */
#define BRO_TYPE_TIME 6      /* double, seconds since the Unix epoch          */
#define BRO_TYPE_INTERVAL 7  /* double, seconds                               */
#define BRO_TYPE_STRING 8    /* BroString                                     */
#define BRO_TYPE_PATTERN 9   /* not supported                                 */
#define BRO_TYPE_ENUM 10     /* passed: int or uint64; returned: uint64       */
#define BRO_TYPE_TIMER 11    /* not supported                                 */
#define BRO_TYPE_PORT 12     /* BroPort                                       */
#define BRO_TYPE_IPADDR 13   /* BroAddr                                       */
#define BRO_TYPE_SUBNET 14   /* BroSubnet                                     */
#define BRO_TYPE_ANY 15      /* not supported                                 */
#define BRO_TYPE_TABLE 16    /* BroTable                                      */
#define BRO_TYPE_UNION 17    /* not supported                                 */
#define BRO_TYPE_RECORD 18   /* BroRecord                                     */
#define BRO_TYPE_LIST 19     /* BroRecord: an index of several values         */
#define BRO_TYPE_FUNC 20     /* not supported                                 */
#define BRO_TYPE_FILE 21     /* not supported                                 */
#define BRO_TYPE_VECTOR 22   /* BroVector                                     */
#define BRO_TYPE_ERROR 23    /* not supported                                 */
#define BRO_TYPE_PACKET 24   /* not supported                                 */
#define BRO_TYPE_SET 25      /* BroSet                                        */
#define BRO_TYPE_MAX 26

/* Flags of connections. */
#define BRO_CFLAG_NONE 0
#define BRO_CFLAG_RECONNECT (1 << 0)    /* reconnect when the connection is
                                           lost, at most every 5 seconds      */
#define BRO_CFLAG_ALWAYS_QUEUE (1 << 1) /* queue events while there is none   */
#define BRO_CFLAG_SHAREABLE (1 << 2)    /* no longer supported, and not needed */
#define BRO_CFLAG_DONTCACHE (1 << 3)    /* the default                        */
#define BRO_CFLAG_YIELD (1 << 4)        /* handle one event per call of
                                           bro_conn_process_input             */
#define BRO_CFLAG_CACHE (1 << 5)        /* let the peer send references to
                                           earlier values, to save bandwidth  */

typedef struct bro_conn BroConn;
typedef struct bro_event BroEvent;
typedef struct bro_buf BroBuf;
typedef struct bro_record BroRecord;
typedef struct bro_table BroTable;
typedef struct bro_table BroSet;
typedef struct bro_vector BroVector;
typedef struct bro_ev_meta BroEvMeta;
typedef struct bro_packet BroPacket;

/* Gets the arguments of an event one by one, each as a pointer. Define the function
 * with as many parameters as the event has, and cast it. */
typedef void (*BroEventFunc)(BroConn *bc, void *user_data, ...);
/* Gets an event as a struct, which is valid until the function returns. */
typedef void (*BroCompactEventFunc)(BroConn *bc, void *user_data, BroEvMeta *meta);
/* Not used. */
typedef void (*BroPacketFunc)(BroConn *bc, void *user_data, const BroPacket *packet);
/* Get the entries of a table, and the elements of a set. Return 0 to stop. */
typedef int (*BroTableCallback)(void *key, void *val, void *user_data);
typedef int (*BroSetCallback)(void *val, void *user_data);

/* Functions for locks, needed only by OpenSSL before 1.1. They are never called. */
struct CRYPTO_dynlock_value;
typedef void (*OpenSSL_lock_func)(int mode, int n, const char *file, int line);
typedef unsigned long (*OpenSSL_thread_id_func)(void);
typedef struct CRYPTO_dynlock_value *(*OpenSSL_dynlock_create_func)(const char *file, int line);
typedef void (*OpenSSL_dynlock_lock_func)(int mode, struct CRYPTO_dynlock_value *mutex,
                                          const char *file, int line);
typedef void (*OpenSSL_dynlock_free_func)(struct CRYPTO_dynlock_value *mutex,
                                          const char *file, int line);

typedef struct bro_ctx {
    OpenSSL_lock_func lock_func;
    OpenSSL_thread_id_func id_func;
    OpenSSL_dynlock_create_func dl_create_func;
    OpenSSL_dynlock_lock_func dl_lock_func;
    OpenSSL_dynlock_free_func dl_free_func;
} BroCtx;

typedef struct bro_conn_stats {
    int tx_buflen; /* bytes that wait to be written */
    int rx_buflen; /* bytes that wait to be handled */
} BroConnStats;

typedef struct bro_string {
    uint32 str_len; /* without the NUL that follows */
    uchar *str_val; /* malloc'ed */
} BroString;

typedef struct bro_port {
    uint64 port_num; /* in host order */
    int port_proto;  /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP; 0 if unknown */
} BroPort;

typedef struct bro_addr {
    uint32 addr[4]; /* in network order; IPv4 as ::ffff:a.b.c.d */
} BroAddr;

typedef struct bro_subnet {
    BroAddr sn_net;
    uint32 sn_width; /* 0 to 32 for IPv4, 0 to 128 for IPv6 */
} BroSubnet;

typedef struct bro_ev_arg {
    void *arg_data;
    int arg_type;
} BroEvArg;

struct bro_ev_meta {
    const char *ev_name;
    double ev_ts; /* the sender's time, in seconds since the Unix epoch */
    int ev_numargs;
    BroEvArg *ev_args;
    const uchar *ev_start; /* the serialized event, for bro_event_send_raw */
    const uchar *ev_end;
};

/* The first 12 bytes of an IPv4 address within an IPv6 one. */
extern const uint8 BRO_IPV4_MAPPED_PREFIX[12];

/* ---- The library -------------------------------------------------------- */

/* Reads the configuration. Must be called before the first bro_conn or bro_conf
 * function: otherwise these exit the program. Later calls do nothing. Returns
 * FALSE if the configuration enables TLS, but TLS cannot be used. */
int bro_init(const BroCtx *ctx);
/* Zeroes a context. Not needed: pass NULL to bro_init. */
void bro_ctx_init(BroCtx *ctx);

/* ---- Connections -------------------------------------------------------- */

/* Create a handle, without connecting. Address and port are in network byte order.
 * The string is "host:port", where the host is a name or an address without
 * brackets. A socket must be connected, and belongs to the library from
 * bro_conn_connect on. */
BroConn *bro_conn_new(struct in_addr *ip_addr, uint16 port, int flags);
BroConn *bro_conn_new6(struct in6_addr *ip_addr, uint16 port, int flags);
BroConn *bro_conn_new_str(const char *hostname, int flags);
BroConn *bro_conn_new_socket(int socket, int flags);

/* Sets the class announced to the peer. Call it before bro_conn_connect. */
void bro_conn_set_class(BroConn *bc, const char *classname);
/* Returns the class that the peer announced, or NULL if it announced none. */
const char *bro_conn_get_peer_class(const BroConn *bc);
/* Gets the numbers of buffered bytes, zeroes while there is no connection. */
void bro_conn_get_connstats(const BroConn *bc, BroConnStats *cs);

/* Connects, and requests the events that have callbacks. Waits at most
 * /broccoli/connect_timeout (default: 10 seconds) for each address of the peer and
 * for each phase of the handshake. May be called again after a failure. */
int bro_conn_connect(BroConn *bc);
/* Closes the connection and reconnects. Returns FALSE at once within 5 seconds of
 * the last attempt, and before the first bro_conn_connect. Queued events are kept
 * and then sent. The file descriptor of the socket does not change. */
int bro_conn_reconnect(BroConn *bc);
/* Sends queued events as far as possible without waiting, closes the connection
 * and frees the handle, even within a callback. In a forked process the connection
 * stays open for the other processes. Returns FALSE, and does not free the handle,
 * if there was no attempt to connect. */
int bro_conn_delete(BroConn *bc);
/* Returns whether the connection is up, as far as known: a lost connection is
 * noticed when sending or receiving. */
int bro_conn_alive(const BroConn *bc);
/* Also sends the events that the peer of src requested to the peer of dst. */
void bro_conn_adopt_events(BroConn *src, BroConn *dst);
/* Returns the socket, to wait for input, or -1 while there is no connection. */
int bro_conn_get_fd(BroConn *bc);
/* Handles available input without waiting, and runs callbacks. Reconnects if the
 * connection is lost and has BRO_CFLAG_RECONNECT. Returns whether anything was
 * handled. */
int bro_conn_process_input(BroConn *bc);

/* Store pointers of the program with a connection, by name. If there are several
 * with the same name, the oldest one is found. */
void bro_conn_data_set(BroConn *bc, const char *key, void *val);
void *bro_conn_data_get(BroConn *bc, const char *key);
void *bro_conn_data_del(BroConn *bc, const char *key);

/* ---- Events to send ----------------------------------------------------- */

/* Creates an event without arguments. Returns NULL for NULL. */
BroEvent *bro_event_new(const char *event_name);
/* Frees an event. Also needed after bro_event_send. */
void bro_event_free(BroEvent *be);
/* Adds an argument. With type_name, the type is sent only as that name, which the
 * peer looks up: required for enums, and possible for records and other
 * containers. Returns FALSE for NULL and for unsupported types. */
int bro_event_add_val(BroEvent *be, int type, const char *type_name, const void *val);
/* Replaces an argument. Also returns FALSE if there is no such argument. */
int bro_event_set_val(BroEvent *be, int val_num, int type, const char *type_name,
                      const void *val);

/* Sends an event, and waits until the system has accepted it. An event that the
 * peer did not request is dropped (TRUE). If the connection is lost: reconnects
 * with BRO_CFLAG_RECONNECT, otherwise queues the event with
 * BRO_CFLAG_ALWAYS_QUEUE (TRUE), otherwise drops it (FALSE). */
int bro_event_send(BroConn *bc, BroEvent *be);
/* Sends a serialized event, as between ev_start and ev_end of BroEvMeta, regardless
 * of the peer's requests. */
int bro_event_send_raw(BroConn *bc, const uchar *data, int data_len);
/* Returns how many events and packets are queued. */
int bro_event_queue_length(BroConn *bc);
/* Returns the maximum: /broccoli/queue_length, by default 1000. When it is
 * exceeded, the oldest are dropped. */
int bro_event_queue_length_max(BroConn *bc);
/* Sends queued events and packets. Returns how many are left, or -1 for NULL. */
int bro_event_queue_flush(BroConn *bc);

/* ---- Events to receive -------------------------------------------------- */

/* Register a function to call for each event of this name. Several functions are
 * called in the order in which they were added. Events of more than 15 arguments are
 * dropped. If an argument has an unsupported type, its arg_data is NULL, and
 * functions that get arguments one by one are not called. A callback may call all
 * functions of the library, and may leave by longjmp or a C++ exception. */
void bro_event_registry_add(BroConn *bc, const char *event_name, BroEventFunc func,
                            void *user_data);
void bro_event_registry_add_compact(BroConn *bc, const char *event_name,
                                    BroCompactEventFunc func, void *user_data);
/* Removes all callbacks of an event. The peer continues to send it. */
void bro_event_registry_remove(BroConn *bc, const char *event_name);
/* Requests all events that have callbacks, if the connection is up. For callbacks
 * added after bro_conn_connect. */
void bro_event_registry_request(BroConn *bc);

/* ---- Records ------------------------------------------------------------ */

/* A record has fields in order, each with a name and optionally a value. */
BroRecord *bro_record_new(void);
void bro_record_free(BroRecord *rec);
/* Returns the number of fields. */
int bro_record_get_length(BroRecord *rec);
/* Adds a field, without a value if val is NULL. */
int bro_record_add_val(BroRecord *rec, const char *name, int type, const char *type_name,
                       const void *val);
/* Return a field's value, or NULL if there is no such field, no value, or the value
 * does not have the type *type. Set *type to the actual type. Pass NULL, or
 * BRO_TYPE_UNKNOWN in *type, for any type. */
void *bro_record_get_nth_val(BroRecord *rec, int num, int *type);
void *bro_record_get_named_val(BroRecord *rec, const char *name, int *type);
/* Returns a field's name. */
const char *bro_record_get_nth_name(BroRecord *rec, int num);
/* Replace a field's value. val must not be NULL. If there is no field of that name,
 * nothing happens (TRUE). */
int bro_record_set_nth_val(BroRecord *rec, int num, int type, const char *type_name,
                           const void *val);
int bro_record_set_named_val(BroRecord *rec, const char *name, int type, const char *type_name,
                             const void *val);

/* ---- Tables and sets ---------------------------------------------------- */

/* The first entry determines the types of all entries. An index of several values
 * is a BroRecord of type BRO_TYPE_LIST, whose fields need no names. */
BroTable *bro_table_new(void);
void bro_table_free(BroTable *tbl);
/* Adds an entry, even if one with an equal index exists. */
int bro_table_insert(BroTable *tbl, int key_type, const void *key, int val_type,
                     const void *val);
/* Returns the value of an index, which must have the table's type. */
void *bro_table_find(BroTable *tbl, const void *key);
/* Returns the number of entries, or -1 for NULL. */
int bro_table_get_size(BroTable *tbl);
/* Calls a function for each entry. */
void bro_table_foreach(BroTable *tbl, BroTableCallback cb, void *user_data);
/* Gets the types of indices and values. Either pointer may be NULL. */
void bro_table_get_types(BroTable *tbl, int *key_type, int *val_type);

/* The same for sets. */
BroSet *bro_set_new(void);
void bro_set_free(BroSet *set);
int bro_set_insert(BroSet *set, int type, const void *val);
/* Returns whether an element is in the set. */
int bro_set_find(BroSet *set, const void *key);
int bro_set_get_size(BroSet *set);
void bro_set_foreach(BroSet *set, BroSetCallback cb, void *user_data);
void bro_set_get_type(BroSet *set, int *type);

/* ---- Vectors ------------------------------------------------------------ */

/* The same functions as for records, without names. */
BroVector *bro_vector_new(void);
void bro_vector_free(BroVector *vec);
int bro_vector_get_length(BroVector *vec);
int bro_vector_add_val(BroVector *vec, int type, const char *type_name, const void *val);
void *bro_vector_get_nth_val(BroVector *vec, int num, int *type);
int bro_vector_set_nth_val(BroVector *vec, int num, int type, const char *type_name,
                           const void *val);

/* ---- Strings ------------------------------------------------------------ */

/* Makes a string empty. Frees nothing. */
void bro_string_init(BroString *bs);
/* Set a string to a copy. Its previous content is not freed. */
int bro_string_set(BroString *bs, const char *s);
int bro_string_set_data(BroString *bs, const uchar *data, int data_len);
const uchar *bro_string_get_data(const BroString *bs);
uint32 bro_string_get_length(const BroString *bs);
/* Returns a copy, to be freed with bro_string_free. */
BroString *bro_string_copy(BroString *bs);
/* Sets dst to a copy of src, and frees its previous content. */
void bro_string_assign(BroString *src, BroString *dst);
/* Frees the bytes and makes the string empty. */
void bro_string_cleanup(BroString *bs);
/* Frees the bytes and the struct. */
void bro_string_free(BroString *bs);

/* ---- Buffers ------------------------------------------------------------ */

/* A buffer has up to 4096 bytes, and a position in them. */
BroBuf *bro_buf_new(void);
void bro_buf_free(BroBuf *buf);
/* Adds bytes at the end. Returns FALSE if they do not fit. */
int bro_buf_append(BroBuf *buf, void *data, int data_len);
/* Drops the bytes before the position. */
void bro_buf_consume(BroBuf *buf);
/* Drops everything. */
void bro_buf_reset(BroBuf *buf);
/* Return a pointer to the first byte, and one past the last byte. */
uchar *bro_buf_get(BroBuf *buf);
uchar *bro_buf_get_end(BroBuf *buf);
/* Return the capacity, and the number of bytes. */
unsigned int bro_buf_get_size(BroBuf *buf);
unsigned int bro_buf_get_used_size(BroBuf *buf);
/* Return a pointer to the byte at the position, and the position. */
uchar *bro_buf_ptr_get(BroBuf *buf);
uint32 bro_buf_ptr_tell(BroBuf *buf);
/* Moves the position, like fseek. Returns FALSE if it would be out of range. */
int bro_buf_ptr_seek(BroBuf *buf, int offset, int whence);
/* Returns whether there are size bytes from the position on. */
int bro_buf_ptr_check(BroBuf *buf, int size);
/* Copy bytes from and to the position, and move it. All bytes are copied or none. */
int bro_buf_ptr_read(BroBuf *buf, void *data, int size);
int bro_buf_ptr_write(BroBuf *buf, void *data, int size);

/* ---- Configuration ------------------------------------------------------ */

/* Get values of broccoli.conf, from the selected section, or else from the part
 * before all sections. Return FALSE or NULL for a key that does not exist or has a
 * value of another type. yes, on and true are 1; no, off and false are 0. */
void bro_conf_set_domain(const char *domain);
int bro_conf_get_int(const char *val_name, int *val);
int bro_conf_get_dbl(const char *val_name, double *val);
const char *bro_conf_get_str(const char *val_name);

/* ---- Packets ------------------------------------------------------------ */

#ifdef BRO_PCAP_SUPPORT
struct bro_packet {
    double pkt_time;
    uint32 pkt_hdr_size;
    uint32 pkt_link_type;
    struct pcap_pkthdr pkt_pcap_hdr;
    const uchar *pkt_data;
    const char *pkt_tag;
};

/* Set and get the link type of sent packets, as numbered by libpcap. */
void bro_conn_set_packet_ctxt(BroConn *bc, int link_type);
void bro_conn_get_packet_ctxt(BroConn *bc, int *link_type);
/* Creates a packet from copies of the arguments. The tag may be NULL. */
BroPacket *bro_packet_new(const struct pcap_pkthdr *hdr, const uchar *data, const char *tag);
BroPacket *bro_packet_clone(const BroPacket *packet);
void bro_packet_free(BroPacket *packet);
/* Sends a packet, like bro_event_send. */
int bro_packet_send(BroConn *bc, BroPacket *packet);
#endif

/* ---- Utilities ---------------------------------------------------------- */

/* Return the time, in seconds since the Unix epoch. */
double bro_util_current_time(void);
double bro_util_timeval_to_double(const struct timeval *tv);
/* Returns whether an address is an IPv4 one. */
int bro_util_is_v4_addr(const BroAddr *a);

#ifdef __cplusplus
}
#endif
#endif
