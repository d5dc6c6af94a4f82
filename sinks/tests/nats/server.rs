//! Tests with a real `nats-server`, if one is installed.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use async_nats::jetstream;
use brocomm_sinks::Report;
use brocomm_sinks::nats::{NatsConfig, NewStream};
use brocomm_sinks::subject;

use super::{config, publishing};
use crate::publishing::{NOW, Publishing, SUBJECT};
use crate::support::TempDir;

/// A server that is killed at the end of the test.
pub(super) struct Server {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Server {
    /// Starts a server with JetStream. Returns `None` if it is not installed.
    fn start() -> Option<Server> {
        Server::start_with("")
    }

    /// Does the same with an extended configuration.
    pub(super) fn start_with(more: &str) -> Option<Server> {
        // Another program could take the port in between, but that is unlikely.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = TempDir::new();
        fs::write(folder.path().join("server.conf"), more).unwrap();
        let child = spawn(port, &folder);
        if child.is_none() {
            eprintln!("skipped: nats-server is not installed");
        }
        let mut server = Server { child: child?, port, folder };
        server.wait();
        Some(server)
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn restart(&mut self) {
        self.child = spawn(self.port, &self.folder).unwrap();
        self.wait();
    }

    fn wait(&mut self) {
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(
                begin.elapsed() < Duration::from_secs(30)
                    && self.child.try_wait().unwrap().is_none()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

fn spawn(port: u16, folder: &TempDir) -> Option<Child> {
    let mut command = Command::new("nats-server");
    command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(folder.path());
    command.arg("-c").arg(folder.path().join("server.conf"));
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn stream(size: u64) -> Option<NewStream> {
    let subjects = vec![subject::LOGS.to_owned()];
    Some(NewStream { name: "zeek".to_owned(), subjects, size, age: Duration::ZERO })
}

/// Reads all messages of the stream, as a member of a queue group does.
fn consumed(server: &Server, expected: usize) -> Vec<u64> {
    use std::future::poll_fn;
    use std::pin::pin;

    use tokio_stream::Stream;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(server.address()).await.unwrap();
        let context = jetstream::new(client);
        let stream = context.get_stream("zeek").await.unwrap();
        let config = jetstream::consumer::pull::Config::default();
        let consumer = stream.create_consumer(config).await.unwrap();
        let mut messages = pin!(consumer.messages().await.unwrap());
        let mut numbers = Vec::new();
        while numbers.len() < expected {
            let message = poll_fn(|context| messages.as_mut().poll_next(context)).await.unwrap();
            let message = message.unwrap();
            let json: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
            numbers.push(json["n"].as_u64().unwrap());
            message.ack().await.unwrap();
        }
        numbers
    })
}

/// The number of entries for slow tests.
fn many() -> u64 {
    let asked = std::env::var("BROCOMM_TEST_EVENTS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(5000)
}

#[test]
fn a_repeatedly_killed_server_gets_everything_once() {
    let Some(mut server) = Server::start() else { return };
    let config = NatsConfig { create: stream(0), window: 256, ..config(&server.address()) };
    let mut publishing = publishing(config, many() / 6);
    for round in 1..=5 {
        // Somewhere within the added entries.
        let aim = publishing.spool.durable() - many() / 12;
        while publishing.counts.position() < aim {
            thread::sleep(Duration::from_millis(1));
        }
        server.kill();
        publishing.add(many() / 6);
        server.restart();
        assert!(round > 0);
    }
    publishing.wait();
    let entries = publishing.spool.durable();
    let counts = publishing.counts.clone();
    assert_eq!((counts.acknowledged(), counts.refused(), counts.missed()), (entries, 0, 0));
    assert!(counts.duplicates() <= 5 * 256, "{}", counts.duplicates());
    let numbers = consumed(&server, usize::try_from(entries).unwrap());
    assert_eq!(numbers, (1..=entries).collect::<Vec<_>>());
    publishing.end();
}

/// Changes the stream's configuration.
fn update(server: &Server, change: impl FnOnce(&mut jetstream::stream::Config)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let context = jetstream::new(async_nats::connect(server.address()).await.unwrap());
        let mut stream = context.get_stream("zeek").await.unwrap();
        let mut config = stream.info().await.unwrap().config.clone();
        change(&mut config);
        context.update_stream(config).await.unwrap();
    });
}

/// Returns the first reason to wait.
pub(super) fn waits_for(publishing: &Publishing) -> String {
    loop {
        let report = publishing.reports.recv_timeout(Duration::from_secs(60)).unwrap();
        if let Report::Waiting { reason } = report {
            return reason;
        }
    }
}

#[test]
fn a_full_stream_takes_the_rest_once_there_is_room() {
    let Some(server) = Server::start() else { return };
    let config = NatsConfig { create: stream(20_000), ..config(&server.address()) };
    let mut publishing = publishing(config, 1000);
    let reason = waits_for(&publishing);
    assert!(reason.contains("maximum bytes exceeded"), "{reason}");
    update(&server, |config| {
        config.max_bytes = -1;
        config.max_messages = 1500;
    });
    publishing.wait();
    // Now the number of messages reaches another limit.
    publishing.add(1000);
    let reason = waits_for(&publishing);
    assert!(reason.contains("maximum messages exceeded"), "{reason}");
    let position = publishing.counts.position();
    assert!((1000..=1500).contains(&position), "{position}");
    update(&server, |config| config.max_messages = -1);
    publishing.wait();
    let mut numbers = consumed(&server, 2000);
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=2000).collect::<Vec<_>>());
    assert_eq!(publishing.counts.refused(), 0);
    publishing.end();
}

#[test]
fn messages_that_the_stream_does_not_take_are_left_out() {
    let Some(server) = Server::start() else { return };
    let config = NatsConfig { create: stream(0), ..config(&server.address()) };
    let mut publishing = publishing(config, 10);
    publishing.wait();
    update(&server, |config| config.max_message_size = 1000);
    publishing.spool.append(NOW, SUBJECT, &vec![b'x'; 2000]).unwrap();
    publishing.spool.commit(NOW).unwrap();
    publishing.add(10);
    publishing.wait();
    assert_eq!((publishing.counts.refused(), publishing.counts.acknowledged()), (1, 20));
    let reports = publishing.end();
    let is_refused = |report: &Report| {
        matches!(report, Report::Refused { sequence: 11, reason }
            if reason.contains("message size exceeds maximum allowed"))
    };
    assert!(reports.iter().any(is_refused), "{reports:?}");
}

#[test]
fn a_stream_is_created_only_when_requested() {
    let Some(server) = Server::start() else { return };
    let publishing = publishing(config(&server.address()), 10);
    let report = publishing.reports.recv_timeout(Duration::from_secs(30)).unwrap();
    let Report::Waiting { reason } = report else { panic!("{report:?}") };
    assert!(reason.contains("no stream found"), "{reason}");
    publishing.end();
}
