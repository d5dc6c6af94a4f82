//! Types (2§4).

use std::fmt;
use std::sync::{Arc, Weak};

use super::{Attributes, Expr};
use crate::data::{Name, TypeTag};

/// A type. Cheap to clone.
///
/// Share types among values that are sent repeatedly: a connection recognizes a type that it has
/// sent before by its `Arc`, and then sends a short reference (2§5).
///
/// ```
/// # use brocomm::data::{Declarations, Field, Type};
/// let fields = vec![Field::new("host", Type::ADDR), Field::new("ports", Type::set(vec![Type::PORT]))];
/// let info = Type::record("Scan::Info", fields);
/// assert_eq!(info.name(), "Scan::Info");
/// assert_eq!(info.to_string(), "record { host:addr; ports:set[port]; }");
///
/// let text = "table[addr, port] of count";
/// let table = Type::table(vec![Type::ADDR, Type::PORT], Type::COUNT);
/// assert_eq!(Type::parse(text, &Declarations::new())?, table);
/// # Ok::<(), brocomm::notation::ParseError>(())
/// ```
#[derive(Clone)]
pub enum Type {
    /// The standard instance of an atomic type that every peer has: `count`, `string`, ….
    Base(TypeTag),
    /// A full type definition.
    Def(Arc<TypeDef>),
    /// A reference from within a type to that type, in recursive types.
    Enclosing(Arc<Enclosing>),
    /// A type given only by its name, which the receiver must know. Only Broccoli sends these.
    Named(Arc<Name>),
}

impl Type {
    /// `bool`
    pub const BOOL: Type = Type::Base(TypeTag::Bool);
    /// `int`
    pub const INT: Type = Type::Base(TypeTag::Int);
    /// `count`
    pub const COUNT: Type = Type::Base(TypeTag::Count);
    /// `double`
    pub const DOUBLE: Type = Type::Base(TypeTag::Double);
    /// `time`
    pub const TIME: Type = Type::Base(TypeTag::Time);
    /// `interval`
    pub const INTERVAL: Type = Type::Base(TypeTag::Interval);
    /// `string`
    pub const STRING: Type = Type::Base(TypeTag::String);
    /// `pattern`
    pub const PATTERN: Type = Type::Base(TypeTag::Pattern);
    /// `port`
    pub const PORT: Type = Type::Base(TypeTag::Port);
    /// `addr`
    pub const ADDR: Type = Type::Base(TypeTag::Addr);
    /// `subnet`
    pub const SUBNET: Type = Type::Base(TypeTag::Subnet);
    /// `any`
    pub const ANY: Type = Type::Base(TypeTag::Any);

    /// Creates a type from its parts.
    pub fn new(name: impl Into<Name>, kind: TypeKind) -> Type {
        let network_order = matches!(kind, TypeKind::Atomic(TypeTag::Port));
        Type::Def(Arc::new(TypeDef { name: name.into(), base: false, network_order, kind }))
    }

    /// Creates a record type. With an empty name it is anonymous.
    pub fn record(name: impl Into<Name>, fields: Vec<Field>) -> Type {
        let num_fields = u32::try_from(fields.len()).unwrap_or(u32::MAX);
        Type::new(name, TypeKind::Record(RecordType { num_fields, fields: Some(fields) }))
    }

    /// Creates an enum type. `name` and the constants' names are full names (`Module::NAME`).
    pub fn enumeration(name: impl Into<Name>, names: Vec<(Name, i64)>) -> Type {
        let counter = names.iter().map(|(_, v)| v.saturating_add(1)).max().unwrap_or(0);
        Type::new(name, TypeKind::Enum(EnumType { counter, names }))
    }

    /// Creates a list of types, for an index or a function's parameters.
    pub fn list(types: Vec<Type>) -> Type {
        let pure = match types.split_first() {
            Some((first, rest)) if rest.iter().all(|t| t == first) => Some(first.clone()),
            _ => None,
        };
        Type::new("", TypeKind::List(ListType { pure, types }))
    }

    /// Creates a set type with these index components.
    pub fn set(index: Vec<Type>) -> Type {
        Type::new(
            "",
            TypeKind::Set(SetType { yields: None, index: Type::list(index), elements: None }),
        )
    }

    /// Creates a table type with these index components.
    pub fn table(index: Vec<Type>, yields: Type) -> Type {
        Type::new("", TypeKind::Table(TableType { yields: Some(yields), index: Type::list(index) }))
    }

    /// Creates a vector type.
    pub fn vector(yields: Type) -> Type {
        Type::new("", TypeKind::Vector(yields))
    }

    /// Creates a type given by name, which the receiver must know.
    pub fn named(name: impl Into<Name>) -> Type {
        Type::Named(Arc::new(name.into()))
    }

    /// Returns the type's tag; `None` if only its name is known.
    pub fn tag(&self) -> Option<TypeTag> {
        match self {
            Type::Base(tag) => Some(*tag),
            Type::Def(def) => Some(def.kind.tag()),
            Type::Enclosing(up) => Some(up.tag),
            Type::Named(_) => None,
        }
    }

    /// Returns the type's name, which is empty for standard and anonymous types.
    pub fn name(&self) -> &Name {
        static NONE: Name = Name::new();
        match self {
            Type::Base(_) => &NONE,
            Type::Def(def) => &def.name,
            Type::Enclosing(up) => &up.name,
            Type::Named(name) => name,
        }
    }

    /// Returns the full definition, if there is one and it has not been dropped.
    pub fn def(&self) -> Option<Arc<TypeDef>> {
        match self {
            Type::Def(def) => Some(Arc::clone(def)),
            Type::Enclosing(up) => up.def.upgrade(),
            Type::Base(_) | Type::Named(_) => None,
        }
    }

    /// Returns a record type's fields, in order.
    pub fn fields(&self) -> Option<&[Field]> {
        match self {
            Type::Def(def) => match &def.kind {
                TypeKind::Record(record) => record.fields.as_deref(),
                _ => None,
            },
            _ => None,
        }
    }
}

impl PartialEq for Type {
    /// Compares by instance first, then by content. Recursive references are compared by name.
    fn eq(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Base(a), Type::Base(b)) => a == b,
            (Type::Def(a), Type::Def(b)) => Arc::ptr_eq(a, b) || a == b,
            (Type::Base(tag), Type::Def(def)) | (Type::Def(def), Type::Base(tag)) => {
                matches!(def.kind, TypeKind::Atomic(t) if t == *tag) && def.name.is_empty()
            }
            (Type::Enclosing(a), Type::Enclosing(b)) => a.name == b.name && a.tag == b.tag,
            (Type::Named(a), Type::Named(b)) => a == b,
            (Type::Enclosing(up), Type::Def(def)) | (Type::Def(def), Type::Enclosing(up)) => {
                up.name == def.name && up.tag == def.kind.tag()
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Base(tag) => write!(f, "{tag}"),
            Type::Def(def) => def.fmt(f),
            Type::Enclosing(up) => write!(f, "enclosing {}", up.name),
            Type::Named(name) => write!(f, "type named {name}"),
        }
    }
}

/// A reference to a type from within that type.
///
/// The reference is weak, so that recursive types are freed like any other. If a part outlives the
/// enclosing type, only that type's name is written.
#[derive(Debug, Clone)]
pub struct Enclosing {
    /// The enclosing type.
    pub def: Weak<TypeDef>,
    /// Its name.
    pub name: Name,
    /// Its tag.
    pub tag: TypeTag,
}

/// A full type definition.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDef {
    /// The type's name, empty if it has none.
    pub name: Name,
    /// Whether the sender marked it as one of its shared instances of atomic types.
    pub base: bool,
    /// Whether the sender marked it as stored in network byte order. Bro does so only for ports,
    /// Broccoli never.
    pub network_order: bool,
    /// The kind of type, with its parts.
    pub kind: TypeKind,
}

/// The kinds of types, with their parts (2§4).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TypeKind {
    /// A type without parts.
    Atomic(TypeTag),
    /// A list of types.
    List(ListType),
    /// A table.
    Table(TableType),
    /// A set.
    Set(SetType),
    /// A function, event or hook.
    Func(FuncType),
    /// A record.
    Record(RecordType),
    /// A file of this element type.
    File(Type),
    /// An enum.
    Enum(EnumType),
    /// A vector of this element type.
    Vector(Type),
    /// An opaque type of this name (`md5`, `topk`, …).
    Opaque(Name),
}

impl TypeKind {
    /// Returns the tag for the kind.
    pub fn tag(&self) -> TypeTag {
        match self {
            TypeKind::Atomic(tag) => *tag,
            TypeKind::List(_) => TypeTag::List,
            TypeKind::Table(_) | TypeKind::Set(_) => TypeTag::Table,
            TypeKind::Func(_) => TypeTag::Func,
            TypeKind::Record(_) => TypeTag::Record,
            TypeKind::File(_) => TypeTag::File,
            TypeKind::Enum(_) => TypeTag::Enum,
            TypeKind::Vector(_) => TypeTag::Vector,
            TypeKind::Opaque(_) => TypeTag::Opaque,
        }
    }

    /// Returns the list of index types of a table or set, and the type of a table's values.
    pub(crate) fn table_parts(&self) -> Option<(&Type, Option<&Type>)> {
        match self {
            TypeKind::Set(set) => Some((&set.index, None)),
            TypeKind::Table(table) => Some((&table.index, table.yields.as_ref())),
            _ => None,
        }
    }
}

/// A list of types: a table's index components or a function's parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct ListType {
    /// The common type of all elements, if Bro recorded one.
    pub pure: Option<Type>,
    /// The types, in order.
    pub types: Vec<Type>,
}

/// The parts of a table type.
#[derive(Debug, Clone, PartialEq)]
pub struct TableType {
    /// The type of the values. Absent in a table type that is used as a set.
    pub yields: Option<Type>,
    /// The index components, a list type.
    pub index: Type,
}

/// The parts of a set type.
#[derive(Debug, Clone, PartialEq)]
pub struct SetType {
    /// Bro never sends it.
    pub yields: Option<Type>,
    /// The index components, a list type.
    pub index: Type,
    /// The elements of a set constructor whose type is not determined yet.
    pub elements: Option<Arc<Expr>>,
}

/// The parts of a type of functions, events or hooks.
#[derive(Debug, Clone, PartialEq)]
pub struct FuncType {
    /// The type of the result.
    pub yields: Option<Type>,
    /// The parameters, a record type.
    pub args: Type,
    /// The parameters' types, a list type.
    pub arg_types: Type,
    /// 0 for function, 1 for event, 2 for hook.
    pub flavor: i32,
}

/// The parts of a record type.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordType {
    /// The number of fields, even if the fields themselves are absent.
    pub num_fields: u32,
    /// The fields.
    pub fields: Option<Vec<Field>>,
}

/// A field of a record type.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The field's name.
    pub name: Name,
    /// The field's type.
    pub ty: Type,
    /// The field's attributes, such as `&optional`.
    pub attributes: Option<Arc<Attributes>>,
}

impl Field {
    /// Creates a field without attributes.
    pub fn new(name: impl Into<Name>, ty: Type) -> Field {
        Field { name: name.into(), ty, attributes: None }
    }
}

/// The parts of an enum type.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumType {
    /// The number that the next constant without a number would get.
    pub counter: i64,
    /// The constants' full names (`Module::NAME`) and numbers.
    pub names: Vec<(Name, i64)>,
}

impl EnumType {
    /// Returns the name of the constant with this number.
    pub fn name_of(&self, number: i64) -> Option<&Name> {
        self.names.iter().find(|(_, n)| *n == number).map(|(name, _)| name)
    }

    /// Returns the number of the constant with this full name.
    pub fn number_of(&self, name: impl AsRef<[u8]>) -> Option<i64> {
        let name = name.as_ref();
        self.names.iter().find(|(n, _)| **n == *name).map(|(_, number)| *number)
    }
}

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
            TypeKind::Vector(element) => self.after("vector of ", Some(element)),
            TypeKind::File(element) => self.after("file of ", Some(element)),
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
        self.after(" of ", yields)
    }

    /// Writes a type, if there is one, after this text.
    fn after(&mut self, text: &str, ty: Option<&Type>) -> fmt::Result {
        let Some(ty) = ty else { return Ok(()) };
        self.f.write_str(text)?;
        self.describe(ty)
    }

    fn func(&mut self, func: &FuncType) -> fmt::Result {
        self.f.write_str(match func.flavor {
            0 => "function(",
            1 => "event(",
            _ => "hook(",
        })?;
        self.fields(func.args.fields().unwrap_or_default())?;
        self.f.write_str(")")?;
        self.after(" : ", func.yields.as_ref())
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
