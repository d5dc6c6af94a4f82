//! Profiles of implementations.

use super::selection::is_within;
use brocomm::lowlevel::wire::DataFormat;

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
    /// The profile whose exceptions also apply.
    pub like: Option<&'static Profile>,
    /// The data format in which the suite tests it (2§13).
    pub data_format: DataFormat,
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
        like: None,
        data_format: DataFormat::V26,
    };

    /// Bro 2.5.5, except for its deviations (part 5).
    pub const BRO: Profile = Profile {
        name: "bro",
        description: "Bro 2.5.5, except for its deviations (part 5) and what must not be sent to it",
        capabilities: BRO_CAPABILITIES,
        exceptions: BRO_EXCEPTIONS,
        like: None,
        data_format: DataFormat::V26,
    };

    /// Bro 2.4.
    pub const BRO_2_4: Profile = Profile {
        name: "bro-2.4",
        description: "Bro 2.4, as Bro 2.5.5 in data format 25 (2.4.2 was tried)",
        data_format: DataFormat::V25,
        exceptions: &[],
        like: Some(&Profile::BRO),
        ..Profile::BRO
    };

    /// Bro 2.3.
    pub const BRO_2_3: Profile = Profile {
        name: "bro-2.3",
        description: "Bro 2.3, as Bro 2.4 (none was tried)",
        exceptions: &[],
        like: Some(&Profile::BRO_2_4),
        ..Profile::BRO_2_4
    };

    /// Bro 2.2.
    pub const BRO_2_2: Profile = Profile {
        name: "bro-2.2",
        description: "Bro 2.2, as Bro 2.3 in data format 23 (none was tried)",
        data_format: DataFormat::V23,
        like: Some(&Profile::BRO_2_3),
        ..Profile::BRO_2_3
    };

    /// Bro 2.1.
    pub const BRO_2_1: Profile = Profile {
        name: "bro-2.1",
        description: "Bro 2.1, as Bro 2.2 in data format 22, without opaque values (2.1 was tried)",
        capabilities: without_opaque_values(),
        data_format: DataFormat::V22,
        exceptions: &[],
        like: Some(&Profile::BRO_2_2),
    };

    /// Bro 2.0, built without IPv6.
    pub const BRO_2_0: Profile = Profile {
        name: "bro-2.0",
        description: "Bro 2.0 as it is usually built, as Bro 2.1 in data format 21, without IPv6 (none was tried)",
        data_format: DataFormat::V21,
        exceptions: &[],
        like: Some(&Profile::BRO_2_1),
        ..Profile::BRO_2_1
    };

    /// A client without a cache, compression and synchronized state.
    pub const BROCCOLI: Profile = Profile {
        name: "broccoli",
        description: "a client without a cache, compression and synchronized state, like Broccoli",
        capabilities: &[Capability::UnknownPorts, Capability::Oddities],
        exceptions: &[],
        like: None,
        data_format: DataFormat::V26,
    };

    /// A program that uses Broccoli's library.
    pub const LIBBROCCOLI: Profile = Profile {
        name: "libbroccoli",
        description: "a client with Broccoli's library, except for its deviations (part 5)",
        capabilities: &[Capability::Oddities],
        exceptions: LIBBROCCOLI_EXCEPTIONS,
        like: None,
        data_format: DataFormat::V26,
    };

    /// All profiles.
    pub const ALL: &'static [&'static Profile] = &[
        &Profile::FULL,
        &Profile::BRO,
        &Profile::BRO_2_4,
        &Profile::BRO_2_3,
        &Profile::BRO_2_2,
        &Profile::BRO_2_1,
        &Profile::BRO_2_0,
        &Profile::BROCCOLI,
        &Profile::LIBBROCCOLI,
    ];

    /// Returns the profile of this name.
    pub fn by_name(name: &str) -> Option<&'static Profile> {
        Profile::ALL.iter().copied().find(|profile| profile.name == name)
    }

    /// Returns why a case is skipped, if it is.
    pub fn leaves_out(&self, case: &Case, role: Role) -> Option<String> {
        if let Some(lacks) = case.needs.iter().find(|need| !self.capabilities.contains(need)) {
            return Some(format!("profile {}: no {lacks}", self.name));
        }
        if self.data_format < case.since {
            let (ours, since) = (self.data_format, case.since);
            return Some(format!("data format {ours}: must be at least {since}"));
        }
        let applies = |exception: &Exception| {
            exception.cases.iter().any(|prefix| is_within(prefix, case))
                && exception.role.is_none_or(|only| only == role)
        };
        let exception = self.all_exceptions().find(|exception| applies(exception))?;
        Some(format!("profile {}: {}", self.name, exception.why))
    }

    /// Returns the exceptions of this profile and of those that it is like.
    pub fn all_exceptions(&self) -> impl Iterator<Item = &Exception> {
        std::iter::successors(Some(self), |profile| profile.like).flat_map(|p| p.exceptions)
    }
}

/// What a Bro is capable of.
const BRO_CAPABILITIES: &[Capability] = &[
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
    Capability::Functions,
    // Must be last: `without_opaque_values` removes it.
    Capability::Opaque,
];

const fn without_opaque_values() -> &'static [Capability] {
    match BRO_CAPABILITIES {
        [older @ .., Capability::Opaque] => older,
        all => all,
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
        why: "Bro sends uninitialized memory as the padding of its headers",
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

    #[test]
    fn profiles_of_releases_are_tested_for_what_those_have() {
        let case = |id: &str| cases().into_iter().find(|case| &*case.id == id).unwrap();
        let [ipv6, ignored] = ["2§6/10", "2.1/80"].map(case);
        for (name, format, has_opaque_values, has_ipv6) in [
            ("bro", 26, true, true),
            ("bro-2.4", 25, true, true),
            ("bro-2.3", 25, true, true),
            ("bro-2.2", 23, true, true),
            ("bro-2.1", 22, false, true),
            ("bro-2.0", 21, false, false),
        ] {
            let profile = Profile::by_name(name).unwrap();
            assert_eq!(profile.data_format.number(), format, "{name}");
            let can = profile.capabilities.contains(&Capability::Opaque);
            assert_eq!(can, has_opaque_values, "{name}");
            let is_run = |case| profile.leaves_out(case, Role::Listens).is_none();
            assert_eq!(is_run(&ipv6), has_ipv6, "{name}");
            assert_eq!(is_run(&ignored), format == 26, "{name}");
            // An older release has the deviations of a newer one, too.
            let all = profile.all_exceptions().count();
            assert!(all >= Profile::BRO.exceptions.len(), "{name}");
        }
    }
}
