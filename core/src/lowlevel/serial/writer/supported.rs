//! Checks before writing that the peer's release knows what content is made of (2§13).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use crate::data::{
    Func, Id, Opaque, OpaqueState, StateAccess, Stmt, StmtKind, Type, TypeKind, Value,
};
use crate::wire::DataFormat;

use super::super::error::Unsupported;
use super::super::{Caching, Mode, WriteError};

type Result = std::result::Result<(), WriteError>;

/// The flavor of a function's type that is a hook.
const HOOK: i32 = 2;

/// The checks for one data format. Of the newest, everything is known.
pub(super) struct Supported {
    format: DataFormat,
    /// Whether a function can refer to itself.
    refers: bool,
    /// The types that were checked, by address: all are alive while this is.
    checked: BTreeSet<usize>,
}

impl Supported {
    /// Checks the arguments of a call, or other values.
    #[inline]
    pub(super) fn check_values(mode: Mode, values: &[Value]) -> Result {
        // Since 2.3 there is nothing new but what a Bloom filter is made of.
        if mode.data_format >= DataFormat::V25 {
            return Ok(());
        }
        Supported::of(mode).values(values)
    }

    pub(super) fn check_id(mode: Mode, id: &Id) -> Result {
        Supported::check_values(mode, id.value.as_slice())?;
        Supported::of(mode).ty(&id.ty)
    }

    pub(super) fn check_state_access(mode: Mode, access: &StateAccess) -> Result {
        Supported::check_values(mode, std::slice::from_ref(&access.op1))?;
        Supported::check_values(mode, access.op2.as_slice())?;
        Supported::check_values(mode, access.op3.as_slice())
    }

    fn of(mode: Mode) -> Supported {
        let (format, refers) = (mode.data_format, mode.caching != Caching::None);
        Supported { format, refers, checked: BTreeSet::new() }
    }

    fn refuse(&self, what: Unsupported) -> Result {
        Err(WriteError::DataFormat { format: self.format, what })
    }

    fn values(&mut self, values: &[Value]) -> Result {
        values.iter().try_for_each(|value| self.value(value))
    }

    fn slots(&mut self, slots: &[Option<Value>]) -> Result {
        slots.iter().flatten().try_for_each(|value| self.value(value))
    }

    fn value(&mut self, value: &Value) -> Result {
        match value {
            Value::Addr(addr) => self.addr(*addr),
            Value::Subnet(subnet) => self.addr(subnet.canonical().prefix),
            Value::List(list) => {
                self.ty(&list.ty)?;
                self.values(&list.items)
            }
            Value::Record(record) => {
                self.ty(&record.ty)?;
                self.slots(&record.fields)
            }
            Value::Vector(vector) => {
                self.ty(&vector.ty)?;
                self.slots(&vector.items)
            }
            Value::Table(table) => {
                self.ty(&table.ty)?;
                table.entries.iter().try_for_each(|entry| {
                    self.values(&entry.index.items)?;
                    self.values(entry.value.as_slice())
                })
            }
            Value::Func(ty, func) => {
                self.ty(ty)?;
                self.func(func)
            }
            Value::Opaque(opaque) => self.opaque(opaque),
            _ => Ok(()),
        }
    }

    fn addr(&self, addr: IpAddr) -> Result {
        if !self.format.has_ipv6() && addr.to_canonical().is_ipv6() {
            return self.refuse(Unsupported::Ipv6);
        }
        Ok(())
    }

    fn opaque(&mut self, opaque: &Opaque) -> Result {
        match &opaque.state {
            _ if !self.format.has_opaque_values() => self.refuse(Unsupported::Opaque),
            OpaqueState::X509(_) if !self.format.has_x509() => self.refuse(Unsupported::X509),
            OpaqueState::TopK(topk) => {
                let elements = topk.buckets.iter().flat_map(|bucket| &bucket.elements);
                elements.map(|(_, value)| value).try_for_each(|value| self.value(value))
            }
            _ => Ok(()),
        }
    }

    /// Checks a type: those that a format lacks came together.
    fn ty(&mut self, ty: &Type) -> Result {
        if self.format.has_opaque_values() && self.format.has_hooks() {
            return Ok(());
        }
        match ty {
            Type::Def(def) if self.checked.insert(Arc::as_ptr(def) as usize) => {
                self.parts(&def.kind)
            }
            _ => Ok(()),
        }
    }

    fn parts(&mut self, kind: &TypeKind) -> Result {
        match kind {
            TypeKind::Atomic(_) | TypeKind::Enum(_) => Ok(()),
            TypeKind::Opaque(_) => self.refuse(Unsupported::Opaque),
            TypeKind::Func(func) if func.flavor == HOOK => self.refuse(Unsupported::Hook),
            TypeKind::Func(func) => {
                self.types(func.yields.as_slice())?;
                self.ty(&func.args)?;
                self.ty(&func.arg_types)
            }
            TypeKind::List(list) => {
                self.types(list.pure.as_slice())?;
                self.types(&list.types)
            }
            TypeKind::Table(table) => {
                self.types(table.yields.as_slice())?;
                self.ty(&table.index)
            }
            TypeKind::Set(set) => {
                self.types(set.yields.as_slice())?;
                self.ty(&set.index)
            }
            TypeKind::Record(record) => {
                let fields = record.fields.iter().flatten();
                fields.map(|field| &field.ty).try_for_each(|ty| self.ty(ty))
            }
            TypeKind::File(yields) | TypeKind::Vector(yields) => self.ty(yields),
        }
    }

    fn types(&mut self, types: &[Type]) -> Result {
        types.iter().try_for_each(|ty| self.ty(ty))
    }

    /// Checks a function, as far as its statements go.
    fn func(&self, func: &Func) -> Result {
        let is_script = func.frame_size.is_some();
        if is_script && !self.refers && !self.format.has_function_types() {
            return self.refuse(Unsupported::UncachedFunction);
        }
        func.bodies.iter().try_for_each(|(body, _)| self.stmt(body))
    }

    fn stmt(&self, stmt: &Stmt) -> Result {
        match &stmt.kind {
            StmtKind::While(..) if !self.format.has_while() => self.refuse(Unsupported::While),
            StmtKind::Fallthrough if !self.format.has_switch_default() => {
                self.refuse(Unsupported::Fallthrough)
            }
            StmtKind::Switch { cases, .. } => {
                cases.iter().try_for_each(|case| self.stmt(&case.body))
            }
            StmtKind::If(_, yes, no) => {
                self.stmt(yes)?;
                self.stmt(no)
            }
            StmtKind::For { body, .. } | StmtKind::While(_, body) => self.stmt(body),
            StmtKind::List(bodies) | StmtKind::EventBodyList { bodies, .. } => {
                bodies.iter().try_for_each(|body| self.stmt(body))
            }
            StmtKind::When { body, timeout_body, .. } => {
                self.stmt(body)?;
                timeout_body.iter().try_for_each(|body| self.stmt(body))
            }
            _ => Ok(()),
        }
    }
}
