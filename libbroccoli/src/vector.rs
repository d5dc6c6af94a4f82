//! `bro_vector_*`: values by position.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

use brocomm::data::{Type, TypeTag, Value, Vector};
use brocomm::lowlevel::types::TypeKind;

use crate::guard::guard;
use crate::layout::{FALSE, TRUE};
use crate::record::node;
use crate::types;
use crate::value::{Node, answer};

/// A vector.
#[derive(Debug, Clone, Default)]
pub struct BroVector {
    /// Boxed, so that an element keeps its address when others are added.
    #[allow(clippy::vec_box, reason = "programs hold the addresses of elements")]
    items: Vec<Box<Node>>,
    /// The type of a received vector.
    ty: Option<Type>,
}

impl BroVector {
    /// Creates a vector from a value. `None` if an element has a type that programs do not support.
    pub(crate) fn of(vector: &Vector) -> Option<BroVector> {
        let yields = match vector.ty.def().as_deref().map(|def| &def.kind) {
            Some(TypeKind::Vector(yields)) => yields.clone(),
            _ => Type::Base(TypeTag::Any),
        };
        let item = |item: &Option<Value>| {
            Some(Box::new(match item {
                Some(value) => Node::new(value.clone())?,
                None => Node::unset(yields.clone()),
            }))
        };
        let items = vector.items.iter().map(item).collect::<Option<_>>()?;
        Some(BroVector { items, ty: Some(vector.ty.clone()) })
    }

    /// Returns the vector as a value of this type. Without a type, the elements may be of any type.
    pub(crate) fn to_value(&self, named: Option<Type>) -> Option<Value> {
        let ty = match (named, &self.ty) {
            (Some(named), _) => named,
            (None, Some(ty)) => types::without_attributes(ty),
            (None, None) => Type::vector(Type::ANY),
        };
        let mut items = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let content = item.to_value();
            if content.is_none() && !item.is_unset() {
                return None;
            }
            items.push(content);
        }
        Some(Value::Vector(Arc::new(Vector::new(ty, items))))
    }

    fn nth(&mut self, num: c_int) -> Option<&mut Box<Node>> {
        self.items.get_mut(usize::try_from(num).ok()?)
    }
}

/// Creates a vector without elements.
#[unsafe(no_mangle)]
pub extern "C" fn bro_vector_new() -> *mut BroVector {
    guard(ptr::null_mut(), || Box::into_raw(Box::default()))
}

/// Frees a vector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_vector_free(vec: *mut BroVector) {
    guard((), || {
        if !vec.is_null() {
            // SAFETY: a vector of `bro_vector_new`, which is not used any more.
            drop(unsafe { Box::from_raw(vec) });
        }
    });
}

/// Returns the number of elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_vector_get_length(vec: *mut BroVector) -> c_int {
    // SAFETY: null or a vector.
    guard(0, || unsafe { vec.as_ref() }.map_or(0, |vec| vec.items.len() as c_int))
}

/// Adds an element, without a value for a null pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_vector_add_val(
    vec: *mut BroVector,
    ty: c_int,
    type_name: *const c_char,
    val: *const c_void,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a vector.
        let Some(vec) = (unsafe { vec.as_mut() }).filter(|_| types::has_values(ty)) else {
            return FALSE;
        };
        // SAFETY: null or a C string, and null or a value of the type.
        let Some(node) = (unsafe { node(ty, type_name, val) }) else { return FALSE };
        vec.items.push(Box::new(node));
        vec.ty = None;
        TRUE
    })
}

/// Returns an element.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_vector_get_nth_val(
    vec: *mut BroVector,
    num: c_int,
    ty: *mut c_int,
) -> *mut c_void {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a vector.
        let item = unsafe { vec.as_mut() }.and_then(|vec| vec.nth(num));
        // SAFETY: null or valid.
        unsafe { answer(item.map(|item| &mut **item), ty) }
    })
}

/// Replaces an element.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_vector_set_nth_val(
    vec: *mut BroVector,
    num: c_int,
    ty: c_int,
    type_name: *const c_char,
    val: *const c_void,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a vector.
        let Some(vec) = (unsafe { vec.as_mut() }) else { return FALSE };
        let Some(item) = vec.nth(num).filter(|_| !val.is_null()) else { return FALSE };
        // SAFETY: null or a C string, and a value of the type.
        let Some(node) = (unsafe { node(ty, type_name, val) }) else { return FALSE };
        **item = node;
        vec.ty = None;
        TRUE
    })
}
