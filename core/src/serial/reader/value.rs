//! Reads values (2§6).

use std::sync::Arc;

use crate::data::{
    Entry, EnumValue, List, Mutable, Pattern, Port, Record, Table, Type, TypeKind, TypeTag, Value,
    Vector,
};

use super::super::cache::Extent;
use super::super::cursor::Result;
use super::super::kind::val;
use super::super::{Family, SerialErrorKind as Kind};
use super::{Head, Object, Session, read_object};

impl Session<'_> {
    /// Reads a value.
    pub(super) fn value(&mut self) -> Result<Value> {
        if self.transcript.is_none() {
            let usual = if self.mode.pid_64bit { self.usual::<22>() } else { self.usual::<14>() };
            if let Some((pid, class, type_pid)) = usual {
                return self.usual_value(pid, class, type_pid);
            }
        }
        match self.head(Family::Val)? {
            Head::Known(pid) => {
                let (object, extent) = self.cache.look_up(pid)?;
                let value = object
                    .to_value()
                    .map_err(|found| Kind::WrongFamily { expected: Family::Val, found })?;
                self.reach(extent)?;
                Ok(value)
            }
            Head::New(place, class) => {
                let position = self.position;
                // Whatever the value is made of, a constant in its type counts as part of it.
                let (value, extent) = self.measured(|s| match s.ty()? {
                    Type::Base(tag) => s.content(class, tag, Type::Base(tag)),
                    ty => s.content_of(class, ty, position),
                })?;
                if place.is_some() {
                    self.cache.store(place, Object::of_value(&value), extent);
                }
                Ok(value)
            }
        }
    }

    /// Looks whether what nearly every value begins with comes next, in as many bytes: the header
    /// of a full value without location, and a reference to its type. Returns the value's id, its
    /// class and the type's id.
    #[inline(always)]
    fn usual<const HEAD: usize>(&self) -> Option<(u64, u8, u64)> {
        let pid_len = (HEAD - 6) / 2;
        let head: &[u8; HEAD] = self.cursor.peek()?;
        let (value, rest) = head.split_at(1 + pid_len);
        let [0x88, class, 0, 1, 0, type_pid @ ..] = rest else { return None };
        let [1, pid @ ..] = value else { return None };
        if HEAD == 22 {
            let pid = u64::from_be_bytes(*pid.first_chunk()?);
            Some((pid, *class, u64::from_be_bytes(*type_pid.first_chunk()?)))
        } else {
            let pid = u32::from_be_bytes(*pid.first_chunk()?);
            let type_pid = u32::from_be_bytes(*type_pid.first_chunk()?);
            Some((u64::from(pid), *class, u64::from(type_pid)))
        }
    }

    /// Reads a value that begins as nearly every value does: the same, in one step.
    #[inline(always)]
    fn usual_value(&mut self, pid: u64, class: u8, type_pid: u64) -> Result<Value> {
        self.count_objects(2)?;
        if self.mode.pid_64bit {
            self.cursor.skip::<22>();
        } else {
            self.cursor.skip::<14>();
        }
        let place = self.cache.register(pid, Family::Val, self.mode);
        let (value, extent) = match self.cache.look_up(type_pid)? {
            (Object::Type(Type::Base(tag)), _) => {
                let tag = *tag;
                (self.content(class, tag, Type::Base(tag))?, Extent::default())
            }
            _ => self.measured(|s| {
                let ty = s.known_type(type_pid)?;
                s.content_of(class, ty, 0)
            })?,
        };
        if place.is_some() {
            self.cache.store(place, Object::of_value(&value), extent);
        }
        Ok(value)
    }

    /// Reads the content of a value whose type is not simply a standard one.
    fn content_of(&mut self, class: u8, ty: Type, position: usize) -> Result<Value> {
        let known = match &ty {
            Type::Named(name) => self.known.types.get(&***name).cloned(),
            _ => None,
        };
        let tag = match known.as_ref().unwrap_or(&ty).tag() {
            Some(tag) => tag,
            None => tag_of_class(class, &ty)?,
        };
        if self.transcript.is_none() {
            return self.content(class, tag, known.unwrap_or(ty));
        }
        let value = self.content(class, tag, known.unwrap_or_else(|| ty.clone()))?;
        if let Some(transcript) = &mut self.transcript {
            let by_itself = value.ty();
            let same = match (&by_itself, &ty) {
                (Type::Def(a), Type::Def(b)) => Arc::ptr_eq(a, b),
                (Type::Named(a), Type::Named(b)) => a == b,
                (Type::Enclosing(a), Type::Enclosing(b)) => Arc::ptr_eq(a, b),
                _ => false,
            };
            if !same {
                transcript.types.push((position, ty));
            }
        }
        Ok(value)
    }

    #[inline]
    fn content(&mut self, class: u8, tag: TypeTag, ty: Type) -> Result<Value> {
        if class != val::PLAIN && class != class_of_tag(tag) && !is_opaque(class, tag) {
            return Err(if is_known(class) {
                Kind::WrongClass { class, tag }
            } else {
                Kind::UnknownClass(Family::Val, class)
            });
        }
        Ok(match tag {
            TypeTag::Bool => Value::Bool(self.cursor.i64()? != 0),
            TypeTag::Int => Value::Int(self.cursor.i64()?),
            TypeTag::Count => Value::Count(self.cursor.u64()?),
            TypeTag::Counter => Value::Counter(self.cursor.u64()?),
            TypeTag::Double => Value::Double(self.cursor.f64()?),
            TypeTag::Time => Value::Time(self.cursor.f64()?),
            TypeTag::Interval => Value::Interval(self.cursor.f64()?),
            TypeTag::String => Value::String(self.cursor.string()?),
            TypeTag::Port => {
                let number = self.cursor.u64()?;
                Value::Port(Port::from_wire(number).ok_or(Kind::BadPort(number))?)
            }
            TypeTag::Addr => Value::Addr(self.cursor.addr()?),
            TypeTag::Subnet => Value::Subnet(self.cursor.subnet(self.lenient)?),
            TypeTag::Enum => Value::Enum(EnumValue { ty, number: self.cursor.i64()? }),
            TypeTag::Func => Value::Func(ty, self.func()?),
            TypeTag::File => Value::File(ty, self.file()?),
            TypeTag::Void => return Err(Kind::TypeIsVoid),
            TypeTag::Error => return Err(Kind::TypeIsError),
            tag if class == val::PLAIN => return Err(Kind::WrongClass { class, tag }),
            TypeTag::Pattern => Value::Pattern(self.pattern()?),
            TypeTag::List => Value::List(Arc::new(self.nested(|s| s.list(ty))?)),
            TypeTag::Table => Value::Table(Arc::new(self.nested(|s| s.table(ty))?)),
            TypeTag::Record => Value::Record(Arc::new(self.nested(|s| s.record(ty))?)),
            TypeTag::Vector => Value::Vector(Arc::new(self.nested(|s| s.vector(ty))?)),
            TypeTag::Opaque => Value::Opaque(Arc::new(self.nested(|s| s.opaque(class, ty))?)),
            TypeTag::Timer | TypeTag::Any | TypeTag::Union | TypeTag::Type => {
                return Err(Kind::NoValues(tag));
            }
        })
    }

    read_object!(pattern, Pattern, Pattern, Pattern, pattern_body);

    fn pattern_body(&mut self, class: u8) -> Result<Pattern> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::Pattern, class));
        }
        let anywhere = self.cursor.lasting_name()?;
        let exact = self.cursor.lasting_name()?;
        Ok(Pattern { anywhere: anywhere.as_shared().clone(), exact: exact.as_shared().clone() })
    }

    fn list(&mut self, ty: Type) -> Result<List> {
        let tag = self.cursor.u8()?;
        let items = self.several(self.least_object(), Session::value)?;
        Ok(List { ty, tag, items })
    }

    fn mutable(&mut self) -> Result<Mutable> {
        Ok(Mutable { properties: self.cursor.u8()?, unique_id: self.cursor.lasting_name()? })
    }

    fn record(&mut self, ty: Type) -> Result<Record> {
        let mutable = self.mutable()?;
        let fields = self.slots()?;
        Ok(Record { ty, mutable, fields })
    }

    fn vector(&mut self, ty: Type) -> Result<Vector> {
        let mutable = self.mutable()?;
        let items = self.slots()?;
        Ok(Vector { ty, mutable, items })
    }

    /// Reads values that may be absent.
    fn slots(&mut self) -> Result<Vec<Option<Value>>> {
        self.several(1, |s| {
            if s.cursor.bool()? {
                s.value().map(Some)
            } else {
                s.count_objects(1)?;
                Ok(None)
            }
        })
    }

    fn table(&mut self, ty: Type) -> Result<Table> {
        let is_set = match ty.def().as_deref().map(|def| &def.kind) {
            Some(TypeKind::Set(_)) => true,
            Some(TypeKind::Table(table)) => table.yields.is_none(),
            // Without the type there is no telling whether values follow the indices.
            _ => return Err(unknown_type(&ty)),
        };
        let mut table = Table {
            mutable: self.mutable()?,
            attributes: self.optional(Session::attributes)?,
            expire_time: self.optional(Session::expr)?,
            expire_func: self.optional(Session::expr)?,
            ..Table::new(ty)
        };
        while self.cursor.bool()? {
            let index = match self.value()? {
                Value::List(index) => index,
                other => {
                    return Err(Kind::WrongClass { class: val::LIST, tag: other.tag() });
                }
            };
            table.entries.push(Entry {
                index,
                value: if is_set { None } else { Some(self.value()?) },
                last_access: self.cursor.f64()?,
                expire_access: self.cursor.f64()?,
            });
        }
        if table.entries.len() > 1 && table.sorted().1 {
            return Err(Kind::DuplicateIndex);
        }
        Ok(table)
    }
}

fn unknown_type(ty: &Type) -> Kind {
    Kind::UnknownType(Box::new(crate::data::Name::from_bytes(bytes::Bytes::copy_from_slice(
        ty.name(),
    ))))
}

/// Returns the class that goes with a tag, plain values aside.
const fn class_of_tag(tag: TypeTag) -> u8 {
    match tag {
        TypeTag::Interval => val::INTERVAL,
        TypeTag::Port => val::PORT,
        TypeTag::Addr => val::ADDR,
        TypeTag::Subnet => val::SUBNET,
        TypeTag::String => val::STRING,
        TypeTag::Pattern => val::PATTERN,
        TypeTag::List => val::LIST,
        TypeTag::Table => val::TABLE,
        TypeTag::Record => val::RECORD,
        TypeTag::Enum => val::ENUM,
        TypeTag::Vector => val::VECTOR,
        _ => val::PLAIN,
    }
}

const fn is_opaque(class: u8, tag: TypeTag) -> bool {
    matches!(tag, TypeTag::Opaque) && class >= val::MD5 && class <= val::X509
}

const fn is_known(class: u8) -> bool {
    class >= val::PLAIN && class <= val::VECTOR || class >= val::MD5 && class <= val::X509
}

/// Returns the tag of a value whose type is known only by name, as its class tells (2§4).
fn tag_of_class(class: u8, ty: &Type) -> Result<TypeTag> {
    Ok(match class {
        val::INTERVAL => TypeTag::Interval,
        val::PORT => TypeTag::Port,
        val::ADDR => TypeTag::Addr,
        val::SUBNET => TypeTag::Subnet,
        val::STRING => TypeTag::String,
        val::PATTERN => TypeTag::Pattern,
        val::LIST => TypeTag::List,
        val::RECORD => TypeTag::Record,
        val::ENUM => TypeTag::Enum,
        val::VECTOR => TypeTag::Vector,
        val::MD5..=val::X509 => TypeTag::Opaque,
        _ => return Err(unknown_type(ty)),
    })
}
