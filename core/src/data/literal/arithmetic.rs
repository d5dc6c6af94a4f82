//! Sums and products of constants: `2 * 1min + 5sec`.

use super::syntax::{Literal, LiteralKind};
use crate::data::lexer::{Position, Token};
use crate::data::parser::Parser;
use crate::data::{ParseError, ParseErrorKind, Value};

impl<'a> Parser<'a, '_> {
    /// Reads a literal, or a sum, difference or product of numbers.
    pub(in crate::data) fn literal(&mut self) -> Result<Literal<'a>, ParseError> {
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
        while self.is('*') {
            let place = self.at();
            self.take()?;
            let right = self.nested(Self::literal_kind)?;
            kind = self.combine(place, '*', &kind, &right)?;
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
        let result = match (self.number(left), self.number(right)) {
            (Some(left), Some(right)) => calculate(operator, left, right),
            _ => {
                Err(ParseErrorKind::Operands { operator, left: left.words(), right: right.words() })
            }
        };
        result.map_err(|kind| at.error(kind))
    }

    /// Returns the number that a literal is, or that the constant which it names has.
    fn number(&self, kind: &LiteralKind<'a>) -> Option<Number> {
        Some(match kind {
            LiteralKind::Count(v) => Number::Count(*v),
            LiteralKind::Int(v) => Number::Int(*v),
            LiteralKind::Double(v) => Number::Double(*v),
            LiteralKind::Interval(v) => Number::Interval(*v),
            LiteralKind::Time(v) => Number::Time(*v),
            LiteralKind::Name(name) => match self.scope.value(name)? {
                Value::Count(v) => Number::Count(*v),
                Value::Int(v) => Number::Int(*v),
                Value::Double(v) => Number::Double(*v),
                Value::Interval(v) => Number::Interval(*v),
                Value::Time(v) => Number::Time(*v),
                _ => return None,
            },
            _ => return None,
        })
    }
}

#[derive(Clone, Copy)]
enum Number {
    Count(u64),
    Int(i64),
    Double(f64),
    Interval(f64),
    Time(f64),
}

/// Calculates as Bro does: of two kinds of numbers the result is of the more general one.
fn calculate(
    operator: char,
    left: Number,
    right: Number,
) -> Result<LiteralKind<'static>, ParseErrorKind> {
    use Number::{Count, Double, Int, Interval, Time};
    let float = |a: f64, b: f64| match operator {
        '+' => a + b,
        '-' => a - b,
        _ => a * b,
    };
    let is_product = operator == '*';
    Ok(match (left, right) {
        (Count(a), Count(b)) => {
            let result = match operator {
                '+' => a.checked_add(b),
                '-' => a.checked_sub(b),
                _ => a.checked_mul(b),
            };
            let text = || ParseErrorKind::Number(format!("{a} {operator} {b}"));
            LiteralKind::Count(result.ok_or_else(text)?)
        }
        (Count(_) | Int(_), Count(_) | Int(_)) => {
            let (a, b) = (left.wide(), right.wide());
            let result = match operator {
                '+' => a.checked_add(b),
                '-' => a.checked_sub(b),
                _ => a.checked_mul(b),
            };
            let text = || ParseErrorKind::Number(format!("{a} {operator} {b}"));
            let result = result.and_then(|result| i64::try_from(result).ok());
            LiteralKind::Int(result.ok_or_else(text)?)
        }
        (Count(_) | Int(_) | Double(_), Count(_) | Int(_) | Double(_)) => {
            LiteralKind::Double(float(left.float(), right.float()))
        }
        (Interval(a), Interval(b)) if !is_product => LiteralKind::Interval(float(a, b)),
        (Interval(a), Count(_) | Int(_) | Double(_)) if is_product => {
            LiteralKind::Interval(a * right.float())
        }
        (Count(_) | Int(_) | Double(_), Interval(b)) if is_product => {
            LiteralKind::Interval(left.float() * b)
        }
        (Time(a), Interval(b)) if !is_product => LiteralKind::Time(float(a, b)),
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
