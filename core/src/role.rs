//! Who opened a connection.

/// Which side of the TCP connection a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Opened the TCP connection.
    Initiator,
    /// Accepted it.
    Acceptor,
}

impl Role {
    /// Returns the role of the other side.
    pub const fn other(self) -> Role {
        match self {
            Role::Initiator => Role::Acceptor,
            Role::Acceptor => Role::Initiator,
        }
    }
}
