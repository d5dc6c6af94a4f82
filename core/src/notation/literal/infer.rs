//! Infers types of literals.

use std::borrow::Cow;
use std::fmt;

use super::syntax::{Constructor, Element, Literal, LiteralKind};
use crate::data::{Declarations, Field, Name, Short, Type, TypeKind, Value};
use crate::notation::lexer::Token;
use crate::notation::parser::Parser;
use crate::notation::parser::Scope;
use crate::notation::{ParseError, ParseErrorKind};

impl Scope<'_> {
    /// Infers the type of a literal.
    pub(in crate::notation) fn infer(&mut self, literal: &Literal<'_>) -> Result<Type, ParseError> {
        let at = literal.at;
        Ok(match &literal.kind {
            LiteralKind::Value(value) => value.ty(),
            LiteralKind::File(_) => Type::new("", TypeKind::File(Type::STRING)),
            LiteralKind::Name(name) => match (self.constant(name), self.value(name)) {
                (Some((ty, _)), _) => ty,
                (None, Some(value)) => value.ty(),
                (None, None) => {
                    let quoted = ParseErrorKind::quote(name);
                    return Err(at.error(match self.is_variable(name) {
                        true => ParseErrorKind::NotConstant(quoted),
                        false => ParseErrorKind::UnknownConstant(quoted),
                    }));
                }
            },
            LiteralKind::Record(Some(name), _) | LiteralKind::Table(Constructor::Type(name), _) => {
                self.ty(name, 1).map_err(|kind| at.error(kind))?
            }
            LiteralKind::Record(None, fields) => {
                let fields = fields.iter().map(|f| Ok(Field::new(f.name, self.infer(&f.value)?)));
                Type::record("", fields.collect::<Result<_, _>>()?)
            }
            LiteralKind::Vector(items) => match self.common(items.iter())? {
                Some(element) => Type::vector(element),
                None => return Err(at.error(ParseErrorKind::EmptyContainer)),
            },
            LiteralKind::Table(Constructor::Brackets, elements)
                if elements.iter().all(|element| element.value.is_none()) =>
            {
                match self.common_element(elements)? {
                    Some(element) => Type::vector(element),
                    None => return Err(at.error(ParseErrorKind::EmptyContainer)),
                }
            }
            LiteralKind::Table(constructor, elements) => {
                let Some(index) = self.index(elements)? else {
                    return Err(at.error(ParseErrorKind::EmptyContainer));
                };
                let yields = self.common(elements.iter().filter_map(|e| e.value.as_ref()))?;
                match (constructor, yields) {
                    (Constructor::Set, _) | (_, None) => Type::set(index),
                    (_, Some(yields)) => Type::table(index, yields),
                }
            }
        })
    }

    /// Returns the common type of a vector's elements; bracketed elements are vectors.
    fn common_element(&mut self, elements: &[Element<'_>]) -> Result<Option<Type>, ParseError> {
        if elements.iter().all(|element| !element.bracketed) {
            return self.common(elements.iter().flat_map(|element| &element.index));
        }
        match elements.iter().find(|element| !element.bracketed) {
            None => {
                let inner = self.common(elements.iter().flat_map(|element| &element.index))?;
                Ok(inner.map(Type::vector))
            }
            Some(odd) => Err(odd.at.error(ParseErrorKind::Mixed {
                first: "vector".to_owned(),
                second: self
                    .common(odd.index.iter())?
                    .map_or_else(String::new, |ty| Short(&ty).to_string()),
            })),
        }
    }

    /// Returns the types of an index's components; `None` if there are no elements.
    fn index(&mut self, elements: &[Element<'_>]) -> Result<Option<Vec<Type>>, ParseError> {
        let Some(first) = elements.first() else { return Ok(None) };
        let expected = first.index.len();
        if let Some(odd) = elements.iter().find(|e| e.index.len() != expected) {
            let found = odd.index.len();
            return Err(odd.at.error(ParseErrorKind::IndexLength { expected, found }));
        }
        let mut types = Vec::new();
        for component in 0..expected {
            types.extend(self.common(elements.iter().filter_map(|e| e.index.get(component)))?);
        }
        let check = types.iter().try_for_each(Type::check_index);
        check.map_err(|tag| first.at.error(ParseErrorKind::IndexType(tag)))?;
        Ok(Some(types))
    }

    /// Returns the common type of literals; `None` if there are none.
    pub(super) fn common<'l, 'a: 'l>(
        &mut self,
        literals: impl Iterator<Item = &'l Literal<'a>>,
    ) -> Result<Option<Type>, ParseError> {
        let mut common: Option<Type> = None;
        for literal in literals {
            let ty = self.infer(literal)?;
            common = Some(match common {
                None => ty,
                Some(common) => match merge(&common, &ty) {
                    Some(merged) => merged,
                    None => {
                        return Err(literal.at.error(ParseErrorKind::Mixed {
                            first: Short(&common).to_string(),
                            second: Short(&ty).to_string(),
                        }));
                    }
                },
            });
        }
        Ok(common)
    }
}

/// Returns the common type of two types; for numbers the more general one.
pub(crate) fn merge(a: &Type, b: &Type) -> Option<Type> {
    let has = |ty: Type| *a == ty || *b == ty;
    let both = |types: &[Type]| types.contains(a) && types.contains(b);
    if a == b {
        Some(a.clone())
    } else if both(&[Type::INT, Type::COUNT]) {
        Some(Type::INT)
    } else if has(Type::DOUBLE) && both(&[Type::INT, Type::COUNT, Type::DOUBLE]) {
        Some(Type::DOUBLE)
    } else {
        None
    }
}

/// A step from a container to one of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// To a table's entry, by its index: one value per component.
    Index(Vec<Value>),
    /// To a record's field.
    Field(Name),
    /// To a vector's element.
    Element(u64),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Field(name) => write!(f, "${name}"),
            Part::Element(position) => write!(f, "[{position}]"),
            Part::Index(index) => {
                for (at, value) in index.iter().enumerate() {
                    write!(f, "{}{value}", if at == 0 { "[" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

/// Parses a path within a variable; nothing may follow it. Returns the variable's full name, the
/// steps from there, and the type at the path; `None` for an element of a set.
pub(crate) fn parse_path(
    text: &str,
    declarations: &Declarations,
) -> Result<(Name, Vec<Part>, Option<Type>), ParseError> {
    let mut parser = Parser::new(text, Cow::Borrowed(declarations))?;
    let at = parser.at();
    let name = parser.name("a variable's name")?;
    let unknown = || at.error(ParseErrorKind::UnknownVariable(ParseErrorKind::quote(name)));
    let global = parser.scope.global(name).ok_or_else(unknown)?;
    let (variable, mut ty) = (global.name.clone(), Some(global.ty.clone()));
    let mut steps = Vec::new();
    while *parser.token() != Token::End {
        let Some(whole) = ty else { return Err(parser.expected("the end")) };
        let (step, part) = parser.step(&whole)?;
        steps.push(step);
        ty = part;
    }
    Ok((variable, steps, ty))
}

impl<'a> Parser<'a, '_> {
    /// Parses a step from a value of this type to one of its parts, and returns the part's type.
    fn step(&mut self, whole: &Type) -> Result<(Part, Option<Type>), ParseError> {
        let at = self.at();
        let no_part = || at.error(ParseErrorKind::NoPart(Short(whole).to_string()));
        let def = whole.def().ok_or_else(no_part)?;
        let (index, part) = match &def.kind {
            TypeKind::Record(record) if self.eat('$')? => {
                let at = self.at();
                let name = self.name("a field's name")?;
                let field = record.fields.iter().flatten().find(|field| field.name == name);
                let field = field.ok_or_else(|| {
                    let (name, ty) = (ParseErrorKind::quote(name), Short(whole).to_string());
                    at.error(ParseErrorKind::UnknownField { name, ty })
                })?;
                return Ok((Part::Field(field.name.clone()), Some(field.ty.clone())));
            }
            TypeKind::Vector(element) => {
                let position = self.positions()?;
                let [position] = position.as_slice() else {
                    let (expected, found) = (1, position.len());
                    return Err(at.error(ParseErrorKind::IndexLength { expected, found }));
                };
                let Value::Count(position) = self.scope.build(position, &Type::COUNT)? else {
                    return Err(no_part());
                };
                return Ok((Part::Element(position), Some(element.clone())));
            }
            kind => kind.table_parts().ok_or_else(no_part)?,
        };
        let index = index.def().ok_or_else(no_part)?;
        let TypeKind::List(types) = &index.kind else { return Err(no_part()) };
        let literals = self.positions()?;
        let (expected, found) = (types.types.len(), literals.len());
        if expected != found {
            return Err(at.error(ParseErrorKind::IndexLength { expected, found }));
        }
        let items = literals.iter().zip(&types.types).map(|(l, ty)| self.scope.build(l, ty));
        Ok((Part::Index(items.collect::<Result<_, _>>()?), part.cloned()))
    }

    /// Parses the contents of brackets.
    fn positions(&mut self) -> Result<Vec<Literal<'a>>, ParseError> {
        // In [::1], the brackets belong to the index.
        if let Token::Addr(address) = *self.token() {
            let literal = Literal { at: self.at(), kind: LiteralKind::Value(Value::Addr(address)) };
            self.take()?;
            return Ok(vec![literal]);
        }
        self.expect('[', "`[`")?;
        self.comma_list(']', "`,` or `]`", Self::literal)
    }
}
