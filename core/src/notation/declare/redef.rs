//! The grammar of `redef`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::Short;
use crate::data::{
    AttributeTag, Attributes, Entry, Global, List, SetType, Table, Type, TypeKind, Value,
};
use crate::notation::parser::Parser;
use crate::notation::{ParseError, ParseErrorKind};

impl Parser<'_, '_> {
    /// Reads what follows `redef`.
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
        let operator_at = self.at();
        global.init = global.init.map(|value| value.coerce(&global.ty).unwrap_or(value));
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

    /// Reads a value of a type, if it is a constant.
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
            Table { entries: kept.chain(more.entries.iter().cloned()).collect(), ..empty(old) }
                .into()
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
            Some(Table { entries: without(old, less).collect(), ..empty(old) }.into())
        }
        (old, _) => Some(old.clone()),
    }
}

/// Returns the entries whose indices the other table doesn't have.
fn without<'t>(table: &'t Table, other: &'t Table) -> impl Iterator<Item = Entry> + 't {
    let other: BTreeSet<&List> = other.entries.iter().map(|entry| &*entry.index).collect();
    table.entries.iter().filter(move |entry| !other.contains(&*entry.index)).cloned()
}

fn empty(table: &Table) -> Table {
    Table {
        ty: table.ty.clone(),
        mutable: table.mutable.clone(),
        attributes: table.attributes.clone(),
        expire_time: table.expire_time.clone(),
        expire_func: table.expire_func.clone(),
        entries: Vec::new(),
    }
}

/// Returns the type of a set of a table's or set's indices.
fn set_of(ty: &Type) -> Option<Type> {
    let index = match &ty.def()?.kind {
        TypeKind::Set(set) => set.index.clone(),
        TypeKind::Table(table) => table.index.clone(),
        _ => return None,
    };
    Some(Type::new("", TypeKind::Set(SetType { yields: None, index, elements: None })))
}

/// Adds attributes; those of the same kind are replaced.
fn add_attributes(global: &mut Global, more: &Attributes) {
    let old = global.attributes.iter().flat_map(|attributes| &attributes.list);
    let kept = old.filter(|attribute| !more.has(attribute.tag)).cloned();
    let list = kept.chain(more.list.iter().cloned()).collect();
    global.attributes = Some(Arc::new(Attributes { ty: global.ty.clone(), list }));
}
