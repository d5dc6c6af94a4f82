//! Sums, products and quotients of constants: `2 * 1min + 5sec`, `"a" + "b"`, `5secs / 2`.

use std::net::IpAddr;

use super::syntax::{Literal, LiteralKind};
use crate::data::{Subnet, Value};
use crate::notation::lexer::{Position, Token};
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

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
