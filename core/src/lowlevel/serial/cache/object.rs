//! Objects in the receive cache (2§5).

use std::sync::{Arc, Weak};

use crate::data::{
    Attributes, BitVector, BloomFilter, Case, CounterVector, Enclosing, Expr, File, Func, Hasher,
    Id, Name, Pattern, Stmt, Type, TypeDef, TypeTag,
};

use super::super::Family;

/// An object, or its known parts while it is being read.
#[derive(Debug)]
pub(in super::super) enum Object {
    /// Its header was read, its body not yet.
    Pending(Family),
    /// A type whose parts are still being read; they may refer to it.
    PendingType(PendingType),
    /// A value: the number of its message, and its position on that message's tape.
    Value(u32, u32),
    Type(Type),
    Attributes(Arc<Attributes>),
    Expr(Arc<Expr>),
    Stmt(Arc<Stmt>),
    Case(Arc<Case>),
    File(Arc<File>),
    Func(Arc<Func>),
    Id(Arc<Id>),
    Pattern(Arc<Pattern>),
    BitVector(Arc<BitVector>),
    CounterVector(Arc<CounterVector>),
    BloomFilter(Arc<BloomFilter>),
    Hasher(Arc<Hasher>),
}

#[derive(Debug, Clone)]
pub(in super::super) struct PendingType {
    pub(in super::super) def: Weak<TypeDef>,
    pub(in super::super) name: Name,
    pub(in super::super) tag: TypeTag,
}

impl Object {
    pub(in super::super) fn family(&self) -> Family {
        match self {
            Object::Pending(family) => *family,
            Object::PendingType(_) | Object::Type(_) => Family::Type,
            Object::Value(..) => Family::Val,
            Object::Attributes(_) => Family::Attributes,
            Object::Expr(_) => Family::Expr,
            Object::Stmt(_) => Family::Stmt,
            Object::Case(_) => Family::Case,
            Object::File(_) => Family::File,
            Object::Func(_) => Family::Func,
            Object::Id(_) => Family::Id,
            Object::Pattern(_) => Family::Pattern,
            Object::BitVector(_) => Family::BitVector,
            Object::CounterVector(_) => Family::CounterVector,
            Object::BloomFilter(_) => Family::BloomFilter,
            Object::Hasher(_) => Family::Hasher,
        }
    }

    #[inline]
    pub(in super::super) fn to_type(&self) -> Result<Type, Family> {
        match self {
            Object::Type(ty) => Ok(ty.clone()),
            Object::PendingType(PendingType { def, name, tag }) => {
                let (def, name, tag) = (def.clone(), name.clone(), *tag);
                Ok(Type::Enclosing(Arc::new(Enclosing { def, name, tag })))
            }
            other => Err(other.family()),
        }
    }
}
