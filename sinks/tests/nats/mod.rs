//! Tests of the NATS sink with a mock server and, if one is installed, with `nats-server`.

mod login;
mod server;
mod stand_in;

use std::thread;
use std::time::Duration;

use brocomm_sinks::Report;
use brocomm_sinks::nats::{Login, NatsConfig, run};

use crate::publishing::{NOW, Publishing, SUBJECT, waits};
use stand_in::{Answer, StandIn};

fn config(address: &str) -> NatsConfig {
    NatsConfig {
        window: 16,
        timeout: Duration::from_secs(20),
        retry: Duration::from_millis(5),
        retry_max: Duration::from_millis(50),
        ..NatsConfig::new("here", vec![format!("nats://{address}")])
    }
}

/// Starts a sink with this number of entries.
fn publishing(config: NatsConfig, entries: u64) -> Publishing {
    Publishing::start("nats", entries, move |path, durable, end, counts, report| {
        run(path, &config, durable, end, counts, report)
    })
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
    let mut publishing = publishing(config(&server.address), 100);
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
fn lost_connections_lose_and_duplicate_nothing() {
    for (every, lost) in
        [(7, Answer::Close), (7, Answer::StoreAndClose), (1, Answer::StoreAndClose)]
    {
        let mut number = 0;
        let answer = lost.clone();
        let server = StandIn::start(move |_| {
            number += 1;
            if number % every == 0 { answer.clone() } else { Answer::Store }
        });
        let publishing = publishing(config(&server.address), 60);
        if every > 1 {
            publishing.wait();
        } else {
            // Each message is stored, and none is ever acknowledged, so no second one is sent.
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
        // The stream is full after ten messages, for a while.
        let number: u64 = message.id.rsplit('-').next().unwrap().parse().unwrap();
        if number > 10 && left > 0 {
            left -= 1;
            return Answer::Refuse(10_077, "maximum messages exceeded");
        }
        Answer::Store
    });
    let publishing = publishing(NatsConfig { window: 4, ..config(&server.address) }, 50);
    publishing.wait();
    assert_eq!(publishing.counts.refused(), 0);
    assert_eq!(server.stored().messages.len(), 50);
    let reports = publishing.end();
    assert!(waits(&reports).contains("maximum messages exceeded"), "{reports:?}");
    assert_eq!(reports.last(), Some(&Report::Working));
}

#[test]
fn errors_are_reported_and_overcome() {
    let no_stream = {
        let mut left = 3;
        StandIn::start(move |_| {
            left -= 1;
            if left >= 0 { Answer::NoStream } else { Answer::Store }
        })
    };
    let wrong_login = StandIn::start(|_| Answer::Store);
    wrong_login.stored().refused_logins = 2;
    for (server, expected) in
        [(no_stream, "no stream found for given subject"), (wrong_login, "authorization violation")]
    {
        let login = Login::Password { user: "a".to_owned(), password: "b".to_owned() };
        let publishing = publishing(NatsConfig { login, ..config(&server.address) }, 20);
        publishing.wait();
        check(&server, 20);
        assert!(server.stored().connects[0].contains(r#""user":"a","pass":"b""#));
        let reports = publishing.end();
        assert!(waits(&reports).to_lowercase().contains(expected), "{reports:?}");
    }
}

#[test]
fn entries_that_are_too_large_are_left_out() {
    let server = StandIn::start(|message| match message.payload.len() {
        5000.. => Answer::Refuse(10_054, "message size exceeds maximum allowed"),
        _ => Answer::Store,
    });
    let mut publishing = publishing(config(&server.address), 1);
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
fn the_window_limits_entries_in_flight() {
    // No answers after the first message.
    let server = StandIn::start(|message| match message.id.ends_with("-1") {
        true => Answer::Store,
        false => Answer::Silence,
    });
    let config = NatsConfig { timeout: Duration::from_millis(300), ..config(&server.address) };
    let publishing = publishing(config, 1000);
    while publishing.counts.sent() < 17 {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(publishing.reports.recv().unwrap(), Report::Working);
    let report = publishing.reports.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(
        matches!(&report, Report::Waiting { reason } if reason.contains("timed out")),
        "{report:?}"
    );
    let connects = server.stored().connects.len() as u64;
    assert!(publishing.counts.sent() <= 1 + 16 * (connects + 1));
    assert_eq!(publishing.counts.oldest(), Some(NOW));
    publishing.end();
}

#[test]
fn an_unreachable_server_is_waited_for() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let publishing = publishing(config(&closed.to_string()), 5);
    let report = publishing.reports.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(
        matches!(&report, Report::Waiting { reason } if reason.contains("cannot connect")),
        "{report:?}"
    );
    assert_eq!(publishing.counts.position(), 0);
    assert_eq!(publishing.counts.oldest(), Some(NOW));
    publishing.end();
}

/// A slow receiver delays neither the spool nor its writer.
#[test]
fn a_slow_receiver_does_not_delay_the_spool() {
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    let (allow, allowed) = channel::<()>();
    let allowed = Mutex::new(allowed);
    let server = StandIn::start(move |_| {
        // Each message waits until it is allowed. At the end all are.
        let _ = allowed.lock().unwrap().recv();
        Answer::Store
    });
    let mut publishing = publishing(config(&server.address), 1);
    (0..10).for_each(|_| allow.send(()).unwrap());
    publishing.add(10_000);
    assert_eq!(publishing.spool.durable(), 10_001);
    while publishing.counts.position() < 10 {
        thread::sleep(Duration::from_millis(1));
    }
    let counts = publishing.counts.clone();
    assert_eq!(counts.position(), 10);
    assert!(counts.sent() <= 10 + 16, "{}", counts.sent());
    assert_eq!(counts.oldest(), Some(NOW));
    drop(allow);
    publishing.wait();
    check(&server, 10_001);
    assert_eq!(publishing.end(), [Report::Working]);
}
