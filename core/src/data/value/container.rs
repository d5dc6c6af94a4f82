//! Lists, tables, sets, records and vectors (2§6).

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::{Attributes, Expr, Type, TypeKind, Value};
use crate::data::{Name, TypeTag};

/// The properties of every container (2§6, MutableVal part).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mutable {
    /// 1 persistent, 2 synchronized, 4 tracked.
    pub properties: u8,
    /// The global name by which operations address this container, empty if it has none.
    pub unique_id: Name,
}

/// A list of values.
#[derive(Debug, Clone)]
pub struct List {
    /// The list's type.
    pub ty: Type,
    /// The tag of the elements' common type, or of `any`, as on the wire.
    pub tag: u8,
    /// The values, which dereference to a slice. Create them from a vector with `into`.
    pub items: Items,
}

impl List {
    /// Creates a list with this type. A list with one value per component is an index.
    pub fn new(ty: Type, items: impl Into<Items>) -> List {
        let items = items.into();
        List { ty, tag: List::usual_tag(&items), items }
    }

    /// Returns the tag of an index with these values.
    pub(in crate::data) fn usual_tag(items: &[Value]) -> u8 {
        match items {
            [only] => only.tag() as u8,
            _ => TypeTag::Any as u8,
        }
    }

    pub(crate) fn compact(&self) -> List {
        List { items: self.items.iter().map(Value::compact).collect(), ..self.clone() }
    }
}

/// A table or a set.
///
/// Entries are in the order of the message; in Bro that is the order of its hash table. Tables are
/// equal if they have equal indices and values, in any order.
#[derive(Debug, Clone)]
pub struct Table {
    /// The type: a table, or a set, which has no values.
    pub ty: Type,
    /// The properties of every container.
    pub mutable: Mutable,
    /// The table's attributes.
    pub attributes: Option<Arc<Attributes>>,
    /// The lifetime of an entry.
    pub expire_time: Option<Arc<Expr>>,
    /// The function called when an entry expires.
    pub expire_func: Option<Arc<Expr>>,
    /// The entries.
    pub entries: Vec<Entry>,
}

/// An entry of a table or set.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The index, one value per component.
    pub index: Arc<List>,
    /// The value; `None` in sets.
    pub value: Option<Value>,
    /// When the entry was last accessed, in network time.
    pub last_access: f64,
    /// The start of the expiry time: the sender's start plus whole seconds, in network time.
    pub expire_access: f64,
}

impl Table {
    /// Creates an empty table or set with this type and without attributes.
    pub fn new(ty: Type) -> Table {
        Table {
            ty,
            mutable: Mutable::default(),
            attributes: None,
            expire_time: None,
            expire_func: None,
            entries: Vec::new(),
        }
    }

    /// Returns an equal table with other entries.
    pub(crate) fn with_entries(&self, entries: Vec<Entry>) -> Table {
        Table {
            ty: self.ty.clone(),
            mutable: self.mutable.clone(),
            attributes: self.attributes.clone(),
            expire_time: self.expire_time.clone(),
            expire_func: self.expire_func.clone(),
            entries,
        }
    }

    /// Returns whether this is a set.
    pub fn is_set(&self) -> bool {
        match self.ty.def().as_deref().and_then(|def| def.kind.table_parts()) {
            Some((_, yields)) => yields.is_none(),
            None => self.entries.iter().all(|e| e.value.is_none()),
        }
    }

    /// Adds an entry without checking for an equal index.
    ///
    /// `index` holds one value per component; `value` is `None` for sets.
    pub fn push(&mut self, index: Vec<Value>, value: Option<Value>) {
        let def = self.ty.def();
        let ty = match def.as_deref().and_then(|def| def.kind.table_parts()) {
            Some((ty, _)) => ty.clone(),
            None => Type::list(index.iter().map(Value::ty).collect()),
        };
        let index = Arc::new(List::new(ty, index));
        self.entries.push(Entry { index, value, last_access: 0.0, expire_access: 0.0 });
    }

    /// Returns the entry with this index.
    ///
    /// Searches linearly. For many lookups in a large table, create an [index](Table::index)
    /// first.
    pub fn get(&self, index: &[Value]) -> Option<&Entry> {
        self.entries.iter().find(|e| e.index.items == index)
    }

    /// Returns a map from indices to entries, for many lookups. For equal indices it contains the
    /// first entry.
    ///
    /// ```
    /// # use brocomm::data::{Table, Type, Value};
    /// let mut table = Table::new(Type::table(vec![Type::COUNT], Type::STRING));
    /// table.push(vec![Value::Count(443)], Some("https".into()));
    /// let index = table.index();
    /// let entry = index[[Value::Count(443)].as_slice()];
    /// assert_eq!(entry.value, Some("https".into()));
    /// ```
    pub fn index(&self) -> BTreeMap<&[Value], &Entry> {
        self.entries.iter().rev().map(|entry| (&*entry.index.items, entry)).collect()
    }

    pub(super) fn compact(&self) -> Table {
        let entries = self.entries.iter().map(|e| Entry {
            index: Arc::new(e.index.compact()),
            value: e.value.as_ref().map(Value::compact),
            ..*e
        });
        self.with_entries(entries.collect())
    }
}

/// A record.
///
/// ```
/// # use brocomm::data::{Field, Record, Type, Value};
/// let ty = Type::record("", vec![Field::new("id", Type::COUNT), Field::new("note", Type::STRING)]);
/// let record = Record::new(ty, vec![Some(Value::Count(5)), None]);
/// assert_eq!(record.get("id"), Some(&Value::Count(5)));
/// assert_eq!(record.field("id"), Ok(5u64));
/// assert_eq!(record.field("note"), Ok(None::<String>));
/// assert_eq!(record.field::<String>("note").unwrap_err().to_string(), "$note: unset or absent");
/// ```
#[derive(Debug, Clone)]
pub struct Record {
    /// The record's type.
    pub ty: Type,
    /// The properties of every container.
    pub mutable: Mutable,
    /// The values of the fields in the order of the type, `None` if unset.
    pub fields: Vec<Option<Value>>,
}

impl Record {
    /// Creates a record from the values of its fields.
    pub fn new(ty: Type, fields: Vec<Option<Value>>) -> Record {
        Record { ty, mutable: Mutable::default(), fields }
    }

    /// Returns the value of the field with this name, if there is one and it is set.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.find(name.as_bytes())
    }

    pub(crate) fn find(&self, name: &[u8]) -> Option<&Value> {
        let def = self.ty.def()?;
        let TypeKind::Record(ty) = &def.kind else { return None };
        let position = ty.fields.as_ref()?.iter().position(|field| *field.name == *name)?;
        self.fields.get(position)?.as_ref()
    }

    pub(super) fn compact(&self) -> Record {
        let fields = self.fields.iter().map(|f| f.as_ref().map(Value::compact)).collect();
        Record { fields, ..self.clone() }
    }
}

/// A vector.
#[derive(Debug, Clone)]
pub struct Vector {
    /// The vector's type.
    pub ty: Type,
    /// The properties of every container.
    pub mutable: Mutable,
    /// The elements, `None` if unset.
    pub items: Vec<Option<Value>>,
}

impl Vector {
    /// Creates a vector with this type and elements.
    pub fn new(ty: Type, items: Vec<Option<Value>>) -> Vector {
        Vector { ty, mutable: Mutable::default(), items }
    }

    pub(super) fn compact(&self) -> Vector {
        let items = self.items.iter().map(|i| i.as_ref().map(Value::compact)).collect();
        Vector { items, ..self.clone() }
    }
}

/// The values of a [`List`], as a slice. A single value, as in most indices, is not
/// allocated.
#[derive(Clone)]
pub struct Items(Inner);

#[derive(Clone)]
enum Inner {
    One([Value; 1]),
    Many(Vec<Value>),
}

impl Items {
    /// Creates the values of a list with one value.
    #[inline]
    pub(crate) fn one(value: Value) -> Items {
        Items(Inner::One([value]))
    }
}

impl From<Vec<Value>> for Items {
    fn from(values: Vec<Value>) -> Items {
        Items(match <[Value; 1]>::try_from(values) {
            Ok(one) => Inner::One(one),
            Err(many) => Inner::Many(many),
        })
    }
}

impl From<Items> for Vec<Value> {
    fn from(items: Items) -> Vec<Value> {
        match items.0 {
            Inner::One(one) => one.into(),
            Inner::Many(many) => many,
        }
    }
}

impl FromIterator<Value> for Items {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Items {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (Some(one), None) => Items::one(one),
            (first, second) => {
                Items(Inner::Many(first.into_iter().chain(second).chain(values).collect()))
            }
        }
    }
}

impl Deref for Items {
    type Target = [Value];

    #[inline]
    fn deref(&self) -> &[Value] {
        match &self.0 {
            Inner::One(one) => one,
            Inner::Many(many) => many,
        }
    }
}

impl DerefMut for Items {
    fn deref_mut(&mut self) -> &mut [Value] {
        match &mut self.0 {
            Inner::One(one) => one,
            Inner::Many(many) => many,
        }
    }
}

impl<T: AsRef<[Value]> + ?Sized> PartialEq<T> for Items {
    fn eq(&self, other: &T) -> bool {
        **self == *other.as_ref()
    }
}

impl AsRef<[Value]> for Items {
    fn as_ref(&self) -> &[Value] {
        self
    }
}

impl Hash for Items {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
