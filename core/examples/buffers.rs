//! Two connections connected in memory, without sockets or clocks.
//!
//! ```text
//! cargo run -p brocomm --example buffers
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification};
use brocomm::node::{Role, UsageError};
use brocomm::{Time, event};

/// Transfers bytes in both directions until neither side has more to send.
fn exchange(one: &mut Connection, other: &mut Connection, now: Time) {
    while carry(one, other, now) | carry(other, one, now) {}
}

/// Transfers the output of one side to the other. Returns whether there was any.
fn carry(from: &mut Connection, to: &mut Connection, now: Time) -> bool {
    let bytes = from.poll_transmit().to_vec();
    from.advance(bytes.len(), now);
    to.feed_bytes(&bytes, now);
    !bytes.is_empty()
}

fn main() -> Result<(), UsageError> {
    let mut now = Time::from_secs_f64(1_500_000_000.0);
    let requests = ConnectionConfig::requesting;
    let mut sensor = Connection::new(requests(&["block"]), Role::Initiator, now);
    let mut manager = Connection::new(requests(&["scan_seen"]), Role::Acceptor, now);
    exchange(&mut sensor, &mut manager, now);
    println!("sensor: {:?}, manager: {:?}", sensor.phase(), manager.phase());

    let host = std::net::IpAddr::from([10, 0, 0, 1]);
    // A peer receives only events that it has requested. `send_event` returns whether it has.
    now += std::time::Duration::from_millis(250);
    let _ = sensor.send_event(&event!("scan_seen", host, 443_u64).at(now))?;
    exchange(&mut sensor, &mut manager, now);
    while let Some(notification) = manager.poll_notification() {
        if let ConnectionNotification::Event(scan) = notification {
            println!("manager: {}({}, {})", scan.name, scan.args[0], scan.args[1]);
            let _ = manager.send_event(&event!("block", host).at(now))?;
        }
    }
    exchange(&mut sensor, &mut manager, now);
    while let Some(notification) = sensor.poll_notification() {
        if let ConnectionNotification::Event(block) = notification {
            println!("sensor: {}({})", block.name, block.args[0]);
        }
    }
    Ok(())
}
