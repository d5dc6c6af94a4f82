//! The roles of the two sides of a connection.

/// A node's side of a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The side that opened the TCP connection.
    Initiator,
    /// The side that accepted it.
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
