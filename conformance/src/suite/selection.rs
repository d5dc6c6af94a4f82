//! Which cases are carried out.

use brocomm::lowlevel::wire::Framing;

use super::{Capability, Case, Implementation, Level, Profile, Report, Role, Settings};

/// Says which cases are carried out, and why others are not.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The beginnings of the ids of cases to carry out, such as `1.5` or `2§6/3`; none for all.
    pub only: Vec<String>,
    /// The beginnings of the ids of cases to leave out.
    pub skip: Vec<String>,
    /// The levels of cases to carry out; none for all.
    pub levels: Vec<Level>,
    /// What the implementation is capable of.
    pub profile: Profile,
    /// What it is not capable of, besides.
    pub without: Vec<Capability>,
}

impl Default for Selection {
    /// All cases, for an implementation that is capable of everything.
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
    /// Carries a case out against an implementation as [`run`](super::run()) does, unless it is
    /// [left out](Self::leaves_out): then the report says why.
    pub fn run(
        &self,
        case: &Case,
        implementation: &mut dyn Implementation,
        settings: &Settings,
    ) -> Report {
        let role = implementation.role();
        match self.leaves_out(case, role, implementation.framing()) {
            Some(why) => Report::skipped(case, role, why),
            None => super::run(case, implementation, settings),
        }
    }

    /// Returns whether somebody wants to know of a case: the others are not even reported.
    pub fn wants(&self, case: &Case) -> bool {
        (self.only.is_empty() || self.only.iter().any(|prefix| is_within(prefix, case)))
            && (self.levels.is_empty() || self.levels.contains(&case.level))
    }

    /// Says why a case is not carried out; `None` if it is.
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
            return Some("left out on the command line".to_owned());
        }
        if let Some(lacks) = case.needs.iter().find(|need| self.without.contains(need)) {
            return Some(format!("without {lacks}, as the command line says"));
        }
        self.profile.leaves_out(case, role)
    }
}

/// Returns whether a case is the one of this id, or in this section or one within.
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
    fn a_prefix_ends_where_a_section_does() {
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
