//! `bro_record_*`: named values in order.

use std::cell::OnceCell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

use brocomm::data::{Field as TypeField, List, Name, Record, Type, Value};

use crate::guard::{filled, guard, text};
use crate::layout::{FALSE, TRUE};
use crate::memory::Text;
use crate::types;
use crate::value::{self, Node, answer, type_name};

/// A record. Old programs access its first two fields.
#[repr(C)]
#[derive(Debug)]
pub struct BroRecord {
    /// The address of the fields, which programs cannot use.
    val_list: *mut c_void,
    /// The number of fields.
    val_len: c_int,
    fields: Vec<Field>,
}

// SAFETY: the record owns what `val_list` points to.
unsafe impl Send for BroRecord {}

/// Boxed, so that a value keeps its address when others are added.
#[derive(Debug, Clone)]
struct Field {
    name: Name,
    /// The name, for programs.
    text: OnceCell<Text>,
    value: Box<Node>,
}

impl Field {
    fn new(name: Name, value: Node) -> Field {
        Field { name, text: OnceCell::new(), value: Box::new(value) }
    }
}

impl Clone for BroRecord {
    fn clone(&self) -> BroRecord {
        BroRecord::from_fields(self.fields.clone())
    }
}

impl BroRecord {
    fn from_fields(fields: Vec<Field>) -> BroRecord {
        let mut record = BroRecord { val_list: ptr::null_mut(), val_len: 0, fields };
        record.update();
        record
    }

    fn update(&mut self) {
        self.val_list = self.fields.as_mut_ptr().cast();
        self.val_len = self.fields.len() as c_int;
    }

    /// Creates a record from a value. `None` if a field has a type that programs do not support.
    pub(crate) fn of(record: &Record) -> Option<BroRecord> {
        let types = record.ty.fields().unwrap_or_default();
        let field = |(position, value): (usize, &Option<Value>)| {
            let ty = types.get(position);
            let name = ty.map(|ty| ty.name.clone()).unwrap_or_default();
            let node = match value {
                Some(value) => Node::new(value.clone())?,
                None => Node::unset(ty.map_or(Type::ANY, |ty| ty.ty.clone())),
            };
            Some(Field::new(name, node))
        };
        let fields = record.fields.iter().enumerate().map(field).collect::<Option<Vec<_>>>()?;
        Some(BroRecord::from_fields(fields))
    }

    /// Creates a record without names from the components of an index.
    pub(crate) fn of_components(values: &[Value]) -> Option<BroRecord> {
        let field = |value: &Value| Some(Field::new(Name::new(), Node::new(value.clone())?));
        values.iter().map(field).collect::<Option<Vec<_>>>().map(BroRecord::from_fields)
    }

    /// Returns the record as a value of this type, or else of the type of its fields.
    pub(crate) fn to_value(&self, named: Option<Type>) -> Option<Value> {
        let mut values = Vec::with_capacity(self.fields.len());
        for Field { value, .. } in &self.fields {
            let content = value.to_value();
            if content.is_none() && !value.is_unset() {
                return None;
            }
            values.push(content);
        }
        let ty = named.unwrap_or_else(|| {
            let field = |(field, value): (&Field, &Option<Value>)| {
                let ty = value.as_ref().map_or_else(|| field.value.ty(), Value::ty);
                TypeField::new(field.name.clone(), ty)
            };
            Type::record("", self.fields.iter().zip(&values).map(field).collect())
        });
        Some(Value::Record(Arc::new(Record::new(ty, values))))
    }

    /// Returns the index whose components are the fields.
    pub(crate) fn to_list(&self) -> Option<List> {
        let values = self.fields.iter().map(|field| field.value.to_value());
        let values = values.collect::<Option<Vec<_>>>()?;
        Some(List::new(Type::list(values.iter().map(Value::ty).collect()), values))
    }

    fn nth(&mut self, num: c_int) -> Option<&mut Field> {
        self.fields.get_mut(usize::try_from(num).ok()?)
    }

    fn named(&mut self, name: &[u8]) -> Option<&mut Field> {
        self.fields.iter_mut().find(|field| *field.name == *name)
    }
}

/// Creates a record without fields.
#[unsafe(no_mangle)]
pub extern "C" fn bro_record_new() -> *mut BroRecord {
    guard(ptr::null_mut(), || Box::into_raw(Box::new(BroRecord::from_fields(Vec::new()))))
}

/// Frees a record.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_record_free(rec: *mut BroRecord) {
    guard((), || {
        if !rec.is_null() {
            // SAFETY: a record of `bro_record_new`, which is not used any more.
            drop(unsafe { Box::from_raw(rec) });
        }
    });
}

/// Returns the number of fields.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_record_get_length(rec: *mut BroRecord) -> c_int {
    // SAFETY: null or a record.
    guard(0, || unsafe { rec.as_ref() }.map_or(0, |rec| rec.val_len))
}

/// Adds a field, without a value for a null pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_record_add_val(
    rec: *mut BroRecord,
    name: *const c_char,
    ty: c_int,
    type_name: *const c_char,
    val: *const c_void,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a record.
        let Some(rec) = (unsafe { rec.as_mut() }).filter(|_| types::has_values(ty)) else {
            return FALSE;
        };
        // SAFETY: null or a C string, and null or a value of the type.
        let (name, node) = unsafe { (text(name).unwrap_or_default(), node(ty, type_name, val)) };
        let Some(node) = node else { return FALSE };
        rec.fields.push(Field::new(value::name(name), node));
        rec.update();
        TRUE
    })
}

/// Reads a value. For a null pointer, returns a node without a value.
///
/// # Safety
/// The name is null or a C string, and the value is null or of the type.
pub(crate) unsafe fn node(ty: c_int, name: *const c_char, val: *const c_void) -> Option<Node> {
    // SAFETY: guaranteed by the caller.
    let name = unsafe { type_name(name) };
    if val.is_null() || !types::has_values(ty) {
        return Node::unset_of(ty, name);
    }
    // SAFETY: guaranteed by the caller.
    unsafe { Node::read(ty, name, val) }
}

/// Returns a field's value by position.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_record_get_nth_val(
    rec: *mut BroRecord,
    num: c_int,
    ty: *mut c_int,
) -> *mut c_void {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a record.
        let field = unsafe { rec.as_mut() }.and_then(|rec| rec.nth(num));
        // SAFETY: null or valid.
        unsafe { answer(field.map(|field| &mut *field.value), ty) }
    })
}

/// Returns a field's name by position.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_record_get_nth_name(rec: *mut BroRecord, num: c_int) -> *const c_char {
    guard(ptr::null(), || {
        // SAFETY: null or a record.
        let field = unsafe { rec.as_mut() }.and_then(|rec| rec.nth(num));
        field
            .map_or(ptr::null(), |field| field.text.get_or_init(|| Text::new(&field.name)).as_ptr())
    })
}

/// Returns a field's value by name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_record_get_named_val(
    rec: *mut BroRecord,
    name: *const c_char,
    ty: *mut c_int,
) -> *mut c_void {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a record, and null or a C string.
        let (rec, name) = unsafe { (rec.as_mut(), filled(name)) };
        let field = rec.zip(name).and_then(|(rec, name)| rec.named(name));
        // SAFETY: null or valid.
        unsafe { answer(field.map(|field| &mut *field.value), ty) }
    })
}

/// Replaces a field's value by position.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_record_set_nth_val(
    rec: *mut BroRecord,
    num: c_int,
    ty: c_int,
    type_name: *const c_char,
    val: *const c_void,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a record.
        let field = unsafe { rec.as_mut() }.and_then(|rec| rec.nth(num));
        let Some(field) = field.filter(|_| !val.is_null()) else { return FALSE };
        // SAFETY: null or a C string, and a value of the type.
        let Some(node) = (unsafe { node(ty, type_name, val) }) else { return FALSE };
        *field.value = node;
        TRUE
    })
}

/// Replaces a field's value by name; does nothing if there is no such field.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_record_set_named_val(
    rec: *mut BroRecord,
    name: *const c_char,
    ty: c_int,
    type_name: *const c_char,
    val: *const c_void,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a record, and null or a C string.
        let (rec, name) = unsafe { (rec.as_mut(), filled(name)) };
        let Some((rec, name)) = rec.zip(name) else { return FALSE };
        if val.is_null() {
            return FALSE;
        }
        // SAFETY: null or a C string, and a value of the type.
        let Some(node) = (unsafe { node(ty, type_name, val) }) else { return FALSE };
        if let Some(field) = rec.named(name) {
            *field.value = node;
        }
        TRUE
    })
}
