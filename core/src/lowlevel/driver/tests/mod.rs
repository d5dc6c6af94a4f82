//! Tests of a driver fed by the test, without sockets.

mod closing;
mod properties;
mod steps;

use std::io::{Error, ErrorKind};
use std::task::Poll;
use std::time::Duration;

use super::*;
use crate::Time;
use crate::connection::{
    CloseCause, Connection, ConnectionConfig, ConnectionNotification, Phase, Requests, Role, Sent,
    Undeclared,
};
use crate::data::{Event, Value};
use crate::wire::{Caps, Encoder, Framing, Message, PingArgs, PingLayout, Version};

const NOW: Time = Time::from_nanos(1_700_000_000_500_000_000);

fn after(secs: u64) -> Time {
    NOW + Duration::from_secs(secs)
}

fn config() -> ConnectionConfig {
    let requests = Requests { ..Requests::default() };
    ConnectionConfig {
        requests,
        undeclared: Undeclared::Deliver,
        reply_limit: 100,
        ..ConnectionConfig::default()
    }
}

fn raw(messages: &[Message]) -> Vec<u8> {
    let mut encoder = Encoder::new(Framing::Clear);
    let mut bytes = Vec::new();
    messages.iter().for_each(|message| encoder.message(message, &mut bytes));
    bytes
}

/// Returns what a peer that requests `e` sends until it is Running.
fn handshake() -> Vec<u8> {
    let version =
        Version { protocol: 7, cache_size: 3000, data_format: 26, runtime: 0, class: None };
    raw(&[
        Message::Version(version),
        Message::Caps(Caps::BRO),
        Message::RequestEvents(["e"].into_iter().collect()),
        Message::PhaseDone,
    ])
}

/// Returns a call of `e` without arguments.
fn call() -> Vec<u8> {
    let mut argument = vec![b'e', 0, 0, 0, 1, b'e'];
    argument.extend_from_slice(&1.5_f64.to_be_bytes());
    argument.extend_from_slice(&[0; 4]);
    raw(&[Message::Serial(argument.into())])
}

/// Returns PINGs. The answer to each takes 48 bytes.
fn pings(count: u32) -> Vec<u8> {
    let layout = PingLayout::Padded32;
    let ping = |seq| Message::Ping(PingArgs { seq, time1: 0.0, time2: 0.0, time3: 0.0, layout });
    raw(&(0..count).map(ping).collect::<Vec<_>>())
}

fn fresh(config: ConnectionConfig) -> Driver {
    Driver::new(Connection::new(config, Role::Acceptor, NOW))
}

/// Returns a driver in Running with empty queues.
fn running(config: ConnectionConfig) -> Driver {
    let mut driver = fresh(config);
    write_all(&mut driver);
    driver.feed_read(Ok(&handshake()), NOW);
    // Few notifications may be queued at once, and answers are written before the next.
    for _ in 0..20 {
        write_all(&mut driver);
        take(&mut driver);
    }
    assert_eq!(driver.connection().phase(), Phase::Running);
    assert_eq!(driver.poll_step(NOW), Step::Read);
    driver
}

fn send(driver: &mut Driver) {
    let event = Event { name: "e".into(), time: 0.0, args: vec![Value::Count(1)] };
    assert_eq!(driver.connection_mut().send_event(&event), Ok(Sent::Sent));
}

fn write_all(driver: &mut Driver) {
    while let Step::Write(bytes) = driver.poll_step(NOW) {
        let all = bytes.len();
        driver.feed_write(Ok(all), NOW);
    }
}

fn fail(kind: ErrorKind) -> std::io::Result<usize> {
    Err(Error::new(kind, "broken pipe"))
}

fn is_write(driver: &mut Driver, now: Time) -> bool {
    matches!(driver.poll_step(now), Step::Write(_))
}

/// Returns the available notifications, without the log.
fn take(driver: &mut Driver) -> Vec<ConnectionNotification> {
    let next = || match driver.poll_notification() {
        Poll::Ready(notification) => notification,
        Poll::Pending => None,
    };
    std::iter::from_fn(next)
        .filter(|notified| !matches!(notified, ConnectionNotification::Log(_)))
        .collect()
}

fn failed() -> ConnectionNotification {
    ConnectionNotification::Closed(CloseCause::TransportFailed { reason: "broken pipe".into() })
}

fn is_event(notified: &ConnectionNotification) -> bool {
    matches!(notified, ConnectionNotification::Event(event) if event.name == "e")
}

/// Checks that the socket is closed and stays closed.
fn ends(driver: &mut Driver, all_written: bool) {
    assert_eq!(driver.poll_step(NOW), Step::Close);
    assert_eq!(driver.poll_closed(), Poll::Ready(all_written));
    take(driver);
    driver.feed_read(Ok(&call()), NOW);
    driver.feed_write(Ok(1), NOW);
    driver.feed_write(fail(ErrorKind::BrokenPipe), NOW);
    assert_eq!(driver.poll_notification(), Poll::Ready(None));
    assert_eq!(driver.poll_flush(), Poll::Ready(Flushed::Over));
    assert_eq!(driver.poll_step(after(100)), Step::Close);
    assert_eq!(driver.poll_closed(), Poll::Ready(all_written));
}
