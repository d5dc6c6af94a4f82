//! `bro_table_*` and `bro_set_*`: a set is a table without values.

use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;

use brocomm::data::{Table, Type, Value};
use brocomm::lowlevel::types::TypeKind;

use crate::guard::guard;
use crate::layout::{FALSE, tag};
use crate::record::BroRecord;
use crate::types;
use crate::value::Node;

/// A callback for each entry of a table. Returning zero ends the iteration.
pub type BroTableCallback =
    unsafe extern "C-unwind" fn(key: *mut c_void, val: *mut c_void, user: *mut c_void) -> c_int;
/// A callback for each element of a set. Returning zero ends the iteration.
pub type BroSetCallback = unsafe extern "C-unwind" fn(val: *mut c_void, user: *mut c_void) -> c_int;

/// A table or a set.
#[derive(Debug, Clone, Default)]
pub struct BroTable {
    /// Boxed, so that an entry keeps its address when others are added.
    #[allow(clippy::vec_box, reason = "programs hold the addresses of values")]
    entries: Vec<Box<Entry>>,
    /// The position of the first entry with each index.
    positions: HashMap<Value, usize>,
    /// The numbers of the types of indices and values.
    types: (c_int, c_int),
    /// The type of a received table.
    ty: Option<Type>,
}

#[derive(Debug, Clone)]
struct Entry {
    key: Node,
    value: Option<Node>,
}

impl BroTable {
    /// Creates a table from a value. `None` if an index or value has a type that programs do not
    /// support.
    pub(crate) fn of(table: &Table) -> Option<BroTable> {
        let mut made = BroTable { types: numbers(&table.ty), ..BroTable::default() };
        for entry in &table.entries {
            let key = match &*entry.index.items {
                [only] => Node::new(only.clone())?,
                several => Node::index(BroRecord::of_components(several)?),
            };
            let value = match &entry.value {
                Some(value) => Some(Node::new(value.clone())?),
                None => None,
            };
            made.add(key, value)?;
        }
        made.ty = Some(table.ty.clone());
        Some(made)
    }

    /// Adds an entry, even if one with an equal index exists. `None` if its types differ from those
    /// of the others.
    fn add(&mut self, key: Node, value: Option<Node>) -> Option<()> {
        let types = (key.tag(), value.as_ref().map_or(tag::UNKNOWN, Node::tag));
        if self.types == (tag::UNKNOWN, tag::UNKNOWN) {
            self.types = types;
        }
        if self.types != types {
            return None;
        }
        self.positions.entry(key.to_value()?).or_insert(self.entries.len());
        self.entries.push(Box::new(Entry { key, value }));
        self.ty = None;
        Some(())
    }

    /// Returns the entry with an index.
    ///
    /// # Safety
    /// The index is null or has the table's type.
    unsafe fn find(&mut self, key: *const c_void) -> Option<&mut Entry> {
        // SAFETY: guaranteed by the caller.
        let key = unsafe { Node::read(self.types.0, None, key) }?.to_value()?;
        let position = *self.positions.get(&key)?;
        self.entries.get_mut(position).map(|entry| &mut **entry)
    }

    /// Returns the table or set as a value of this type, or else of the types of the first entry.
    pub(crate) fn to_value(&self, is_set: bool, named: Option<Type>) -> Option<Value> {
        let mut entries = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let index = match entry.key.to_value()? {
                Value::List(list) => list.items.to_vec(),
                only => vec![only],
            };
            let value = match &entry.value {
                Some(value) => Some(value.to_value()?),
                None => None,
            };
            if value.is_none() != is_set {
                return None;
            }
            entries.push((index, value));
        }
        let ty = match (named, &self.ty) {
            (Some(named), _) => named,
            (None, Some(ty)) => types::without_attributes(ty),
            (None, None) => {
                let (index, value) = entries
                    .first()
                    .map_or((&[][..], None), |(index, value)| (index.as_slice(), value.as_ref()));
                let index = index.iter().map(Value::ty).collect();
                match value {
                    Some(value) => Type::table(index, value.ty()),
                    None if is_set => Type::set(index),
                    None => Type::table(index, Type::ANY),
                }
            }
        };
        let mut table = Table::new(ty);
        entries.into_iter().for_each(|(index, value)| table.push(index, value));
        Some(Value::Table(Arc::new(table)))
    }
}

/// Returns the numbers of the types of a table's indices and values.
fn numbers(ty: &Type) -> (c_int, c_int) {
    let yields = match ty.def().as_deref().map(|def| &def.kind) {
        Some(TypeKind::Table(table)) => table.yields.as_ref().map_or(tag::UNKNOWN, types::number),
        _ => tag::UNKNOWN,
    };
    let index = index_type(ty);
    let index = match index.as_ref().and_then(Type::def).as_deref().map(|def| &def.kind) {
        Some(TypeKind::List(list)) => match list.types.as_slice() {
            [] => tag::UNKNOWN,
            [only] => types::number(only),
            _ => tag::LIST,
        },
        _ => tag::UNKNOWN,
    };
    (index, yields)
}

fn index_type(ty: &Type) -> Option<Type> {
    match &ty.def()?.kind {
        TypeKind::Table(table) => Some(table.index.clone()),
        TypeKind::Set(set) => Some(set.index.clone()),
        _ => None,
    }
}

/// Creates an empty table.
#[unsafe(no_mangle)]
pub extern "C" fn bro_table_new() -> *mut BroTable {
    guard(ptr::null_mut(), || Box::into_raw(Box::default()))
}

/// Frees a table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_table_free(tbl: *mut BroTable) {
    guard((), || {
        if !tbl.is_null() {
            // SAFETY: a table of `bro_table_new`, which is not used any more.
            drop(unsafe { Box::from_raw(tbl) });
        }
    });
}

/// Adds an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_table_insert(
    tbl: *mut BroTable,
    key_type: c_int,
    key: *const c_void,
    val_type: c_int,
    val: *const c_void,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a table; null or values of the types.
        let (tbl, key, val) = unsafe {
            (tbl.as_mut(), Node::read(key_type, None, key), Node::read(val_type, None, val))
        };
        let Some(((tbl, key), val)) = tbl.zip(key).zip(val) else { return FALSE };
        tbl.add(key, Some(val)).is_some().into()
    })
}

/// Returns the value of an index.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_table_find(tbl: *mut BroTable, key: *const c_void) -> *mut c_void {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a table, and null or an index of its type.
        let entry = unsafe { tbl.as_mut().and_then(|tbl| tbl.find(key)) };
        entry.and_then(|entry| entry.value.as_mut()).map_or(ptr::null_mut(), Node::as_ptr)
    })
}

/// Returns the number of entries; -1 for a null pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_table_get_size(tbl: *mut BroTable) -> c_int {
    // SAFETY: null or a table.
    guard(-1, || unsafe { tbl.as_ref() }.map_or(-1, |tbl| tbl.entries.len() as c_int))
}

/// Returns an entry by position: the addresses of its index and its value.
///
/// # Safety
/// The pointer is null or a table.
unsafe fn entry(tbl: *mut BroTable, position: usize) -> Option<(*mut c_void, *mut c_void)> {
    guard(None, || {
        // SAFETY: null or a table.
        let entry = unsafe { tbl.as_mut() }?.entries.get_mut(position)?;
        let value = entry.value.as_mut().map_or(ptr::null_mut(), Node::as_ptr);
        Some((entry.key.as_ptr(), value))
    })
}

/// Calls a function for each entry, until it returns zero.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bro_table_foreach(
    tbl: *mut BroTable,
    cb: Option<BroTableCallback>,
    user_data: *mut c_void,
) {
    let Some(cb) = cb else { return };
    let mut position = 0;
    // The callback may never return, so this frame owns nothing.
    // SAFETY: null or a table, also after each callback, which must not free it.
    while let Some((key, val)) = unsafe { entry(tbl, position) } {
        // SAFETY: a callback of this signature.
        if unsafe { cb(key, val, user_data) } == 0 {
            return;
        }
        position += 1;
    }
}

/// Writes the type numbers of indices and values to `key_type` and `val_type`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_table_get_types(
    tbl: *mut BroTable,
    key_type: *mut c_int,
    val_type: *mut c_int,
) {
    guard((), || {
        // SAFETY: null or a table.
        let Some(tbl) = (unsafe { tbl.as_ref() }) else { return };
        for (to, number) in [(key_type, tbl.types.0), (val_type, tbl.types.1)] {
            // SAFETY: null or valid.
            if let Some(to) = unsafe { to.as_mut() } {
                *to = number;
            }
        }
    });
}

/// Creates an empty set.
#[unsafe(no_mangle)]
pub extern "C" fn bro_set_new() -> *mut BroTable {
    bro_table_new()
}

/// Frees a set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_set_free(set: *mut BroTable) {
    // SAFETY: null or a set, which is not used any more.
    unsafe { bro_table_free(set) };
}

/// Adds an element.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_set_insert(
    set: *mut BroTable,
    ty: c_int,
    val: *const c_void,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a set; null or a value of the type.
        let (set, val) = unsafe { (set.as_mut(), Node::read(ty, None, val)) };
        set.zip(val).is_some_and(|(set, val)| set.add(val, None).is_some()).into()
    })
}

/// Returns whether an element is in a set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_set_find(set: *mut BroTable, key: *const c_void) -> c_int {
    // SAFETY: null or a set, and null or an element of its type.
    guard(FALSE, || unsafe { set.as_mut().and_then(|set| set.find(key)) }.is_some().into())
}

/// Returns the number of elements; -1 for a null pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_set_get_size(set: *mut BroTable) -> c_int {
    // SAFETY: null or a set.
    unsafe { bro_table_get_size(set) }
}

/// Calls a function for each element, until it returns zero.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bro_set_foreach(
    set: *mut BroTable,
    cb: Option<BroSetCallback>,
    user_data: *mut c_void,
) {
    let Some(cb) = cb else { return };
    let mut position = 0;
    // SAFETY: null or a set, also after each callback, which must not free it.
    while let Some((key, _)) = unsafe { entry(set, position) } {
        // SAFETY: a callback of this signature.
        if unsafe { cb(key, user_data) } == 0 {
            return;
        }
        position += 1;
    }
}

/// Writes the type number of the elements to `ty`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_set_get_type(set: *mut BroTable, ty: *mut c_int) {
    // SAFETY: null or a set, and null or valid.
    unsafe { bro_table_get_types(set, ty, ptr::null_mut()) };
}
