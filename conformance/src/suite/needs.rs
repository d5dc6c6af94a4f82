//! What a case needs from the implementation.

use std::fmt;

/// The role of the implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The implementation listens, the suite connects.
    Listens,
    /// The implementation connects, the suite listens.
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
        /// An optional capability. Cases that need it are skipped without it.
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

            /// Returns a short description.
            pub fn description(self) -> &'static str {
                match self {
                    $(Capability::$variant => concat!($($doc),*),)*
                }
            }
        }
    };
}

capabilities! {
    /// Distinguishes peers by their class (§4).
    Classes = "classes";
    /// Has an object cache for received objects, so it accepts references (2§5).
    Cache = "cache";
    /// Supports 64-bit IDs and the new cache strategy (2§3, 2§5).
    NewCache = "new-cache";
    /// Is tested over TLS, without partial chunks (§1.3).
    Tls = "tls";
    /// Joins partial chunks (§1.2).
    PartialChunks = "partial-chunks";
    /// Decompresses input (§1.5).
    Decompression = "decompression";
    /// Compresses output to a peer with class `conformance-compress` (§1.5).
    Compression = "compression";
    /// Answers PINGs (§2.7).
    Ping = "ping";
    /// Sends a capture filter to a peer with class `conformance-filter` (§2.4).
    CaptureFilter = "capture-filter";
    /// Requests logs from a peer with class `conformance-logs`, and sends its own (part 3).
    Logs = "logs";
    /// Prints on request, and sends prints (§2.12).
    Print = "print";
    /// Synchronizes state with peers with class `conformance-sync` and `conformance-auth` (§3.4).
    Sync = "sync";
    /// Sends ports with a protocol other than TCP, UDP and ICMP (2§6).
    UnknownPorts = "unknown-ports";
    /// Has tables, sets and vectors (2§6).
    Containers = "containers";
    /// Has opaque values (2§7).
    Opaque = "opaque";
    /// Announces data format 0, and speaks the one of the other side's VERSION (2§13).
    DataFormats = "data-formats";
    /// Has functions, files and expressions (2§8, 2§11).
    Functions = "functions";
    /// Accepts everything legal in random sessions, unlike Bro (part 5).
    Oddities = "oddities";
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A peer entry of the implementation for the suite.
///
/// An implementation that listens chooses the entry by the class that the suite sends (§4). One
/// that connects sends the class itself. `IMPLEMENTING.md` has a table of the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Entry {
    /// Without a class: requests the events `conformance_.*`, and accepts input.
    Plain,
    /// The same as `Plain`, with a class.
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
    /// No entry: the suite sends a class for which the implementation has none.
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

    /// Returns the class that the initiator sends, empty for none.
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

    /// Returns the capability that this entry needs.
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
