//! What a case needs of the implementation.

use std::fmt;

/// Says which side of the TCP connection the implementation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It listens, the suite connects.
    Listens,
    /// It connects, the suite listens.
    Connects,
}

impl Role {
    /// Both.
    pub const BOTH: [Role; 2] = [Role::Listens, Role::Connects];

    /// Returns the role's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Role::Listens => "listens",
            Role::Connects => "connects",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

macro_rules! capabilities {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)*) => {
        /// Names something that an implementation may leave out; cases that need it are skipped then.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Capability {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Capability {
            /// All of them.
            pub const ALL: &'static [Capability] = &[$(Capability::$variant,)*];

            /// Returns its name in reports and on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(Capability::$variant => $name,)*
                }
            }

            /// Says in a few words what it is.
            pub fn description(self) -> &'static str {
                match self {
                    $(Capability::$variant => concat!($($doc),*),)*
                }
            }
        }
    };
}

capabilities! {
    /// Tells peers apart by their class (§4).
    Classes = "classes";
    /// Keeps an object cache for what it receives, so that it can be sent references (2§5).
    Cache = "cache";
    /// Understands, and uses, ids of 64 bits and the newer cache strategy (2§3, 2§5).
    NewCache = "new-cache";
    /// Is tested over TLS, where there are no partial chunks (§1.3).
    Tls = "tls";
    /// Puts partial chunks together (§1.2).
    PartialChunks = "partial-chunks";
    /// Decompresses what it receives (§1.5).
    Decompression = "decompression";
    /// Compresses what it sends to a peer of class `conformance-compress` (§1.5).
    Compression = "compression";
    /// Answers PINGs (§2.7).
    Ping = "ping";
    /// Sends a capture filter to a peer of class `conformance-filter` (§2.4).
    CaptureFilter = "capture-filter";
    /// Requests logs of a peer of class `conformance-logs`, and sends its own (part 3).
    Logs = "logs";
    /// Prints on request, and sends what is printed (§2.12).
    Print = "print";
    /// Synchronises state with peers of class `conformance-sync` and `conformance-auth` (§3.4).
    Sync = "sync";
    /// Sends ports that are of none of the protocols TCP, UDP and ICMP (2§6).
    UnknownPorts = "unknown-ports";
    /// Has tables, sets and vectors (2§6).
    Containers = "containers";
    /// Has opaque values (2§7).
    Opaque = "opaque";
    /// Has functions, files and expressions (2§8, 2§11).
    Functions = "functions";
    /// In random sessions, takes whatever is legal, as a Bro does not (part 5).
    Oddities = "oddities";
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Names one of the nodes that the implementation has, for a host that the suite runs on.
///
/// An implementation that listens finds it by the class that the suite sends (§4); one that
/// connects sends that class itself. `IMPLEMENTING.md` has the nodes as a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Entry {
    /// Without a class: requests the events `conformance_.*`, and accepts input.
    Plain,
    /// As `Plain` but for its class.
    Classed,
    /// Accepts no input.
    Deaf,
    /// Compresses what is sent.
    Compress,
    /// Sends the capture filter `tcp port 47757`.
    Filter,
    /// Requests logs.
    Logs,
    /// Requests sync, without authority.
    Sync,
    /// Requests sync, with authority.
    Auth,
    /// None: the suite sends a class that the implementation has no node for.
    Stranger,
}

impl Entry {
    /// All of them.
    pub const ALL: &'static [Entry] = &[
        Entry::Plain,
        Entry::Classed,
        Entry::Deaf,
        Entry::Compress,
        Entry::Filter,
        Entry::Logs,
        Entry::Sync,
        Entry::Auth,
        Entry::Stranger,
    ];

    /// Returns the class that is sent by whoever connects; empty for none.
    pub fn class(self) -> &'static str {
        match self {
            Entry::Plain => "",
            Entry::Classed => "conformance",
            Entry::Deaf => "conformance-deaf",
            Entry::Compress => "conformance-compress",
            Entry::Filter => "conformance-filter",
            Entry::Logs => "conformance-logs",
            Entry::Sync => "conformance-sync",
            Entry::Auth => "conformance-auth",
            Entry::Stranger => "conformance-stranger",
        }
    }

    /// Returns what an implementation has to be capable of to have such a node.
    pub fn capability(self) -> Option<Capability> {
        match self {
            Entry::Plain => None,
            Entry::Classed | Entry::Deaf | Entry::Stranger => Some(Capability::Classes),
            Entry::Compress => Some(Capability::Compression),
            Entry::Filter => Some(Capability::CaptureFilter),
            Entry::Logs => Some(Capability::Logs),
            Entry::Sync | Entry::Auth => Some(Capability::Sync),
        }
    }
}
