/* The layouts with which programs were compiled, on 64-bit Linux. */
#include <stddef.h>

#include "broccoli.h"

#define ASSERT(name, condition) typedef char name[(condition) ? 1 : -1]
#define SIZE(type, size) ASSERT(size_of_##type, sizeof(type) == (size))
#define FIELD(type, field, at) ASSERT(type##_##field, offsetof(type, field) == (at))

#if defined(__linux__) && defined(__LP64__)
SIZE(BroCtx, 40);
SIZE(BroConnStats, 8);
FIELD(BroConnStats, tx_buflen, 0);
FIELD(BroConnStats, rx_buflen, 4);
SIZE(BroString, 16);
FIELD(BroString, str_len, 0);
FIELD(BroString, str_val, 8);
SIZE(BroPort, 16);
FIELD(BroPort, port_num, 0);
FIELD(BroPort, port_proto, 8);
SIZE(BroAddr, 16);
SIZE(BroSubnet, 20);
FIELD(BroSubnet, sn_net, 0);
FIELD(BroSubnet, sn_width, 16);
SIZE(BroEvArg, 16);
FIELD(BroEvArg, arg_data, 0);
FIELD(BroEvArg, arg_type, 8);
SIZE(BroEvMeta, 48);
FIELD(BroEvMeta, ev_name, 0);
FIELD(BroEvMeta, ev_ts, 8);
FIELD(BroEvMeta, ev_numargs, 16);
FIELD(BroEvMeta, ev_args, 24);
FIELD(BroEvMeta, ev_start, 32);
FIELD(BroEvMeta, ev_end, 40);
#ifdef BRO_PCAP_SUPPORT
SIZE(BroPacket, 56);
FIELD(BroPacket, pkt_time, 0);
FIELD(BroPacket, pkt_hdr_size, 8);
FIELD(BroPacket, pkt_link_type, 12);
FIELD(BroPacket, pkt_pcap_hdr, 16);
FIELD(BroPacket, pkt_data, 40);
FIELD(BroPacket, pkt_tag, 48);
#endif
#endif

ASSERT(types, BRO_TYPE_UNKNOWN == 0 && BRO_TYPE_BOOL == 1 && BRO_TYPE_INT == 2
                  && BRO_TYPE_COUNT == 3 && BRO_TYPE_COUNTER == 4 && BRO_TYPE_DOUBLE == 5
                  && BRO_TYPE_TIME == 6 && BRO_TYPE_INTERVAL == 7 && BRO_TYPE_STRING == 8
                  && BRO_TYPE_PATTERN == 9 && BRO_TYPE_ENUM == 10 && BRO_TYPE_TIMER == 11
                  && BRO_TYPE_PORT == 12 && BRO_TYPE_IPADDR == 13 && BRO_TYPE_SUBNET == 14
                  && BRO_TYPE_ANY == 15 && BRO_TYPE_TABLE == 16 && BRO_TYPE_UNION == 17
                  && BRO_TYPE_RECORD == 18 && BRO_TYPE_LIST == 19 && BRO_TYPE_FUNC == 20
                  && BRO_TYPE_FILE == 21 && BRO_TYPE_VECTOR == 22 && BRO_TYPE_ERROR == 23
                  && BRO_TYPE_PACKET == 24 && BRO_TYPE_SET == 25 && BRO_TYPE_MAX == 26);
ASSERT(flags, BRO_CFLAG_NONE == 0 && BRO_CFLAG_RECONNECT == 1 && BRO_CFLAG_ALWAYS_QUEUE == 2
                  && BRO_CFLAG_SHAREABLE == 4 && BRO_CFLAG_DONTCACHE == 8
                  && BRO_CFLAG_YIELD == 16 && BRO_CFLAG_CACHE == 32);
ASSERT(truth, TRUE == 1 && FALSE == 0);

int main(void)
{
    return 0;
}
