//! Infers types of literals.

use super::syntax::{Constructor, Element, Literal, LiteralKind};
use crate::data::Short;
use crate::data::{Field, Type, TypeKind};
use crate::notation::scope::Scope;
use crate::notation::{ParseError, ParseErrorKind};

impl Scope<'_> {
    /// Infers the type of a literal.
    pub(in crate::notation) fn infer(&mut self, literal: &Literal<'_>) -> Result<Type, ParseError> {
        let at = literal.at;
        Ok(match &literal.kind {
            LiteralKind::Bool(_) => Type::BOOL,
            LiteralKind::Int(_) => Type::INT,
            LiteralKind::Count(_) => Type::COUNT,
            LiteralKind::Double(_) => Type::DOUBLE,
            LiteralKind::Time(_) => Type::TIME,
            LiteralKind::Interval(_) => Type::INTERVAL,
            LiteralKind::String(_) => Type::STRING,
            LiteralKind::Pattern(_) => Type::PATTERN,
            LiteralKind::Port(_) => Type::PORT,
            LiteralKind::Addr(_) => Type::ADDR,
            LiteralKind::Subnet(_) => Type::SUBNET,
            LiteralKind::File(_) => Type::new("", TypeKind::File(Type::STRING)),
            LiteralKind::Name(name) => match (self.constant(name), self.value(name)) {
                (Some((ty, _)), _) => ty,
                (None, Some(value)) => value.ty(),
                (None, None) => {
                    let name = ParseErrorKind::quote(name);
                    return Err(at.error(ParseErrorKind::UnknownConstant(name)));
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
