//! Profiles of implementations.

use super::selection::is_within;
use super::{Capability, Case, Role};

/// The capabilities and known exceptions of a kind of implementation.
///
/// Name further missing capabilities in a [`Selection`](super::Selection).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The profile's name on the command line.
    pub name: &'static str,
    /// A description of the implementation.
    pub description: &'static str,
    /// The capabilities.
    pub capabilities: &'static [Capability],
    /// The cases that are skipped nevertheless.
    pub exceptions: &'static [Exception],
}

/// Cases to skip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exception {
    /// The prefixes of the IDs of the cases.
    pub cases: &'static [&'static str],
    /// The role for which to skip, or `None` for both.
    pub role: Option<Role>,
    /// The reason.
    pub why: &'static str,
}

impl Profile {
    /// Everything in the specification, as implemented by brocomm.
    pub const FULL: Profile = Profile {
        name: "full",
        description: "everything in the specification",
        capabilities: Capability::ALL,
        exceptions: &[],
    };

    /// Bro 2.5.5, except for its deviations (part 5).
    pub const BRO: Profile = Profile {
        name: "bro",
        description: "Bro 2.5.5, except for its deviations (part 5) and what must not be sent to it",
        capabilities: &[
            Capability::Classes,
            Capability::Cache,
            Capability::NewCache,
            Capability::PartialChunks,
            Capability::Decompression,
            Capability::Compression,
            Capability::CaptureFilter,
            Capability::Logs,
            Capability::Print,
            Capability::Sync,
            Capability::UnknownPorts,
            Capability::Containers,
            Capability::Opaque,
            Capability::Functions,
        ],
        exceptions: BRO_EXCEPTIONS,
    };

    /// A client without a cache, compression and synchronized state.
    pub const BROCCOLI: Profile = Profile {
        name: "broccoli",
        description: "a client without a cache, compression and synchronized state, like Broccoli",
        capabilities: &[Capability::UnknownPorts, Capability::Oddities],
        exceptions: &[],
    };

    /// A program that uses Broccoli's library.
    pub const LIBBROCCOLI: Profile = Profile {
        name: "libbroccoli",
        description: "a client with Broccoli's library, except for its deviations (part 5)",
        capabilities: &[Capability::Oddities],
        exceptions: LIBBROCCOLI_EXCEPTIONS,
    };

    /// All profiles.
    pub const ALL: &'static [&'static Profile] =
        &[&Profile::FULL, &Profile::BRO, &Profile::BROCCOLI, &Profile::LIBBROCCOLI];

    /// Returns the profile of this name.
    pub fn by_name(name: &str) -> Option<&'static Profile> {
        Profile::ALL.iter().copied().find(|profile| profile.name == name)
    }

    /// Returns why a case is skipped, if it is.
    pub fn leaves_out(&self, case: &Case, role: Role) -> Option<String> {
        if let Some(lacks) = case.needs.iter().find(|need| !self.capabilities.contains(need)) {
            return Some(format!("profile {}: no {lacks}", self.name));
        }
        let applies = |exception: &&Exception| {
            exception.cases.iter().any(|prefix| is_within(prefix, case))
                && exception.role.is_none_or(|only| only == role)
        };
        let exception = self.exceptions.iter().find(applies)?;
        Some(format!("profile {}: {}", self.name, exception.why))
    }
}

/// Deviations of Bro 2.5.5 (part 5), and what must not be sent to it.
const BRO_EXCEPTIONS: &[Exception] = &[
    Exception {
        cases: &[
            "1.1/31", "2/", "2§1/2", "2§1/3", "2§1/4", "2§2/2", "2§6/28", "2§9/32", "2§9/36",
            "2§12/1", "2§12/2", "2§12/3", "2§12/4", "3§1/20", "3§1/21", "3§2/20", "3§2/21",
            "3§2/23", "3§2/24", "3§2/25", "3§2/26",
        ],
        role: None,
        why: "not run against a Bro",
    },
    Exception { cases: &["1.1/2", "1.1/3", "1.2/5"], role: None, why: "Bro skips an empty chunk" },
    Exception {
        cases: &["1.1/4", "1.2/7"],
        role: None,
        why: "Bro does not close a connection for the length of a chunk",
    },
    Exception {
        cases: &["1.4/4", "1.4/5"],
        role: None,
        why: "Bro treats a header of any length as one of 8 bytes",
    },
    Exception {
        cases: &["1.4/7"],
        role: None,
        why: "Bro sends uninitialised memory as the padding of its headers",
    },
    Exception {
        cases: &["1.5/20", "1.5/21", "1.5/22", "1.5/23", "1.5/25", "1.5/27"],
        role: None,
        why: "Bro does not close a connection for a chunk that does not inflate",
    },
    Exception {
        cases: &["2.1/2", "2.5/1", "2.9/1", "2.11/2"],
        role: None,
        why: "Bro does not close a connection for an argument that is too short",
    },
    Exception {
        cases: &["2.3/4"],
        role: None,
        why: "Bro sends an event twice if it was requested twice",
    },
    Exception {
        cases: &["3.7/2", "3.7/3", "3.7/4"],
        role: None,
        why: "Bro returns to Handshake on a second VERSION",
    },
    Exception {
        cases: &["3.7/37", "3.7/38"],
        role: None,
        why: "Bro's I/O process accepts COMPRESS in every phase",
    },
    Exception { cases: &["2§5/5"], role: None, why: "Bro keeps the first object with an ID" },
    Exception { cases: &["2§6/51"], role: None, why: "Bro keeps a duplicate element once" },
    Exception { cases: &["2§9/34"], role: None, why: "Bro assigns a value of any type" },
    Exception { cases: &["2.12/3"], role: None, why: "Bro sends prints in batches of 10 KiB" },
    Exception {
        cases: &["3§2/2"],
        role: None,
        why: "Bro sends buffered entries only with a later one",
    },
    Exception {
        cases: &["3§2/22"],
        role: None,
        why: "Bro drops an entry with a port of an unknown protocol, and stays",
    },
];

/// Deviations of Broccoli's library (part 5).
const LIBBROCCOLI_EXCEPTIONS: &[Exception] = &[
    Exception {
        cases: &[
            "1.1/2", "1.1/3", "1.1/4", "1.4/4", "1.4/5", "2/", "2.1/2", "2.5/1", "2.9/1", "2.11/2",
            "3.7/2", "3.7/4", "3.7/5", "3.7/9", "3.7/13", "3.7/17", "3.7/21", "3.7/24", "3.7/25",
            "3.7/29", "3.7/33", "3.7/37", "3.7/41", "3.7/45", "3.7/49", "3.7/53", "3.7/57", "5/20",
            "5/21", "5/22", "2§1/1", "2§1/2", "2§2/1", "2§2/2", "2§3/1", "2§3/2", "2§3/3", "2§4/1",
            "2§12/1",
        ],
        role: None,
        why: "Broccoli does not close a connection for what it receives",
    },
    Exception {
        cases: &["2§1/3", "2§1/4"], role: None, why: "not run against Broccoli's library"
    },
    Exception { cases: &["2§6/15"], role: None, why: "Broccoli has no patterns" },
    Exception {
        cases: &["2§6/16"],
        role: None,
        why: "Broccoli does not pass the type of an enum to programs",
    },
    Exception {
        cases: &["2§6/31"],
        role: None,
        why: "Broccoli cannot send a record with a field that is not set",
    },
    Exception { cases: &["2.3/30"], role: None, why: "not run against Broccoli's library" },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::cases;

    #[test]
    fn exceptions_name_existing_cases() {
        let cases = cases();
        for profile in Profile::ALL {
            let prefixes = profile.exceptions.iter().flat_map(|exception| exception.cases);
            for prefix in prefixes {
                assert!(cases.iter().any(|case| is_within(prefix, case)), "{prefix}");
            }
        }
    }
}
