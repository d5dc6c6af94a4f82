//! Reads values in the notation of Bro's scripts.
//!
//! A text is first read as it stands ([`syntax`]), then given a type ([`infer`]) unless one is
//! expected, then made a value of that type ([`build`]).
//!
//! Besides what Bro itself allows:
//!
//! * a time is `time(1234.5)` or `double_to_time(1234.5)`; where a time is expected a plain number
//!   does too;
//! * an IPv6 address may stand without its brackets where it can't be a name: `2001:db8::1`,
//!   `fe80::1`, and where an address is expected also `fe80::dead`;
//! * numbers, intervals, times and strings that are constants may be calculated with, as in Bro's
//!   expressions;
//! * a vector may stand in brackets or braces anywhere, where Bro takes these in initial values: it
//!   is printed in brackets;
//! * an enum's constant may lack the module of the enum's type where that enum is expected.

mod arithmetic;
mod build;
mod infer;
#[cfg(test)]
mod notation_tests;
mod place;
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
pub(crate) use place::{Place, PlaceStep};
use syntax::Literal;

impl Value {
    /// Reads a value in the notation of Bro's scripts: `5`, `"text\n"`, `80/tcp`,
    /// `set(1.2.3.4, [2001:db8::1])`, `[$a=1, $b="x"]`, ….
    ///
    /// With an expected type the value is made one of that type: `5` becomes a double, a record's
    /// fields take their declared places, fields left out are unset if they are optional and get
    /// their constant default otherwise. Without one, or where `any` is expected, the type is
    /// what the text says, and records are anonymous.
    ///
    /// # Errors
    ///
    /// The error says what is wrong with the text and where. Nothing may follow the value.
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
    /// Reads the call of an event: `my_event("hello", 7, 10.0.0.1, 80/tcp)`.
    ///
    /// If the event is declared the arguments become values of its parameters' types, and have to be
    /// as many; otherwise their types are what the text says. A semicolon may follow. The event's
    /// time is 0.
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
    /// The error says what is wrong with the text and where.
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

    /// Reads a port in the notation of Bro's scripts: `80/tcp`, `0/unknown`.
    fn from_str(text: &str) -> Result<Port, ParseError> {
        only_token(text, "a port", |token| match token {
            Token::Port(port) => Some(*port),
            _ => None,
        })
    }
}

impl FromStr for Subnet {
    type Err = ParseError;

    /// Reads a subnet in the notation of Bro's scripts: `10.0.0.0/8`, `[2001:db8::]/32`; the
    /// brackets may lack. The bits outside the prefix become zero.
    fn from_str(text: &str) -> Result<Subnet, ParseError> {
        only_token(text, "a subnet", |token| match token {
            Token::Subnet(subnet) => Some(*subnet),
            _ => None,
        })
    }
}

/// Reads a text that is a single token.
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
