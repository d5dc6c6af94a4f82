//! Parsing of values in the notation of Bro's scripts.
//!
//! A text is first parsed ([`syntax`]). Then its type is inferred ([`infer`]) unless one is
//! expected, and a value of that type is built ([`build`]).
//!
//! Extensions to Bro's notation:
//!
//! * a time is `time(1234.5)` or `double_to_time(1234.5)`; where a time is expected, a plain number
//!   is accepted too;
//! * an IPv6 address needs no brackets where it cannot be a name: `2001:db8::1`, `fe80::1`, and
//!   where an address is expected also `fe80::dead`;
//! * arithmetic on constant numbers, intervals, times and strings is evaluated, as in Bro's
//!   expressions;
//! * a vector may be in brackets or braces anywhere, not only in initial values as in Bro; it is
//!   printed in brackets;
//! * where an enum is expected, its constants may be written without the module of the enum's type.

mod arithmetic;
mod build;
mod infer;
#[cfg(test)]
mod notation_tests;
mod syntax;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::str::FromStr;

use crate::data::{Declarations, Event, Port, Subnet, Type, Value};
use crate::notation::lexer::Token;
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};
#[cfg(feature = "serde")]
pub(crate) use infer::merge;
pub(crate) use infer::{Place, PlaceStep};
use syntax::Literal;

impl Value {
    /// Parses a value in the notation of Bro's scripts: `5`, `"text\n"`, `80/tcp`,
    /// `set(1.2.3.4, [2001:db8::1])`, `[$a=1, $b="x"]`, ….
    ///
    /// If a type is expected, the value is built as that type: `5` becomes a double, record fields
    /// are ordered as declared, and omitted fields are unset if optional and have their constant
    /// default otherwise. Without an expected type, or with `any`, the type is inferred from the
    /// text, and records are anonymous.
    ///
    /// # Errors
    ///
    /// Fails if the text is invalid or continues after the value, with the position.
    pub fn parse(
        text: &str,
        expected: Option<&Type>,
        declarations: &Declarations,
    ) -> Result<Value, ParseError> {
        let mut parser = Parser::new(text, Cow::Borrowed(declarations))?;
        let literal = parser.literal()?;
        parser.end()?;
        match expected {
            Some(ty) => parser.scope.build(&literal, ty),
            None => parser.scope.build_untyped(&literal),
        }
    }
}

impl Event {
    /// Parses an event call: `my_event("hello", 7, 10.0.0.1, 80/tcp)`.
    ///
    /// If the event is declared, the arguments must match its parameters in number and are built as
    /// their types; otherwise their types are inferred. A semicolon may follow. The event's time is
    /// 0.
    ///
    /// ```
    /// # use brocomm::data::{Declarations, Event, Value};
    /// let event = Event::parse(r#"M::seen("x", 80/tcp)"#, &Declarations::new())?;
    /// assert_eq!(event.name, "M::seen");
    /// assert_eq!(event.args, ["x".into(), Value::Port("80/tcp".parse()?)]);
    /// # Ok::<(), brocomm::notation::ParseError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the text is invalid, with the position.
    pub fn parse(text: &str, declarations: &Declarations) -> Result<Event, ParseError> {
        let mut parser = Parser::new(text, Cow::Borrowed(declarations))?;
        let at = parser.at();
        let name = parser.name("an event's name")?;
        parser.expect('(', "`(`")?;
        let mut literals: Vec<Literal<'_>> = Vec::new();
        parser.comma_list(')', "`,` or `)`", |parser| {
            literals.push(parser.literal()?);
            Ok(())
        })?;
        parser.eat(';')?;
        parser.end()?;
        let scope = &mut parser.scope;
        let args = match declarations.event(name) {
            None => literals.iter().map(|l| scope.build_untyped(l)).collect::<Result<_, _>>()?,
            Some(event) if event.params.len() == literals.len() => {
                let pairs = literals.iter().zip(&event.params);
                pairs.map(|(l, param)| scope.build(l, &param.ty)).collect::<Result<_, _>>()?
            }
            Some(event) => {
                return Err(at.error(ParseErrorKind::ArgumentCount {
                    name: ParseErrorKind::quote(name),
                    expected: event.params.len(),
                    found: literals.len(),
                }));
            }
        };
        Ok(Event { name: name.into(), time: 0.0, args })
    }
}

impl FromStr for Port {
    type Err = ParseError;

    /// Parses a port in the notation of Bro's scripts: `80/tcp`, `0/unknown`.
    fn from_str(text: &str) -> Result<Port, ParseError> {
        only_token(text, "a port", |token| match token {
            Token::Port(port) => Some(*port),
            _ => None,
        })
    }
}

impl FromStr for Subnet {
    type Err = ParseError;

    /// Parses a subnet in the notation of Bro's scripts: `10.0.0.0/8`, `[2001:db8::]/32`; the
    /// brackets are optional. The bits outside the prefix are cleared.
    fn from_str(text: &str) -> Result<Subnet, ParseError> {
        only_token(text, "a subnet", |token| match token {
            Token::Subnet(subnet) => Some(*subnet),
            _ => None,
        })
    }
}

/// Parses a text with a single token.
fn only_token<T>(
    text: &str,
    expected: &'static str,
    wanted: impl FnOnce(&Token<'_>) -> Option<T>,
) -> Result<T, ParseError> {
    let mut parser = Parser::new(text, Cow::Owned(Declarations::new()))?;
    let found = wanted(parser.token()).ok_or_else(|| parser.expected(expected))?;
    parser.take()?;
    parser.end()?;
    Ok(found)
}
