//! What errors have in common.

use std::{error, fmt, ops, slice, vec};

/// Implements `Debug` with the message, because `main` prints the `Debug` of the error that it returns.
macro_rules! debug_as_display {
    ($error:ident) => {
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}
pub(crate) use debug_as_display;

/// All errors in a configuration, in the order of its fields.
///
/// Displayed as one line, separated by `; `.
///
/// ```
/// use brocomm::lowlevel::connection::{ConnectionConfig, ConfigError};
///
/// let config = ConnectionConfig { cache_size: 0, reply_limit: 0, ..ConnectionConfig::default() };
/// let errors = config.validate().unwrap_err();
/// assert_eq!(errors[0], ConfigError::Zero { key: "cache_size" });
/// assert_eq!(
///     errors.to_string(),
///     "cache_size: 0, must be at least 1; reply_limit: 0, must be at least 1"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors<E>(Vec<E>);

impl<E> ConfigErrors<E> {
    /// Fails if the list is not empty.
    pub(crate) fn none_in(found: Vec<E>) -> Result<(), ConfigErrors<E>> {
        if found.is_empty() { Ok(()) } else { Err(ConfigErrors(found)) }
    }
}

impl<E> From<Vec<E>> for ConfigErrors<E> {
    fn from(found: Vec<E>) -> ConfigErrors<E> {
        ConfigErrors(found)
    }
}

impl<E> From<ConfigErrors<E>> for Vec<E> {
    fn from(errors: ConfigErrors<E>) -> Vec<E> {
        errors.0
    }
}

impl<E> ops::Deref for ConfigErrors<E> {
    type Target = [E];

    fn deref(&self) -> &[E] {
        &self.0
    }
}

impl<E> IntoIterator for ConfigErrors<E> {
    type Item = E;
    type IntoIter = vec::IntoIter<E>;

    fn into_iter(self) -> vec::IntoIter<E> {
        self.0.into_iter()
    }
}

impl<'a, E> IntoIterator for &'a ConfigErrors<E> {
    type Item = &'a E;
    type IntoIter = slice::Iter<'a, E>;

    fn into_iter(self) -> slice::Iter<'a, E> {
        self.0.iter()
    }
}

impl<E: fmt::Display> fmt::Display for ConfigErrors<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            write!(f, "{}{finding}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl<E: fmt::Debug + fmt::Display> error::Error for ConfigErrors<E> {}
