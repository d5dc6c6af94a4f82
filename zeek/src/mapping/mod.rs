//! Converts values between Bro 2.5 and Zeek, based on declarations of both sides.
//!
//! Zeek's values carry no types, and its records are sequences of fields. So events must be
//! declared for Zeek's side. Bro's values carry their types, so declarations for its side are
//! optional. With them, values from Zeek get the types that Bro's scripts expect. Fields of records
//! are matched by name.
//!
//! A value that one side can't represent is an error, a [`Refusal`], and is never changed silently.

mod event;
mod refusal;
#[cfg(test)]
mod tests;
mod time;
mod to_bro;
mod to_zeek;
mod types;
mod untyped;

pub use event::Mapping;
pub use refusal::{Refusal, RefusalKind};
#[cfg(test)]
pub(crate) use types::may_be_unset;

use brocomm::data::Declarations;

/// The context of a conversion.
#[derive(Debug, Clone, Copy)]
struct Context<'m> {
    options: Options,
    /// The declarations of Zeek's side, for the names of functions.
    zeek: &'m Declarations,
}

impl std::ops::Deref for Context<'_> {
    type Target = Options;

    fn deref(&self) -> &Options {
        &self.options
    }
}

/// Options that allow lossy or inexact conversions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Convert numbers to another type without loss: a `count` to an `int` or `double`, an `int`
    /// that is not negative to a `count`. Zeek itself does not do this.
    pub widen: bool,
    /// Drop set fields that the record on the other side doesn't have.
    pub drop_fields: bool,
    /// Drop unset elements of vectors, because Zeek's vectors have no holes.
    pub drop_holes: bool,
    /// Pass functions by name. Zeek's side must declare a function with that name.
    pub functions: bool,
    /// Accept everything that Zeek accepts from its clients: `none` for fields that must be set,
    /// and more elements than a record has fields. For a server.
    pub as_zeek: bool,
}
