//! The notation of Bro's scripts: literals and declarations read, values printed (2§4, 2§6).
//!
//! [`Value::parse`], [`Type::parse`], [`Event::parse`] and [`Declarations::read`] read text;
//! [`Value`] and [`Type`] print themselves. What can be wrong with a text is a [`ParseError`].
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
mod scope;
mod script;

#[cfg(feature = "serde")]
pub(crate) use literal::merge;
pub(crate) use literal::{Place, PlaceStep};
pub(crate) use print::{address, number};

pub use error::ParseError;
pub(crate) use error::ParseErrorKind;
pub use script::{Load, Loaded};
