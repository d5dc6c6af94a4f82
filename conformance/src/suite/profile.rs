//! What kinds of implementations are capable of.

use super::selection::is_within;
use super::{Capability, Case, Role};

/// Says what a kind of implementation is capable of, and what it is known not to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The profile's name on the command line.
    pub name: &'static str,
    /// What kind of implementation it is.
    pub description: &'static str,
    /// What it is capable of.
    pub capabilities: &'static [Capability],
    /// The cases that are left out all the same.
    pub exceptions: &'static [Exception],
}

/// Leaves cases out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception {
    /// The beginning of the ids of the cases.
    pub cases: &'static str,
    /// Only in this role; `None` for both.
    pub role: Option<Role>,
    /// Why.
    pub why: &'static str,
}

impl Profile {
    /// Everything that the specification has: this project's own node.
    pub const FULL: Profile = Profile {
        name: "full",
        description: "everything that the specification has",
        capabilities: Capability::ALL,
        exceptions: &[],
    };

    /// Bro 2.5.5, whose faults are in part 5.
    pub const BRO: Profile = Profile {
        name: "bro",
        description: "Bro 2.5.5, but for what is known to end it (part 5)",
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
            Capability::Containers,
            Capability::Opaque,
            Capability::Functions,
        ],
        exceptions: BRO_EXCEPTIONS,
    };

    /// A client that caches nothing, compresses nothing and has no state in common with others.
    pub const BROCCOLI: Profile = Profile {
        name: "broccoli",
        description: "a client that never caches, compresses or synchronises, as Broccoli",
        capabilities: &[],
        exceptions: &[],
    };

    /// All profiles.
    pub const ALL: [&Profile; 3] = [&Profile::FULL, &Profile::BRO, &Profile::BROCCOLI];

    /// Returns the profile of this name.
    pub fn by_name(name: &str) -> Option<&'static Profile> {
        Profile::ALL.into_iter().find(|profile| profile.name == name)
    }

    /// Says why a case is left out; `None` if it isn't.
    pub fn leaves_out(&self, case: &Case, role: Role) -> Option<String> {
        if let Some(lacks) = case.needs.iter().find(|need| !self.capabilities.contains(need)) {
            return Some(format!("profile {}: no {lacks}", self.name));
        }
        let applies = |exception: &&Exception| {
            is_within(exception.cases, case) && exception.role.is_none_or(|only| only == role)
        };
        let exception = self.exceptions.iter().find(applies)?;
        Some(format!("profile {}: {}", self.name, exception.why))
    }
}

/// What ends a Bro 2.5.5, or what it does otherwise (part 5).
const BRO_EXCEPTIONS: &[Exception] = &[];
