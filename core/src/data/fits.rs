//! Checks of types: whether values already have a declared type, so that no coercion is needed, and
//! which types are valid for the indices of tables and sets.
//!
//! The first check runs for every event that is sent or received and nearly always succeeds, so it
//! does not allocate.
//!
//! Bro's scripts reject other index types in a table's declaration ("bad index type"), or can never
//! create a value of such a table. So this crate does not create or send one.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::convert::{index_types, kind, yields};
use super::{Field, Name, Record, StateAccess, Table, Type, TypeDef, TypeKind, TypeTag, Value};

impl Value {
    /// Returns whether the value and all its parts have this type, so that
    /// [coercing](Value::coerce) it would replace nothing but the instances of its types.
    #[inline]
    pub(crate) fn is_of(&self, ty: &Type) -> bool {
        match ty {
            Type::Base(tag) => *tag == self.tag() || *tag == TypeTag::Any,
            Type::Def(def) => self.is_of_kind(ty, &def.kind),
            Type::Enclosing(up) => match up.def.upgrade() {
                Some(def) => self.is_of(&Type::Def(def)),
                None => up.tag == self.tag(),
            },
            // Only the receiver can check a type given by name.
            Type::Named(_) => true,
        }
    }

    fn is_of_kind(&self, ty: &Type, expected: &TypeKind) -> bool {
        let tag = expected.tag();
        if tag != self.tag() {
            return tag == TypeTag::Any;
        }
        match (self, expected) {
            (Value::Enum(constant), TypeKind::Enum(names)) => {
                let expected = names.name_of(constant.number);
                match kind(&constant.ty) {
                    Some(TypeKind::Enum(own)) if !std::ptr::eq(own, names) => {
                        expected.is_some() && own.name_of(constant.number) == expected
                    }
                    _ => expected.is_some(),
                }
            }
            (Value::List(list), TypeKind::List(types)) => all_of(&list.items, &types.types),
            (Value::Vector(vector), TypeKind::Vector(element)) => {
                same_type(&vector.ty, ty)
                    && vector.items.iter().flatten().all(|item| item.is_of(element))
            }
            (Value::Record(record), TypeKind::Record(_)) => is_record_of(record, ty),
            (Value::Table(table), _) => is_table_of(table, ty),
            (Value::Opaque(opaque), TypeKind::Opaque(expected)) => match kind(&opaque.ty) {
                Some(TypeKind::Opaque(found)) => found == expected,
                _ => true,
            },
            _ => true,
        }
    }
}

fn all_of(values: &[Value], types: &[Type]) -> bool {
    values.len() == types.len() && values.iter().zip(types).all(|(value, ty)| value.is_of(ty))
}

fn is_record_of(record: &Record, ty: &Type) -> bool {
    let Some(wanted) = ty.fields() else { return true };
    let is_field = |(value, field): (&Option<Value>, &Field)| match value {
        Some(value) => value.is_of(&field.ty),
        None => true,
    };
    record.fields.len() == wanted.len()
        && same_fields(&record.ty, ty)
        && record.fields.iter().zip(wanted).all(is_field)
}

fn is_table_of(table: &Table, ty: &Type) -> bool {
    let yields = yields(ty);
    let is_value = |value: &Option<Value>| match (value, yields) {
        (None, None) => true,
        (Some(value), Some(ty)) => value.is_of(ty),
        _ => false,
    };
    let index = index_types(ty);
    same_type(&table.ty, ty)
        && table
            .entries
            .iter()
            .all(|entry| all_of(&entry.index.items, index) && is_value(&entry.value))
}

/// Returns whether two container types are equal apart from names and attributes. Compares only
/// what the elements do not determine: the field names of records, but not the constants of enums.
fn same_type(found: &Type, expected: &Type) -> bool {
    if let (Type::Def(a), Type::Def(b)) = (found, expected)
        && Arc::ptr_eq(a, b)
    {
        return true;
    }
    let (found_tag, expected_tag) = (found.tag(), expected.tag());
    if expected_tag == Some(TypeTag::Any) {
        return true;
    }
    match (kind(found), kind(expected)) {
        (Some(TypeKind::Vector(a)), Some(TypeKind::Vector(b))) => same_type(a, b),
        (Some(TypeKind::Record(_)), Some(TypeKind::Record(_))) => same_fields(found, expected),
        (
            Some(TypeKind::Set(_) | TypeKind::Table(_)),
            Some(TypeKind::Set(_) | TypeKind::Table(_)),
        ) => {
            let (a, b) = (index_types(found), index_types(expected));
            let same_yields = match (yields(found), yields(expected)) {
                (None, None) => true,
                (Some(a), Some(b)) => same_type(a, b),
                _ => false,
            };
            same_yields && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_type(a, b))
        }
        // Nothing more is known of a type given only by name, or of a reference from within it.
        _ => found_tag.is_none() || found_tag == expected_tag,
    }
}

/// Returns whether two record types have the same fields. A record whose type is known only by name
/// was built with the receiver's own type.
pub(super) fn same_fields(found: &Type, expected: &Type) -> bool {
    match (found, expected) {
        (Type::Def(found), Type::Def(expected)) => same_names(found, expected),
        _ => match (found.def(), expected.def()) {
            (None, _) => true,
            (Some(found), Some(expected)) => same_names(&found, &expected),
            (Some(_), None) => false,
        },
    }
}

fn same_names(found: &Arc<TypeDef>, expected: &Arc<TypeDef>) -> bool {
    if Arc::ptr_eq(found, expected) {
        return true;
    }
    let (TypeKind::Record(found), TypeKind::Record(expected)) = (&found.kind, &expected.kind)
    else {
        return false;
    };
    let found = found.fields.as_deref().unwrap_or_default();
    let expected = expected.fields.as_deref().unwrap_or_default();
    let same = |(a, b): (&Field, &Field)| a.name == b.name;
    found.len() == expected.len() && found.iter().zip(expected).all(same)
}

impl StateAccess {
    /// Returns the unique IDs of the operands' containers whose type is not determined yet. A Bro
    /// creates such containers for `&default=set()`. They are empty, and a Bro adds no elements to
    /// them. It accepts another container in their place.
    pub fn open_containers(&self) -> Vec<Name> {
        let mut open = Vec::new();
        for value in [Some(&self.op1), self.op2.as_ref()].into_iter().flatten() {
            collect(value, &mut open);
        }
        open
    }
}

fn collect(value: &Value, open: &mut Vec<Name>) {
    let mutable = match value {
        Value::Table(table) => {
            let values = table.entries.iter().filter_map(|entry| entry.value.as_ref());
            values.for_each(|value| collect(value, open));
            &table.mutable
        }
        Value::Record(record) => {
            record.fields.iter().flatten().for_each(|value| collect(value, open));
            &record.mutable
        }
        Value::Vector(vector) => {
            vector.items.iter().flatten().for_each(|value| collect(value, open));
            &vector.mutable
        }
        _ => return,
    };
    if !mutable.unique_id.is_empty() && is_open(&value.ty()) {
        open.push(mutable.unique_id.compact());
    }
}

fn is_open(container: &Type) -> bool {
    let Some(def) = container.def() else { return false };
    let index = match &def.kind {
        TypeKind::Table(table) => &table.index,
        TypeKind::Set(set) => &set.index,
        TypeKind::Vector(elements) => return elements.tag() == Some(TypeTag::Void),
        _ => return false,
    };
    index.def().is_some_and(|index| matches!(&index.kind, TypeKind::List(l) if l.types.is_empty()))
}

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
