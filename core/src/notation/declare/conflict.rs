//! Names that are declared again.

use crate::data::{EventDecl, Field, Name, Short, Type, TypeKind};
use crate::notation::ParseErrorKind;
use crate::notation::parser::Scope;

impl Scope<'_> {
    /// Checks that a type, variable or event with this name may have this type.
    ///
    /// A file may be read twice, and a type may have been extended since it was read first.
    pub(in crate::notation) fn check_type(
        &self,
        name: &Name,
        ty: &Type,
    ) -> Result<(), ParseErrorKind> {
        let known = self.declarations.types.get(name);
        let known = known.or_else(|| self.declarations.globals.get(name).map(|global| &global.ty));
        match known {
            Some(known) if !agree(known, ty) => Err(redeclared(name, &describe(known))),
            _ => Ok(()),
        }
    }

    /// Checks that the event may have these parameters.
    pub(in crate::notation) fn check_event(&self, event: &EventDecl) -> Result<(), ParseErrorKind> {
        let Some(known) = self.declarations.events.get(&event.name) else { return Ok(()) };
        let mut both = known.params.iter().zip(&event.params);
        if known.params.len() == event.params.len() && both.all(|(a, b)| is_same(&a.ty, &b.ty)) {
            return Ok(());
        }
        let types: Vec<_> = known.params.iter().map(|field| Short(&field.ty).to_string()).collect();
        Err(redeclared(&event.name, &format!("event({})", types.join(", "))))
    }
}

fn redeclared(name: &Name, ty: &str) -> ParseErrorKind {
    let (name, ty) = (name.to_string(), ParseErrorKind::quote(ty));
    ParseErrorKind::Redeclared { name, ty }
}

/// Returns whether two types are equal, or one of them extends the other.
fn agree(one: &Type, other: &Type) -> bool {
    let (a, b) = (one.def(), other.def());
    match (a.as_deref().map(|def| &def.kind), b.as_deref().map(|def| &def.kind)) {
        (Some(TypeKind::Enum(one)), Some(TypeKind::Enum(other))) => {
            one.names.iter().zip(&other.names).all(|(one, other)| one == other)
        }
        (Some(TypeKind::Record(one)), Some(TypeKind::Record(other))) => {
            let is_equal = |(one, other): (&Field, &Field)| {
                one.name == other.name && is_same(&one.ty, &other.ty)
            };
            one.fields.iter().flatten().zip(other.fields.iter().flatten()).all(is_equal)
        }
        _ => describe(one) == describe(other) || one.to_string() == other.to_string(),
    }
}

/// Returns whether two types within others have the same name or description.
fn is_same(one: &Type, other: &Type) -> bool {
    Short(one).to_string() == Short(other).to_string() || one.to_string() == other.to_string()
}

/// Returns a type's description, with the names of types in it.
fn describe(ty: &Type) -> String {
    match ty.def() {
        Some(def) => Short(&Type::new("", def.kind.clone())).to_string(),
        None => Short(ty).to_string(),
    }
}
