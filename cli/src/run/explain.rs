//! Explanations of errors on standard error, in addition to Bro's wording in the log.

use brocomm::Time;
use brocomm::data::CallMismatch;
use brocomm::lowlevel::commlog::CommLogLine;
use brocomm::lowlevel::commlog::CommLogMessage;
use brocomm::node::CloseCause;
use brocomm::node::{CommLogEntry, EventPeer, NodeMachine, PeerId, PeerState};

use crate::diagnosis;

/// Returns a line of the communication log with details: both types of a dropped call, and the time
/// of the next attempt.
///
/// Returns `None` if another line contains everything.
pub(super) fn explained(entry: &CommLogEntry, node: &NodeMachine, now: Time) -> Option<String> {
    let peer = entry.peer.as_ref();
    let again = peer.and_then(|peer| again(node, peer.id, now));
    let or_not = again.as_deref().unwrap_or("; not tried again");
    let again = again.as_deref().unwrap_or_default();
    Some(match &entry.line {
        CommLogLine::Connection(CommLogMessage::CallRejected { mismatch, .. }) => match mismatch {
            CallMismatch::Unknown | CallMismatch::NotAnEvent => entry.to_string(),
            mismatch if mismatch.is_dropped_by_bro() => format!("{entry} ({mismatch})"),
            _ => entry.to_string(),
        },
        // Reported when the connection is closed, with an explanation and the next attempt.
        CommLogLine::Connection(
            CommLogMessage::Violation(_) | CommLogMessage::UnserializationError,
        ) => {
            return None;
        }
        CommLogLine::CannotListen { retries: true, .. } => {
            format!("{entry}; trying again in {} s", node.options().listen_retry.as_secs_f64())
        }
        CommLogLine::ConnectFailed { .. } => format!("{entry}{or_not}"),
        CommLogLine::CannotInitIo { .. }
        | CommLogLine::Connection(CommLogMessage::ReadError(_))
        | CommLogLine::WriteError { .. } => {
            format!("{entry}{again}")
        }
        // The previous line has the reason and says that the node does not retry.
        CommLogLine::CouldNotConnect => return None,
        _ => entry.to_string(),
    })
}

/// Explains why the connection to a peer ended: it violated the protocol, or we connected to it and
/// it closed the connection without a message.
pub(super) fn closed(
    peer: &EventPeer,
    established: bool,
    cause: &CloseCause,
    node: &NodeMachine,
    now: Time,
) -> Option<String> {
    let name = node.node_of(peer.id);
    let entry = node.nodes().find(|(entry, _)| Some(*entry) == name).map(|(_, entry)| entry);
    let is_ours = entry.is_some_and(|entry| entry.connect);
    let fault = match cause {
        CloseCause::Protocol(_) => diagnosis::fault(cause)?,
        CloseCause::PeerClosed if is_ours && !established => {
            let is_clear = entry.is_some_and(|entry| !entry.ssl);
            let tls = if is_clear { "; it may expect TLS (see `ssl`)" } else { "" };
            format!("{}{tls}", diagnosis::CLOSED_AT_ONCE)
        }
        _ => return None,
    };
    let or_not = is_ours.then(|| "; not tried again".to_owned());
    let again = again(node, peer.id, now).or(or_not).unwrap_or_default();
    Some(format!("[#{}/{}] {fault}{again}", peer.id, peer.endpoint))
}

/// Returns when the node reconnects to a peer, if it does.
fn again(node: &NodeMachine, peer: PeerId, now: Time) -> Option<String> {
    let Some(PeerState::Waiting { until }) = node.peer_state(peer) else { return None };
    let seconds = until.saturating_since(now).as_secs_f64().round().max(1.0);
    Some(format!("; trying again in {seconds} s"))
}
