//! One case of the suite.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::{Capability, Entry, Outcome, Role, Trial};

/// Numbers a case after the section that it tests: `1.5/3` is the third of §1.5, `2§5/1` the first
/// of part 2 section 5.
///
/// Numbers are kept: a case that is taken out leaves a gap. They are in the order of the sections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CaseId(Box<str>);

impl CaseId {
    /// Returns the section, as the specification numbers it: `1.5`, `2§5`.
    pub fn section(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(section, _)| section)
    }

    /// Returns the part of the specification, from 1.
    pub fn part(&self) -> u32 {
        let (part, _) = self.0.split_once('§').unwrap_or(("1", ""));
        part.parse().unwrap_or(0)
    }

    /// Returns the section as the specification is cited: `§1.5`, `2§5`.
    pub fn cited_section(&self) -> String {
        let section = self.section();
        if section.contains('§') { section.to_owned() } else { format!("§{section}") }
    }

    /// Returns what sorts cases as the specification has its sections: the part, the section, and
    /// the case's number.
    fn order(&self) -> (u32, Vec<u32>, u32) {
        let (section, number) = self.0.rsplit_once('/').unwrap_or((&self.0, ""));
        let section = section.split_once('§').map_or(section, |(_, section)| section);
        let section = section.split('.').filter_map(|number| number.parse().ok()).collect();
        (self.part(), section, number.parse().unwrap_or(0))
    }
}

impl Ord for CaseId {
    fn cmp(&self, other: &CaseId) -> Ordering {
        self.order().cmp(&other.order()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for CaseId {
    fn partial_cmp(&self, other: &CaseId) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<&str> for CaseId {
    /// Takes `2:5/1` for `2§5/1`, which is easier to type.
    fn from(id: &str) -> CaseId {
        CaseId(id.replace(':', "§").into())
    }
}

impl Deref for CaseId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Says what it means when a case fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// The implementation does not speak the protocol: peers that do will not work with it.
    Must,
    /// The implementation speaks the protocol, but is fragile, wasteful or hard to work with.
    Should,
    /// Bro takes what is sent, though no peer should send it; an implementation may refuse it.
    Tolerated,
}

impl Level {
    /// All levels, the strictest first.
    pub const ALL: &'static [Level] = &[Level::Must, Level::Should, Level::Tolerated];

    /// Returns the level's name in reports and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Level::Must => "must",
            Level::Should => "should",
            Level::Tolerated => "tolerated",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a case does.
type Script = dyn Fn(&mut Trial<'_>) -> Outcome + Send + Sync;

/// Is one case of the suite: what is sent, and what must come of it.
#[derive(Clone)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// What it means if the case fails.
    pub level: Level,
    /// What is tested, as a sentence that is true of an implementation that passes.
    pub title: Box<str>,
    /// What is sent, what must happen, and why.
    pub description: Box<str>,
    /// The role of the implementation that is tested; `None` for both.
    pub role: Option<Role>,
    /// Which of its nodes the implementation has to apply to the connection.
    pub entry: Entry,
    /// What the implementation has to be capable of.
    pub needs: Vec<Capability>,
    script: Arc<Script>,
}

impl Case {
    /// Makes a case that every implementation has to pass.
    pub(crate) fn must(
        id: &str,
        title: impl Into<Box<str>>,
        description: impl Into<Box<str>>,
        script: impl Fn(&mut Trial<'_>) -> Outcome + Send + Sync + 'static,
    ) -> Case {
        Case {
            id: id.into(),
            level: Level::Must,
            title: title.into(),
            description: description.into(),
            role: None,
            entry: Entry::Plain,
            needs: Vec::new(),
            script: Arc::new(script),
        }
    }

    /// Makes a case that a good implementation passes.
    pub(crate) fn should(
        id: &str,
        title: impl Into<Box<str>>,
        description: impl Into<Box<str>>,
        script: impl Fn(&mut Trial<'_>) -> Outcome + Send + Sync + 'static,
    ) -> Case {
        Case { level: Level::Should, ..Case::must(id, title, description, script) }
    }

    /// Makes a case of something that Bro tolerates.
    pub(crate) fn tolerated(
        id: &str,
        title: impl Into<Box<str>>,
        description: impl Into<Box<str>>,
        script: impl Fn(&mut Trial<'_>) -> Outcome + Send + Sync + 'static,
    ) -> Case {
        Case { level: Level::Tolerated, ..Case::must(id, title, description, script) }
    }

    /// Says that the case is only for implementations in this role.
    #[must_use]
    pub(crate) fn only(mut self, role: Role) -> Case {
        self.role = Some(role);
        self
    }

    /// Says which node of the implementation has to apply, and that it has to be capable of it.
    #[must_use]
    pub(crate) fn entry(mut self, entry: Entry) -> Case {
        self.entry = entry;
        match entry.capability() {
            Some(capability) => self.needs(capability),
            None => self,
        }
    }

    /// Says what else the implementation has to be capable of.
    #[must_use]
    pub(crate) fn needs(mut self, capability: Capability) -> Case {
        if !self.needs.contains(&capability) {
            self.needs.push(capability);
        }
        self
    }

    /// Carries the case out.
    pub(super) fn carry_out(&self, trial: &mut Trial<'_>) -> Outcome {
        (self.script)(trial)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("id", &self.id)
            .field("level", &self.level)
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_their_section_and_sort_by_it() {
        let id = CaseId::from("2:5/1");
        assert_eq!((id.section(), id.part(), &*id), ("2§5", 2, "2§5/1"));
        let id = CaseId::from("1.5/3");
        assert_eq!((id.section(), id.part()), ("1.5", 1));
        let mut ids = [
            "2§1/1", "3.2/2", "2.10/1", "2/20", "2.9/11", "2/1", "2.9/2", "1.1/1", "10/1", "2§10/1",
        ]
        .map(CaseId::from);
        ids.sort();
        assert_eq!(
            ids.each_ref().map(|id| &**id),
            [
                "1.1/1", "2/1", "2/20", "2.9/2", "2.9/11", "2.10/1", "3.2/2", "10/1", "2§1/1",
                "2§10/1"
            ]
        );
    }
}
