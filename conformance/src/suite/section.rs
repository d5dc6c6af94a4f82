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
            ("6", Some("Node-wide behaviour")),
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
}
