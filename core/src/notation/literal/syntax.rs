//! Parsing of literals.

use std::borrow::Cow;

use crate::data::{Pattern, TypeTag, Value};
use crate::notation::lexer::{Position, Token};
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

/// A literal and its position.
pub(in crate::notation) struct Literal<'a> {
    pub(in crate::notation) at: Position,
    pub(in crate::notation) kind: LiteralKind<'a>,
}

pub(in crate::notation) enum LiteralKind<'a> {
    /// A constant without parts.
    Value(Value),
    /// `open("…")`: a file by its name.
    File(Cow<'a, [u8]>),
    /// An enum constant or a variable.
    Name(&'a str),
    /// `[$a=…]`, or with the name of a record type.
    Record(Option<&'a str>, Vec<FieldLiteral<'a>>),
    /// `vector(…)`
    Vector(Vec<Literal<'a>>),
    Table(Constructor<'a>, Vec<Element<'a>>),
}

/// The start of a list of elements.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::notation) enum Constructor<'a> {
    /// `set(`
    Set,
    /// `table(`
    Table,
    /// `{`
    Braces,
    /// `[` without a following record field.
    Brackets,
    /// A type's name.
    Type(&'a str),
}

pub(in crate::notation) struct FieldLiteral<'a> {
    pub(in crate::notation) at: Position,
    pub(in crate::notation) name: &'a str,
    pub(in crate::notation) value: Literal<'a>,
}

/// An element of a set, or an entry of a table.
pub(in crate::notation) struct Element<'a> {
    pub(in crate::notation) at: Position,
    pub(in crate::notation) index: Vec<Literal<'a>>,
    /// Whether the index is in brackets, regardless of the number of components.
    pub(in crate::notation) bracketed: bool,
    pub(in crate::notation) value: Option<Literal<'a>>,
}

impl<'a> Parser<'a, '_> {
    /// Parses a literal other than a sum or product.
    pub(super) fn literal_kind(&mut self) -> Result<LiteralKind<'a>, ParseError> {
        let value = match self.token() {
            Token::Mark('(') => {
                self.take()?;
                let inner = self.literal()?;
                self.expect(')', "`)`")?;
                return Ok(inner.kind);
            }
            Token::Mark('-' | '+') => return self.signed(),
            Token::Mark('{') => {
                self.take()?;
                return Ok(LiteralKind::Table(Constructor::Braces, self.elements('}')?));
            }
            Token::Mark('[') => {
                self.take()?;
                return Ok(if self.is('$') || self.is(']') {
                    LiteralKind::Record(None, self.fields(']')?)
                } else {
                    LiteralKind::Table(Constructor::Brackets, self.elements(']')?)
                });
            }
            Token::Pattern(re) => {
                let error = |error| self.at().error(ParseErrorKind::Pattern(error));
                let pattern = Pattern::compiled(re).map_err(error)?;
                self.take()?;
                return Ok(LiteralKind::Value(self.alternatives(pattern)?.into()));
            }
            Token::Name(name) => {
                let name = *name;
                self.take()?;
                return self.named(name);
            }
            Token::Count(v) => Value::Count(*v),
            Token::Double(v) => Value::Double(*v),
            Token::Interval(v) => Value::Interval(*v),
            Token::String(v) => Value::string(v),
            Token::Port(v) => Value::Port(*v),
            Token::Addr(v) => Value::Addr(*v),
            Token::Subnet(v) => Value::Subnet(*v),
            Token::Directive(_) | Token::Attribute(_) | Token::Mark(_) | Token::End => {
                return Err(self.expected("a value"));
            }
        };
        self.take()?;
        Ok(LiteralKind::Value(value))
    }

    /// Parses the alternatives after a pattern: `| /…/`.
    fn alternatives(&mut self, mut pattern: Pattern) -> Result<Pattern, ParseError> {
        while self.eat('|')? {
            let Token::Pattern(re) = self.token() else { return Err(self.expected("a pattern")) };
            let error = |error| self.at().error(ParseErrorKind::Pattern(error));
            pattern = Pattern::compiled(re).map(|_| pattern.or(re)).map_err(error)?;
            self.take()?;
        }
        Ok(pattern)
    }

    /// Parses a number with a sign.
    fn signed(&mut self) -> Result<LiteralKind<'a>, ParseError> {
        let at = self.at();
        let negative = self.take()? == Token::Mark('-');
        let sign = if negative { -1.0 } else { 1.0 };
        let value = match self.token() {
            Token::Count(v) => {
                let int =
                    if negative { 0i64.checked_sub_unsigned(*v) } else { i64::try_from(*v).ok() };
                let text = || format!("{}{v}", if negative { "-" } else { "+" });
                Value::Int(int.ok_or_else(|| at.error(ParseErrorKind::Number(text())))?)
            }
            Token::Double(v) => Value::Double(sign * v),
            Token::Interval(v) => Value::Interval(sign * v),
            _ => return Err(self.expected("a number")),
        };
        self.take()?;
        Ok(LiteralKind::Value(value))
    }

    /// Parses a literal that begins with a name.
    fn named(&mut self, name: &'a str) -> Result<LiteralKind<'a>, ParseError> {
        match name {
            "T" => return Ok(LiteralKind::Value(Value::Bool(true))),
            "F" => return Ok(LiteralKind::Value(Value::Bool(false))),
            _ if !self.is('(') => return Ok(LiteralKind::Name(name)),
            _ => {}
        }
        self.take()?;
        Ok(match name {
            "time" | "double_to_time" => LiteralKind::Value(Value::Time(self.time()?)),
            "open" => {
                let Token::String(file) = self.token() else {
                    return Err(self.expected("a file's name"));
                };
                let file = file.clone();
                self.take()?;
                self.expect(')', "`)`")?;
                LiteralKind::File(file)
            }
            "set" => LiteralKind::Table(Constructor::Set, self.elements(')')?),
            "table" => LiteralKind::Table(Constructor::Table, self.elements(')')?),
            "vector" => LiteralKind::Vector(self.comma_list(')', "`,` or `)`", Self::literal)?),
            "record" => LiteralKind::Record(None, self.fields(')')?),
            _ if self.is('$') => LiteralKind::Record(Some(name), self.fields(')')?),
            _ => LiteralKind::Table(Constructor::Type(name), self.elements(')')?),
        })
    }

    /// Reads the number in `time(…)`.
    fn time(&mut self) -> Result<f64, ParseError> {
        let literal = self.literal()?;
        self.expect(')', "`)`")?;
        literal.kind.as_number().ok_or_else(|| literal.mismatch("double"))
    }

    /// Parses a record's fields up to `close`.
    fn fields(&mut self, close: char) -> Result<Vec<FieldLiteral<'a>>, ParseError> {
        self.comma_list(close, "`,` or the record's end", |parser| {
            let at = parser.at();
            parser.expect('$', "`$` and a field's name")?;
            let name = parser.name("a field's name")?;
            parser.expect('=', "`=`")?;
            Ok(FieldLiteral { at, name, value: parser.literal()? })
        })
    }

    /// Parses a set's elements or a table's entries up to `close`.
    fn elements(&mut self, close: char) -> Result<Vec<Element<'a>>, ParseError> {
        self.comma_list(close, "`,` or the container's end", Self::element)
    }

    fn element(&mut self) -> Result<Element<'a>, ParseError> {
        let at = self.at();
        let bracketed = self.is('[') && self.second()? != Token::Mark('$');
        // A bracketed IPv6 address may also be a bracketed index.
        let is_index = bracketed || matches!(self.token(), Token::Addr(_));
        let index = if bracketed {
            self.take()?;
            if self.is(']') {
                return Err(self.expected("a value"));
            }
            self.comma_list(']', "`,` or `]`", Self::literal)?
        } else {
            vec![self.literal()?]
        };
        if !is_index {
            return Ok(Element { at, index, bracketed, value: None });
        }
        let value = if self.eat('=')? { Some(self.literal()?) } else { None };
        Ok(Element { at, index, bracketed, value })
    }
}

impl<'a> Literal<'a> {
    /// Returns the content of braces or brackets, if it is a single literal.
    pub(super) fn only(&self) -> Option<&Literal<'a>> {
        match &self.kind {
            LiteralKind::Table(Constructor::Braces | Constructor::Brackets, elements) => {
                match elements.as_slice() {
                    [Element { index, bracketed: false, value: None, .. }] => index.first(),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl Literal<'_> {
    /// Creates the error that a value of type `expected` was expected here.
    pub(in crate::notation) fn mismatch(&self, expected: impl ToString) -> ParseError {
        let expected = expected.to_string();
        self.at.error(ParseErrorKind::Mismatch { expected, found: self.kind.words() })
    }
}

impl LiteralKind<'_> {
    /// Returns the number, for any numeric type.
    pub(in crate::notation) fn as_number(&self) -> Option<f64> {
        match self {
            LiteralKind::Value(Value::Int(v)) => Some(*v as f64),
            LiteralKind::Value(Value::Count(v)) => Some(*v as f64),
            LiteralKind::Value(Value::Double(v)) => Some(*v),
            _ => None,
        }
    }

    /// Returns a description of the literal's kind.
    pub(super) fn words(&self) -> String {
        match self {
            LiteralKind::Value(value) => return words(value.tag()),
            LiteralKind::File(_) => "a file",
            LiteralKind::Name(_) => "a name",
            LiteralKind::Record(..) => "a record",
            LiteralKind::Vector(_) => "a vector",
            LiteralKind::Table(Constructor::Set, _) => "a set",
            LiteralKind::Table(Constructor::Table, _) => "a table",
            LiteralKind::Table(..) => "a list of elements",
        }
        .to_owned()
    }
}

/// Returns a type's name with its article.
pub(super) fn words(tag: TypeTag) -> String {
    let article = if tag.name().starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {tag}")
}
