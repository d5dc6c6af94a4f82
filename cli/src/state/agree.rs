//! Checks that a declared type agrees with the type of the peer's value.

use brocomm::data::{Field, Type, TypeTag};
use brocomm::lowlevel::syntax::AttributeTag;
use brocomm::lowlevel::types::{EnumType, RecordType, TypeKind};

/// The maximum depth of the comparison. Types may contain themselves.
const DEPTH: u32 = 16;

/// Returns how a declared type differs from the peer's. Bro accepts values whose types have the
/// same description, but a description lacks the numbers of enum constants and the attributes of
/// fields.
pub(super) fn disagreement(declared: &Type, found: &Type) -> Option<String> {
    let (ours, theirs) = (declared.to_string(), found.to_string());
    if ours == theirs {
        return part(declared, found, DEPTH);
    }
    Some(format!("is declared as {ours}, but the peer's is of type {theirs}"))
}

/// Returns whether containers of these types hold values of different types, which empty containers
/// do not show. Records are left to the conversion, which matches fields by name.
pub(super) fn holds_other_types(declared: &Type, found: &Type) -> bool {
    other_types(declared, found, DEPTH).unwrap_or_default()
}

fn other_types(declared: &Type, found: &Type, depth: u32) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    let differ = |ours: &Type, theirs: &Type| match (ours.tag()?, theirs.tag()?) {
        (TypeTag::Any, _) | (_, TypeTag::Any | TypeTag::Void) => None,
        (TypeTag::Record, TypeTag::Record) => None,
        (TypeTag::Table | TypeTag::Vector | TypeTag::List, tag) if ours.tag() == Some(tag) => {
            other_types(ours, theirs, depth)
        }
        _ => Some(ours.to_string() != theirs.to_string()),
    };
    Some(match (&declared.def()?.kind, &found.def()?.kind) {
        (TypeKind::Vector(ours), TypeKind::Vector(theirs)) => differ(ours, theirs)?,
        (TypeKind::Set(ours), TypeKind::Set(theirs)) => differ(&ours.index, &theirs.index)?,
        (TypeKind::Table(ours), TypeKind::Table(theirs)) => {
            differ(&ours.index, &theirs.index) == Some(true)
                || differ(ours.yields.as_ref()?, theirs.yields.as_ref()?)?
        }
        (TypeKind::List(ours), TypeKind::List(theirs)) => {
            let mut both = ours.types.iter().zip(&theirs.types);
            let lengths = [ours.types.len(), theirs.types.len()];
            // The element type of an empty literal is unknown.
            let differ_in_length = lengths[0] != lengths[1] && !lengths.contains(&0);
            differ_in_length || both.any(|(a, b)| differ(a, b) == Some(true))
        }
        (TypeKind::Set(_), TypeKind::Table(_)) | (TypeKind::Table(_), TypeKind::Set(_)) => true,
        _ => return None,
    })
}

fn part(declared: &Type, found: &Type, depth: u32) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match (&declared.def()?.kind, &found.def()?.kind) {
        (TypeKind::Enum(ours), TypeKind::Enum(theirs)) => constants(declared, ours, theirs),
        (TypeKind::Record(ours), TypeKind::Record(theirs)) => fields(ours, theirs, depth),
        (TypeKind::Vector(ours), TypeKind::Vector(theirs)) => part(ours, theirs, depth),
        (TypeKind::Set(ours), TypeKind::Set(theirs)) => part(&ours.index, &theirs.index, depth),
        (TypeKind::Table(ours), TypeKind::Table(theirs)) => part(&ours.index, &theirs.index, depth)
            .or_else(|| part(ours.yields.as_ref()?, theirs.yields.as_ref()?, depth)),
        (TypeKind::List(ours), TypeKind::List(theirs)) => {
            ours.types.iter().zip(&theirs.types).find_map(|(a, b)| part(a, b, depth))
        }
        _ => None,
    }
}

fn constants(ty: &Type, ours: &EnumType, theirs: &EnumType) -> Option<String> {
    // Broccoli does not send the constants.
    if theirs.names.is_empty() {
        return None;
    }
    let other = |(name, number): &(_, i64)| match theirs.number_of(name) {
        Some(found) if found == *number => None,
        Some(found) => Some(format!(
            "is declared with {name} as constant {number} of {}, which is {found} at the peer",
            ty.name()
        )),
        None => {
            Some(format!("is declared with {name} in {}, which the peer does not have", ty.name()))
        }
    };
    ours.names.iter().find_map(other)
}

fn fields(ours: &RecordType, theirs: &RecordType, depth: u32) -> Option<String> {
    let may_lack = |field: &Field| {
        field.attributes.as_ref().is_some_and(|attributes| {
            attributes.has(AttributeTag::Optional) || attributes.has(AttributeTag::Default)
        })
    };
    ours.fields.iter().flatten().zip(theirs.fields.iter().flatten()).find_map(|(ours, theirs)| {
        if may_lack(ours) && !may_lack(theirs) {
            let name = &ours.name;
            return Some(format!(
                "is declared with field {name} optional, which it is not at the peer"
            ));
        }
        part(&ours.ty, &theirs.ty, depth)
    })
}

#[cfg(test)]
mod tests {
    use brocomm::data::Declarations;

    use super::*;

    fn difference(declared: &str, found: &str) -> Option<String> {
        let ty = |text: &str| {
            let mut known = Declarations::new();
            known.read(text).unwrap();
            known.globals.iter().next().unwrap().ty.clone()
        };
        disagreement(&ty(declared), &ty(found))
    }

    #[test]
    fn empty_containers_of_different_types_differ() {
        let types = "type R: record { a: count; }; type Q: record { a: count; b: string; };";
        let differ = |ours: &str, theirs: &str| {
            let ty = |text: &str| {
                let mut known = Declarations::new();
                known.read(&format!("{types} global g: {text};")).unwrap();
                known.globals.iter().next().unwrap().ty.clone()
            };
            holds_other_types(&ty(ours), &ty(theirs))
        };
        for (ours, theirs) in [
            ("set[count]", "set[int]"),
            ("set[addr, port]", "set[addr, count]"),
            ("set[addr]", "set[addr, port]"),
            ("table[addr] of count", "table[addr] of string"),
            ("table[addr] of count", "table[subnet] of count"),
            ("vector of count", "vector of double"),
            ("table[count] of set[addr]", "table[count] of set[subnet]"),
            ("table[count] of R", "table[count] of count"),
            ("set[count]", "table[count] of count"),
            ("vector of vector of string", "vector of vector of pattern"),
        ] {
            assert!(differ(ours, theirs), "{ours}, {theirs}");
            assert!(!differ(ours, ours) && !differ(theirs, theirs), "{ours}, {theirs}");
        }
        for (ours, theirs) in [
            ("table[count] of any", "table[count] of string"),
            ("table[count] of R", "table[count] of Q"),
            ("vector of R", "vector of Q"),
            ("count", "string"),
        ] {
            assert!(!differ(ours, theirs), "{ours}, {theirs}");
        }
    }

    #[test]
    fn comparison_includes_constants_and_attributes() {
        let two = "type E: enum { A, B };";
        let tree = "type Tree: record { kids: vector of Tree &optional; e: E; };";
        for ty in
            ["E", "vector of E", "set[E]", "table[E] of count", "table[count] of set[addr, E]"]
        {
            let with = |e: &str| format!("type E: enum {{ {e} }}; global g: {ty};");
            let ours = format!("{two} global g: {ty};");
            assert_eq!(difference(&ours, &ours), None);
            assert_eq!(difference(&ours, &with("A, B, C")), None, "extended at the peer");
            let swapped = "is declared with A as constant 0 of E, which is 1 at the peer";
            assert_eq!(difference(&ours, &with("B, A")).as_deref(), Some(swapped), "{ty}");
            let lacks = "is declared with B in E, which the peer does not have";
            assert_eq!(difference(&ours, &with("A")).as_deref(), Some(lacks), "{ty}");
        }
        let within = |e: &str| format!("type E: enum {{ {e} }}; {tree} global g: Tree;");
        assert_eq!(difference(&within("A, B"), &within("A, B")), None);
        assert!(difference(&within("A, B"), &within("B, A")).is_some());
        let record = |more: &str| format!("global g: record {{ a: count; b: string {more}; }};");
        for (ours, theirs, agree) in [
            ("", "", true),
            ("", "&optional", true),
            ("&optional", "&optional", true),
            ("&optional", "&default=\"\"", true),
            ("&optional", "", false),
            ("&default=\"\"", "", false),
        ] {
            let difference = difference(&record(ours), &record(theirs));
            assert_eq!(difference.is_none(), agree, "{ours} {theirs}: {difference:?}");
        }
        let other = "is declared as count, but the peer's is of type int";
        assert_eq!(difference("global g: count;", "global g: int;").as_deref(), Some(other));
    }
}
