//! Parses paths within variables: `hosts[10.0.0.1]$ports[0]`.

use std::borrow::Cow;

use super::syntax::{Literal, LiteralKind};
use crate::data::Short;
use crate::data::{Declarations, Name, Type, TypeKind, Value};
use crate::notation::lexer::Token;
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

/// A parsed path within a variable.
#[derive(Debug)]
pub(crate) struct Place {
    /// The variable's full name.
    pub(crate) variable: Name,
    /// The steps from there.
    pub(crate) steps: Vec<PlaceStep>,
    /// The type at the path; `None` for an element of a set.
    pub(crate) ty: Option<Type>,
}

/// A step from a container to one of its parts.
#[derive(Debug)]
pub(crate) enum PlaceStep {
    Index(Vec<Value>),
    Field(Name),
    Element(u64),
}

impl Place {
    /// Parses a path; nothing may follow it.
    pub(crate) fn parse(text: &str, declarations: &Declarations) -> Result<Place, ParseError> {
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
        Ok(Place { variable, steps, ty })
    }
}

impl<'a> Parser<'a, '_> {
    /// Parses a step from a value of this type to one of its parts, and returns the part's type.
    fn step(&mut self, whole: &Type) -> Result<(PlaceStep, Option<Type>), ParseError> {
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
                return Ok((PlaceStep::Field(field.name.clone()), Some(field.ty.clone())));
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
                return Ok((PlaceStep::Element(position), Some(element.clone())));
            }
            TypeKind::Table(table) => (&table.index, table.yields.clone()),
            TypeKind::Set(set) => (&set.index, None),
            _ => return Err(no_part()),
        };
        let index = index.def().ok_or_else(no_part)?;
        let TypeKind::List(types) = &index.kind else { return Err(no_part()) };
        let literals = self.positions()?;
        let (expected, found) = (types.types.len(), literals.len());
        if expected != found {
            return Err(at.error(ParseErrorKind::IndexLength { expected, found }));
        }
        let items = literals.iter().zip(&types.types).map(|(l, ty)| self.scope.build(l, ty));
        Ok((PlaceStep::Index(items.collect::<Result<_, _>>()?), part))
    }

    /// Parses the content of brackets.
    fn positions(&mut self) -> Result<Vec<Literal<'a>>, ParseError> {
        // In [::1], the brackets are those of the index.
        if let Token::Addr(address) = *self.token() {
            let literal = Literal { at: self.at(), kind: LiteralKind::Addr(address) };
            self.take()?;
            return Ok(vec![literal]);
        }
        self.expect('[', "`[`")?;
        let mut literals = Vec::new();
        self.comma_list(']', "`,` or `]`", |parser| {
            literals.push(parser.literal()?);
            Ok(())
        })?;
        Ok(literals)
    }
}
