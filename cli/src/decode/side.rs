//! The sides of a recording and their roles in the protocol.

use brocomm::node::{Phase, Role};
use brocomm_conformance::Side;

/// Both sides, connector first.
pub(super) const SIDES: [Role; 2] = [Role::Initiator, Role::Acceptor];

/// Returns the name of a side in recordings.
pub(super) fn name(role: Role) -> &'static str {
    match role {
        Role::Initiator => Side::Connector.name(),
        Role::Acceptor => Side::Listener.name(),
    }
}

/// Returns a symbol for the direction of a side's messages.
pub(super) fn arrow(role: Role) -> &'static str {
    match role {
        Role::Initiator => "C>L",
        Role::Acceptor => "L>C",
    }
}

/// Returns the index of a side.
pub(super) fn index(role: Role) -> usize {
    match role {
        Role::Initiator => 0,
        Role::Acceptor => 1,
    }
}

/// Returns the name of a phase.
pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Setup => "setup",
        Phase::Handshake => "handshake",
        Phase::Sync(_) => "sync",
        Phase::Running => "running",
        Phase::Closed => "closed",
    }
}
