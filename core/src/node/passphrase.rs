//! What a private key is encrypted with.

use std::fmt;

/// Holds a passphrase, which [`Debug`](fmt::Debug) does not show, nor that of what it is a part of.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Box<str>);

impl Passphrase {
    /// Returns the passphrase.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Passphrase {
    fn from(passphrase: &str) -> Passphrase {
        Passphrase(passphrase.into())
    }
}

impl From<String> for Passphrase {
    fn from(passphrase: String) -> Passphrase {
        Passphrase(passphrase.into())
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Options;

    #[test]
    fn options_are_shown_without_it() {
        let options = Options { ssl_passphrase: Some("secret".into()), ..Options::default() };
        let shown = format!("{options:?}");
        assert!(shown.contains("ssl_passphrase: Some(Passphrase(…))"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}
