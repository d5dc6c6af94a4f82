//! Conversions of sequences: vectors, and strings of bytes.

use super::{BroType, ConversionError, ConversionErrorKind, FromValue, Step, ToValue};
use crate::data::{AttributeTag, Field, Type, TypeKind, TypeTag, Value, Vector};

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
        super::sequence::to_vector(items, ty, Self::sequence_type, Self::to_slot)
    }
}

impl<T: FromValue> FromSlot for Option<T> {
    fn from_slot(slot: Option<&Value>) -> Result<Option<T>, ConversionError> {
        slot.map(T::from_value).transpose()
    }

    fn sequence_from_value(value: &Value) -> Result<Vec<Option<T>>, ConversionError> {
        super::sequence::from_vector(value, Self::from_slot)
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
        (TypeKind::Vector(wanted), TypeKind::Vector(declared)) => {
            fit(wanted, declared).map_err(|error| error.within(Step::Element(0)))
        }
        (TypeKind::Record(wanted), TypeKind::Record(declared)) => {
            match (&wanted.fields, &declared.fields) {
                (Some(wanted), Some(declared)) => fields(wanted, declared),
                _ => Ok(()),
            }
        }
        (TypeKind::Set(_) | TypeKind::Table(_), TypeKind::Set(_) | TypeKind::Table(_)) => {
            tables(wanted, declared)
        }
        _ => Ok(()),
    }
}

fn fields(wanted: &[Field], declared: &[Field]) -> Result<(), ConversionError> {
    for field in wanted {
        let result = match declared.iter().find(|other| other.name == field.name) {
            Some(other) => fit(&field.ty, &other.ty),
            None if may_lack(field) => Ok(()),
            None => Err(ConversionErrorKind::Missing.into()),
        };
        result.map_err(|error| error.within(Step::Field(field.name.clone())))?;
    }
    Ok(())
}

fn may_lack(field: &Field) -> bool {
    field.attributes.as_ref().is_some_and(|attributes| {
        attributes.has(AttributeTag::Optional) || attributes.has(AttributeTag::Default)
    })
}

fn tables(wanted: &Type, declared: &Type) -> Result<(), ConversionError> {
    let yields = match (yields(wanted), yields(declared)) {
        (None, Some(_)) => return Err(ConversionErrorKind::NotASet.into()),
        (Some(_), None) => return Err(ConversionErrorKind::NotATable.into()),
        (None, None) => Ok(()),
        (Some(wanted), Some(declared)) => fit(wanted, declared),
    };
    let (wanted, declared) = (index_types(wanted), index_types(declared));
    let index = if wanted.len() == declared.len() {
        let component = |(at, (wanted, declared))| {
            fit(wanted, declared).map_err(|error| error.within(Step::Component(at)))
        };
        wanted.iter().zip(declared).enumerate().try_for_each(component)
    } else {
        let (expected, found) = (wanted.len(), declared.len());
        Err(ConversionErrorKind::Length { expected, found }.into())
    };
    index.and(yields).map_err(|error| error.within(Step::Entry(0)))
}

/// Returns the kind of a type, if its definition is available.
pub(in crate::data) fn kind(ty: &Type) -> Option<&TypeKind> {
    match ty {
        Type::Def(def) => Some(&def.kind),
        _ => None,
    }
}

fn yields(ty: &Type) -> Option<&Type> {
    match kind(ty)? {
        TypeKind::Table(table) => table.yields.as_ref(),
        _ => None,
    }
}

/// Returns the types of a table's or set's index.
pub(crate) fn index_types(ty: &Type) -> &[Type] {
    let index = match kind(ty) {
        Some(TypeKind::Set(set)) => &set.index,
        Some(TypeKind::Table(table)) => &table.index,
        _ => return &[],
    };
    match kind(index) {
        Some(TypeKind::List(list)) => &list.types,
        _ => &[],
    }
}
