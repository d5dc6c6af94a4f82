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

use self::syntax::{Literal, LiteralKind};
use super::lexer::{Position, Token};
use super::parser::Parser;
use super::{ParseError, ParseErrorKind};
use crate::data::{Declarations, Event, Port, Subnet, Type, Value};

#[cfg(feature = "serde")]
pub(crate) use infer::merge;
pub(crate) use infer::{PathStep, VariablePath};

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
        let result = match (self.constant(left), self.constant(right)) {
            (Constant::Number(left), Constant::Number(right)) => calculate(operator, left, right),
            (Constant::String(left), Constant::String(right)) if operator == '+' => {
                Ok(LiteralKind::String([left, right].concat().into()))
            }
            (Constant::Addr(prefix), Constant::Number(width)) if operator == '/' => {
                subnet(prefix, width)
            }
            (Constant::Number(Number::Count(_)), Constant::Unknown(name)) if operator == '/' => {
                Err(ParseErrorKind::UnknownTransport(ParseErrorKind::quote(name)))
            }
            (Constant::Unknown(name), _) | (_, Constant::Unknown(name)) => {
                Err(ParseErrorKind::UnknownVariable(ParseErrorKind::quote(name)))
            }
            _ => {
                Err(ParseErrorKind::Operands { operator, left: left.words(), right: right.words() })
            }
        };
        result.map_err(|kind| at.error(kind))
    }

    /// Returns the operand for a literal: its own value, or that of the variable that it names.
    fn constant<'k>(&'k self, kind: &'k LiteralKind<'a>) -> Constant<'k> {
        match kind {
            LiteralKind::Count(v) => Constant::Number(Number::Count(*v)),
            LiteralKind::Int(v) => Constant::Number(Number::Int(*v)),
            LiteralKind::Double(v) => Constant::Number(Number::Double(*v)),
            LiteralKind::Interval(v) => Constant::Number(Number::Interval(*v)),
            LiteralKind::Time(v) => Constant::Number(Number::Time(*v)),
            LiteralKind::String(v) => Constant::String(v),
            LiteralKind::Addr(v) => Constant::Addr(*v),
            LiteralKind::Name(name) => match self.scope.value(name) {
                Some(Value::Count(v)) => Constant::Number(Number::Count(*v)),
                Some(Value::Int(v)) => Constant::Number(Number::Int(*v)),
                Some(Value::Double(v)) => Constant::Number(Number::Double(*v)),
                Some(Value::Interval(v)) => Constant::Number(Number::Interval(*v)),
                Some(Value::Time(v)) => Constant::Number(Number::Time(*v)),
                Some(Value::String(v)) => Constant::String(v),
                Some(Value::Addr(v)) => Constant::Addr(*v),
                None if self.scope.constant(name).is_none() => Constant::Unknown(name),
                _ => Constant::Other,
            },
            _ => Constant::Other,
        }
    }
}

/// An operand of a constant expression.
#[derive(Clone, Copy)]
enum Constant<'k> {
    Number(Number),
    String(&'k [u8]),
    Addr(IpAddr),
    /// An undeclared name.
    Unknown(&'k str),
    Other,
}

/// Creates a subnet from the "division" of an address by a width.
fn subnet(prefix: IpAddr, width: Number) -> Result<LiteralKind<'static>, ParseErrorKind> {
    let number = match width {
        Number::Count(_) | Number::Int(_) => u8::try_from(width.wide()).ok(),
        _ => {
            let (left, right) = ("an addr", width.words());
            return Err(ParseErrorKind::Operands { operator: '/', left, right });
        }
    };
    let subnet = number.and_then(|width| Subnet::new(prefix, width));
    subnet.map(LiteralKind::Subnet).ok_or_else(|| ParseErrorKind::Width {
        text: format!("{prefix}/{}", width.wide()),
        limit: Subnet::max_width(prefix),
    })
}

#[derive(Clone, Copy)]
enum Number {
    Count(u64),
    Int(i64),
    Double(f64),
    Interval(f64),
    Time(f64),
}

/// Calculates as Bro does. For two kinds of numbers, the result has the more general kind.
fn calculate(
    operator: char,
    left: Number,
    right: Number,
) -> Result<LiteralKind<'static>, ParseErrorKind> {
    use Number::{Count, Double, Int, Interval, Time};
    let float = |a: f64, b: f64| match operator {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        _ => a / b,
    };
    let is_sum = matches!(operator, '+' | '-');
    let scales = matches!(operator, '*' | '/');
    if matches!(operator, '/' | '%') && right.float() == 0.0 {
        return Err(ParseErrorKind::DivisionByZero);
    }
    Ok(match (left, right) {
        (Count(a), Count(b)) => {
            let result = match operator {
                '+' => a.checked_add(b),
                '-' => a.checked_sub(b),
                '*' => a.checked_mul(b),
                '/' => a.checked_div(b),
                _ => a.checked_rem(b),
            };
            let text = || ParseErrorKind::Number(format!("{a} {operator} {b}"));
            LiteralKind::Count(result.ok_or_else(text)?)
        }
        (Count(_) | Int(_), Count(_) | Int(_)) => {
            let (a, b) = (left.wide(), right.wide());
            let result = match operator {
                '+' => a.checked_add(b),
                '-' => a.checked_sub(b),
                '*' => a.checked_mul(b),
                '/' => a.checked_div(b),
                _ => a.checked_rem(b),
            };
            let text = || ParseErrorKind::Number(format!("{a} {operator} {b}"));
            let result = result.and_then(|result| i64::try_from(result).ok());
            LiteralKind::Int(result.ok_or_else(text)?)
        }
        (Count(_) | Int(_) | Double(_), Count(_) | Int(_) | Double(_)) if operator != '%' => {
            LiteralKind::Double(float(left.float(), right.float()))
        }
        (Interval(a), Interval(b)) if is_sum => LiteralKind::Interval(float(a, b)),
        (Interval(a), Interval(b)) if operator == '/' => LiteralKind::Double(a / b),
        (Interval(a), Count(_) | Int(_) | Double(_)) if scales => {
            LiteralKind::Interval(float(a, right.float()))
        }
        (Count(_) | Int(_) | Double(_), Interval(b)) if scales => {
            LiteralKind::Interval(float(left.float(), b))
        }
        (Time(a), Interval(b)) if is_sum => LiteralKind::Time(float(a, b)),
        (Interval(a), Time(b)) if operator == '+' => LiteralKind::Time(a + b),
        (Time(a), Time(b)) if operator == '-' => LiteralKind::Interval(a - b),
        _ => {
            let (left, right) = (left.words(), right.words());
            return Err(ParseErrorKind::Operands { operator, left, right });
        }
    })
}

impl Number {
    fn float(self) -> f64 {
        match self {
            Number::Count(v) => v as f64,
            Number::Int(v) => v as f64,
            Number::Double(v) | Number::Interval(v) | Number::Time(v) => v,
        }
    }

    fn wide(self) -> i128 {
        match self {
            Number::Count(v) => v.into(),
            Number::Int(v) => v.into(),
            Number::Double(_) | Number::Interval(_) | Number::Time(_) => 0,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Number::Count(_) => "a count",
            Number::Int(_) => "an int",
            Number::Double(_) => "a double",
            Number::Interval(_) => "an interval",
            Number::Time(_) => "a time",
        }
    }
}
