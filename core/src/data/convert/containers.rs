//! Sets and tables.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

use super::sequence::{self, index_types};
use super::{BroType, ConversionError, ConversionErrorKind, FromValue, Step, ToValue};
use crate::data::{Table, Type, TypeKind, TypeTag, Value};

macro_rules! sets {
    ($($set:ident<T $(, $hasher:ident)?> ($($bound:tt)*);)*) => {$(
        impl<T: IndexType $(, $hasher)?> BroType for $set<T $(, $hasher)?> {
            const CONTAINS_ITSELF: bool = T::CONTAINS_ITSELF;

            fn bro_type() -> Type {
                Type::set(T::index_types())
            }
        }

        impl<T: ToIndex $(, $hasher)?> ToValue for $set<T $(, $hasher)?> {
            fn to_value_as(&self, ty: &Type) -> Value {
                let ty = match sequence::kind(ty) {
                    Some(TypeKind::Set(_)) => ty.clone(),
                    _ => Self::bro_type(),
                };
                let mut table = Table::new(ty.clone());
                let types = index_types(&ty);
                for element in self {
                    table.push(element.to_index(types), None);
                }
                table.into()
            }
        }

        impl<T, $($hasher)?> FromValue for $set<T $(, $hasher)?>
        where
            T: FromIndex + $($bound)*,
            $($hasher: BuildHasher + Default,)?
        {
            fn from_value(value: &Value) -> Result<Self, ConversionError> {
                let entries = table(value)?.entries.iter().enumerate();
                entries
                    .map(|(at, entry)| match entry.value {
                        Some(_) => Err(ConversionErrorKind::NotASet.into()),
                        None => T::from_index(&entry.index.items)
                            .map_err(|error| error.within(Step::Entry(at))),
                    })
                    .collect()
            }
        }
    )*};
}

macro_rules! tables {
    ($($map:ident<K, V $(, $hasher:ident)?> ($($bound:tt)*);)*) => {$(
        impl<K: IndexType, V: BroType $(, $hasher)?> BroType for $map<K, V $(, $hasher)?> {
            const CONTAINS_ITSELF: bool = K::CONTAINS_ITSELF || V::CONTAINS_ITSELF;

            fn bro_type() -> Type {
                Type::table(K::index_types(), V::bro_type())
            }
        }

        impl<K: ToIndex, V: ToValue $(, $hasher)?> ToValue for $map<K, V $(, $hasher)?> {
            fn to_value_as(&self, ty: &Type) -> Value {
                let ty = match sequence::kind(ty) {
                    Some(TypeKind::Table(table)) if table.yields.is_some() => ty.clone(),
                    _ => Self::bro_type(),
                };
                let yields = match sequence::kind(&ty) {
                    Some(TypeKind::Table(table)) => table.yields.clone(),
                    _ => None,
                };
                let (types, yields) = (index_types(&ty), yields.unwrap_or(Type::ANY));
                let mut table = Table::new(ty.clone());
                for (key, value) in self {
                    table.push(key.to_index(types), Some(value.to_value_as(&yields)));
                }
                table.into()
            }
        }

        impl<K, V, $($hasher)?> FromValue for $map<K, V $(, $hasher)?>
        where
            K: FromIndex + $($bound)*,
            V: FromValue,
            $($hasher: BuildHasher + Default,)?
        {
            fn from_value(value: &Value) -> Result<Self, ConversionError> {
                let entries = table(value)?.entries.iter().enumerate();
                entries
                    .map(|(at, entry)| {
                        let Some(value) = &entry.value else {
                            return Err(ConversionErrorKind::NotATable.into());
                        };
                        let within = |error: ConversionError| error.within(Step::Entry(at));
                        let key = K::from_index(&entry.index.items).map_err(within)?;
                        Ok((key, V::from_value(value).map_err(within)?))
                    })
                    .collect()
            }
        }
    )*};
}

sets! {
    BTreeSet<T> (Ord);
    HashSet<T, S> (Eq + Hash);
}

tables! {
    BTreeMap<K, V> (Ord);
    HashMap<K, V, S> (Eq + Hash);
}

fn table(value: &Value) -> Result<&Table, ConversionError> {
    match value {
        Value::Table(table) => Ok(table),
        _ => Err(ConversionError::mismatch(TypeTag::Table, value)),
    }
}

/// A type that can be an index: every [`BroType`], and tuples of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a table or the element of a set",
    note = "supported: types that have a Bro type (see `BroType`), and tuples of them",
    note = "add `#[derive(Record)]` to a struct of your own, `#[derive(Enum)]` to an enum"
)]
pub trait IndexType {
    /// See [`BroType::CONTAINS_ITSELF`].
    #[doc(hidden)]
    const CONTAINS_ITSELF: bool = false;

    /// Returns the types, in order.
    fn index_types() -> Vec<Type>;
}

/// Conversion from a Rust value to an index: every [`ToValue`], and tuples of them.
pub trait ToIndex: IndexType {
    /// Creates the components, using these instances of their types.
    fn to_index(&self, types: &[Type]) -> Vec<Value>;
}

/// Conversion from an index to a Rust value: every [`FromValue`], and tuples of them.
pub trait FromIndex: IndexType + Sized {
    /// Creates the Rust value.
    ///
    /// # Errors
    ///
    /// Returns what does not match, and its position in the index.
    fn from_index(index: &[Value]) -> Result<Self, ConversionError>;
}

impl<T: BroType> IndexType for T {
    const CONTAINS_ITSELF: bool = <T as BroType>::CONTAINS_ITSELF;

    fn index_types() -> Vec<Type> {
        vec![T::bro_type()]
    }
}

impl<T: ToValue> ToIndex for T {
    fn to_index(&self, types: &[Type]) -> Vec<Value> {
        vec![component(self, types.first())]
    }
}

impl<T: FromValue> FromIndex for T {
    fn from_index(index: &[Value]) -> Result<T, ConversionError> {
        match index {
            [only] => T::from_value(only),
            _ => Err(ConversionErrorKind::Length { expected: 1, found: index.len() }.into()),
        }
    }
}

fn component<T: ToValue>(value: &T, ty: Option<&Type>) -> Value {
    match ty {
        Some(ty) => value.to_value_as(ty),
        None => value.to_value(),
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),+) $number:literal;)*) => {$(
        impl<$($name: BroType),+> IndexType for ($($name,)+) {
            const CONTAINS_ITSELF: bool = $(<$name as BroType>::CONTAINS_ITSELF)||+;

            fn index_types() -> Vec<Type> {
                vec![$($name::bro_type()),+]
            }
        }

        impl<$($name: ToValue),+> ToIndex for ($($name,)+) {
            fn to_index(&self, types: &[Type]) -> Vec<Value> {
                vec![$(component(&self.$at, types.get($at))),+]
            }
        }

        impl<$($name: FromValue),+> FromIndex for ($($name,)+) {
            #[allow(non_snake_case, reason = "variables are named after their types")]
            fn from_index(index: &[Value]) -> Result<Self, ConversionError> {
                let [$($name),+] = index else {
                    let (expected, found) = ($number, index.len());
                    return Err(ConversionErrorKind::Length { expected, found }.into());
                };
                Ok(($(
                    $name::from_value($name)
                        .map_err(|error| error.within(Step::Component($at)))?,
                )+))
            }
        }
    )*};
}

tuples! {
    (A 0) 1;
    (A 0, B 1) 2;
    (A 0, B 1, C 2) 3;
    (A 0, B 1, C 2, D 3) 4;
    (A 0, B 1, C 2, D 3, E 4) 5;
    (A 0, B 1, C 2, D 3, E 4, F 5) 6;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) 7;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7) 8;
}
