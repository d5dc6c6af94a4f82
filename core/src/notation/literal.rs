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

mod build;
mod infer;
#[cfg(test)]
mod notation_tests;
mod syntax;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr;

use self::syntax::{Literal, LiteralKind, words};
use super::lexer::{Position, Token};
use super::parser::Parser;
use super::{ParseError, ParseErrorKind};
use crate::data::{Declarations, Event, Port, Subnet, Type, TypeTag, Value};

pub use infer::Part;
#[cfg(feature = "serde")]
pub(crate) use infer::merge;
pub(crate) use infer::parse_path;

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
        let literals = parser.comma_list(')', "`,` or `)`", Parser::literal)?;
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

impl<'a> Parser<'a, '_> {
    /// Parses a literal or a constant expression.
    pub(in crate::notation) fn literal(&mut self) -> Result<Literal<'a>, ParseError> {
        let at = self.at();
        let mut kind = self.product()?;
        while let Token::Mark(operator @ ('+' | '-')) = *self.token() {
            let place = self.at();
            self.take()?;
            let right = self.product()?;
            kind = self.combine(place, operator, &kind, &right)?;
        }
        Ok(Literal { at, kind })
    }

    fn product(&mut self) -> Result<LiteralKind<'a>, ParseError> {
        let mut kind = self.nested(Self::literal_kind)?;
        while let Token::Mark(operator @ ('*' | '/' | '%')) = *self.token() {
            let place = self.at();
            self.take()?;
            let right = self.nested(Self::literal_kind)?;
            kind = self.combine(place, operator, &kind, &right)?;
        }
        Ok(kind)
    }

    fn combine(
        &self,
        at: Position,
        operator: char,
        left: &LiteralKind<'a>,
        right: &LiteralKind<'a>,
    ) -> Result<LiteralKind<'a>, ParseError> {
        let result = match (self.evaluated(left), self.evaluated(right)) {
            (Ok(Some(left)), Ok(Some(right))) if is_number(left) && is_number(right) => {
                calculate(operator, left, right)
            }
            (Ok(Some(Value::String(left))), Ok(Some(Value::String(right)))) if operator == '+' => {
                Ok(Value::string([left.as_ref(), right].concat()))
            }
            (Ok(Some(Value::Addr(prefix))), Ok(Some(width)))
                if operator == '/' && is_number(width) =>
            {
                subnet(*prefix, width)
            }
            (Ok(Some(Value::Count(_))), Err(name)) if operator == '/' => {
                Err(ParseErrorKind::UnknownTransport(ParseErrorKind::quote(name)))
            }
            (Err(name), _) | (_, Err(name)) => {
                Err(ParseErrorKind::UnknownVariable(ParseErrorKind::quote(name)))
            }
            _ => {
                Err(ParseErrorKind::Operands { operator, left: left.words(), right: right.words() })
            }
        };
        result.map(LiteralKind::Value).map_err(|kind| at.error(kind))
    }

    /// Returns the value of an operand: its own, or that of the variable that it names. Returns the
    /// name if it is not declared.
    fn evaluated<'k>(&'k self, kind: &'k LiteralKind<'a>) -> Result<Option<&'k Value>, &'k str> {
        match kind {
            LiteralKind::Value(value) => Ok(Some(value)),
            LiteralKind::Name(name) => match self.scope.value(name) {
                None if self.scope.constant(name).is_none() => Err(name),
                value => Ok(value),
            },
            _ => Ok(None),
        }
    }
}

/// Creates a subnet from the "division" of an address by a width.
fn subnet(prefix: IpAddr, width: &Value) -> Result<Value, ParseErrorKind> {
    let Some(width) = integer(width) else {
        let (left, right) = (words(TypeTag::Addr), words(width.tag()));
        return Err(ParseErrorKind::Operands { operator: '/', left, right });
    };
    let subnet = u8::try_from(width).ok().and_then(|width| Subnet::new(prefix, width));
    subnet.map(Value::Subnet).ok_or_else(|| ParseErrorKind::Width {
        text: format!("{prefix}/{width}"),
        limit: Subnet::max_width(prefix),
    })
}

/// Calculates with two numbers as Bro does. For two kinds of numbers, the result has the more
/// general kind.
fn calculate(operator: char, left: &Value, right: &Value) -> Result<Value, ParseErrorKind> {
    use Value::{Count, Double, Int, Interval, Time};
    let (a, b) = (float(left), float(right));
    if matches!(operator, '/' | '%') && b == 0.0 {
        return Err(ParseErrorKind::DivisionByZero);
    }
    if let (Some(a), Some(b)) = (integer(left), integer(right)) {
        let result = match operator {
            '+' => a.checked_add(b),
            '-' => a.checked_sub(b),
            '*' => a.checked_mul(b),
            '/' => a.checked_div(b),
            _ => a.checked_rem(b),
        };
        let result = result.and_then(|result| match (left, right) {
            (Count(_), Count(_)) => u64::try_from(result).ok().map(Count),
            _ => i64::try_from(result).ok().map(Int),
        });
        return result.ok_or_else(|| ParseErrorKind::Number(format!("{a} {operator} {b}")));
    }
    let result = match operator {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        _ => a / b,
    };
    let is_sum = matches!(operator, '+' | '-');
    let scales = matches!(operator, '*' | '/');
    Ok(match (left, right) {
        (Interval(_), Interval(_)) if is_sum => Interval(result),
        (Interval(_), Interval(_)) if operator == '/' => Double(result),
        (Interval(_), Count(_) | Int(_) | Double(_)) if scales => Interval(result),
        (Count(_) | Int(_) | Double(_), Interval(_)) if scales => Interval(result),
        (Time(_), Interval(_)) if is_sum => Time(result),
        (Interval(_), Time(_)) if operator == '+' => Time(result),
        (Time(_), Time(_)) if operator == '-' => Interval(result),
        (Count(_) | Int(_) | Double(_), Count(_) | Int(_) | Double(_)) if operator != '%' => {
            Double(result)
        }
        _ => {
            let (left, right) = (words(left.tag()), words(right.tag()));
            return Err(ParseErrorKind::Operands { operator, left, right });
        }
    })
}

fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Count(_) | Value::Int(_) | Value::Double(_) | Value::Interval(_) | Value::Time(_)
    )
}

fn float(number: &Value) -> f64 {
    match number {
        Value::Count(v) => *v as f64,
        Value::Int(v) => *v as f64,
        Value::Double(v) | Value::Interval(v) | Value::Time(v) => *v,
        _ => f64::NAN,
    }
}

fn integer(number: &Value) -> Option<i128> {
    match number {
        Value::Count(v) => Some((*v).into()),
        Value::Int(v) => Some((*v).into()),
        _ => None,
    }
}
