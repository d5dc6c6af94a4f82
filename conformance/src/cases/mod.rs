//! The cases, by topic.
//!
//! Each module has the cases of one chapter or section of the specification.

mod authority;
mod caches;
mod calls;
mod capture_filter;
mod class;
mod compression;
mod framing;
mod handshake;
mod hostile;
mod ignored;
pub(crate) mod logs;
mod phases;
mod raw;
mod requests;
mod splits;
pub(crate) mod state;
mod timing;
mod values;

use crate::suite::Case;

/// Returns all cases, in the order of the sections that they test.
pub fn cases() -> Vec<Case> {
    let modules = [
        authority::cases(),
        calls::cases(),
        caches::cases(),
        capture_filter::cases(),
        class::cases(),
        compression::cases(),
        framing::cases(),
        handshake::cases(),
        hostile::cases(),
        ignored::cases(),
        logs::cases(),
        phases::cases(),
        requests::cases(),
        splits::cases(),
        state::cases(),
        timing::cases(),
        values::cases(),
    ];
    let mut cases: Vec<Case> = modules.into_iter().flatten().collect();
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    cases
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::suite::section_title;

    #[test]
    fn each_case_has_a_unique_number() {
        let mut seen = BTreeSet::new();
        for case in cases() {
            assert!(seen.insert(case.id.to_string()), "{} exists twice", case.id);
            let (_, number) = case.id.rsplit_once('/').expect("it has a number");
            assert!(number.parse::<u32>().is_ok_and(|number| number > 0), "{}", case.id);
        }
    }

    #[test]
    fn each_case_tests_an_existing_section() {
        for case in cases() {
            let found = section_title(case.id.section()).is_some();
            assert!(found, "{}: there is no such section", case.id);
        }
    }

    #[test]
    fn each_case_has_a_title_and_a_description() {
        for case in cases() {
            assert!(case.title.len() > 10 && !case.title.ends_with('.'), "{}: title", case.id);
            assert!(case.description.ends_with('.'), "{}: description", case.id);
        }
    }
}
