//! One of the two nodes.

use std::net::SocketAddr;
use std::time::Instant;

use brocomm::connection::{CloseCause, Notification, Sent};
use brocomm::data::{Event, Name};
use brocomm_std::{Flushed, Peer, TransportError};
use bytes::Bytes;

/// Says what a node is, and says.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    pub(super) capture_filter: Option<&'static str>,
    pub(super) calls: Vec<Event>,
}

/// Holds what a node has seen of the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    /// Where the other is.
    pub(super) address: SocketAddr,
    pub(super) class: Option<Bytes>,
    pub(super) description: Option<Name>,
    pub(super) requested: Vec<Name>,
    pub(super) capture_filter: Option<Bytes>,
    pub(super) events: Vec<Event>,
    /// What else happened, that should not.
    pub(super) trouble: Vec<String>,
}

/// Sends all calls when the handshake is done, and takes all that the other sends.
pub(super) fn run(
    node: &Node,
    mut peer: Peer,
    expected: usize,
    deadline: Option<Instant>,
) -> Result<Outcome, TransportError> {
    let mut outcome = Outcome {
        address: peer.remote_addr(),
        class: None,
        description: None,
        requested: Vec::new(),
        capture_filter: None,
        events: Vec::new(),
        trouble: Vec::new(),
    };
    let mut sent = false;
    // The first to have all events closes, and the other sees it close.
    while !(sent && outcome.events.len() >= expected) {
        match peer.next(deadline)? {
            Some(Notification::HandshakeDone) => {
                send(node, &mut peer, &mut outcome);
                sent = true;
            }
            Some(notification) => {
                if outcome.take(notification) {
                    return Ok(outcome);
                }
            }
            None => {
                outcome.trouble.push("waited too long".to_owned());
                break;
            }
        }
    }
    // The other may close as soon as it has all from us, but not before.
    if peer.flush(deadline)? == Flushed::TimedOut {
        outcome.trouble.push("waited too long to write".to_owned());
    }
    peer.close(deadline)?;
    while let Some(notification) = peer.next(deadline)? {
        outcome.take(notification);
    }
    Ok(outcome)
}

fn send(node: &Node, peer: &mut Peer, outcome: &mut Outcome) {
    for event in &node.calls {
        match peer.send_event(event) {
            Ok(Sent::Sent) => {}
            other => outcome.trouble.push(format!("{} not sent: {other:?}", event.name)),
        }
    }
}

impl Outcome {
    /// Takes a notification, and tells whether it is the last.
    fn take(&mut self, notification: Notification) -> bool {
        match notification {
            Notification::Established(version) => self.class = version.class,
            Notification::PeerDescription(name) => self.description = Some(name),
            Notification::EventRequested(name) => self.requested.push(name),
            Notification::CaptureFilter(filter) => self.capture_filter = Some(filter),
            Notification::Event(event) => self.events.push(event),
            Notification::CallRejected { name, mismatch } => {
                self.trouble.push(format!("{name}: {mismatch}"));
            }
            Notification::Closed(cause) => {
                if !matches!(cause, CloseCause::PeerClosed | CloseCause::ClosedByUs) {
                    self.trouble.push(format!("closed: {cause:?}"));
                }
                return true;
            }
            _ => {}
        }
        false
    }
}
