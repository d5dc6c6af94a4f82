//! Tests of the NATS sink, with a stand-in for the server and, where there is one, with `nats-server`.

mod server;
mod stand_in;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use brocomm::Time;
use brocomm_sinks::nats::{Login, NatsConfig, run};
use brocomm_sinks::spool::{Fsync, Reader, Spool, SpoolConfig};
use brocomm_sinks::{Report, SinkCounts};
use tokio::sync::watch;

use crate::support::TempDir;
use stand_in::{Answer, StandIn};

const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);
const SUBJECT: &str = "zeek.logs.log-1.default.numbers";

/// A spool and a sink that publishes it.
struct Publishing {
    folder: TempDir,
    spool: Spool,
    end: watch::Sender<bool>,
    counts: SinkCounts,
    reports: Receiver<Report>,
    sink: Option<JoinHandle<()>>,
}

fn config(address: &str) -> NatsConfig {
    NatsConfig {
        window: 16,
        timeout: Duration::from_secs(20),
        retry: Duration::from_millis(5),
        retry_max: Duration::from_millis(50),
        ..NatsConfig::new("here", vec![format!("nats://{address}")])
    }
}

impl Publishing {
    /// Starts with this many entries.
    fn start(config: NatsConfig, entries: u64) -> Publishing {
        let folder = TempDir::new();
        let spool_config = SpoolConfig { fsync: Fsync::Never, ..SpoolConfig::default() };
        let (spool, _) = Spool::open(folder.path(), spool_config, NOW).unwrap();
        let (end, counts) = (watch::Sender::new(false), SinkCounts::default());
        let (sender, reports) = channel();
        let mut publishing = Publishing { folder, spool, end, counts, reports, sink: None };
        publishing.add(entries);
        let (path, durable) =
            (PathBuf::from(publishing.folder.path()), publishing.spool.subscribe());
        let (end, counts) = (publishing.end.subscribe(), publishing.counts.clone());
        publishing.sink = Some(thread::spawn(move || {
            let mut report = |report| drop(sender.send(report));
            run(&path, &config, durable, end, &counts, &mut report).unwrap();
        }));
        publishing
    }

    fn add(&mut self, entries: u64) {
        for _ in 0..entries {
            let number = self.spool.appended() + 1;
            self.spool.append(NOW, SUBJECT, format!("{{\"n\":{number}}}").as_bytes()).unwrap();
            self.spool.commit(NOW).unwrap();
        }
    }

    /// Waits until everything is dealt with.
    fn wait(&self) {
        while self.counts.position() < self.spool.durable() {
            assert!(!self.sink.as_ref().unwrap().is_finished());
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends the sink; returns what it reported.
    fn end(mut self) -> Vec<Report> {
        self.end.send_replace(true);
        self.sink.take().unwrap().join().unwrap();
        // The position is on the disk.
        let reader = Reader::open(self.folder.path(), "nats").unwrap();
        assert_eq!(reader.acknowledged(), self.counts.position());
        self.reports.try_iter().collect()
    }
}

fn waits(reports: &[Report]) -> String {
    let reason = |report: &Report| match report {
        Report::Waiting { reason } => Some(reason.clone()),
        _ => None,
    };
    reports.iter().filter_map(reason).collect::<Vec<_>>().join("\n")
}

/// Checks that a server has all entries once, in order.
fn check(server: &StandIn, entries: u64) {
    let stored = server.stored();
    let payloads: Vec<String> = stored
        .messages
        .iter()
        .map(|message| String::from_utf8(message.payload.clone()).unwrap())
        .collect();
    let expected: Vec<String> = (1..=entries).map(|number| format!("{{\"n\":{number}}}")).collect();
    assert_eq!(payloads, expected);
    for (at, message) in stored.messages.iter().enumerate() {
        assert_eq!(message.subject, SUBJECT);
        assert_eq!(message.id, format!("here-{:x}-{}", NOW.as_nanos(), at + 1));
    }
}

#[test]
fn entries_are_published_in_order_and_acknowledged() {
    let server = StandIn::start(|_| Answer::Store);
    let mut publishing = Publishing::start(config(&server.address), 100);
    publishing.wait();
    publishing.add(50);
    publishing.wait();
    let counts = publishing.counts.clone();
    assert!(counts.is_connected());
    assert_eq!((counts.sent(), counts.acknowledged(), counts.duplicates()), (150, 150, 0));
    check(&server, 150);
    assert_eq!(publishing.end(), [Report::Working]);
    assert!(!counts.is_connected());
}

#[test]
fn lost_connections_lose_nothing_and_store_nothing_twice() {
    for (every, lost) in
        [(7, Answer::Close), (7, Answer::StoreAndClose), (1, Answer::StoreAndClose)]
    {
        let mut number = 0;
        let answer = lost.clone();
        let server = StandIn::start(move |_| {
            number += 1;
            if number % every == 0 { answer.clone() } else { Answer::Store }
        });
        let publishing = Publishing::start(config(&server.address), 60);
        if every > 1 {
            publishing.wait();
        } else {
            // Each message is stored, and none is ever acknowledged: no second one is sent.
            while server.stored().duplicates < 20 {
                thread::sleep(Duration::from_millis(1));
            }
            assert_eq!(server.stored().messages.len(), 1);
            assert_eq!(publishing.counts.position(), 0);
            publishing.end();
            continue;
        }
        let counts = publishing.counts.clone();
        assert_eq!((counts.position(), counts.acknowledged()), (60, 60));
        let (duplicates, connects) = {
            let stored = server.stored();
            (stored.duplicates, stored.connects.len() as u64)
        };
        assert!(duplicates <= 16 * connects, "{duplicates} in {connects}");
        check(&server, 60);
        assert!(waits(&publishing.end()).contains("the connection was closed"));
    }
}

#[test]
fn a_full_stream_is_waited_for() {
    let mut left = 30;
    let server = StandIn::start(move |message| {
        // Full after ten messages, for a while.
        let number: u64 = message.id.rsplit('-').next().unwrap().parse().unwrap();
        if number > 10 && left > 0 {
            left -= 1;
            return Answer::Refuse(10_077, "maximum messages exceeded");
        }
        Answer::Store
    });
    let publishing = Publishing::start(NatsConfig { window: 4, ..config(&server.address) }, 50);
    publishing.wait();
    assert_eq!(publishing.counts.refused(), 0);
    assert_eq!(server.stored().messages.len(), 50);
    let reports = publishing.end();
    assert!(waits(&reports).contains("maximum messages exceeded"), "{reports:?}");
    assert_eq!(reports.last(), Some(&Report::Working));
}

#[test]
fn what_is_wrong_is_said_and_passes() {
    let no_stream = {
        let mut left = 3;
        StandIn::start(move |_| {
            left -= 1;
            if left >= 0 { Answer::NoStream } else { Answer::Store }
        })
    };
    let wrong_login = StandIn::start(|_| Answer::Store);
    wrong_login.stored().refused_logins = 2;
    for (server, told) in
        [(no_stream, "no stream found for given subject"), (wrong_login, "authorization violation")]
    {
        let login = Login::Password { user: "a".to_owned(), password: "b".to_owned() };
        let publishing = Publishing::start(NatsConfig { login, ..config(&server.address) }, 20);
        publishing.wait();
        check(&server, 20);
        assert!(server.stored().connects[0].contains(r#""user":"a","pass":"b""#));
        let reports = publishing.end();
        assert!(waits(&reports).to_lowercase().contains(told), "{reports:?}");
    }
}

#[test]
fn what_is_too_large_is_left_out() {
    let server = StandIn::start(|message| match message.payload.len() {
        5000.. => Answer::Refuse(10_054, "message size exceeds maximum allowed"),
        _ => Answer::Store,
    });
    let mut publishing = Publishing::start(config(&server.address), 1);
    for size in [6000, 20_000] {
        publishing.spool.append(NOW, SUBJECT, &vec![b'x'; size]).unwrap();
    }
    publishing.spool.append(NOW, SUBJECT, b"last").unwrap();
    publishing.spool.commit(NOW).unwrap();
    publishing.wait();
    assert_eq!((publishing.counts.refused(), publishing.counts.acknowledged()), (2, 2));
    assert_eq!(server.stored().messages.len(), 2);
    let reports = publishing.end();
    let refused = |report: &&Report| matches!(report, Report::Refused { .. });
    assert_eq!(reports.iter().filter(refused).count(), 1, "{reports:?}");
}

#[test]
fn no_more_than_the_window_is_on_its_way() {
    // Silent after the first.
    let server = StandIn::start(|message| match message.id.ends_with("-1") {
        true => Answer::Store,
        false => Answer::Silence,
    });
    let config = NatsConfig { timeout: Duration::from_millis(300), ..config(&server.address) };
    let publishing = Publishing::start(config, 1000);
    while publishing.counts.sent() < 17 {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(publishing.reports.recv().unwrap(), Report::Working);
    let told = publishing.reports.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(
        matches!(&told, Report::Waiting { reason } if reason.contains("timed out")),
        "{told:?}"
    );
    let connects = server.stored().connects.len() as u64;
    assert!(publishing.counts.sent() <= 1 + 16 * (connects + 1));
    assert_eq!(publishing.counts.oldest(), Some(NOW));
    publishing.end();
}

#[test]
fn a_server_that_is_not_there_is_waited_for() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let publishing = Publishing::start(config(&closed.to_string()), 5);
    let told = publishing.reports.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(
        matches!(&told, Report::Waiting { reason } if reason.contains("cannot connect")),
        "{told:?}"
    );
    assert_eq!(publishing.counts.position(), 0);
    assert_eq!(publishing.counts.oldest(), Some(NOW));
    publishing.end();
}
