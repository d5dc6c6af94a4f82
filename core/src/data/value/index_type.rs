//! Valid types for the indices of tables and sets.
//!
//! Bro's scripts reject other types in a table's declaration ("bad index type"), or can never
//! create a value of such a table. So this crate does not create or send one.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Type, TypeDef, TypeKind};
use crate::data::TypeTag;

/// The types visited so far, which must live as long as this does. Without it, types that contain a
/// type many times would take exponential time.
pub(crate) type CheckedTypes = BTreeSet<*const TypeDef>;

impl Type {
    /// Checks that values of this type can be an index of a table or set, or a component of an
    /// index.
    ///
    /// A pattern, a vector, a set, a table, a file, an opaque value and `any` cannot. All other
    /// atomic types, enums, functions and records can. Tables, sets and vectors can be fields of
    /// such a record.
    ///
    /// ```
    /// # use brocomm::data::{Type, TypeTag};
    /// assert_eq!(Type::SUBNET.check_index(), Ok(()));
    /// assert_eq!(Type::PATTERN.check_index(), Err(TypeTag::Pattern));
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the type that an index cannot contain: this one or one within it.
    pub fn check_index(&self) -> Result<(), TypeTag> {
        index(self, &mut CheckedTypes::new())
    }

    /// Checks the indices of all tables and sets that values of this type are or can contain, other
    /// than those of types that were checked before.
    ///
    /// # Errors
    ///
    /// Returns the type that an index cannot contain.
    pub(crate) fn check_indices(&self, checked: &mut CheckedTypes) -> Result<(), TypeTag> {
        indices(self, checked)
    }
}

fn index(ty: &Type, seen: &mut CheckedTypes) -> Result<(), TypeTag> {
    match ty.tag() {
        Some(tag @ (TypeTag::Table | TypeTag::Vector)) => Err(tag),
        _ => part(ty, seen),
    }
}

/// Checks a type as a part of an index, such as a record's field.
fn part(ty: &Type, seen: &mut CheckedTypes) -> Result<(), TypeTag> {
    use TypeTag as T;
    match ty.tag() {
        Some(tag @ (T::Pattern | T::File | T::Opaque | T::Any | T::List)) => return Err(tag),
        Some(tag @ (T::Timer | T::Union | T::Type | T::Void | T::Error)) => return Err(tag),
        _ => {}
    }
    let Some(def) = first_seen(ty, seen) else { return Ok(()) };
    match &def.kind {
        TypeKind::Record(record) => {
            record.fields.iter().flatten().try_for_each(|field| part(&field.ty, seen))
        }
        TypeKind::Vector(element) => part(element, seen),
        kind => {
            let Some((list, yields)) = kind.table_parts() else { return Ok(()) };
            components(list, |ty| index(ty, seen))?;
            yields.map_or(Ok(()), |ty| part(ty, seen))
        }
    }
}

fn indices(ty: &Type, seen: &mut CheckedTypes) -> Result<(), TypeTag> {
    let Some(def) = first_seen(ty, seen) else { return Ok(()) };
    if let Some((list, yields)) = def.kind.table_parts() {
        components(list, Type::check_index)?;
        indices(list, seen)?;
        return yields.map_or(Ok(()), |ty| indices(ty, seen));
    }
    match &def.kind {
        TypeKind::Record(record) => {
            record.fields.iter().flatten().try_for_each(|field| indices(&field.ty, seen))
        }
        TypeKind::Func(func) => indices(&func.args, seen),
        TypeKind::List(list) => list.types.iter().try_for_each(|ty| indices(ty, seen)),
        TypeKind::Vector(element) | TypeKind::File(element) => indices(element, seen),
        _ => Ok(()),
    }
}

/// Checks the components of an index, given its list type.
fn components(
    index: &Type,
    check: impl FnMut(&Type) -> Result<(), TypeTag>,
) -> Result<(), TypeTag> {
    match index.def().as_deref().map(|def| &def.kind) {
        Some(TypeKind::List(list)) => list.types.iter().try_for_each(check),
        _ => Ok(()),
    }
}

/// Returns a type's definition, unless it has no parts or was visited before.
fn first_seen(ty: &Type, seen: &mut CheckedTypes) -> Option<Arc<TypeDef>> {
    ty.def().filter(|def| seen.insert(Arc::as_ptr(def)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{
        BroType, ConversionErrorKind, Declarations, EventDecl, Field, Pattern, Table, ToValue,
        Value,
    };
    use crate::notation::ParseErrorKind;

    const TYPES: &str = "
        type Plain: record { a: addr; note: string &optional; };
        type Full: record { a: count; v: vector of count; t: table[string] of count; s: set[port]; };
        type Deep: record { inner: record { p: pattern &optional; }; };
        type Files: record { files: vector of file; };
        type Anys: record { by: table[count] of any; };
        type Tree: record { left: Tree &optional; name: string; };
    ";

    /// Types that Bro's scripts reject as an index, each with the type that causes the error.
    const REFUSED: [(&str, TypeTag); 15] = [
        ("pattern", TypeTag::Pattern),
        ("vector of count", TypeTag::Vector),
        ("set[count]", TypeTag::Table),
        ("table[count] of string", TypeTag::Table),
        ("file", TypeTag::File),
        ("file of string", TypeTag::File),
        ("opaque of md5", TypeTag::Opaque),
        ("any", TypeTag::Any),
        ("timer", TypeTag::Timer),
        ("Deep", TypeTag::Pattern),
        ("record { d: Deep; }", TypeTag::Pattern),
        ("Files", TypeTag::File),
        ("Anys", TypeTag::Any),
        ("record { o: opaque of topk; }", TypeTag::Opaque),
        ("record { v: vector of vector of pattern; }", TypeTag::Pattern),
    ];

    fn declared() -> Declarations {
        let mut declarations = Declarations::new();
        declarations.read(TYPES).unwrap();
        declarations
    }

    #[test]
    fn index_types_that_bro_rejects_are_not_declared() {
        for (ty, fault) in REFUSED {
            for text in [
                format!("set[{ty}]"),
                format!("set[count, {ty}]"),
                format!("table[{ty}] of count"),
                format!("table[{ty}, addr] of count"),
                format!("vector of table[count] of set[{ty}]"),
                format!("record {{ s: set[{ty}]; }}"),
                format!("function(s: set[{ty}]): bool"),
            ] {
                let error = Type::parse(&text, &declared()).unwrap_err();
                assert_eq!(error.kind, ParseErrorKind::IndexType(fault), "{text}");
                for declaration in [format!("global g: {text};"), format!("event e(x: {text});")] {
                    assert!(declared().read(&declaration).is_err(), "{declaration}");
                }
            }
        }
    }

    #[test]
    fn an_invalid_index_type_is_rejected_within_its_own_declaration() {
        let own = "type R: record { p: pattern; by: table[R] of count &optional; };";
        let error = declared().read(own).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::IndexType(TypeTag::Pattern));
    }

    #[test]
    fn index_types_that_bro_accepts_are_declared() {
        for ty in [
            "bool, int, count, counter, double, time, interval, string, port, addr, subnet",
            "enum { A, B }",
            "function(x: pattern): any, event(x: any)",
            "Plain",
            "Full, count",
            "Tree",
            "record { s: set[Plain]; }",
        ] {
            let ty = Type::parse(&format!("set[{ty}]"), &declared()).unwrap();
            assert_eq!(ty.check_indices(&mut CheckedTypes::new()), Ok(()), "{ty}");
        }
    }

    #[test]
    fn literals_with_invalid_indices_are_refused() {
        for text in [
            "set(/x/)",
            "set(vector(1))",
            "{ set(1) }",
            "table([/x/] = 1)",
            "table([1, vector(1)] = 1)",
            "set(open(\"x\"))",
            "set([$p=/x/])",
            "vector(set(/x/))",
        ] {
            let error = Value::parse(text, None, &declared()).unwrap_err();
            assert!(matches!(error.kind, ParseErrorKind::IndexType(_)), "{text}: {error}");
        }
        // The same applies to types built in Rust.
        let ty = Type::set(vec![Type::ANY]);
        let error = Value::parse("set()", Some(&ty), &declared()).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::IndexType(TypeTag::Any));
    }

    #[test]
    fn values_of_rust_types_with_invalid_indices_are_refused() {
        type Set<T> = std::collections::HashSet<T>;
        let vectors = Set::from([vec![1u64]]).to_value();
        for (value, fault) in [
            (vectors.clone(), TypeTag::Vector),
            (Value::from(vec![vectors]), TypeTag::Vector),
            (Set::from([Value::Count(1)]).to_value(), TypeTag::Any),
            (Table::new(Type::set(vec![Type::PATTERN])).into(), TypeTag::Pattern),
        ] {
            for ty in [value.ty(), Type::ANY] {
                let error = value.coerce(&ty).unwrap_err();
                assert_eq!(error.kind, ConversionErrorKind::IndexType(fault), "{value} as {ty}");
            }
        }
        let params = vec![Field::new("x", Set::<Vec<u64>>::bro_type())];
        let mut declarations = Declarations::new();
        declarations.add_event(EventDecl::new("e", params));
        assert_eq!(declarations.check(), Err(("e".into(), TypeTag::Vector)));
        assert_eq!(Set::<Vec<u8>>::bro_type().check_indices(&mut CheckedTypes::new()), Ok(()));
        assert_eq!(Pattern::bro_type().check_index(), Err(TypeTag::Pattern));
    }

    #[test]
    fn repeated_types_are_checked_once() {
        let mut ty = Type::COUNT;
        for _ in 0..60 {
            ty = Type::record("", vec![Field::new("a", ty.clone()), Field::new("b", ty)]);
        }
        assert_eq!(ty.check_index(), Ok(()));
        assert_eq!(ty.check_indices(&mut CheckedTypes::new()), Ok(()));
    }
}
