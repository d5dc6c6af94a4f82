//! Reads declarations from Zeek's scripts.
//!
//! [`Declarations::read`] reads the notation of Bro 2.5. Zeek 8 declares types and events in the
//! same way, with other attributes, and its scripts contain much more. [`read`] reads what the
//! mapping needs from a script: types, events and additions to records and enums. Everything else
//! is skipped and not checked.

mod blank;
mod extend;
mod lexer;
#[cfg(test)]
mod tests;

use brocomm::data::Declarations;
use brocomm::notation::ParseError;

/// Declarations of Zeek's base scripts that are often used in the parameters of events.
const BASE: &str = include_str!("base.zeek");

/// Returns common types of Zeek 8: `conn_id`, `transport_proto`, `string_vec` and a few more. A
/// script that declares the same names replaces them.
pub fn base() -> Declarations {
    let mut declarations = Declarations::new();
    // Cannot fail: a test reads this text.
    let _ = read(BASE, &mut declarations);
    declarations
}

/// Reads the types and events of a script and adds them. Replaces earlier ones of the same name.
///
/// ```
/// use brocomm_zeek::signatures;
///
/// let mut known = signatures::base();
/// signatures::read(
///     r#"@load base/frameworks/cluster
///        module Site;
///        export {
///            type Alert: record { id: conn_id &log; score: double &default=scale(0.5); };
///            global alert: event(a: Alert) &is_used;
///        }
///        function scale(d: double): double { return 2 * d; }
///        event zeek_init() { print "hello"; }"#,
///     &mut known,
/// )?;
/// assert!(known.event("Site::alert").is_some());
/// # Ok::<(), brocomm::notation::ParseError>(())
/// ```
///
/// A field with any `&default` may be left unset, because Zeek fills it in.
///
/// # Errors
///
/// A declaration is invalid. The error has the position, and nothing is added.
pub fn read(text: &str, into: &mut Declarations) -> Result<(), ParseError> {
    into.read(&blank::blanked(&extend::extended(text)))
}
