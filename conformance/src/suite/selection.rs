//! The selection of cases.

use brocomm::lowlevel::wire::Framing;

use super::{Capability, Case, Implementation, Level, Profile, Report, Role, Settings};

/// Which cases to run.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The prefixes of the IDs of cases to run, such as `1.5` or `2§6/3`. Empty for all.
    pub only: Vec<String>,
    /// The prefixes of the IDs of cases to skip.
    pub skip: Vec<String>,
    /// The levels of cases to run. Empty for all.
    pub levels: Vec<Level>,
    /// The profile of the implementation.
    pub profile: Profile,
    /// Further capabilities that it lacks.
    pub without: Vec<Capability>,
}

impl Default for Selection {
    /// All cases, for an implementation with all capabilities.
    fn default() -> Selection {
        Selection {
            only: vec![],
            skip: vec![],
            levels: vec![],
            profile: Profile::FULL,
            without: vec![],
        }
    }
}

impl Selection {
    /// Runs a case against an implementation as [`run`](super::run()) does, unless it is
    /// [skipped](Self::leaves_out).
    pub fn run(
        &self,
        case: &Case,
        implementation: &mut dyn Implementation,
        settings: &Settings,
    ) -> Report {
        let role = implementation.role();
        match self.leaves_out(case, role, implementation.framing()) {
            Some(why) => Report::skipped(case, role, why),
            None => {
                let case = case.clone().in_data_format(self.profile.data_format);
                super::run(&case, implementation, settings)
            }
        }
    }

    /// Returns whether a case is selected. Others are not reported.
    pub fn wants(&self, case: &Case) -> bool {
        (self.only.is_empty() || self.only.iter().any(|prefix| is_within(prefix, case)))
            && (self.levels.is_empty() || self.levels.contains(&case.level))
    }

    /// Returns why a selected case is skipped, if it is.
    pub fn leaves_out(&self, case: &Case, role: Role, framing: Framing) -> Option<String> {
        if let Some(only) = case.role
            && only != role
        {
            return Some(format!("only for an implementation that {only}"));
        }
        match framing {
            Framing::Clear if case.needs.contains(&Capability::Tls) => {
                return Some("only over TLS".to_owned());
            }
            Framing::Tls if case.needs.contains(&Capability::PartialChunks) => {
                return Some("over TLS there are no partial chunks".to_owned());
            }
            _ => {}
        }
        if self.skip.iter().any(|prefix| is_within(prefix, case)) {
            return Some("skipped on the command line".to_owned());
        }
        if let Some(lacks) = case.needs.iter().find(|need| self.without.contains(need)) {
            return Some(format!("without {lacks}, by the command line"));
        }
        self.profile.leaves_out(case, role)
    }
}

/// Returns whether a case has this ID, or is in this section or a subsection.
pub(super) fn is_within(prefix: &str, case: &Case) -> bool {
    let prefix = prefix.replace(':', "§");
    let prefix = prefix.strip_suffix('*').unwrap_or(&prefix);
    case.id.strip_prefix(prefix).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(['.', '/']) || prefix.ends_with(['.', '/', '§'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_matches_whole_sections() {
        let case = |id| Case::must(id, "", "", |_| Ok(()));
        for (prefix, id, within) in [
            ("1.1", "1.1/3", true),
            ("1.1", "1.10/3", false),
            ("1", "1.10/3", true),
            ("1.1/3", "1.1/3", true),
            ("1.1/3", "1.1/31", false),
            ("2", "2§1/3", false),
            ("2:1", "2§1/3", true),
            ("2:1", "2§10/3", false),
            ("2§", "2§10/3", true),
        ] {
            assert_eq!(is_within(prefix, &case(id)), within, "{prefix} {id}");
        }
    }
}
