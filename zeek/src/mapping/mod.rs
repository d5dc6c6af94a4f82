//! Values of Bro 2.5 to Zeek's and back, by declarations of both sides.
//!
//! Zeek's values carry no types, so Zeek's side must be declared: records go by position there. Bro's
//! values carry theirs, so its side need not be, but should: then what comes from Zeek becomes what
//! Bro's scripts expect. Fields of records are matched by name.
//!
//! What one side can't represent is refused with a [`Refusal`], never changed in silence.

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

/// What a conversion goes by.
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

/// Says what a mapping may do besides converting values that are the same on both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Convert numbers whose types differ if nothing is lost: a `count` to an `int` or `double`, an
    /// `int` that is not negative to a `count`. Zeek itself doesn't.
    pub widen: bool,
    /// Leave out the fields that are set on one side and that the other's record doesn't have.
    pub drop_fields: bool,
    /// Leave out a vector's elements that are not set; Zeek's vectors have no holes.
    pub drop_holes: bool,
    /// Pass functions by their names. Zeek's side must declare one of that name.
    pub functions: bool,
    /// Take what Zeek takes of its clients, too: `none` for fields that must be set, and more elements
    /// than a record has fields. For a server.
    pub as_zeek: bool,
}
