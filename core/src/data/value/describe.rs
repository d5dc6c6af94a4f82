//! Display of types as Bro describes them.

use std::fmt;
use std::sync::Arc;

use super::{Field, FuncType, Type, TypeDef, TypeKind};

impl fmt::Display for Type {
    /// Writes the type in full, as Bro describes it. An enum is only `enum`.
    ///
    /// A recursive record is written as `<recursion>`; a type known only by name, as that name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Describer { f, short: false, within: Vec::new() }.describe(self)
    }
}

/// Displays a type by its name if it has one.
pub(crate) struct Short<'a>(pub(crate) &'a Type);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Describer { f, short: true, within: Vec::new() }.describe(self.0)
    }
}

struct Describer<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    /// Whether named types are written by their names.
    short: bool,
    /// The enclosing types.
    within: Vec<*const TypeDef>,
}

impl Describer<'_, '_> {
    fn describe(&mut self, ty: &Type) -> fmt::Result {
        match ty {
            Type::Base(tag) => self.f.write_str(tag.name()),
            Type::Named(name) => write!(self.f, "{name}"),
            Type::Def(def) => self.def(def),
            Type::Enclosing(up) if self.within.contains(&up.def.as_ptr()) => {
                self.f.write_str("<recursion>")
            }
            Type::Enclosing(up) => write!(self.f, "{}", up.name),
        }
    }

    fn def(&mut self, def: &Arc<TypeDef>) -> fmt::Result {
        if self.short && !def.name.is_empty() {
            return write!(self.f, "{}", def.name);
        }
        let pointer = Arc::as_ptr(def);
        if self.within.contains(&pointer) {
            return self.f.write_str("<recursion>");
        }
        self.within.push(pointer);
        self.kind(&def.kind)?;
        self.within.pop();
        Ok(())
    }

    fn kind(&mut self, kind: &TypeKind) -> fmt::Result {
        match kind {
            TypeKind::Atomic(tag) => self.f.write_str(tag.name()),
            TypeKind::Enum(_) => self.f.write_str("enum"),
            TypeKind::Table(table) => self.table(&table.index, table.yields.as_ref()),
            TypeKind::Set(set) => self.table(&set.index, set.yields.as_ref()),
            TypeKind::Func(func) => self.func(func),
            TypeKind::Opaque(name) => write!(self.f, "opaque of {name}"),
            TypeKind::Vector(element) => {
                self.f.write_str("vector of ")?;
                self.describe(element)
            }
            TypeKind::File(element) => {
                self.f.write_str("file of ")?;
                self.describe(element)
            }
            TypeKind::List(list) => {
                self.f.write_str("list of ")?;
                match &list.pure {
                    Some(pure) => self.describe(pure),
                    None => self.joined(&list.types),
                }
            }
            TypeKind::Record(record) => {
                self.f.write_str("record { ")?;
                self.fields(record.fields.as_deref().unwrap_or_default())?;
                self.f.write_str(" }")
            }
        }
    }

    fn table(&mut self, index: &Type, yields: Option<&Type>) -> fmt::Result {
        self.f.write_str(if yields.is_some() { "table[" } else { "set[" })?;
        match index.def().as_deref().map(|def| &def.kind) {
            Some(TypeKind::List(list)) => self.joined(&list.types)?,
            _ => self.describe(index)?,
        }
        self.f.write_str("]")?;
        match yields {
            Some(yields) => {
                self.f.write_str(" of ")?;
                self.describe(yields)
            }
            None => Ok(()),
        }
    }

    fn func(&mut self, func: &FuncType) -> fmt::Result {
        self.f.write_str(match func.flavor {
            0 => "function(",
            1 => "event(",
            _ => "hook(",
        })?;
        self.fields(func.args.fields().unwrap_or_default())?;
        self.f.write_str(")")?;
        match &func.yields {
            Some(yields) => {
                self.f.write_str(" : ")?;
                self.describe(yields)
            }
            None => Ok(()),
        }
    }

    fn joined(&mut self, types: &[Type]) -> fmt::Result {
        for (i, ty) in types.iter().enumerate() {
            if i > 0 {
                self.f.write_str(",")?;
            }
            self.describe(ty)?;
        }
        Ok(())
    }

    fn fields(&mut self, fields: &[Field]) -> fmt::Result {
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                self.f.write_str(" ")?;
            }
            write!(self.f, "{}:", field.name)?;
            self.describe(&field.ty)?;
            self.f.write_str(";")?;
        }
        Ok(())
    }
}
