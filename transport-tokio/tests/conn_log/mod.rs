//! Two nodes on the loopback interface, and entries like those of a busy `conn.log`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use brocomm::Time;
use brocomm::data::{Declarations, Port, Transport, TypeTag};
use brocomm::logs::{LogField, LogStream, LogValue};
use brocomm::node::{Endpoint, NodeConfig, Notification, Options, PeerConfig, WriteLogError};
use brocomm_tokio::{Node, Notifications};
use bytes::Bytes;

/// The number of the log stream. Bro's number for `Conn::LOG` depends on the version.
const STREAM: i32 = 5;

/// The number of entries written without yielding.
const ROW: u64 = 100;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn stream() -> LogStream {
    let fields = vec![
        LogField::new("ts", TypeTag::Time),
        LogField::new("uid", TypeTag::String),
        LogField::new("id.orig_h", TypeTag::Addr),
        LogField::new("id.orig_p", TypeTag::Port),
        LogField::new("id.resp_h", TypeTag::Addr),
        LogField::new("id.resp_p", TypeTag::Port),
        LogField::new("proto", TypeTag::Enum),
        LogField::new("service", TypeTag::String).optional(),
        LogField::new("duration", TypeTag::Interval).optional(),
        LogField::new("orig_bytes", TypeTag::Count).optional(),
        LogField::new("resp_bytes", TypeTag::Count).optional(),
        LogField::new("conn_state", TypeTag::String).optional(),
        LogField::new("local_orig", TypeTag::Bool).optional(),
        LogField::new("missed_bytes", TypeTag::Count).optional(),
        LogField::new("history", TypeTag::String).optional(),
        LogField::new("orig_pkts", TypeTag::Count).optional(),
        LogField::new("orig_ip_bytes", TypeTag::Count).optional(),
        LogField::new("resp_pkts", TypeTag::Count).optional(),
        LogField::new("resp_ip_bytes", TypeTag::Count).optional(),
        LogField::set("tunnel_parents", TypeTag::String),
    ];
    LogStream::new(STREAM, "conn", fields)
}

/// A unique identifier of 18 characters, without the cost of `format!`.
fn uid(n: u64) -> [u8; 18] {
    let mut uid = *b"C00000000000000000";
    for (at, place) in uid.iter_mut().skip(1).enumerate() {
        *place = b'a' + (n.rotate_right(4 * at as u32) & 15) as u8;
    }
    uid
}

/// The entry with this number, which several columns contain.
pub(crate) fn entry(n: u64) -> Vec<LogValue> {
    let tcp = |number| LogValue::Port(Port { number, transport: Transport::Tcp });
    let host = |[a, b]: [u8; 2]| LogValue::Addr([10, 0, a, b].into());
    let text = |text: &'static str| LogValue::String(Bytes::from_static(text.as_bytes()));
    let [.., a, b] = n.to_be_bytes();
    vec![
        LogValue::Time(1_500_000_000.0 + n as f64),
        LogValue::string(uid(n)),
        host([a, b]),
        tcp(u16::from_be_bytes([a, b])),
        host([b, a]),
        tcp(443),
        LogValue::Enum(Bytes::from_static(b"tcp")),
        if n.is_multiple_of(3) { LogValue::Unset(TypeTag::String) } else { text("ssl") },
        LogValue::Interval(n as f64 / 1000.0),
        LogValue::Count(n),
        LogValue::Count(n.wrapping_mul(17)),
        text("SF"),
        LogValue::Unset(TypeTag::Bool),
        LogValue::Count(0),
        text("ShADadfF"),
        LogValue::Count(n % 100),
        LogValue::Count(n % 10_000),
        LogValue::Count(n % 90),
        LogValue::Count(n % 9000),
        LogValue::Set(Vec::new()),
    ]
}

/// Returns a node that writes the log and one that receives it, connected.
pub(crate) async fn pair() -> [(Node, Notifications); 2] {
    let start = |options, nodes: Vec<PeerConfig>| {
        let name = |(n, node)| (format!("node{n}"), node);
        let nodes = nodes.into_iter().enumerate().map(name).collect();
        let declarations = Arc::new(Declarations::new());
        let handle = Node::start(NodeConfig { options, nodes, declarations }).unwrap();
        let notifications = handle.subscribe();
        (handle, notifications)
    };
    let listening =
        Options { listen: true, listen_interface: LOOPBACK, listen_port: 0, ..Options::default() };
    let (sender, mut told_sender) = start(listening, vec![]);
    let port = loop {
        if let Notification::Listening(Endpoint { port, .. }) = told_sender.next().await.unwrap() {
            break port;
        }
    };
    let node = PeerConfig {
        connect: true,
        p: Some(port),
        retry: Duration::from_secs(1),
        request_logs: true,
        ..PeerConfig::new(LOOPBACK)
    };
    let (receiver, mut notifications) = start(Options::default(), vec![node]);
    for notifications in [&mut told_sender, &mut notifications] {
        while !matches!(notifications.next().await, Some(Notification::ConnectionHandshakeDone(_)))
        {
        }
    }
    sender.with(|node, _| node.declare_log(stream())).unwrap();
    [(sender, told_sender), (receiver, notifications)]
}

/// Writes entries, waiting for room in the send queue, and flushes at the end.
pub(crate) async fn write(sender: &Node, number: u64) {
    let mut next = 0;
    while next < number {
        let row = number.min(next + ROW);
        // The node is locked only while they are written.
        let entries: Vec<_> = (next..row).map(entry).collect();
        next = sender.with(|node, now: Time| {
            for (n, entry) in (next..row).zip(&entries) {
                match node.write_log(STREAM, entry, now) {
                    Ok(raised) => assert_eq!((raised.peers, raised.dropped), (1, 0)),
                    Err(WriteLogError::Full(_)) => return n,
                    Err(error) => panic!("{error}"),
                }
            }
            row
        });
        if next < row {
            let written = sender.write_log(STREAM, &entry(next)).await;
            assert_eq!(written.map(|raised| raised.peers), Ok(1));
            next += 1;
        } else {
            // Like an application with other work to do.
            tokio::task::yield_now().await;
        }
    }
    assert!(sender.flush(Duration::from_secs(600)).await.is_empty());
}

/// Reads entries and asserts their order; with `whole`, also all their values.
pub(crate) async fn read(notifications: &mut Notifications, number: u64, whole: bool) {
    let mut expected = 0;
    while expected < number {
        let Notification::LogEntry { values, writer, .. } = notifications.next().await.unwrap()
        else {
            continue;
        };
        if whole {
            assert_eq!(values, entry(expected));
            assert_eq!(&*writer.path, b"conn");
        } else {
            assert!(matches!(values[9], LogValue::Count(n) if n == expected));
        }
        expected += 1;
    }
}
