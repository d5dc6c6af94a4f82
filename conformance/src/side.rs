//! The two sides of a recorded connection.

use std::fmt;

use brocomm::node::Role;
use serde::Deserialize;

/// A side of a recorded connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The end that opened the connection.
    Connector,
    /// The end that accepted the connection.
    Listener,
}

impl Side {
    /// Both sides, for loops over the two directions.
    pub const BOTH: [Self; 2] = [Self::Connector, Self::Listener];

    /// Returns the other end.
    pub fn other(self) -> Self {
        match self {
            Self::Connector => Self::Listener,
            Self::Listener => Self::Connector,
        }
    }

    /// Returns the side's role in the protocol.
    pub fn role(self) -> Role {
        match self {
            Self::Connector => Role::Initiator,
            Self::Listener => Role::Acceptor,
        }
    }

    /// Returns the side with this name in recordings, `connector` or `listener`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|side| side.name() == name)
    }

    /// Returns the name in recordings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connector => "connector",
            Self::Listener => "listener",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
