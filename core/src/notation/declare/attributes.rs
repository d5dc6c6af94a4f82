//! The grammar of attributes.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::{
    Attribute, AttributeTag, Attributes, Entry, Expr, ExprKind, Global, List, SetType, Short,
    Table, Type, TypeKind, Value,
};
use crate::notation::lexer::Token;
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

/// Bro's numbers for the kinds of expressions that attributes can have (2§11).
const EXPR_NAME: u8 = 0;
const EXPR_CONST: u8 = 1;

impl<'a> Parser<'a, '_> {
    /// Parses the attributes, if any, of a declaration of type `ty`.
    ///
    /// Their expressions are constants or names of variables and functions.
    pub(in crate::notation) fn attributes(
        &mut self,
        ty: &Type,
    ) -> Result<Option<Arc<Attributes>>, ParseError> {
        let mut list = Vec::new();
        while let Token::Attribute(name) = *self.token() {
            let mut tags = (0..=u8::MAX).map_while(AttributeTag::from_u8);
            let Some(tag) = tags.find(|tag| tag.name() == name) else {
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
                        // A default that is not a constant makes the field optional.
                        None if tag == AttributeTag::Default => {
                            add(&mut list, Attribute { tag: AttributeTag::Optional, expr: None });
                            continue;
                        }
                        None => continue,
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
        if let Some(name) = self.variable_name(tag)? {
            if self.is_script && !self.is_partial && !self.scope.knows(name) {
                let name = ParseErrorKind::quote(name);
                return Err(self.at().error(ParseErrorKind::UnknownVariable(name)));
            }
            self.take()?;
            return Ok(self.global(name));
        }
        let literal = self.literal()?;
        let value = match tag {
            AttributeTag::Default => {
                let ty = &self.settled(ty.clone());
                // A table's default applies to its elements, a field's default to the field itself.
                let scope = &mut self.scope;
                let of_all = scope.build(&literal, ty);
                match (of_all, yields(ty)) {
                    (Err(_), Some(yields)) => scope.build(&literal, &yields)?,
                    (result, _) => result?,
                }
            }
            AttributeTag::ReadExpire
            | AttributeTag::WriteExpire
            | AttributeTag::CreateExpire
            | AttributeTag::RotateInterval => self.scope.build(&literal, &Type::INTERVAL)?,
            _ => self.scope.build_untyped(&literal)?,
        };
        let ty = Some(value.ty());
        Ok(Expr { tag: EXPR_CONST, paren: 0, ty, kind: ExprKind::Const(value) })
    }

    /// Returns the next name, unless it is a constant or the beginning of one.
    ///
    /// Constants are replaced by their values, so that for example expiry times are known.
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

    /// Creates an expression that names a variable or function.
    fn global(&self, name: &str) -> Expr {
        let (name, ty) = match self.scope.global(name) {
            Some(global) => (global.name.clone(), Some(global.ty.clone())),
            None => (name.into(), None),
        };
        let kind = ExprKind::Global { name, in_const_init: false };
        Expr { tag: EXPR_NAME, paren: 0, ty, kind }
    }
}

/// Adds an attribute as Bro does (2§4): it replaces another of its kind, and may add one that it
/// implies, which is explicit on the wire.
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

/// Whether an attribute has an expression.
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

/// Returns the type of a table's elements.
fn yields(ty: &Type) -> Option<Type> {
    ty.def()?.kind.table_parts()?.1.cloned()
}

impl Parser<'_, '_> {
    /// Parses the rest of a `redef`.
    pub(super) fn redefinition(&mut self) -> Result<(), ParseError> {
        let at = self.at();
        let name = self.name("a variable's name")?;
        let quoted = || ParseErrorKind::quote(name);
        let Some(mut global) = self.scope.global(name).cloned() else {
            if self.is_partial {
                return self.pass_over();
            }
            return Err(at.error(ParseErrorKind::UnknownVariable(quoted())));
        };
        if !global.has(AttributeTag::Redef) {
            return Err(at.error(ParseErrorKind::NotRedefinable(quoted())));
        }
        global.ty = self.settled(global.ty);
        global.init = global.init.map(|value| value.coerce(&global.ty).unwrap_or(value));
        let operator_at = self.at();
        let error = |operator| {
            let ty = Short(&global.ty).to_string();
            operator_at.error(ParseErrorKind::Redefinition { operator, ty })
        };
        let init = if self.eat('+')? {
            self.expect('=', "`+=`")?;
            match self.value_of(&global.ty)? {
                Some(more) => Some(added(global.init.as_ref(), more).ok_or_else(|| error("+="))?),
                None => None,
            }
        } else if self.eat('-')? {
            self.expect('=', "`-=`")?;
            let indices = set_of(&global.ty).ok_or_else(|| error("-="))?;
            let less = self.value_of(&indices)?;
            less.and_then(|less| removed(global.init.as_ref(), &less))
        } else if self.eat('=')? {
            self.value_of(&global.ty)?
        } else {
            global.init.clone()
        };
        global.init = init;
        if let Some(more) = self.attributes(&global.ty)? {
            add_attributes(&mut global, &more);
        }
        self.scope.declarations.to_mut().globals.insert(global);
        Ok(())
    }

    /// Parses a value of a type. Returns `None` if it is not a constant.
    fn value_of(&mut self, ty: &Type) -> Result<Option<Value>, ParseError> {
        self.if_constant(|parser| {
            let literal = parser.literal()?;
            parser.scope.build(&literal, ty)
        })
    }
}

/// Adds to a table or set, to a string or to a number.
fn added(old: Option<&Value>, more: Value) -> Option<Value> {
    let Some(old) = old else {
        return matches!(more, Value::Table(_)).then_some(more);
    };
    Some(match (old, &more) {
        (Value::Table(old), Value::Table(more)) => {
            let kept = without(old, more);
            old.with_entries(kept.chain(more.entries.iter().cloned()).collect()).into()
        }
        (Value::String(a), Value::String(b)) => Value::string([a.as_ref(), b.as_ref()].concat()),
        (Value::Count(a), Value::Count(b)) => Value::Count(a.checked_add(*b)?),
        (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_add(*b)?),
        (Value::Double(a), Value::Double(b)) => Value::Double(a + b),
        (Value::Interval(a), Value::Interval(b)) => Value::Interval(a + b),
        (Value::Pattern(a), Value::Pattern(b)) => Value::from(a.joined(b)),
        _ => return None,
    })
}

/// Removes the elements of a set from a table or set.
fn removed(old: Option<&Value>, less: &Value) -> Option<Value> {
    match (old?, less) {
        (Value::Table(old), Value::Table(less)) => {
            Some(old.with_entries(without(old, less).collect()).into())
        }
        (old, _) => Some(old.clone()),
    }
}

/// Returns the entries whose indices are not in the other table.
fn without<'t>(table: &'t Table, other: &'t Table) -> impl Iterator<Item = Entry> + 't {
    let other: BTreeSet<&List> = other.entries.iter().map(|entry| &*entry.index).collect();
    table.entries.iter().filter(move |entry| !other.contains(&*entry.index)).cloned()
}

/// Returns the type of a set of the indices of a table or set.
fn set_of(ty: &Type) -> Option<Type> {
    let index = ty.def()?.kind.table_parts()?.0.clone();
    Some(Type::new("", TypeKind::Set(SetType { yields: None, index, elements: None })))
}

/// Adds attributes, replacing those of the same kind.
fn add_attributes(global: &mut Global, more: &Attributes) {
    let old = global.attributes.iter().flat_map(|attributes| &attributes.list);
    let kept = old.filter(|attribute| !more.has(attribute.tag)).cloned();
    let list = kept.chain(more.list.iter().cloned()).collect();
    global.attributes = Some(Arc::new(Attributes { ty: global.ty.clone(), list }));
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
