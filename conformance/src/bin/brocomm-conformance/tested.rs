//! The results for one implementation, for all kinds of reports.

use brocomm_conformance::suite::{CaseId, Report, Role, section_title};

/// The verdicts, worst first.
pub(crate) const VERDICTS: [&str; 4] = ["failed", "inconclusive", "passed", "skipped"];

/// The results of all cases for one implementation.
pub(crate) struct Tested {
    /// The name without the role.
    pub(crate) what: String,
    /// Its role.
    pub(crate) role: Role,
    /// The reports in the order of the sections.
    pub(crate) reports: Vec<Report>,
}

impl Tested {
    /// Returns the name with the role.
    pub(crate) fn name(&self) -> String {
        format!("{}, {}", self.what, self.role)
    }

    /// Returns the reports of each section.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &[Report]> {
        self.reports.chunk_by(|a, b| a.case.id.section() == b.case.id.section())
    }

    /// Returns the reports of a case's section.
    pub(crate) fn section(&self, id: &CaseId) -> &[Report] {
        let of = |reports: &&[Report]| {
            reports.first().is_some_and(|report| report.case.id.section() == id.section())
        };
        self.sections().find(of).unwrap_or_default()
    }
}

/// Returns the names of all implementations.
pub(crate) fn names(all: &[Tested]) -> Vec<String> {
    all.iter().map(Tested::name).collect()
}

/// Returns the number and the title of a case's section.
pub(crate) fn section(id: &CaseId) -> String {
    let title = section_title(id.section()).unwrap_or_default();
    format!("{} {title}", id.cited_section())
}

/// Counts the reports with this verdict.
pub(crate) fn count<'a>(reports: impl IntoIterator<Item = &'a Report>, verdict: &str) -> usize {
    reports.into_iter().filter(|report| report.verdict.name() == verdict).count()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use brocomm_conformance::suite::{Verdict, cases};

    use super::*;
    use crate::{html, json, junit};

    /// Returns results for two implementations in both roles, some of them not passed.
    fn all() -> Vec<Tested> {
        let verdict = |at: usize| match at % 7 {
            0 => Verdict::Failed("<b>bold</b> & \"quoted\"".to_owned()),
            1 => Verdict::Inconclusive("no connection".to_owned()),
            2 => Verdict::Skipped("no containers".to_owned()),
            _ => Verdict::Passed,
        };
        let tested = |(what, role): (&str, Role)| {
            let reports = cases().into_iter().enumerate().map(|(at, case)| {
                let mut report = Report::skipped(&case, role, "");
                report.verdict = verdict(at + what.len());
                report
            });
            Tested { what: what.to_owned(), role, reports: reports.collect() }
        };
        let roles = |what| Role::BOTH.map(|role| tested((what, role)));
        roles("this").into_iter().chain(roles("another")).collect()
    }

    /// Returns all substrings between two texts.
    fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
        text.split(before).skip(1).filter_map(|rest| Some(rest.split_once(after)?.0)).collect()
    }

    #[test]
    fn the_page_has_one_row_for_each_section_in_the_order_of_the_specification() {
        let all = all();
        let page = html::page(&all, Duration::from_secs(1));
        let mut sections: Vec<_> =
            cases().iter().map(|case| case.id.section().to_owned()).collect();
        sections.dedup();
        assert!(sections.windows(2).any(|pair| pair == ["2", "2.1"]), "{sections:?}");
        assert_eq!(between(&page, "<tr data-section=\"", "\""), sections);
        for row in between(&page, "<tr data-section=", "</tr>") {
            assert_eq!(row.matches("<td").count(), all.len(), "{row}");
        }
        for case in cases() {
            assert!(page.contains(&section(&case.id)), "{}", case.id);
            let rows = page.matches(&format!("<code>{}</code>", case.id)).count();
            // The case is in the table, and among the failures if it failed.
            assert!((1..=2).contains(&rows), "{} occurs {rows} times", case.id);
        }
        assert!(!page.contains("<b>bold") && page.contains("&lt;b&gt;bold"));
        // The page fetches nothing.
        assert!(!page.contains("://") && !page.contains("src="));
    }

    #[test]
    fn all_reports_have_the_same_results() {
        let all = all();
        let (page, xml) = (html::page(&all, Duration::from_secs(1)), junit::reports(&all));
        let json = json::reports(&all);
        let cases = json["cases"].as_array().unwrap();
        assert_eq!(cases.len(), all.iter().map(|tested| tested.reports.len()).sum::<usize>());
        assert_eq!(between(&xml, "<testcase ", ">").len(), cases.len());
        assert_eq!(json["implementations"].as_array().unwrap().len(), all.len());
        for (verdict, attribute) in
            [("failed", "failures"), ("inconclusive", "errors"), ("skipped", "skipped")]
        {
            let number = cases.iter().filter(|case| case["verdict"] == verdict).count();
            assert!(number > 0, "{verdict}");
            let counts: Vec<usize> = between(&xml, &format!(" {attribute}=\""), "\"")
                .into_iter()
                .map(|count| count.parse().unwrap())
                .collect();
            // The first count is that of all suites.
            assert_eq!((counts[0], counts[1..].iter().sum()), (number, number), "{attribute}");
            assert!(page.contains(&format!("<strong>{number}</strong> {verdict}")), "{verdict}");
        }
        let names: Vec<_> =
            cases.iter().map(|case| (&case["implementation"], &case["id"])).collect();
        let mut once = names.clone();
        once.sort_by_key(|name| format!("{name:?}"));
        once.dedup();
        assert_eq!(once.len(), names.len());
    }
}
