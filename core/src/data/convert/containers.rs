//! Sets, tables, vectors, and strings of bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

use super::{BroType, ConversionError, ConversionErrorKind, FromValue, Step, ToValue};
use crate::data::{Field, Short, Table, Type, TypeKind, TypeTag, Value, Vector};

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
                let ty = match kind(ty) {
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
                let ty = if yields(ty).is_some() { ty.clone() } else { Self::bro_type() };
                let (types, yields) = (index_types(&ty), yields(&ty).unwrap_or(&Type::ANY));
                let mut table = Table::new(ty.clone());
                for (key, value) in self {
                    table.push(key.to_index(types), Some(value.to_value_as(yields)));
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

impl<T: BroType + ?Sized> IndexType for T {
    const CONTAINS_ITSELF: bool = <T as BroType>::CONTAINS_ITSELF;

    fn index_types() -> Vec<Type> {
        vec![T::bro_type()]
    }
}

impl<T: ToValue + ?Sized> ToIndex for T {
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

fn component<T: ToValue + ?Sized>(value: &T, ty: Option<&Type>) -> Value {
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

/// Creates a vector of type `ty`, or of its `own` type if `ty` is not a vector.
pub(super) fn to_vector<T>(
    items: &[T],
    ty: &Type,
    own: fn() -> Type,
    convert: impl Fn(&T, &Type) -> Option<Value>,
) -> Value {
    let ty = if element_type(ty).is_some() { ty.clone() } else { own() };
    let element = element_type(&ty).cloned().unwrap_or(Type::ANY);
    let items = items.iter().map(|item| convert(item, &element)).collect();
    Vector::new(ty, items).into()
}

pub(super) fn from_vector<T>(
    value: &Value,
    convert: impl Fn(Option<&Value>) -> Result<T, ConversionError>,
) -> Result<Vec<T>, ConversionError> {
    let Value::Vector(vector) = value else {
        return Err(ConversionError::mismatch(TypeTag::Vector, value));
    };
    let items = vector.items.iter().enumerate();
    let convert = |(at, item): (usize, &Option<Value>)| {
        convert(item.as_ref()).map_err(|error| error.within(Step::Element(at)))
    };
    items.map(convert).collect()
}

fn element_type(ty: &Type) -> Option<&Type> {
    match kind(ty)? {
        TypeKind::Vector(element) => Some(element),
        _ => None,
    }
}

macro_rules! sequence {
    ($(($($generics:tt)*) $ty:ty;)*) => {$(
        impl<T: BroType, $($generics)*> BroType for $ty {
            const CONTAINS_ITSELF: bool = T::CONTAINS_ITSELF;

            fn bro_type() -> Type {
                T::sequence_type()
            }
        }

        impl<T: ToSlot, $($generics)*> ToValue for $ty {
            fn to_value_as(&self, ty: &Type) -> Value {
                T::sequence_to_value(self, ty)
            }
        }
    )*};
}

sequence! {
    () Vec<T>;
    () [T];
    (const N: usize) [T; N];
}

impl<T: FromSlot> FromValue for Vec<T> {
    fn from_value(value: &Value) -> Result<Vec<T>, ConversionError> {
        T::sequence_from_value(value)
    }
}

impl<T: FromSlot, const N: usize> FromValue for [T; N] {
    fn from_value(value: &Value) -> Result<[T; N], ConversionError> {
        let items = T::sequence_from_value(value)?;
        items.try_into().map_err(|items: Vec<T>| {
            ConversionErrorKind::Length { expected: N, found: items.len() }.into()
        })
    }
}

/// Conversion to a record's field or a vector's element: every [`ToValue`], and `Option`s of them.
///
/// Do not implement this trait: methods may be added.
pub trait ToSlot: BroType + Sized {
    /// Creates the value, if there is one, using this instance of its type.
    fn to_slot(&self, ty: &Type) -> Option<Value>;

    #[doc(hidden)]
    fn sequence_to_value(items: &[Self], ty: &Type) -> Value;
}

/// Conversion from a record's field or a vector's element: every [`FromValue`], and `Option`s of
/// them.
///
/// Do not implement this trait: methods may be added.
pub trait FromSlot: BroType + Sized {
    /// Creates the Rust value.
    ///
    /// # Errors
    ///
    /// Returns what does not match. A missing value is an error unless this is an `Option`.
    fn from_slot(slot: Option<&Value>) -> Result<Self, ConversionError>;

    #[doc(hidden)]
    fn sequence_from_value(value: &Value) -> Result<Vec<Self>, ConversionError>;
}

impl<T: ToValue> ToSlot for T {
    fn to_slot(&self, ty: &Type) -> Option<Value> {
        Some(self.to_value_as(ty))
    }

    fn sequence_to_value(items: &[T], ty: &Type) -> Value {
        <T as ToValue>::sequence_to_value(items, ty)
    }
}

impl<T: FromValue> FromSlot for T {
    fn from_slot(slot: Option<&Value>) -> Result<T, ConversionError> {
        slot.ok_or(ConversionErrorKind::Missing.into()).and_then(T::from_value)
    }

    fn sequence_from_value(value: &Value) -> Result<Vec<T>, ConversionError> {
        <T as FromValue>::sequence_from_value(value)
    }
}

impl<T: BroType> BroType for Option<T> {
    const OPTIONAL: bool = true;
    const CONTAINS_ITSELF: bool = T::CONTAINS_ITSELF;

    fn bro_type() -> Type {
        T::bro_type()
    }
}

impl<T: ToValue> ToSlot for Option<T> {
    fn to_slot(&self, ty: &Type) -> Option<Value> {
        self.as_ref().map(|value| value.to_value_as(ty))
    }

    fn sequence_to_value(items: &[Option<T>], ty: &Type) -> Value {
        to_vector(items, ty, Self::sequence_type, Self::to_slot)
    }
}

impl<T: FromValue> FromSlot for Option<T> {
    fn from_slot(slot: Option<&Value>) -> Result<Option<T>, ConversionError> {
        slot.map(T::from_value).transpose()
    }

    fn sequence_from_value(value: &Value) -> Result<Vec<Option<T>>, ConversionError> {
        from_vector(value, Self::from_slot)
    }
}

/// Checks that values of the declared type can be converted to the wanted type.
///
/// Does not cover ranges of numbers and unset fields, which depend on the value.
pub(in crate::data) fn fit(wanted: &Type, declared: &Type) -> Result<(), ConversionError> {
    let (Some(expected), Some(found)) = (wanted.tag(), declared.tag()) else { return Ok(()) };
    let fits = match (expected, found) {
        (TypeTag::Any, _) | (_, TypeTag::Any) => true,
        (TypeTag::Count, TypeTag::Counter) => true,
        (TypeTag::Double, TypeTag::Time | TypeTag::Interval) => true,
        _ => expected == found,
    };
    if !fits {
        return Err(ConversionErrorKind::Type { expected, found }.into());
    }
    let (Some(wants), Some(has)) = (kind(wanted), kind(declared)) else { return Ok(()) };
    match (wants, has) {
        (TypeKind::Vector(element), TypeKind::Vector(other)) => {
            fit(element, other).map_err(|error| as_a_whole(error, wanted, declared))
        }
        (TypeKind::Record(wanted), TypeKind::Record(declared)) => {
            match (&wanted.fields, &declared.fields) {
                (Some(wanted), Some(declared)) => fields(wanted, declared),
                _ => Ok(()),
            }
        }
        (TypeKind::Set(_) | TypeKind::Table(_), TypeKind::Set(_) | TypeKind::Table(_)) => {
            check_table(wanted, declared)
        }
        _ => Ok(()),
    }
}

fn fields(wanted: &[Field], declared: &[Field]) -> Result<(), ConversionError> {
    for field in wanted {
        let result = match declared.iter().find(|other| other.name == field.name) {
            Some(other) => fit(&field.ty, &other.ty),
            None if field.may_lack() => Ok(()),
            None => Err(ConversionErrorKind::Missing.into()),
        };
        result.map_err(|error| error.within(Step::Field(field.name.clone())))?;
    }
    Ok(())
}

fn check_table(wanted: &Type, declared: &Type) -> Result<(), ConversionError> {
    let yields = match (yields(wanted), yields(declared)) {
        (None, Some(_)) => return Err(ConversionErrorKind::NotASet.into()),
        (Some(_), None) => return Err(ConversionErrorKind::NotATable.into()),
        (None, None) => Ok(()),
        (Some(wanted), Some(declared)) => fit(wanted, declared),
    };
    let (types, others) = (index_types(wanted), index_types(declared));
    let index = if types.len() == others.len() {
        types.iter().zip(others).try_for_each(|(ty, other)| fit(ty, other))
    } else {
        let (expected, found) = (types.len(), others.len());
        Err(ConversionErrorKind::Length { expected, found }.into())
    };
    index.and(yields).map_err(|error| as_a_whole(error, wanted, declared))
}

/// Returns the error for containers whose parts do not fit: the parts have no names, so it gives
/// the types of the containers, unless it is about a field.
fn as_a_whole(error: ConversionError, wanted: &Type, declared: &Type) -> ConversionError {
    if !error.path.is_empty() {
        return error;
    }
    let [expected, found] = [wanted, declared].map(|ty| Short(ty).to_string().into());
    ConversionErrorKind::Types { expected, found }.into()
}

/// Returns the kind of a type, if its definition is available.
pub(in crate::data) fn kind(ty: &Type) -> Option<&TypeKind> {
    match ty {
        Type::Def(def) => Some(&def.kind),
        _ => None,
    }
}

/// Returns the list of index types of a table or set, and the type of a table's values.
pub(in crate::data) fn table_parts(ty: &Type) -> Option<(&Type, Option<&Type>)> {
    kind(ty)?.table_parts()
}

/// Returns the type of a table's values.
pub(in crate::data) fn yields(ty: &Type) -> Option<&Type> {
    table_parts(ty)?.1
}

/// Returns the types of a table's or set's index.
pub(crate) fn index_types(ty: &Type) -> &[Type] {
    match table_parts(ty).and_then(|(index, _)| kind(index)) {
        Some(TypeKind::List(list)) => &list.types,
        _ => &[],
    }
}
