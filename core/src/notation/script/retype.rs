//! Updates all declarations to the last definition of each type, because `redef` changes a type
//! wherever it is used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

use crate::data::{
    Attribute, Attributes, Declarations, Enclosing, Expr, ExprKind, Field, FuncType, ListType,
    Name, RecordType, SetType, TableType, Type, TypeDef, TypeKind,
};

/// The maximum nesting of types. Deeper ones are not changed.
const MAX_DEPTH: usize = 128;

impl Declarations {
    /// Returns a type with the last definition of each named type in it.
    pub(super) fn settled(&self, ty: &Type) -> Type {
        Retype::new(&self.types).ty(ty)
    }

    /// Replaces each named type with the declared type of that name.
    pub(super) fn settle_types(&mut self) {
        let types = self.types.clone();
        let mut retype = Retype::new(&types);
        for ty in self.types.values_mut() {
            *ty = retype.ty(ty);
        }
        for event in self.events.values_mut() {
            event.params.iter_mut().for_each(|field| *field = retype.field(field));
        }
        let globals = self.globals.iter().map(|global| {
            let mut global = global.clone();
            global.ty = retype.ty(&global.ty);
            global.attributes = retype.attributes(global.attributes.as_ref());
            // Converts the value to the new type.
            let init = global.init.as_ref().map(|value| value.coerce(&global.ty));
            if let Some(Ok(value)) = init {
                global.init = Some(value);
            }
            global
        });
        let globals: Vec<_> = globals.collect();
        self.globals.extend(globals);
    }
}

struct Retype<'d> {
    types: &'d BTreeMap<Name, Type>,
    settled: Settled,
    done: BTreeMap<*const TypeDef, Type>,
    /// The types being created, outermost first.
    open: Vec<(Name, Weak<TypeDef>)>,
    /// The outermost of them to which the last created type refers.
    reach: usize,
}

impl<'d> Retype<'d> {
    fn new(types: &'d BTreeMap<Name, Type>) -> Retype<'d> {
        let settled = Settled::default();
        Retype { types, settled, done: BTreeMap::new(), open: Vec::new(), reach: usize::MAX }
    }

    fn ty(&mut self, ty: &Type) -> Type {
        let Some(old) = ty.def() else { return ty.clone() };
        let (newest, old) = (newest(self.types, &old), Arc::as_ptr(&old));
        let is_open = |(name, _): &(Name, _)| !name.is_empty() && *name == newest.name;
        if let Some(level) = self.open.iter().position(is_open)
            && let Some((name, def)) = self.open.get(level)
        {
            self.reach = self.reach.min(level);
            let (def, name, tag) = (def.clone(), name.clone(), newest.kind.tag());
            return Type::Enclosing(Arc::new(Enclosing { def, name, tag }));
        }
        if let Some(done) = self.done.get(&old).or_else(|| self.done.get(&Arc::as_ptr(&newest))) {
            return done.clone();
        }
        if self.open.len() > MAX_DEPTH {
            return ty.clone();
        }
        if self.settled.holds_for(&newest, self.types) {
            let ty = Type::Def(newest);
            self.done.insert(old, ty.clone());
            return ty;
        }
        let (level, outer) = (self.open.len(), std::mem::replace(&mut self.reach, usize::MAX));
        let made = Arc::new_cyclic(|def: &Weak<TypeDef>| {
            self.open.push((newest.name.clone(), def.clone()));
            let kind = self.kind(&newest.kind);
            self.open.pop();
            TypeDef { kind, ..(*newest).clone() }
        });
        let made = Type::Def(made);
        // A type that refers to an enclosing type cannot be reused elsewhere.
        if self.reach >= level {
            self.reach = usize::MAX;
            self.done.insert(old, made.clone());
            self.done.insert(Arc::as_ptr(&newest), made.clone());
        }
        self.reach = self.reach.min(outer);
        made
    }

    fn kind(&mut self, kind: &TypeKind) -> TypeKind {
        match kind {
            TypeKind::List(list) => TypeKind::List(ListType {
                pure: list.pure.as_ref().map(|ty| self.ty(ty)),
                types: list.types.iter().map(|ty| self.ty(ty)).collect(),
            }),
            TypeKind::Table(table) => TypeKind::Table(TableType {
                yields: table.yields.as_ref().map(|ty| self.ty(ty)),
                index: self.ty(&table.index),
            }),
            TypeKind::Set(set) => TypeKind::Set(SetType {
                yields: set.yields.as_ref().map(|ty| self.ty(ty)),
                index: self.ty(&set.index),
                elements: set.elements.clone(),
            }),
            TypeKind::Func(func) => TypeKind::Func(FuncType {
                yields: func.yields.as_ref().map(|ty| self.ty(ty)),
                args: self.ty(&func.args),
                arg_types: self.ty(&func.arg_types),
                flavor: func.flavor,
            }),
            TypeKind::Record(record) => {
                let fields = record.fields.as_ref();
                let fields = fields.map(|all| all.iter().map(|field| self.field(field)).collect());
                TypeKind::Record(RecordType { num_fields: record.num_fields, fields })
            }
            TypeKind::File(ty) => TypeKind::File(self.ty(ty)),
            TypeKind::Vector(ty) => TypeKind::Vector(self.ty(ty)),
            TypeKind::Atomic(_) | TypeKind::Enum(_) | TypeKind::Opaque(_) => kind.clone(),
        }
    }

    fn field(&mut self, field: &Field) -> Field {
        Field {
            name: field.name.clone(),
            ty: self.ty(&field.ty),
            attributes: self.attributes(field.attributes.as_ref()),
        }
    }

    fn attributes(&mut self, attributes: Option<&Arc<Attributes>>) -> Option<Arc<Attributes>> {
        let attributes = attributes?;
        let list = attributes.list.iter().map(|attribute| Attribute {
            tag: attribute.tag,
            expr: attribute.expr.as_ref().map(|expr| Arc::new(self.expr(expr))),
        });
        let list = list.collect();
        Some(Arc::new(Attributes { ty: self.ty(&attributes.ty), list }))
    }

    fn expr(&mut self, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        expr.ty = expr.ty.as_ref().map(|ty| self.ty(ty));
        if let (ExprKind::Const(value), Some(ty)) = (&mut expr.kind, &expr.ty)
            && let Ok(coerced) = value.coerce(ty)
        {
            *value = coerced;
        }
        expr
    }
}

/// Returns the last definition of a type's name, or `old` if there is none with the same tag.
fn newest(types: &BTreeMap<Name, Type>, old: &Arc<TypeDef>) -> Arc<TypeDef> {
    match types.get(&old.name) {
        Some(Type::Def(newest)) if newest.kind.tag() == old.kind.tag() => Arc::clone(newest),
        _ => Arc::clone(old),
    }
}

/// Finds types whose parts are all up to date, so that they need no change.
#[derive(Default)]
struct Settled {
    known: BTreeSet<*const TypeDef>,
    /// The types being checked, outermost first.
    open: Vec<*const TypeDef>,
    /// The outermost of them to which the last checked type refers.
    reach: usize,
}

impl Settled {
    fn holds_for(&mut self, def: &Arc<TypeDef>, types: &BTreeMap<Name, Type>) -> bool {
        let (this, level) = (Arc::as_ptr(def), self.open.len());
        if self.known.contains(&this) {
            return true;
        }
        if level > MAX_DEPTH {
            return false;
        }
        let outer = std::mem::replace(&mut self.reach, usize::MAX);
        self.open.push(this);
        let holds = all_parts(&def.kind, &mut |ty| self.part(ty, types));
        self.open.pop();
        // The result for a type that refers to an enclosing type is valid only within that type.
        if holds && self.reach >= level {
            self.reach = usize::MAX;
            self.known.insert(this);
        }
        self.reach = self.reach.min(outer);
        holds
    }

    fn part(&mut self, ty: &Type, types: &BTreeMap<Name, Type>) -> bool {
        let Some(def) = ty.def() else { return true };
        if matches!(ty, Type::Enclosing(_)) {
            let level = self.open.iter().position(|open| *open == Arc::as_ptr(&def));
            self.reach = self.reach.min(level.unwrap_or(usize::MAX));
            return level.is_some();
        }
        Arc::ptr_eq(&newest(types, &def), &def) && self.holds_for(&def, types)
    }
}

/// Returns whether `holds` is true for all parts of a type.
fn all_parts(kind: &TypeKind, holds: &mut dyn FnMut(&Type) -> bool) -> bool {
    match kind {
        TypeKind::List(list) => list.pure.iter().chain(&list.types).all(holds),
        TypeKind::Table(table) => holds(&table.index) && table.yields.as_ref().is_none_or(holds),
        TypeKind::Set(set) => holds(&set.index) && set.yields.as_ref().is_none_or(holds),
        TypeKind::Func(func) => {
            holds(&func.args) && holds(&func.arg_types) && func.yields.as_ref().is_none_or(holds)
        }
        TypeKind::Record(record) => {
            record.fields.iter().flatten().all(|field| all_of_field(field, holds))
        }
        TypeKind::File(ty) | TypeKind::Vector(ty) => holds(ty),
        TypeKind::Atomic(_) | TypeKind::Enum(_) | TypeKind::Opaque(_) => true,
    }
}

fn all_of_field(field: &Field, holds: &mut dyn FnMut(&Type) -> bool) -> bool {
    let mut attributes = field.attributes.iter();
    let exprs = |all: &Attributes, holds: &mut dyn FnMut(&Type) -> bool| {
        let exprs = all.list.iter().filter_map(|attribute| attribute.expr.as_deref()?.ty.as_ref());
        exprs.into_iter().all(holds)
    };
    holds(&field.ty) && attributes.all(|all| holds(&all.ty) && exprs(all, holds))
}
