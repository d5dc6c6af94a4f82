//! Whether values of a declared type can be given to a peer whose value is of another instance of
//! it.

use brocomm::data::{Field, Type};
use brocomm::lowlevel::syntax::AttributeTag;
use brocomm::lowlevel::types::{EnumType, RecordType, TypeKind};

/// How deep types are looked into; they may contain themselves.
const DEPTH: u32 = 16;

/// Says how a declared type differs from the peer's, of which Bro takes values whose types have the
/// same description: it names neither the numbers of an enum's constants nor attributes of fields.
pub(super) fn disagreement(declared: &Type, found: &Type) -> Option<String> {
    let (ours, theirs) = (declared.to_string(), found.to_string());
    if ours == theirs {
        return part(declared, found, DEPTH);
    }
    Some(format!("is declared as {ours}, but the peer's is of type {theirs}"))
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
    // Broccoli sends no constants.
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
            Some(format!("is declared with {name} in {}, which the peer doesn't have", ty.name()))
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
                "is declared with a field {name} that may be unset, which it may not at the peer"
            ));
        }
        part(&ours.ty, &theirs.ty, depth)
    })
}

#[cfg(test)]
mod tests {
    use brocomm::data::Declarations;

    use super::*;

    fn told(declared: &str, found: &str) -> Option<String> {
        let ty = |text: &str| {
            let mut known = Declarations::new();
            known.read(text).unwrap();
            known.globals.iter().next().unwrap().ty.clone()
        };
        disagreement(&ty(declared), &ty(found))
    }

    #[test]
    fn types_are_compared_down_to_constants_and_attributes() {
        let two = "type E: enum { A, B };";
        let tree = "type Tree: record { kids: vector of Tree &optional; e: E; };";
        for ty in
            ["E", "vector of E", "set[E]", "table[E] of count", "table[count] of set[addr, E]"]
        {
            let with = |e: &str| format!("type E: enum {{ {e} }}; global g: {ty};");
            let ours = format!("{two} global g: {ty};");
            assert_eq!(told(&ours, &ours), None);
            assert_eq!(told(&ours, &with("A, B, C")), None, "extended at the peer");
            let swapped = "is declared with A as constant 0 of E, which is 1 at the peer";
            assert_eq!(told(&ours, &with("B, A")).as_deref(), Some(swapped), "{ty}");
            let lacks = "is declared with B in E, which the peer doesn't have";
            assert_eq!(told(&ours, &with("A")).as_deref(), Some(lacks), "{ty}");
        }
        let within = |e: &str| format!("type E: enum {{ {e} }}; {tree} global g: Tree;");
        assert_eq!(told(&within("A, B"), &within("A, B")), None);
        assert!(told(&within("A, B"), &within("B, A")).is_some());
        let record = |more: &str| format!("global g: record {{ a: count; b: string {more}; }};");
        for (ours, theirs, agree) in [
            ("", "", true),
            ("", "&optional", true),
            ("&optional", "&optional", true),
            ("&optional", "&default=\"\"", true),
            ("&optional", "", false),
            ("&default=\"\"", "", false),
        ] {
            let told = told(&record(ours), &record(theirs));
            assert_eq!(told.is_none(), agree, "{ours} {theirs}: {told:?}");
        }
        let other = "is declared as count, but the peer's is of type int";
        assert_eq!(told("global g: count;", "global g: int;").as_deref(), Some(other));
    }
}
