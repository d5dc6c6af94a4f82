//! Declarations of Zeek's side, read from its scripts.
//!
//! [`Declarations::read`] reads the notation of Bro 2.5. Zeek 8 writes types and events alike, with
//! other attributes, and its scripts hold much besides. [`read`] takes from a script what the
//! mapping needs: types, events and what is added to records and enums; everything else is passed
//! over, without a look at whether it is right.

mod blank;
mod extend;
mod lexer;
#[cfg(test)]
mod tests;

use brocomm::data::Declarations;
use brocomm::notation::ParseError;

/// What each Zeek declares before any script of a user, as far as events of other scripts often have
/// it in their parameters.
const BASE: &str = include_str!("base.zeek");

/// Returns the types that each Zeek 8 has: `conn_id`, `transport_proto`, `string_vec` and a few more.
/// They are replaced by what a script declares under the same names.
pub fn base() -> Declarations {
    let mut declarations = Declarations::new();
    // It is our own, and a test reads it.
    let _ = read(BASE, &mut declarations);
    declarations
}

/// Reads the types and events of a script and adds them; earlier ones of the same name are replaced.
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
/// A field with a `&default`, whatever it is, counts as one that may be left unset: Zeek fills it in.
///
/// # Errors
///
/// Returns what is wrong with a declaration and where; then nothing is added.
pub fn read(text: &str, into: &mut Declarations) -> Result<(), ParseError> {
    into.read(&blank::blanked(&extend::extended(text)))
}
