//! The sections of the specification.

/// The specification, part by part.
const PARTS: [&str; 5] = [
    include_str!("../../spec/01-wire.md"),
    include_str!("../../spec/02-serialization.md"),
    include_str!("../../spec/03-logs.md"),
    include_str!("../../spec/04-framework.md"),
    include_str!("../../spec/05-observations.md"),
];

/// Returns the title of a section, such as `Chunk` for `1.1`, or `None` if the section does not
/// exist.
///
/// Sections are numbered as in [`CaseId::section`](super::CaseId::section). The title of a section
/// about one message, such as `2.1`, is the name of the message.
pub fn section_title(section: &str) -> Option<&'static str> {
    let (part, number) = section.split_once('§').unwrap_or(("1", section));
    let part = PARTS.get(part.parse::<usize>().ok()?.checked_sub(1)?)?;
    part.lines().find_map(|line| {
        if let Some(heading) = line.strip_prefix("##") {
            let (found, title) = heading.trim_start_matches('#').trim().split_once(' ')?;
            return (found.trim_start_matches('§') == number).then_some(title);
        }
        // The table of messages.
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        (cells.next()? == number && number.contains('.')).then(|| cells.nth(1))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_those_of_the_specification() {
        for (section, title) in [
            ("1.1", Some("Chunk")),
            ("2", Some("Messages between peers")),
            ("2.15", Some("REQUEST_LOGS")),
            ("3.7", Some("Which messages are legal when")),
            ("6", Some("Node-wide behavior")),
            ("2§5", Some("The object cache")),
            ("3§1", Some("LOG_CREATE_WRITER")),
            ("4§6", Some("SSL")),
            ("1.9", None),
            ("2§99", None),
            ("9§1", None),
            ("", None),
        ] {
            assert_eq!(section_title(section), title, "{section}");
        }
    }

    /// Returns the numbered sections of a part that have text, with the first line of the text.
    fn sections(part: &str) -> Vec<(&str, &str)> {
        let headings = part.split("\n##").skip(1).filter_map(|section| {
            let (heading, text) = section.trim_start_matches('#').trim().split_once('\n')?;
            let number = heading.split_once(' ')?.0.trim_start_matches('§');
            let text = text.trim_start();
            number.starts_with(|c: char| c.is_ascii_digit()).then_some((number, text))
        });
        headings.filter_map(|(number, text)| Some((number, text.lines().next()?))).collect()
    }

    /// Sections that depend on the data format are in the table of 2§13.
    #[test]
    fn each_section_names_the_first_release_it_holds_for() {
        let table = PARTS[1].split("## 13 ").nth(1).unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        let rows: Vec<String> = rows
            .filter_map(|cell| match cell.split_once('§')? {
                ("", section) => Some(format!("2§{section}")),
                _ => Some(cell.to_owned()),
            })
            .collect();
        assert!(rows.len() > 15, "{rows:?}");
        for (at, part) in PARTS.iter().enumerate().take(4) {
            let sections = sections(part);
            assert!(sections.len() > 3);
            for (number, first) in sections.iter().filter(|(_, first)| !first.is_empty()) {
                let id =
                    if at == 0 { format!("§{number}") } else { format!("{}§{number}", at + 1) };
                if id == "2§13" {
                    continue;
                }
                let since = first.strip_prefix("*Holds since Bro 2.").unwrap_or_else(|| {
                    panic!("{id} does not say since when it holds: {first}");
                });
                assert!(since.starts_with(['0', '1', '2', '3', '5']), "{id}: {first}");
                let is_in_table = rows.contains(&id);
                let cites = first.contains("§13");
                // TLS and messages in general have no row.
                let is_right = is_in_table == cites || matches!(&*id, "§1.3" | "§2");
                assert!(is_right, "{id}: {first}");
            }
        }
    }
}
