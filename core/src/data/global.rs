//! Variables and constants, in order of declaration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::convert::fit;
use super::{
    Attribute, AttributeTag, Attributes, BroType, ConversionError, ExprKind, Field, Name, Record,
    Table, Type, TypeKind, Value, Vector,
};

/// The declaration of a global variable or constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Global {
    /// Its full name (`Module::name`, or `name` in the global module).
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Whether it is a `const`, which only a `redef` changes.
    pub is_const: bool,
    /// Its attributes, such as `&synchronized`.
    pub attributes: Option<Arc<Attributes>>,
    /// Its initial value, if the declaration gives one.
    pub init: Option<Value>,
}

impl Global {
    /// Creates a variable without attributes and without an initial value.
    pub fn new(name: impl Into<Name>, ty: Type) -> Global {
        Global { name: name.into(), ty, is_const: false, attributes: None, init: None }
    }

    /// Creates a variable that is `&synchronized`, without an initial value.
    pub fn synchronized(name: impl Into<Name>, ty: Type) -> Global {
        let list = vec![Attribute { tag: AttributeTag::Synchronized, expr: None }];
        let attributes = Some(Arc::new(Attributes { ty: ty.clone(), list }));
        Global { attributes, ..Global::new(name, ty) }
    }

    /// Checks that a Rust type can represent every value of the variable.
    ///
    /// # Errors
    ///
    /// Returns the position at which the types differ.
    pub fn check<T: BroType>(&self) -> Result<(), ConversionError> {
        fit(&T::bro_type(), &self.ty)
    }

    /// Returns whether it is `&synchronized`.
    pub fn is_synchronized(&self) -> bool {
        self.has(AttributeTag::Synchronized)
    }

    /// Returns whether it has this attribute.
    pub fn has(&self, tag: AttributeTag) -> bool {
        self.attributes.as_deref().is_some_and(|attributes| attributes.has(tag))
    }
}

/// Variables and constants by name, in order of declaration. The full state is sent in this order
/// (§3.4).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Globals {
    list: Vec<Global>,
    places: BTreeMap<Name, usize>,
    /// The names of variables and constants whose types are not known.
    untyped: BTreeSet<Name>,
}

impl Globals {
    /// Adds a variable. It replaces an earlier one with the same name, at the same position.
    pub fn insert(&mut self, global: Global) {
        match self.places.get(&global.name).and_then(|place| self.list.get_mut(*place)) {
            Some(old) => *old = global,
            None => {
                self.places.insert(global.name.clone(), self.list.len());
                self.list.push(global);
            }
        }
    }

    /// Returns the variable with this full name.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&Global> {
        self.list.get(*self.places.get(name.as_ref())?)
    }

    /// Returns whether a variable with this full name is declared.
    pub fn contains(&self, name: impl AsRef<[u8]>) -> bool {
        self.places.contains_key(name.as_ref())
    }

    /// Adds the name of a variable whose type is not known.
    pub(crate) fn add_untyped(&mut self, name: Name) {
        self.untyped.insert(name);
    }

    /// Returns whether a variable with this full name is declared, even if its type is not known.
    pub(crate) fn is_declared(&self, name: &[u8]) -> bool {
        self.contains(name) || self.untyped.contains(name)
    }

    /// Iterates over the variables in order of declaration.
    pub fn iter(&self) -> std::slice::Iter<'_, Global> {
        self.list.iter()
    }

    /// Returns the number of variables.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns whether no variable is declared.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<'a> IntoIterator for &'a Globals {
    type Item = &'a Global;
    type IntoIter = std::slice::Iter<'a, Global>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Global> for Globals {
    fn extend<I: IntoIterator<Item = Global>>(&mut self, globals: I) {
        globals.into_iter().for_each(|global| self.insert(global));
    }
}

impl Type {
    /// Returns the value that a variable of this type has in Bro if its declaration gives none:
    /// containers are empty, records have their fields' defaults, other types have no value.
    ///
    /// A record's other fields that are not `&optional` are initialized in the same way.
    pub fn initial_value(&self) -> Option<Value> {
        let Type::Def(def) = self else { return None };
        match &def.kind {
            TypeKind::Set(_) | TypeKind::Table(_) => Some(Table::new(self.clone()).into()),
            TypeKind::Vector(_) => Some(Vector::new(self.clone(), Vec::new()).into()),
            TypeKind::Record(record) => {
                let fields = record.fields.iter().flatten().map(|field| {
                    let default = default_of(field).and_then(|value| value.coerce(&field.ty).ok());
                    let is_optional = field.has(AttributeTag::Optional);
                    default.or_else(|| if is_optional { None } else { field.ty.initial_value() })
                });
                Some(Record::new(self.clone(), fields.collect()).into())
            }
            _ => None,
        }
    }
}

/// Returns the constant that a field has if it is not set.
pub(crate) fn default_of(field: &Field) -> Option<&Value> {
    let attributes = field.attributes.as_deref()?;
    let default = attributes.list.iter().find(|a| a.tag == AttributeTag::Default)?;
    match &default.expr.as_deref()?.kind {
        ExprKind::Const(value) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_declaration_replaces_the_old_one_in_place() {
        let mut globals = Globals::default();
        globals.extend(["b", "a"].map(|name| Global::new(name, Type::COUNT)));
        globals.insert(Global::new("b", Type::STRING));
        let listed: Vec<_> = globals.iter().map(|g| (g.name.to_string(), g.ty.clone())).collect();
        assert_eq!(listed, [("b".to_owned(), Type::STRING), ("a".to_owned(), Type::COUNT)]);
        assert_eq!(globals.get("a").map(|g| g.ty.clone()), Some(Type::COUNT));
        assert!(globals.get("c").is_none() && !globals.contains("c"));
    }
}
