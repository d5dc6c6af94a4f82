//! The grammar of attributes.

use std::sync::Arc;

use crate::data::{Attribute, AttributeTag, Attributes, Expr, ExprKind, Type, TypeKind};
use crate::notation::lexer::Token;
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

/// Bro's numbers for the kinds of expressions that attributes can have here (2§11).
const EXPR_NAME: u8 = 0;
const EXPR_CONST: u8 = 1;

impl<'a> Parser<'a, '_> {
    /// Reads the attributes of what is of type `ty`, if there are any.
    ///
    /// Their expressions are constants, or names of variables and functions.
    pub(in crate::notation) fn attributes(
        &mut self,
        ty: &Type,
    ) -> Result<Option<Arc<Attributes>>, ParseError> {
        let mut list = Vec::new();
        while let Token::Attribute(name) = *self.token() {
            let Some(tag) = by_name(name) else {
                let name = ParseErrorKind::quote(name);
                return Err(self.at().error(ParseErrorKind::UnknownAttribute(name)));
            };
            self.take()?;
            let expr = match operand(tag) {
                Operand::None => None,
                Operand::Optional if !self.is('=') => None,
                _ => {
                    self.expect('=', "`=`")?;
                    match self.if_constant(|parser| parser.operand(tag, ty))? {
                        Some(expr) => Some(Arc::new(expr)),
                        None => {
                            if let Some(tag) = Self::without_expression(tag) {
                                add(&mut list, Attribute { tag, expr: None });
                            }
                            continue;
                        }
                    }
                }
            };
            add(&mut list, Attribute { tag, expr });
        }
        if list.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(Attributes { ty: ty.clone(), list })))
    }

    fn operand(&mut self, tag: AttributeTag, ty: &Type) -> Result<Expr, ParseError> {
        let ty = &self.settled(ty.clone());
        if let Some(name) = self.variable_name(tag)? {
            self.take()?;
            return Ok(self.global(name));
        }
        let literal = self.literal()?;
        let scope = &mut self.scope;
        let value = match tag {
            AttributeTag::Default => {
                // A table's default is that of its elements, but a field's is the field's.
                let of_all = scope.build(&literal, ty);
                match (of_all, yields(ty)) {
                    (Err(_), Some(yields)) => scope.build(&literal, &yields)?,
                    (result, _) => result?,
                }
            }
            AttributeTag::ReadExpire
            | AttributeTag::WriteExpire
            | AttributeTag::CreateExpire
            | AttributeTag::RotateInterval => scope.build(&literal, &Type::INTERVAL)?,
            _ => scope.build_untyped(&literal)?,
        };
        let ty = Some(value.ty());
        Ok(Expr { tag: EXPR_CONST, paren: 0, ty, kind: ExprKind::Const(value) })
    }

    /// Returns the name that is next, unless it is a constant or begins one.
    ///
    /// Of constants it is their value that counts: whoever asks how long an entry lives wants no
    /// name.
    fn variable_name(&self, tag: AttributeTag) -> Result<Option<&'a str>, ParseError> {
        Ok(match *self.token() {
            Token::Name("T" | "F") => None,
            Token::Name(name) if self.scope.constant(name).is_some() => None,
            Token::Name(_)
                if matches!(self.second()?, Token::Mark('(' | '*' | '/' | '%' | '+' | '-')) =>
            {
                None
            }
            Token::Name(name) if tag != AttributeTag::ExpireFunc && self.has_value(name) => None,
            Token::Name(name) => Some(name),
            _ => None,
        })
    }

    fn has_value(&self, name: &str) -> bool {
        self.scope.global(name).is_some_and(|global| global.is_const && global.init.is_some())
    }

    /// Makes the expression that is a variable or function.
    fn global(&self, name: &str) -> Expr {
        let (name, ty) = match self.scope.global(name) {
            Some(global) => (global.name.clone(), Some(global.ty.clone())),
            None => (name.into(), None),
        };
        let kind = ExprKind::Global { name, in_const_init: false };
        Expr { tag: EXPR_NAME, paren: 0, ty, kind }
    }
}

/// Adds an attribute as Bro does (2§4): it takes the place of another of its kind, and may imply one
/// that is written out on the wire.
fn add(list: &mut Vec<Attribute>, attribute: Attribute) {
    let tag = attribute.tag;
    if !matches!(tag, AttributeTag::Redef | AttributeTag::Optional) {
        list.retain(|other| other.tag != tag);
    }
    list.push(attribute);
    let implied = match tag {
        AttributeTag::Default => AttributeTag::Optional,
        AttributeTag::AddFunc | AttributeTag::DeleteFunc => AttributeTag::Redef,
        _ => return,
    };
    if !list.iter().any(|other| other.tag == implied) {
        list.push(Attribute { tag: implied, expr: None });
    }
}

/// Says whether an attribute has an expression.
enum Operand {
    None,
    Optional,
    Needed,
}

fn operand(tag: AttributeTag) -> Operand {
    match tag {
        AttributeTag::Default
        | AttributeTag::RotateInterval
        | AttributeTag::RotateSize
        | AttributeTag::AddFunc
        | AttributeTag::DeleteFunc
        | AttributeTag::ExpireFunc
        | AttributeTag::ReadExpire
        | AttributeTag::WriteExpire
        | AttributeTag::CreateExpire
        | AttributeTag::Priority
        | AttributeTag::Group
        | AttributeTag::TypeColumn => Operand::Needed,
        AttributeTag::Encrypt => Operand::Optional,
        _ => Operand::None,
    }
}

fn by_name(name: &str) -> Option<AttributeTag> {
    (0..=u8::MAX).map_while(AttributeTag::from_u8).find(|tag| tag.name() == name)
}

/// Returns the type of a table's elements.
fn yields(ty: &Type) -> Option<Type> {
    match &ty.def()?.kind {
        TypeKind::Table(table) => table.yields.clone(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::data::Declarations;

    #[test]
    fn attributes_replace_and_imply_others() {
        let tags = |text: &str| {
            let mut declarations = Declarations::new();
            declarations.read(&format!("type R: record {{ a: count {text}; }};")).unwrap();
            let fields = declarations.types[b"R".as_slice()].fields().unwrap().to_vec();
            let attributes = fields[0].attributes.as_deref().unwrap();
            attributes.list.iter().map(|a| a.tag.name()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(tags("&default=1"), "default optional");
        assert_eq!(tags("&optional &default=1"), "optional default");
        assert_eq!(tags("&default=1 &log &default=2"), "optional log default");
        assert_eq!(tags("&log &log"), "log");
        assert_eq!(tags("&add_func=f &redef"), "add_func redef redef");
        assert_eq!(tags("&redef &delete_func=f"), "redef delete_func");
    }
}
