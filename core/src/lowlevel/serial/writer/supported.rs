//! Checks before writing that the peer's release supports the content (2§13).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use crate::data::{
    Func, Id, Opaque, OpaqueState, StateAccess, Stmt, StmtKind, Type, TypeKind, Value,
};
use crate::wire::DataFormat;

use super::super::cache::WriteCache;
use super::super::error::Unsupported;
use super::super::{Caching, Mode, WriteError};

type Result = std::result::Result<(), Unsupported>;

/// The flavor of a function type that is a hook.
const HOOK: i32 = 2;

/// The checks for one data format. The newest supports everything.
pub(super) struct Supported<'a> {
    format: DataFormat,
    has_ipv6: bool,
    /// Whether all types can be written.
    has_all_types: bool,
    cache: &'a WriteCache,
    /// Whether a function can refer to itself.
    refers: bool,
    /// The addresses of the checked types, all of which outlive this. `None` until there is one,
    /// because usually there is none.
    checked: Option<BTreeSet<usize>>,
}

impl<'a> Supported<'a> {
    /// Checks the arguments of a call, or other values.
    #[inline]
    pub(super) fn check_values(
        mode: Mode,
        cache: &'a WriteCache,
        values: &[Value],
    ) -> std::result::Result<(), WriteError> {
        // The only change since 2.3 is the content of Bloom filters.
        if mode.data_format >= DataFormat::V25 {
            return Ok(());
        }
        Supported::check_old(mode, cache, values)
    }

    #[cold]
    #[inline(never)]
    fn check_old(
        mode: Mode,
        cache: &'a WriteCache,
        values: &[Value],
    ) -> std::result::Result<(), WriteError> {
        Supported::of(mode, cache).values(values).map_err(in_format(mode))
    }

    pub(super) fn check_id(
        mode: Mode,
        cache: &'a WriteCache,
        id: &Id,
    ) -> std::result::Result<(), WriteError> {
        Supported::check_values(mode, cache, id.value.as_slice())?;
        Supported::of(mode, cache).ty(&id.ty).map_err(in_format(mode))
    }

    pub(super) fn check_state_access(
        mode: Mode,
        cache: &'a WriteCache,
        access: &StateAccess,
    ) -> std::result::Result<(), WriteError> {
        Supported::check_values(mode, cache, std::slice::from_ref(&access.op1))?;
        Supported::check_values(mode, cache, access.op2.as_slice())?;
        Supported::check_values(mode, cache, access.op3.as_slice())
    }

    fn of(mode: Mode, cache: &'a WriteCache) -> Supported<'a> {
        let (format, refers) = (mode.data_format, mode.caching != Caching::None);
        let has_ipv6 = format.has_ipv6();
        let has_all_types = format.has_opaque_values() && format.has_hooks();
        Supported { format, has_ipv6, has_all_types, cache, refers, checked: None }
    }

    fn values(&mut self, values: &[Value]) -> Result {
        for value in values {
            self.value(value)?;
        }
        Ok(())
    }

    fn slots(&mut self, slots: &[Option<Value>]) -> Result {
        for value in slots.iter().flatten() {
            self.value(value)?;
        }
        Ok(())
    }

    #[inline(always)]
    fn value(&mut self, value: &Value) -> Result {
        match value {
            Value::Addr(_) | Value::Subnet(_) if self.has_ipv6 => Ok(()),
            Value::Addr(addr) => check_addr(*addr),
            Value::Subnet(subnet) => check_addr(subnet.canonical().prefix),
            Value::List(_)
            | Value::Record(_)
            | Value::Vector(_)
            | Value::Table(_)
            | Value::Func(..)
            | Value::Opaque(_) => self.composite(value),
            _ => Ok(()),
        }
    }

    #[inline(never)]
    fn composite(&mut self, value: &Value) -> Result {
        match value {
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

    fn opaque(&mut self, opaque: &Opaque) -> Result {
        match &opaque.state {
            _ if !self.format.has_opaque_values() => Err(Unsupported::Opaque),
            OpaqueState::X509(_) if !self.format.has_x509() => Err(Unsupported::X509),
            OpaqueState::TopK(topk) => {
                let elements = topk.buckets.iter().flat_map(|bucket| &bucket.elements);
                elements.map(|(_, value)| value).try_for_each(|value| self.value(value))
            }
            _ => Ok(()),
        }
    }

    /// Checks a type. Types sent before were checked when they were sent.
    fn ty(&mut self, ty: &Type) -> Result {
        let (Type::Def(def), false) = (ty, self.has_all_types) else { return Ok(()) };
        let address = Arc::as_ptr(def) as usize;
        if self.cache.knows(address) || !self.checked.get_or_insert_default().insert(address) {
            return Ok(());
        }
        self.parts(&def.kind)
    }

    fn parts(&mut self, kind: &TypeKind) -> Result {
        match kind {
            TypeKind::Atomic(_) | TypeKind::Enum(_) => Ok(()),
            TypeKind::Opaque(_) => Err(Unsupported::Opaque),
            TypeKind::Func(func) if func.flavor == HOOK => Err(Unsupported::Hook),
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

    /// Checks the statements of a function.
    fn func(&self, func: &Func) -> Result {
        let is_script = func.frame_size.is_some();
        if is_script && !self.refers && !self.format.has_function_types() {
            return Err(Unsupported::UncachedFunction);
        }
        func.bodies.iter().try_for_each(|(body, _)| self.stmt(body))
    }

    fn stmt(&self, stmt: &Stmt) -> Result {
        match &stmt.kind {
            StmtKind::While(..) if !self.format.has_while() => Err(Unsupported::While),
            StmtKind::Fallthrough if !self.format.has_switch_default() => {
                Err(Unsupported::Fallthrough)
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

/// Checks an address for a release without IPv6.
#[cold]
fn check_addr(addr: IpAddr) -> Result {
    if addr.to_canonical().is_ipv6() { Err(Unsupported::Ipv6) } else { Ok(()) }
}

fn in_format(mode: Mode) -> impl FnOnce(Unsupported) -> WriteError {
    move |what| WriteError::DataFormat { format: mode.data_format, what }
}
