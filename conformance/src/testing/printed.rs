//! Comparing values in Bro's printed form.

/// Compares values in Bro's printed form. Containers are equal in any order of their elements.
///
/// The lists are joined by tabs first, because metadata splits strings at tabs. If they include a
/// container, whitespace is ignored and only the number of occurrences of each character is
/// compared: Bro prints elements in the order of its hash table, and their text may contain commas
/// and braces.
///
/// # Errors
/// [`PrintedDifference`] if they differ.
///
/// ```
/// use brocomm_conformance::testing::compare_printed;
///
/// assert!(compare_printed(&["1", "{ b, a }"], &["1", "{a,\nb}"]).is_ok());
/// assert!(compare_printed(&["[a, b]"], &["[b, a]"]).is_err());
/// ```
pub fn compare_printed(
    expected: &[impl AsRef<str>],
    got: &[impl AsRef<str>],
) -> Result<(), PrintedDifference> {
    let (expected, got) = (joined(expected), joined(got));
    if normal(&expected) == normal(&got) {
        Ok(())
    } else {
        Err(PrintedDifference { expected, got })
    }
}

/// Two lists of printed values that differ, each joined by tabs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected:?}, got {got:?}")]
pub struct PrintedDifference {
    /// The expected values.
    pub expected: String,
    /// The actual values.
    pub got: String,
}

fn joined(values: &[impl AsRef<str>]) -> String {
    values.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("\t")
}

fn normal(printed: &str) -> String {
    if !printed.contains('{') {
        return printed.to_owned();
    }
    let text = printed.replace("\\x0a", "");
    let mut characters: Vec<char> =
        text.chars().filter(|c| !matches!(c, '\n' | '\t' | ' ')).collect();
    characters.sort_unstable();
    characters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_equal_in_any_order() {
        let expected = ["{\\x0a\\x09[x] = 1,\\x0a\\x09[y] = 2\\x0a}".replace("\\x09", "\t")];
        assert_eq!(compare_printed(&expected, &["{[y] = 2, [x] = 1}"]), Ok(()));
        assert!(compare_printed(&expected, &["{[y] = 2, [x] = 3}"]).is_err());
    }

    #[test]
    fn scalars_are_compared_exactly() {
        assert_eq!(compare_printed(&["a", "b"], &["a", "b"]), Ok(()));
        assert!(compare_printed(&["a", "b"], &["b", "a"]).is_err());
        assert!(compare_printed(&["a b"], &["ab"]).is_err());
        assert!(compare_printed(&["a"], &["a", ""]).is_err());
        assert_eq!(compare_printed(&["a\tb"], &["a", "b"]), Ok(()));
    }

    #[test]
    fn difference_shows_both_sides() {
        let difference = compare_printed(&["1", "2"], &["1"]).unwrap_err();
        assert_eq!(difference.to_string(), r#"expected "1\t2", got "1""#);
    }
}
