//! Parsing of literals.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::data::{Pattern, Port, Subnet};
use crate::notation::lexer::{Position, Token};
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

/// A literal and its position.
pub(in crate::notation) struct Literal<'a> {
    pub(in crate::notation) at: Position,
    pub(in crate::notation) kind: LiteralKind<'a>,
}

pub(in crate::notation) enum LiteralKind<'a> {
    Bool(bool),
    /// An integer with a sign.
    Int(i64),
    Count(u64),
    Double(f64),
    Time(f64),
    Interval(f64),
    String(Cow<'a, [u8]>),
    Pattern(Pattern),
    Port(Port),
    Addr(IpAddr),
    Subnet(Subnet),
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
        const WHAT: &str = "a value";
        let kind = match self.token() {
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
                return Ok(LiteralKind::Pattern(self.alternatives(pattern)?));
            }
            Token::Name(name) => {
                let name = *name;
                self.take()?;
                return self.named(name);
            }
            Token::Count(v) => LiteralKind::Count(*v),
            Token::Double(v) => LiteralKind::Double(*v),
            Token::Interval(v) => LiteralKind::Interval(*v),
            Token::String(v) => LiteralKind::String(v.clone()),
            Token::Port(v) => LiteralKind::Port(*v),
            Token::Addr(v) => LiteralKind::Addr(*v),
            Token::Subnet(v) => LiteralKind::Subnet(*v),
            Token::Directive(_) | Token::Attribute(_) | Token::Mark(_) | Token::End => {
                return Err(self.expected(WHAT));
            }
        };
        self.take()?;
        Ok(kind)
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
        let kind = match self.token() {
            Token::Count(v) => {
                let int =
                    if negative { 0i64.checked_sub_unsigned(*v) } else { i64::try_from(*v).ok() };
                LiteralKind::Int(int.ok_or_else(|| {
                    at.error(ParseErrorKind::Number(format!(
                        "{}{v}",
                        if negative { "-" } else { "+" }
                    )))
                })?)
            }
            Token::Double(v) => LiteralKind::Double(sign * v),
            Token::Interval(v) => LiteralKind::Interval(sign * v),
            _ => return Err(self.expected("a number")),
        };
        self.take()?;
        Ok(kind)
    }

    /// Parses a literal that begins with a name.
    fn named(&mut self, name: &'a str) -> Result<LiteralKind<'a>, ParseError> {
        match name {
            "T" => return Ok(LiteralKind::Bool(true)),
            "F" => return Ok(LiteralKind::Bool(false)),
            _ if !self.is('(') => return Ok(LiteralKind::Name(name)),
            _ => {}
        }
        self.take()?;
        Ok(match name {
            "time" | "double_to_time" => LiteralKind::Time(self.time()?),
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
            "vector" => {
                let mut items = Vec::new();
                self.comma_list(')', "`,` or `)`", |parser| {
                    items.push(parser.literal()?);
                    Ok(())
                })?;
                LiteralKind::Vector(items)
            }
            "record" => LiteralKind::Record(None, self.fields(')')?),
            _ if self.is('$') => LiteralKind::Record(Some(name), self.fields(')')?),
            _ => LiteralKind::Table(Constructor::Type(name), self.elements(')')?),
        })
    }

    /// Reads the number in `time(…)`.
    fn time(&mut self) -> Result<f64, ParseError> {
        let literal = self.literal()?;
        self.expect(')', "`)`")?;
        match literal.kind.as_number() {
            Some(number) => Ok(number),
            None => Err(literal.mismatch("double")),
        }
    }

    /// Parses a record's fields up to `close`.
    fn fields(&mut self, close: char) -> Result<Vec<FieldLiteral<'a>>, ParseError> {
        let mut fields: Vec<FieldLiteral<'a>> = Vec::new();
        self.comma_list(close, "`,` or the record's end", |parser| {
            let at = parser.at();
            parser.expect('$', "`$` and a field's name")?;
            let name = parser.name("a field's name")?;
            parser.expect('=', "`=`")?;
            fields.push(FieldLiteral { at, name, value: parser.literal()? });
            Ok(())
        })?;
        Ok(fields)
    }

    /// Parses a set's elements or a table's entries up to `close`.
    fn elements(&mut self, close: char) -> Result<Vec<Element<'a>>, ParseError> {
        let mut elements = Vec::new();
        self.comma_list(close, "`,` or the container's end", |parser| {
            elements.push(parser.element()?);
            Ok(())
        })?;
        Ok(elements)
    }

    fn element(&mut self) -> Result<Element<'a>, ParseError> {
        let at = self.at();
        let mut index = Vec::new();
        let bracketed = self.is('[') && self.second()? != Token::Mark('$');
        if bracketed {
            self.take()?;
            if self.is(']') {
                return Err(self.expected("a value"));
            }
            self.comma_list(']', "`,` or `]`", |parser| {
                index.push(parser.literal()?);
                Ok(())
            })?;
        } else {
            // A bracketed IPv6 address may also be a bracketed index.
            let is_index = matches!(self.token(), Token::Addr(_));
            index.push(self.literal()?);
            if !is_index {
                return Ok(Element { at, index, bracketed, value: None });
            }
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
            LiteralKind::Int(v) => Some(*v as f64),
            LiteralKind::Count(v) => Some(*v as f64),
            LiteralKind::Double(v) => Some(*v),
            _ => None,
        }
    }

    /// Returns a description of the literal's kind.
    pub(super) fn words(&self) -> &'static str {
        match self {
            LiteralKind::Bool(_) => "a bool",
            LiteralKind::Int(_) => "an int",
            LiteralKind::Count(_) => "a count",
            LiteralKind::Double(_) => "a double",
            LiteralKind::Time(_) => "a time",
            LiteralKind::Interval(_) => "an interval",
            LiteralKind::String(_) => "a string",
            LiteralKind::Pattern(_) => "a pattern",
            LiteralKind::Port(_) => "a port",
            LiteralKind::Addr(_) => "an addr",
            LiteralKind::Subnet(_) => "a subnet",
            LiteralKind::File(_) => "a file",
            LiteralKind::Name(_) => "a name",
            LiteralKind::Record(..) => "a record",
            LiteralKind::Vector(_) => "a vector",
            LiteralKind::Table(Constructor::Set, _) => "a set",
            LiteralKind::Table(Constructor::Table, _) => "a table",
            LiteralKind::Table(..) => "a list of elements",
        }
    }
}
