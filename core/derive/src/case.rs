//! Conversion of Rust names to Bro names.

/// A naming convention.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Case {
    Snake,
    ScreamingSnake,
}

impl Case {
    pub(crate) fn parse(name: &str) -> Option<Case> {
        match name {
            "snake_case" => Some(Case::Snake),
            "SCREAMING_SNAKE_CASE" => Some(Case::ScreamingSnake),
            _ => None,
        }
    }

    /// Converts a name in camel case: `PortScan` becomes `port_scan` or `PORT_SCAN`.
    pub(crate) fn apply(self, name: &str) -> String {
        let mut written = String::new();
        for (at, letter) in name.char_indices() {
            if at > 0 && letter.is_uppercase() {
                written.push('_');
            }
            match self {
                Case::Snake => written.extend(letter.to_lowercase()),
                Case::ScreamingSnake => written.extend(letter.to_uppercase()),
            }
        }
        written
    }
}
