//! A connection in each role and phase: no bytes make it panic, it ends once, and how its input is
//! split does not matter.
#![no_main]

use brocomm::Time;
use brocomm::lowlevel::connection::{ConnectionConfig, Connection, ConnectionNotification, Requests, StateSource};
use brocomm::node::{Role, SyncRequest, Undeclared};
use brocomm::lowlevel::{serial, wire};
use brocomm_fuzz::within;
use libfuzzer_sys::fuzz_target;

const NOW: Time = Time::from_nanos(1);

/// What a connection may hold beyond so many times what it was sent: zlib's windows, and what a
/// single reference can stand for at the limits below.
const MEMORY: usize = 16 << 20;

/// VERSION, CAPS and PHASE_DONE as a Bro sends them: what brings a connection to its later phases.
const OPENING: [&[u8]; 3] = [
    b"\0\0\0\x08\x01\0\0\0\0\0\0\0\0\0\0\x11\0\0\0\x07\0\0\x0b\xb8\0\0\0\x1a\0\0\0\0\0",
    b"\0\0\0\x08\x11\0\0\0\0\0\0\0\0\0\0\x0c\0\0\0\x0d\0\0\0\0\0\0\0\0",
    b"\0\0\0\x08\x0e\0\0\0\0\0\0\0",
];

fn run(kind: u8, pieces: &[&[u8]]) -> (Vec<ConnectionNotification>, Vec<u8>) {
    let role = if kind & 1 == 0 { Role::Initiator } else { Role::Acceptor };
    let sync = (kind & 2 != 0).then_some(SyncRequest { authoritative: kind & 4 != 0 });
    let requests = Requests { accept_input: kind & 8 != 0, sync, ..Requests::default() };
    let config = ConnectionConfig {
        requests,
        state: if kind & 16 == 0 { StateSource::None } else { StateSource::Application },
        undeclared: Undeclared::Deliver,
        wire_limits: wire::FramingLimits { chunk: 1 << 16, message: 1 << 17, inflated: 1 << 17 },
        serial_limits: serial::ReaderLimits { depth: 32, objects: 10_000, ..Default::default() },
        notification_limit: if kind & 32 == 0 { 1024 } else { 1 },
        ..ConnectionConfig::default()
    };
    let mut connection = Connection::new(config, role, NOW);
    let mut notified = Vec::new();
    let opening = OPENING.iter().take(usize::from(kind >> 6)).copied();
    for piece in opening.chain(pieces.iter().copied()) {
        connection.feed_bytes(piece, NOW);
        notified.extend(std::iter::from_fn(|| connection.poll_notification()));
    }
    connection.feed_eof(NOW);
    // What waits for answers to be written is processed once they are.
    let mut out = Vec::new();
    loop {
        out.extend_from_slice(connection.poll_transmit());
        connection.advance(usize::MAX, NOW);
        let before = notified.len();
        notified.extend(std::iter::from_fn(|| connection.poll_notification()));
        if notified.len() == before && connection.poll_transmit().is_empty() {
            break;
        }
    }
    let closed = notified.iter().filter(|n| matches!(n, ConnectionNotification::Closed(_))).count();
    assert_eq!(closed, 1);
    assert!(matches!(notified.last(), Some(ConnectionNotification::Closed(_))));
    (notified, out)
}

fuzz_target!(|input: &[u8]| {
    let [kind, split, bytes @ ..] = input else { return };
    let memory = MEMORY + 64 * bytes.len();
    let whole = within(memory, || run(*kind, &[bytes]));
    let pieces: Vec<_> = bytes.chunks(usize::from(*split).max(1)).collect();
    assert_eq!(format!("{:?}", run(*kind, &pieces).0), format!("{:?}", whole.0));
});
