//! Why a connection failed or a peer requests nothing, and what to do, in the words of an operator.

use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use brocomm::lowlevel::connection::ProtocolErrorKind;
use brocomm::lowlevel::wire::{Version, WireError, WireErrorKind};
use brocomm::node::{CloseCause, ProtocolError};
use brocomm_std::{Peer, TransportError};

use crate::decode::printed;
use crate::failure::{Failure, failed};
use crate::tls;

/// Returns the likely reason why a peer requests nothing.
pub(crate) fn no_entry(class: Option<&[u8]>) -> String {
    let class = match class {
        None | Some(b"") => "no class; see --class".to_owned(),
        Some(class) => format!("class {}", printed::bytes(class)),
    };
    format!(
        "probably no entry of its `Communication::nodes` matches this host and our class ({class}), \
         or the entry has no `$events`"
    )
}

/// Returns the message for a missing VERSION.
pub(crate) fn no_version(timeout: Duration) -> String {
    format!("it sent no VERSION within {} s", timeout.as_secs_f64())
}

/// The error for a peer that closes the connection at once.
pub(crate) const CLOSED_AT_ONCE: &str = "the peer closed the connection at once; it may not accept \
                                         this host, or use another protocol";

/// Returns a hint that only one side may use TLS, the likely cause if a peer has sent nothing.
pub(crate) fn tls_differs(peer: &Peer) -> &'static str {
    let connection = peer.connection();
    match &connection.config().tls {
        _ if connection.peer_version().is_some() => "",
        None => "; it may expect TLS (see --tls-ca)",
        Some(_) if connection.tls().is_none() => {
            "; it may not use TLS (without --tls-ca the connection is in clear text)"
        }
        Some(_) => "",
    }
}

/// Returns a hint on how to find out why a peer does not complete the handshake.
pub(crate) fn try_doctor(peer: impl fmt::Display) -> String {
    format!("; try `brocomm doctor {peer}`")
}

/// Reports that the handshake did not complete.
pub(crate) fn not_running(peer: &Peer, timeout: Duration) -> Failure {
    let (name, phase) = (peer.remote_addr(), peer.connection().phase());
    let seconds = timeout.as_secs_f64();
    let (tls, hint) = (tls_differs(peer), try_doctor(name));
    failed(format_args!(
        "{name}: nothing sent: the handshake was not completed within {seconds} s: the peer is \
         still in {phase}{tls}{hint}"
    ))
}

/// Returns the error message for a connection that was not closed normally.
pub(crate) fn fault(cause: &CloseCause) -> Option<String> {
    match cause {
        CloseCause::PeerClosed | CloseCause::ClosedByUs => None,
        CloseCause::PeerClosedMidMessage(_) => {
            Some("the peer closed the connection in the middle of a message".to_owned())
        }
        CloseCause::TransportFailed { reason } => Some(format!("the connection failed: {reason}")),
        CloseCause::Tls(error) => Some(format!("TLS: {error}{}", tls::advice(error))),
        CloseCause::Protocol(error) => Some(
            not_a_peer(error).unwrap_or_else(|| format!("the peer violated the protocol: {error}")),
        ),
        cause => Some(format!("{cause:?}")),
    }
}

/// Returns what kind of unsupported peer caused a protocol error, if known.
pub(crate) fn not_a_peer(error: &ProtocolError) -> Option<String> {
    let stream = match &error.kind {
        ProtocolErrorKind::Wire(error) => other_protocol(error).or_else(|| clear_expected(error)),
        _ => None,
    };
    stream.or_else(|| other_release(&error.kind))
}

/// Returns whether a connection ended because the peer uses another protocol.
pub(crate) fn is_other_protocol(cause: &CloseCause) -> bool {
    let CloseCause::Protocol(error) = cause else { return false };
    matches!(&error.kind, ProtocolErrorKind::Wire(error) if other_protocol(error).is_some())
}

/// Describes a peer that uses another protocol by its first bytes: text where a chunk's length
/// should be.
pub(crate) fn other_protocol(error: &WireError) -> Option<String> {
    let WireErrorKind::ChunkTooLong { length, .. } = error.kind else { return None };
    let first = length.to_be_bytes();
    let is_text = first.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t'));
    (error.offset == 0 && is_text).then(|| {
        let first = first.escape_ascii();
        format!(
            "the peer uses another protocol: its data begins with \"{first}\"; is the port \
             right?"
        )
    })
}

/// Returns the error for a peer that uses TLS while we don't.
fn clear_expected(error: &WireError) -> Option<String> {
    speaks_tls(error).then(|| {
        "the peer uses TLS, but clear text is expected; for TLS, use --tls-ca and --tls-cert, \
         and in configurations `ssl` and `listen_ssl`"
            .to_owned()
    })
}

/// Returns whether a peer uses TLS and we don't.
pub(crate) fn speaks_tls(error: &WireError) -> bool {
    matches!(error.kind, WireErrorKind::PeerSpeaksTls { .. })
}

/// Names the peer's Bro release, if the connection failed because of its version.
pub(crate) fn other_release(error: &ProtocolErrorKind) -> Option<String> {
    Some(match *error {
        ProtocolErrorKind::ProtocolVersion { got } if got < Version::PROTOCOL => format!(
            "this is Bro 1.5 or older, with protocol {got}; brocomm's is {}: Bro 2.0 to 2.6",
            Version::PROTOCOL
        ),
        ProtocolErrorKind::ProtocolVersion { got } => format!(
            "this is not a Bro 2.0 to 2.6: its protocol is {got}, brocomm's is {}",
            Version::PROTOCOL
        ),
        ProtocolErrorKind::DataVersion { got, expected } => {
            match Version::releases(Version::PROTOCOL, got) {
                Some(release) => format!(
                    "this is Bro {release}, with data format {got}, but data format {expected} is \
                     set; if you remove the setting, brocomm uses the peer's"
                ),
                None => format!(
                    "this is not a Bro 2.0 to 2.6: its data format is {got}, brocomm supports 21, \
                     22, 23, 25 and 26"
                ),
            }
        }
        _ => return None,
    })
}

/// Returns a hint for an error, if known.
pub(crate) fn hint(error: &TransportError) -> &'static str {
    use TransportError::{Bind, Connect, ConnectTimedOut, Resolve};
    match error {
        Bind { cause, .. } if cause.kind == ErrorKind::AddrInUse => {
            "; stop the program that listens there, or choose another port"
        }
        Connect { cause, .. } => hint_for(cause.kind),
        ConnectTimedOut { .. } => hint_for(ErrorKind::TimedOut),
        Resolve { .. } => "; is the name right?",
        _ => "",
    }
}

/// Returns a hint for an error of connecting.
pub(crate) fn hint_for(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ConnectionRefused => {
            "; does the peer listen there? A Bro does if it loads `frameworks/communication/listen`"
        }
        ErrorKind::TimedOut => "; is the address right, and does a firewall block it?",
        _ => "",
    }
}
