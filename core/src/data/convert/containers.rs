//! Sets and tables.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

use super::fit::index_types;
use super::{
    BroType, ConversionError, ConversionErrorKind, FromIndex, FromValue, IndexType, Step, ToIndex,
    ToValue, fit,
};
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
                let ty = match fit::kind(ty) {
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
                let ty = match fit::kind(ty) {
                    Some(TypeKind::Table(table)) if table.yields.is_some() => ty.clone(),
                    _ => Self::bro_type(),
                };
                let yields = match fit::kind(&ty) {
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
