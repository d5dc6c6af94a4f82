//! What a running node prints.

use std::io;

use brocomm::Time;
use brocomm::json::Text;
use brocomm::logs::LogEntry;
use brocomm::lowlevel::connection::ConnectionNotification;
use brocomm::node::Notification;

use crate::notice::{Notice, field};
use crate::printer::Printer;

/// Prints a notification of a node, in the format of `brocomm listen`.
pub(super) fn show(
    printer: &mut Printer<'_>,
    time: Time,
    notification: Notification,
) -> io::Result<()> {
    let (peer, notice) = match notification {
        // In text mode these are on standard error.
        Notification::ConnectFailed { .. } | Notification::ConnectionError { .. }
            if !printer.is_json() =>
        {
            return Ok(());
        }
        Notification::Log(_) | Notification::Terminated { .. } => return Ok(()),
        Notification::Listening(endpoint) => return printer.listening(&endpoint.to_string()),
        Notification::ConnectionEstablished { peer, node } => {
            let class = peer.class.as_deref().map(Text);
            let text = match &node {
                Some(node) => format!("node {node}"),
                None => "no peer entry matches: it may request, but not send".to_owned(),
            };
            let fields = [field("class", &class), field("node", &node.as_deref())];
            (peer, Notice::new("established", fields, text))
        }
        Notification::ConnectFailed { peer, reason, retries } => {
            let fields = [field("reason", &reason), field("retries", &retries)];
            (peer, Notice::new("connect_failed", fields, reason))
        }
        Notification::ConnectionError { peer, reason } => {
            (peer, Notice::new("connection_error", [field("reason", &reason)], reason))
        }
        notification => match of_connection(notification) {
            Some((peer, notification)) => (peer, printer.notice_of(&notification)),
            None => return Ok(()),
        },
    };
    printer.notice(time, &peer.endpoint.to_string(), &notice)
}

/// Returns the line for a notification of a peer's connection.
fn of_connection(
    notification: Notification,
) -> Option<(std::sync::Arc<brocomm::node::EventPeer>, ConnectionNotification)> {
    Some(match notification {
        Notification::ConnectionHandshakeDone(peer) => {
            (peer, ConnectionNotification::HandshakeDone)
        }
        Notification::LogWriterAnnounced { peer, writer } => {
            (peer, ConnectionNotification::LogWriterAnnounced(writer))
        }
        Notification::LogEntry { peer, writer, values } => {
            (peer, ConnectionNotification::LogEntry(LogEntry { writer, values }))
        }
        Notification::ConnectionClosed { peer, cause, .. } => {
            (peer, ConnectionNotification::Closed(cause))
        }
        Notification::EventRegistered { peer, name } => {
            (peer, ConnectionNotification::EventRequested(name))
        }
        Notification::CaptureFilter { peer, filter } => {
            (peer, ConnectionNotification::CaptureFilter(filter))
        }
        Notification::SyncStarted { peer, role } => {
            (peer, ConnectionNotification::SyncStarted(role))
        }
        Notification::Event { peer, event } => (peer, ConnectionNotification::Event(event)),
        Notification::StateAccess { peer, access }
        | Notification::StateAccessPerformed { peer, access } => {
            (peer, ConnectionNotification::StateAccess(access))
        }
        Notification::Pong { peer, seq, d1, d2, d3 } => {
            (peer, ConnectionNotification::Pong { seq, d1, d2, d3 })
        }
        Notification::Id { peer, id } => (peer, ConnectionNotification::Id(id)),
        Notification::Packet { peer, packet } => (peer, ConnectionNotification::Packet(packet)),
        Notification::RemotePrint { peer, items } => {
            (peer, ConnectionNotification::RemotePrint(items))
        }
        Notification::SyncPoint { peer, point } => (peer, ConnectionNotification::SyncPoint(point)),
        _ => return None,
    })
}
