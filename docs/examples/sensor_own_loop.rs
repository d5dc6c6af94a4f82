//! A sensor with its own event loop, on the core alone: reports a scan to a manager and waits for a
//! `block` event.
//!
//! ```text
//! cargo run -p brocomm-docs --example sensor_own_loop -- 127.0.0.1:47760
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a program")]

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::time::{Instant, SystemTime};

use brocomm::data::EventType;
use brocomm::lowlevel::commlog::CommLogMessage;
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification, Sent};
use brocomm::node::{CloseCause, Role};
use brocomm::{Event, Time};

#[derive(Event)]
struct ScanSeen {
    host: IpAddr,
    ports: u64,
}

#[derive(Event)]
struct Block {
    host: IpAddr,
    why: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let manager = std::env::args().nth(1).ok_or("usage: sensor_own_loop ADDRESS:PORT")?;
    let config = ConnectionConfig {
        class: Some("sensor".into()),
        ..ConnectionConfig::requesting(&[Block::NAME])
    };

    let mut socket = TcpStream::connect(manager)?;
    // The wall clock now, advanced by the monotonic clock from here on.
    let (wall, start) = (Time::from(SystemTime::now()), Instant::now());
    let now = || wall + start.elapsed();

    let mut connection = Connection::new(config, Role::Initiator, now());
    let mut buffer = [0; 16 << 10];
    loop {
        // 1. Handle notifications. Handling one may queue more bytes to write.
        while let Some(notification) = connection.poll_notification() {
            handle(&mut connection, notification, now())?;
        }
        // 2. Write what is queued.
        while !connection.poll_transmit().is_empty() {
            match socket.write(connection.poll_transmit()) {
                Ok(written) => connection.advance(written, now()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    connection.feed_failure(&error.to_string(), now());
                    break;
                }
            }
        }
        // 3. Close the socket when the connection is finished and everything is written.
        if connection.waiting_notifications() > 0 {
            continue;
        }
        if connection.poll_close().is_some() {
            return Ok(());
        }
        // 4. Wait for the peer.
        match socket.read(&mut buffer) {
            Ok(0) => connection.feed_eof(now()),
            Ok(read) => connection.feed_bytes(&buffer[..read], now()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => connection.feed_failure(&error.to_string(), now()),
        }
    }
}

fn handle(
    connection: &mut Connection,
    notification: ConnectionNotification,
    now: Time,
) -> Result<(), Box<dyn Error>> {
    for line in CommLogMessage::of(&notification) {
        eprintln!("{line}");
    }
    match notification {
        ConnectionNotification::HandshakeDone => {
            let host = IpAddr::from([10, 0, 0, 1]);
            let scan = ScanSeen { host, ports: 443 }.to_event().at(now);
            if connection.send_event(&scan)? == Sent::NotRequested {
                eprintln!("the manager has not requested scan_seen");
            }
        }
        ConnectionNotification::Event(event) if event.name == Block::NAME => {
            let Block { host, why } = Block::from_event(&event)?;
            println!("block {host}: {why}");
            connection.close(now);
        }
        ConnectionNotification::Closed(CloseCause::ClosedByUs) => {}
        ConnectionNotification::Closed(cause) => return Err(format!("{cause:?}").into()),
        _ => {}
    }
    Ok(())
}
