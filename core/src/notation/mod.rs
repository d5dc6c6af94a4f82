//! The notation of Bro's scripts: parsing literals and declarations, printing values (2§4, 2§6).
//!
//! [`Value::parse`], [`Type::parse`], [`Event::parse`] and [`Declarations::read`] parse text;
//! [`Value`] and [`Type`] implement `Display`. Errors are [`ParseError`]s.
//!
//! [`Value::parse`]: crate::data::Value::parse
//! [`Type::parse`]: crate::data::Type::parse
//! [`Event::parse`]: crate::data::Event::parse
//! [`Declarations::read`]: crate::data::Declarations::read
//! [`Value`]: crate::data::Value
//! [`Type`]: crate::data::Type

mod declare;
mod error;
mod lexer;
mod literal;
mod parser;
mod print;
mod script;

#[cfg(feature = "serde")]
pub(crate) use literal::merge;
pub(crate) use literal::{Place, PlaceStep};
pub(crate) use print::{address, number};

pub use error::ParseError;
pub(crate) use error::ParseErrorKind;
pub use script::{Load, Loaded};
