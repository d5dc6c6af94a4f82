//! Cuts a connection at any byte. The number of arrived events must be between the number of
//! confirmed ones and the number that may have arrived, and all sent events must be accounted for.

use brocomm::Time;
use brocomm_zeek::Data;
use brocomm_zeek::client::{Client, ClientConfig};
use brocomm_zeek::message::ZeekEvent;
use brocomm_zeek::server::{Notification, Server, ServerConfig};

const EVENTS: u64 = 40;

fn at(millis: u64) -> Time {
    Time::from_nanos((1_000_000_000_000 + millis) * 1_000_000)
}

struct Run {
    client: Client,
    server: Server,
    arrived: u64,
    now: u64,
}

impl Run {
    fn new() -> Run {
        let config = ClientConfig::new("h", &[]);
        let client = Client::new(config, [9; 24], at(0)).unwrap();
        let server = Server::new(ServerConfig::new("e", "1"), at(0));
        let mut run = Run { client, server, arrived: 0, now: 0 };
        while run.forth(usize::MAX) + run.back() > 0 {}
        run
    }

    /// Transfers at most `most` bytes to the server.
    fn forth(&mut self, most: usize) -> usize {
        let bytes = self.client.poll_transmit();
        let bytes = bytes[..bytes.len().min(most)].to_vec();
        self.client.advance(bytes.len(), at(self.now));
        self.server.feed_bytes(&bytes, at(self.now));
        while let Some(notification) = self.server.poll_notification() {
            match notification {
                Notification::Subscribed { .. } => self.server.acknowledge(at(self.now)),
                Notification::Event { .. } => self.arrived += 1,
                _ => {}
            }
        }
        bytes.len()
    }

    fn back(&mut self) -> usize {
        let bytes = self.server.poll_transmit().to_vec();
        self.server.advance(bytes.len(), at(self.now));
        self.client.feed_bytes(&bytes, at(self.now));
        bytes.len()
    }
}

/// Sends events and cuts the connection after this number of bytes.
fn cut_after(bytes: usize) -> (Run, bool) {
    let mut run = Run::new();
    let mut left = bytes;
    for number in 0..EVENTS {
        run.now += 30;
        let event = ZeekEvent::new("e", vec![Data::Count(number)]);
        run.client.send_event(b"t", &event, at(run.now)).unwrap();
        run.client.feed_time(at(run.now));
        // Sometimes written bytes are not transferred at once.
        if number % 3 != 0 {
            left -= run.forth(left);
            if left == 0 {
                // Earlier answers of the server may or may not arrive.
                if number % 2 == 0 {
                    run.back();
                }
                run.client.feed_failure("reset", at(run.now));
                return (run, true);
            }
            run.back();
        }
    }
    (run, false)
}

#[test]
fn sent_events_are_confirmed_or_counted_as_lost() {
    // By default only some of the bytes.
    let step = if std::env::var_os("BROCOMM_TEST_ALL").is_some() { 1 } else { 7 };
    let mut cut = 0;
    for bytes in (1..).step_by(step) {
        let (run, was_cut) = cut_after(bytes);
        let sent = run.client.sent();
        let (confirmed, unwritten) = (run.client.confirmed(), run.client.unwritten());
        let unconfirmed = sent - confirmed - unwritten;
        assert!(confirmed <= run.arrived, "{bytes}: {confirmed} of {}", run.arrived);
        assert!(run.arrived <= confirmed + unconfirmed, "{bytes}: {} of {sent}", run.arrived);
        if !was_cut {
            break;
        }
        cut += 1;
    }
    assert!(cut * step > 5_000, "{cut}");
}
