//! A connection over TLS, in each role: nothing that comes before, in the midst of or after the
//! handshake, as it is or inside of records, makes it panic or hold too much, and it ends once.
#![no_main]

use std::io::{Error, ErrorKind, Write};
use std::sync::LazyLock;
use std::task::Poll;

use brocomm::Time;
use brocomm::lowlevel::connection::{ConnectionConfig, Connection, ConnectionNotification, Requests};
use brocomm::node::{Role, Undeclared};
use brocomm::tls::TlsConfig;
use brocomm::lowlevel::driver::{Driver, Step};
use brocomm::lowlevel::{serial, wire};
use brocomm_fuzz::{tls, within};
use libfuzzer_sys::fuzz_target;

/// When the certificates are valid.
const NOW: Time = Time::from_nanos(1_900_000_000_000_000_000);

/// What a connection may hold beyond so many times what it was sent, as in `connection`, and what
/// TLS needs on both sides.
const MEMORY: usize = 24 << 20;

static OURS: LazyLock<TlsConfig> = LazyLock::new(|| {
    TlsConfig::from_pem(tls::AUTHORITY, &tls::node(), None).expect("the certificates are right")
});

/// One side, and what came of it.
struct End {
    driver: Driver,
    notified: Vec<ConnectionNotification>,
}

impl End {
    fn new(role: Role) -> End {
        let config = ConnectionConfig {
            requests: Requests { ..Requests::default() },
            undeclared: Undeclared::Deliver,
            wire_limits: wire::FramingLimits { chunk: 1 << 16, message: 1 << 17, inflated: 1 << 17 },
            serial_limits: serial::ReaderLimits { depth: 32, objects: 10_000, ..Default::default() },
            tls: Some(OURS.clone()),
            ..ConnectionConfig::default()
        };
        End { driver: Driver::new(Connection::new(config, role, NOW)), notified: Vec::new() }
    }

    /// Lets it read all of this, or the end, and returns what it writes until it waits.
    fn go_on(&mut self, mut input: Option<&[u8]>) -> Vec<u8> {
        let mut output = Vec::new();
        self.driver.feed_readable();
        loop {
            match self.driver.poll_step(NOW) {
                Step::Write(bytes) => {
                    output.extend_from_slice(bytes);
                    let written = bytes.len();
                    self.driver.feed_write(Ok(written), NOW);
                }
                Step::Read => {
                    let nothing = Err(Error::from(ErrorKind::WouldBlock));
                    self.driver.feed_read(
                        input.map_or(Ok(&[][..]), |bytes| {
                            if bytes.is_empty() { nothing } else { Ok(bytes) }
                        }),
                        NOW,
                    );
                    input = input.map(|_| &[][..]);
                }
                Step::EndOutput | Step::Yield => {}
                Step::Wait { .. } | Step::Close => {
                    let before = self.notified.len();
                    while let Poll::Ready(Some(notified)) = self.driver.poll_notification() {
                        self.notified.push(notified);
                    }
                    if self.notified.len() == before {
                        return output;
                    }
                }
            }
        }
    }
}

fn run(kind: u8, split: usize, bytes: &[u8]) {
    let role = if kind & 1 == 0 { Role::Initiator } else { Role::Acceptor };
    let mut here = End::new(role);
    let mut there = tls::other(role == Role::Acceptor);
    let mut input = Vec::new();
    for _ in 0..kind >> 1 & 7 {
        let output = here.go_on(Some(&input));
        let mut left = output.as_slice();
        while !left.is_empty() {
            there.read_tls(&mut left).expect("it reads from memory");
            there.process_new_packets().expect("what we say is right");
        }
        input = tls::written(&mut there);
    }
    let is_inside = kind & 16 != 0 && !there.is_handshaking();
    if is_inside {
        here.go_on(Some(&input));
        input.clear();
    } else if kind & 32 == 0 {
        // In the midst of what should come.
        input.truncate(input.len() / 2);
    }
    for piece in bytes.chunks(split.max(1)) {
        if is_inside {
            there.writer().write_all(piece).expect("it writes to memory");
            input = tls::written(&mut there);
        } else {
            input.extend_from_slice(piece);
        }
        here.go_on(Some(&input));
        input.clear();
    }
    if kind & 64 != 0 {
        there.send_close_notify();
        here.go_on(Some(&tls::written(&mut there)));
    }
    here.go_on(None);
    let closed = here.notified.iter().filter(|notified| matches!(notified, ConnectionNotification::Closed(_))).count();
    assert_eq!(closed, 1);
    assert!(matches!(here.notified.last(), Some(ConnectionNotification::Closed(_))));
}

fuzz_target!(|input: &[u8]| {
    let [kind, split, bytes @ ..] = input else { return };
    LazyLock::force(&OURS);
    tls::prepare();
    within(MEMORY + 64 * bytes.len(), || run(*kind, usize::from(*split), bytes));
});
