//! Lists, tables, sets, records and vectors (2§6).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Attributes, Expr, Name, Type, TypeKind, TypeTag, Value};

/// Holds what every container carries besides its content (2§6, MutableVal part).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mutable {
    /// 1 persistent, 2 synchronized, 4 tracked.
    pub properties: u8,
    /// The global name by which state accesses address this very container; empty if none.
    pub unique_id: Name,
}

/// Holds several values in a row.
#[derive(Debug, Clone)]
pub struct List {
    /// The list's type.
    pub ty: Type,
    /// The tag of the elements' common type, or of `any`, as on the wire.
    pub tag: u8,
    /// The values.
    pub items: Vec<Value>,
}

impl List {
    /// Makes a list of this list type of its values: an index, if it has one value per component.
    pub fn new(ty: Type, items: Vec<Value>) -> List {
        List { ty, tag: List::usual_tag(&items), items }
    }

    /// Returns the tag that an index of these values has.
    pub(super) fn usual_tag(items: &[Value]) -> u8 {
        match items {
            [only] => only.tag() as u8,
            _ => TypeTag::Any as u8,
        }
    }

    pub(crate) fn compact(&self) -> List {
        List { items: self.items.iter().map(Value::compact).collect(), ..self.clone() }
    }
}

/// Holds a table or a set.
///
/// Entries stand in the order in which they came; for Bro that is the order of its hash table.
/// Tables are equal that have equal indices and values, in whatever order.
#[derive(Debug, Clone)]
pub struct Table {
    /// The type: a table, or a set, which has no values.
    pub ty: Type,
    /// What every container carries.
    pub mutable: Mutable,
    /// The table's attributes.
    pub attributes: Option<Arc<Attributes>>,
    /// How long an entry lives.
    pub expire_time: Option<Arc<Expr>>,
    /// What is called when an entry expires.
    pub expire_func: Option<Arc<Expr>>,
    /// The entries.
    pub entries: Vec<Entry>,
}

/// Holds an entry of a table or set.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The index, one value per component.
    pub index: Arc<List>,
    /// The value; `None` in sets.
    pub value: Option<Value>,
    /// When the entry was last used, in network time.
    pub last_access: f64,
    /// What expiry counts from: the sender's start plus whole seconds, in network time.
    pub expire_access: f64,
}

impl Table {
    /// Makes a table or set of this type without attributes and entries.
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

    /// Returns whether this is a set.
    pub fn is_set(&self) -> bool {
        match self.ty.def().as_deref().map(|def| &def.kind) {
            Some(TypeKind::Set(_)) => true,
            Some(TypeKind::Table(table)) => table.yields.is_none(),
            _ => self.entries.iter().all(|e| e.value.is_none()),
        }
    }

    /// Adds an entry without looking for one with an equal index.
    ///
    /// `index` holds one value per component; `value` is `None` for sets.
    pub fn push(&mut self, index: Vec<Value>, value: Option<Value>) {
        let ty = match self.ty.def().as_deref().map(|def| &def.kind) {
            Some(TypeKind::Set(set)) => set.index.clone(),
            Some(TypeKind::Table(table)) => table.index.clone(),
            _ => Type::list(index.iter().map(Value::ty).collect()),
        };
        let index = Arc::new(List::new(ty, index));
        self.entries.push(Entry { index, value, last_access: 0.0, expire_access: 0.0 });
    }

    /// Returns the entry with this index.
    ///
    /// Looks at one entry after the other. For many look-ups in a large table make an
    /// [index](Table::index) first.
    pub fn get(&self, index: &[Value]) -> Option<&Entry> {
        self.entries.iter().find(|e| e.index.items == index)
    }

    /// Returns the entries by their indices, for many look-ups; of equal indices the first entry.
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
        self.entries.iter().rev().map(|entry| (entry.index.items.as_slice(), entry)).collect()
    }

    pub(super) fn compact(&self) -> Table {
        let entries = self
            .entries
            .iter()
            .map(|e| Entry {
                index: Arc::new(e.index.compact()),
                value: e.value.as_ref().map(Value::compact),
                ..e.clone()
            })
            .collect();
        Table { entries, ..self.clone() }
    }
}

/// Holds a record.
///
/// ```
/// # use brocomm::data::{Field, Record, Type, Value};
/// let ty = Type::record("", vec![Field::new("id", Type::COUNT), Field::new("note", Type::STRING)]);
/// let record = Record::new(ty, vec![Some(Value::Count(5)), None]);
/// assert_eq!(record.get("id"), Some(&Value::Count(5)));
/// assert_eq!(record.field("id"), Ok(5u64));
/// assert_eq!(record.field("note"), Ok(None::<String>));
/// assert_eq!(record.field::<String>("note").unwrap_err().to_string(), "$note: missing");
/// ```
#[derive(Debug, Clone)]
pub struct Record {
    /// The record's type.
    pub ty: Type,
    /// What every container carries.
    pub mutable: Mutable,
    /// The fields' values, in the order of the type's fields; `None`: not set.
    pub fields: Vec<Option<Value>>,
}

impl Record {
    /// Makes a record of its fields' values.
    pub fn new(ty: Type, fields: Vec<Option<Value>>) -> Record {
        Record { ty, mutable: Mutable::default(), fields }
    }

    /// Returns the value of the field with this name, if there is one and it is set.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let def = self.ty.def()?;
        let TypeKind::Record(ty) = &def.kind else { return None };
        let position = ty.fields.as_ref()?.iter().position(|field| field.name == name)?;
        self.fields.get(position)?.as_ref()
    }

    pub(super) fn compact(&self) -> Record {
        let fields = self.fields.iter().map(|f| f.as_ref().map(Value::compact)).collect();
        Record { fields, ..self.clone() }
    }
}

/// Holds a vector.
#[derive(Debug, Clone)]
pub struct Vector {
    /// The vector's type.
    pub ty: Type,
    /// What every container carries.
    pub mutable: Mutable,
    /// The elements; `None` where a sparse vector has none.
    pub items: Vec<Option<Value>>,
}

impl Vector {
    /// Makes a vector of this type of its elements.
    pub fn new(ty: Type, items: Vec<Option<Value>>) -> Vector {
        Vector { ty, mutable: Mutable::default(), items }
    }

    pub(super) fn compact(&self) -> Vector {
        let items = self.items.iter().map(|i| i.as_ref().map(Value::compact)).collect();
        Vector { items, ..self.clone() }
    }
}
