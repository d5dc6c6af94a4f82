//! The communication log (part 4 §5): what the transport reports.

use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::lowlevel::wire::Message;
use brocomm::node::{Action, Endpoint, Options, PeerConfig};

use super::support::*;

const PREFIX: &str = "[#10000/10.9.9.9:50000]";

fn endpoint(host: &str, zone: Option<&str>) -> Endpoint {
    Endpoint { host: host.parse().unwrap(), zone: zone.map(Into::into), port: 47757 }
}

fn bench() -> Bench {
    Bench::new(listening(), vec![("peer", peer())])
}

#[test]
fn listening_on() {
    for (endpoint, ssl, text) in [
        (endpoint("0.0.0.0", None), false, "0.0.0.0:47757 (clear)"),
        (endpoint("::", None), true, "[::]:47757 (ssl)"),
        (endpoint("fe80::1", Some("eth0")), false, "[fe80::1%eth0]:47757 (clear)"),
    ] {
        let mut bench = bench();
        assert_eq!(bench.log(), [""; 0]);
        bench.node.feed_listening(endpoint, ssl, bench.now);
        assert_eq!(bench.log(), [format!("info child listening on {text}")]);
    }
}

#[test]
fn stopped_listening() {
    let mut bench = bench();
    bench.node.stop_listening();
    assert_eq!(bench.log(), ["info child stopped listening"]);
    bench.node.stop_listening();
    assert_eq!(bench.log(), [""; 0], "there is nothing to stop");
}

#[test]
fn cannot_bind() {
    for in_use in [false, true] {
        let mut bench = bench();
        let endpoint = endpoint("0.0.0.0", None);
        bench.node.feed_listen_failed(endpoint, in_use, "Address already in use", bench.now);
        let line = "error child can't bind to 0.0.0.0:47757, Address already in use";
        assert_eq!(bench.log(), [line]);
    }
}

#[test]
fn accepted_connection() {
    let mut bench = bench();
    bench.accept(None);
    once(&bench.log(), &format!("info child {PREFIX} accepted clear connection"));
}

#[test]
fn accepted_connection_from_ipv6() {
    let mut bench = bench();
    let from = Endpoint { port: 9, ..endpoint("fe80::1", Some("eth0")) };
    bench.accept_from(from, None);
    let log = bench.log();
    once(&log, "info child [#10000/[fe80::1%eth0]:9] accepted clear connection");
    once(&log, "info parent [#10000/[fe80::1]:9] added peer");
}

#[test]
fn accept_failed() {
    let mut bench = bench();
    bench.actions.clear();
    bench.node.feed_accept_failed("Too many open files 24", bench.now);
    assert_eq!(bench.log(), ["error child accept failed, Too many open files 24"]);
    assert_eq!(bench.actions, [], "it still listens");
}

#[cfg(feature = "tls")]
#[test]
fn cannot_init_peer_io() {
    let line = "error child can't init peer io: the peer does not speak TLS, it begins with \
                47 45 54 20";
    let request = b"GET / HTTP/1.1";
    let mut bench = Bench::new(Options { listen_ssl: true, ..with_tls() }, vec![("peer", peer())]);
    let id = bench.node.feed_accepted(Endpoint::new(host(), 50_000), bench.now).unwrap();
    let before = bench.log();
    once(&before, &format!("info child {PREFIX} accepted SSL connection"));
    never(&before, "peer connected");
    bench.node.feed_bytes(id, request, bench.now);
    once(&bench.log(), line);
    assert_eq!(bench.node.peers().count(), 0);

    let node = PeerConfig { ssl: true, ..connects(peer()) };
    let mut bench = Bench::new(Options { listen: false, ..with_tls() }, vec![("a", node)]);
    let id = match bench.actions.first() {
        Some(Action::Connect { connection, .. }) => *connection,
        other => panic!("{other:?}"),
    };
    bench.node.feed_connected(id, bench.now);
    never(&bench.log(), "connected");
    bench.node.feed_bytes(id, request, bench.now);
    let log = bench.log();
    once(&log, line);
    once(&log, "error parent [#1/10.9.9.9:47757] could not connect");
}

#[test]
fn connected() {
    let mut bench = Bench::new(Options::default(), vec![("a", connects(peer()))]);
    never(&bench.log(), "connected");
    bench.connect(None);
    once(&bench.log(), "info child [#1/10.9.9.9:47757] connected");
}

#[test]
fn connect_failed() {
    for node in [connects(peer()), retries(5, peer())] {
        let mut bench = Bench::new(Options::default(), vec![("a", node)]);
        bench.refuse();
        let line = "error child [#1/10.9.9.9:47757] connect failed: connection refused";
        once(&bench.log(), line);
    }
}

#[test]
fn enabling_compression() {
    let node = PeerConfig { compression: Some(4), ..peer() };
    let mut bench = Bench::new(Options::default(), vec![("peer", node)]);
    let hand = bench.accept(None);
    bench.send(hand, &handshake()[..1]);
    never(&bench.log(), "compression");
    bench.send(hand, &handshake()[1..]);
    once(&bench.log(), &format!("info child {PREFIX} enabling compression (level 4)"));
    assert!(bench.hands[hand].was_sent(&Message::Compress));
}

#[test]
fn enabling_compression_is_not_written_if_the_peer_cannot() {
    let capabilities = brocomm::lowlevel::wire::Caps::BROCCOLI_PEER;
    let node = PeerConfig { compression: Some(4), ..peer() };
    let mut bench = Bench::new(Options::default(), vec![("peer", node)]);
    bench.accept(Some(ConnectionConfig { capabilities, ..requesting(&[]) }));
    never(&bench.log(), "compression");
}

#[test]
fn enabling_decompression() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    let compression = brocomm::lowlevel::wire::Compression::new(1);
    bench.accept(Some(ConnectionConfig { compression, ..requesting(&[]) }));
    let log = bench.log();
    once(&log, &format!("info child {PREFIX} enabling decompression"));
    never(&log, "enabling compression");
}

#[test]
fn cannot_read() {
    let mut bench = bench();
    let hand = bench.accept(None);
    bench.notified.clear();
    bench.lose(hand);
    let log = bench.log();
    once(&log, "error child can't read data chunk: connection reset by peer");
    once(&log, &format!("info parent {PREFIX} peer disconnected"));
}

#[test]
fn cannot_write() {
    let mut bench = bench();
    let hand = bench.accept(None);
    bench.node.feed_write_failure(bench.hands[hand].link, "Broken pipe", bench.now);
    once(&bench.log(), &format!("error child {PREFIX} child: write error Broken pipe"));
    assert!(bench.hands[hand].closed, "it closes");
    bench.node.feed_write_failure(bench.hands[hand].link, "Broken pipe", bench.now);
    assert_eq!(bench.log(), [""; 0], "nothing is logged about a closed connection");
}

#[test]
fn connection_closed() {
    let mut bench = bench();
    let hand = bench.accept(None);
    bench.notified.clear();
    bench.hang_up(hand);
    let log = bench.log();
    assert_eq!(log.last(), Some(&format!("info child {PREFIX} connection closed")), "{log:#?}");
}

#[test]
fn connection_closed_is_written_when_the_socket_is_closed() {
    let mut bench = bench();
    let hand = bench.accept(None);
    bench.hands[hand].stalls = true;
    bench.send(hand, &[version("")]);
    let now = bench.now;
    bench.node.disconnect(FIRST, now).unwrap();
    let log = bench.log();
    once(&log, &format!("info parent {PREFIX} peer disconnected"));
    never(&log, &format!("info child {PREFIX} connection closed"));
    bench.hands[hand].stalls = false;
    assert_eq!(bench.log(), [format!("info child {PREFIX} connection closed")]);
}

#[test]
fn terminating() {
    let mut bench = bench();
    let hand = bench.accept(Some(requesting(&[])));
    bench.hands[hand].stalls = true;
    stall(&mut bench);
    let now = bench.now;
    bench.node.terminate_communication(now);
    never(&bench.log(), "child terminating");
    bench.hands[hand].stalls = false;
    let log = bench.log();
    // There are no other lines about the connections that this closes.
    let [terminating, closing, statistics] = &log[..] else { panic!("{log:#?}") };
    assert_eq!(terminating, "info child terminating");
    assert_eq!(*closing, format!("info parent {PREFIX} closing connection"));
    assert!(statistics.starts_with("info parent parent statistics: "), "{statistics}");
}

/// Leaves output unwritten.
fn stall(bench: &mut Bench) {
    let now = bench.now;
    bench.node.send_ping(FIRST, 1, now).unwrap();
}

#[test]
fn the_only_action_is_to_listen() {
    let bench = bench();
    assert!(matches!(bench.actions[..], [Action::Listen(_)]));
}
