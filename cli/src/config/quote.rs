//! Strings in configurations.

/// Formats a TOML string.
pub(crate) fn toml_string(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_strings_are_read_back() {
        for text in ["", "a\"b\\c", "\n\0\u{7f}\u{85}", "/a\\.b|\u{e4}/"] {
            let toml = format!("x = {}", toml_string(text));
            let table = toml::de::DeTable::parse(&toml).unwrap();
            assert_eq!(table.get_ref()["x"].get_ref().as_str(), Some(text), "{toml}");
        }
    }
}
