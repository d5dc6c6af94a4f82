//! Reads types and attributes (2§4).

use std::sync::Arc;

use crate::data::{
    Attribute, AttributeTag, Attributes, EnumType, Field, FuncType, ListType, Name, RecordType,
    SetType, TableType, Type, TypeDef, TypeKind, TypeTag,
};

use super::super::cache::{CacheSlot, Extent, PendingType};
use super::super::kind::ty;
use super::super::{Family, SerialErrorKind as Kind};
use super::{Head, MessageReader, Object, read_object};
use crate::serial::scalar::Result;

/// The minimum size of a type in bytes: a flag and an empty name.
const LEAST_TYPE: u32 = 5;

impl MessageReader<'_> {
    /// Reads a type that is sent in full, by reference or by name.
    #[inline]
    pub(super) fn ty(&mut self) -> Result<Type> {
        if !self.cursor.bool()? {
            return Ok(Type::Named(Arc::new(self.cursor.lasting_name()?)));
        }
        match self.head(Family::Type)? {
            Head::Known(pid) => self.known_type(pid),
            Head::New(place, class) => {
                let (ty, extent) = self.measured(|s| s.nested(|s| s.new_type(place, class)))?;
                self.store(place, Object::Type(ty.clone()), extent);
                Ok(ty)
            }
        }
    }

    /// Returns the referenced type.
    ///
    /// As a part of another type it counts as many objects as it has parts. As the type of a value
    /// it does not, because the values of a large table share one type. A standard type of a value
    /// does not count at all.
    #[inline]
    pub(super) fn known_type(&mut self, pid: u64) -> Result<Type> {
        let (object, mut extent) = self.cache.look_up(pid)?;
        let ty = object
            .to_type()
            .map_err(|found| Kind::WrongFamily { expected: Family::Type, found })?;
        match ty {
            Type::Base(_) if self.types == 0 => extent = Extent::default(),
            _ if self.types == 0 => extent.objects = 0,
            _ => {}
        }
        self.reach(extent)?;
        Ok(ty)
    }

    fn new_type(&mut self, place: CacheSlot, class: u8) -> Result<Type> {
        let (number, format) = (self.cursor.u8()?, self.mode.data_format);
        let tag = TypeTag::from_u8(format.type_in_26(number))
            .filter(|tag| *tag != TypeTag::Opaque || format.has_opaque_values())
            .ok_or(Kind::BadTypeTag(number))?;
        let internal = self.cursor.u8()?;
        if internal != tag.internal() as u8 {
            return Err(Kind::BadInternalTag(internal));
        }
        let network_order = self.cursor.bool()?;
        let base = self.cursor.bool()?;
        let name = if format.has_type_names() {
            self.cursor.lasting_name()?
        } else if self.cursor.bool()? || self.cursor.bool()? {
            return Err(Kind::TypeAttributes);
        } else {
            Name::new()
        };
        let fits = match class {
            ty::ATOMIC => tag.is_atomic(),
            ty::SUBNET => tag == TypeTag::Subnet,
            ty::LIST => tag == TypeTag::List,
            ty::TABLE | ty::SET => tag == TypeTag::Table,
            ty::FUNC => tag == TypeTag::Func,
            ty::RECORD => tag == TypeTag::Record,
            ty::FILE => tag == TypeTag::File,
            ty::ENUM => tag == TypeTag::Enum,
            ty::VECTOR => tag == TypeTag::Vector,
            ty::OPAQUE => tag == TypeTag::Opaque,
            _ => return Err(Kind::UnknownClass(Family::Type, class)),
        };
        if !fits {
            return Err(Kind::BadTypeTag(number));
        }
        Ok(if tag.is_atomic() {
            let standard = base
                && class == ty::ATOMIC
                && name.is_empty()
                && network_order == (tag == TypeTag::Port);
            if standard {
                Type::Base(tag)
            } else {
                let kind = TypeKind::Atomic(tag);
                Type::Def(Arc::new(TypeDef { name, base, network_order, kind }))
            }
        } else {
            self.composite(
                place,
                class,
                TypeDef { name, base, network_order, kind: TypeKind::Atomic(tag) },
            )?
        })
    }

    /// Reads the parts of a type, which may refer to that type.
    fn composite(&mut self, place: CacheSlot, class: u8, mut head: TypeDef) -> Result<Type> {
        let mut failed = None;
        let def = Arc::new_cyclic(|def| {
            let (name, tag) = (head.name.clone(), head.kind.tag());
            let pending = PendingType { def: def.clone(), name, tag };
            self.cache.store_pending(place, pending);
            self.types += 1;
            match self.parts(class) {
                Ok(kind) => head.kind = kind,
                Err(kind) => failed = Some(kind),
            }
            self.types -= 1;
            head
        });
        match failed {
            None => Ok(Type::Def(def)),
            Some(kind) => Err(kind),
        }
    }

    fn parts(&mut self, class: u8) -> Result<TypeKind> {
        Ok(match class {
            ty::LIST => TypeKind::List(ListType {
                pure: self.optional(MessageReader::ty)?,
                types: self.several(LEAST_TYPE, MessageReader::ty)?,
            }),
            ty::TABLE => TypeKind::Table(TableType {
                yields: self.optional(MessageReader::ty)?,
                index: self.ty()?,
            }),
            ty::SET => TypeKind::Set(SetType {
                yields: self.optional(MessageReader::ty)?,
                index: self.ty()?,
                elements: self.optional(MessageReader::expr)?,
            }),
            ty::FUNC => TypeKind::Func(FuncType {
                yields: self.optional(MessageReader::ty)?,
                args: self.ty()?,
                arg_types: self.ty()?,
                flavor: self.cursor.i32()?,
            }),
            ty::RECORD => TypeKind::Record(RecordType {
                num_fields: self.cursor.u32()?,
                fields: self.optional(|s| s.several(LEAST_TYPE, MessageReader::field))?,
            }),
            ty::FILE => TypeKind::File(self.ty()?),
            ty::ENUM => TypeKind::Enum(self.enumeration()?),
            ty::VECTOR => TypeKind::Vector(self.ty()?),
            ty::OPAQUE => TypeKind::Opaque(self.cursor.lasting_name()?),
            class => return Err(Kind::UnknownClass(Family::Type, class)),
        })
    }

    pub(super) fn field(&mut self) -> Result<Field> {
        Ok(Field {
            attributes: self.optional(MessageReader::attributes)?,
            ty: self.ty()?,
            name: self.cursor.lasting_name()?,
        })
    }

    fn enumeration(&mut self) -> Result<EnumType> {
        let counter = self.cursor.i64()?;
        let count = self.cursor.u32()?;
        // A flag that Bro writes as false and ignores when reading.
        self.cursor.bool()?;
        let count = self.cursor.check_count(u64::from(count), 12)?;
        let mut names: Vec<(Name, i64)> = Vec::with_capacity(count.min(super::EAGER));
        for _ in 0..count {
            names.push((self.cursor.lasting_name()?, self.cursor.i64()?));
        }
        Ok(EnumType { counter, names })
    }

    read_object!(attributes, Attributes, Attributes, Attributes, attributes_body);

    fn attributes_body(&mut self, class: u8) -> Result<Attributes> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::Attributes, class));
        }
        Ok(Attributes {
            ty: self.ty()?,
            list: self.several(2, |s| {
                let expr = s.optional(MessageReader::expr)?;
                let number = s.cursor.u8()?;
                let in_26 = s.mode.data_format.attribute_in_26(number);
                let tag = in_26.and_then(AttributeTag::from_u8);
                let tag = tag.ok_or(Kind::UnknownAttribute(number))?;
                Ok(Attribute { tag, expr })
            })?,
        })
    }
}
