//! A case of the suite.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use brocomm::lowlevel::wire::DataFormat;

use super::{Capability, Entry, Outcome, Role, Trial};

/// The number of a case, with the section that it tests: `1.5/3` is the third case of §1.5, `2§5/1`
/// the first of part 2 section 5.
///
/// Numbers are stable: a removed case leaves a gap. They sort in the order of the sections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CaseId(Box<str>);

impl CaseId {
    /// Returns the number of the section: `1.5`, `2§5`.
    pub fn section(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(section, _)| section)
    }

    /// Returns the part of the specification, from 1.
    pub fn part(&self) -> u32 {
        let (part, _) = self.0.split_once('§').unwrap_or(("1", ""));
        part.parse().unwrap_or(0)
    }

    /// Returns the citation of the section: `§1.5`, `2§5`.
    pub fn cited_section(&self) -> String {
        let section = self.section();
        if section.contains('§') { section.to_owned() } else { format!("§{section}") }
    }

    /// Returns the sort key in the order of the specification: the part, the section, and the
    /// case's number.
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
    /// Accepts `2:5/1` for `2§5/1`, since it is easier to type.
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

/// What the failure of a case means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// The implementation violates the protocol: other peers will not work with it.
    Must,
    /// The implementation follows the protocol, but is fragile, wasteful or hard to work with.
    Should,
    /// Bro accepts what is sent although no peer should send it. An implementation may refuse it.
    Tolerated,
}

impl Level {
    /// All levels, strictest first.
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

/// The function of a case.
type Script = dyn Fn(&mut Trial<'_>) -> Outcome + Send + Sync;

/// A case of the suite: what is sent, and what must happen.
#[derive(Clone)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// What a failure means.
    pub level: Level,
    /// What is tested, as a statement that is true for an implementation that passes.
    pub title: Box<str>,
    /// What is sent, what must happen, and why.
    pub description: Box<str>,
    /// The role of the tested implementation, or `None` for both.
    pub role: Option<Role>,
    /// The peer entry that the implementation must apply to the connection.
    pub entry: Entry,
    /// The capabilities that the implementation needs.
    pub needs: Vec<Capability>,
    /// The data format that the suite announces (2§13), unless the case is about that number.
    pub data_format: DataFormat,
    /// The oldest data format in which the case can be run.
    pub since: DataFormat,
    script: Arc<Script>,
}

impl Case {
    /// Creates a case that every implementation must pass.
    pub(crate) fn must(
        id: &str,
        title: impl Into<Box<str>>,
        description: impl Into<Box<str>>,
        script: impl Fn(&mut Trial<'_>) -> Outcome + Send + Sync + 'static,
    ) -> Case {
        Case::new(Level::Must, id, title.into(), description.into(), Arc::new(script))
    }

    /// Creates a case that a good implementation passes.
    pub(crate) fn should(
        id: &str,
        title: impl Into<Box<str>>,
        description: impl Into<Box<str>>,
        script: impl Fn(&mut Trial<'_>) -> Outcome + Send + Sync + 'static,
    ) -> Case {
        Case::new(Level::Should, id, title.into(), description.into(), Arc::new(script))
    }

    /// Creates a case about something that Bro tolerates.
    pub(crate) fn tolerated(
        id: &str,
        title: impl Into<Box<str>>,
        description: impl Into<Box<str>>,
        script: impl Fn(&mut Trial<'_>) -> Outcome + Send + Sync + 'static,
    ) -> Case {
        Case::new(Level::Tolerated, id, title.into(), description.into(), Arc::new(script))
    }

    /// The part that does not depend on the type of the script, which differs for each case.
    fn new(
        level: Level,
        id: &str,
        title: Box<str>,
        description: Box<str>,
        script: Arc<Script>,
    ) -> Case {
        Case {
            id: id.into(),
            level,
            title,
            description,
            role: None,
            entry: Entry::Plain,
            needs: Vec::new(),
            data_format: DataFormat::V26,
            since: DataFormat::V21,
            script,
        }
    }

    /// Restricts the case to implementations in this role.
    #[must_use]
    pub(crate) fn only(mut self, role: Role) -> Case {
        self.role = Some(role);
        self
    }

    /// Sets the peer entry that must apply, with the capability that it needs.
    #[must_use]
    pub(crate) fn entry(mut self, entry: Entry) -> Case {
        self.entry = entry;
        match entry.capability() {
            Some(capability) => self.needs(capability),
            None => self,
        }
    }

    /// Adds a capability that the implementation needs.
    #[must_use]
    pub(crate) fn needs(mut self, capability: Capability) -> Case {
        if !self.needs.contains(&capability) {
            self.needs.push(capability);
        }
        self
    }

    /// Restricts the case to this data format and newer ones.
    #[must_use]
    pub(crate) fn since(self, since: DataFormat) -> Case {
        Case { since, ..self }
    }

    /// Sets the data format that the suite announces.
    #[must_use]
    pub(crate) fn in_data_format(self, data_format: DataFormat) -> Case {
        Case { data_format, ..self }
    }

    /// Runs the case.
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
    fn ids_have_a_section_and_sort_by_it() {
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
