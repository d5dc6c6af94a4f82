//! Reads values (2§6).

use crate::data::{Pattern, Port, Type, TypeTag};

use super::super::cursor::Result;
use super::super::kind::val;
use super::super::tape::{BASE, MISFIT, What, is_set};
use super::super::{Family, SerialErrorKind as Kind};
use super::plain::Usual;
use super::{Arc, Head, Object, Session, read_object};

impl Session<'_> {
    /// Reads a value as far as the cache and the limits need it, and notes on the tape how it is
    /// decoded.
    #[inline(always)]
    pub(super) fn skim(&mut self) -> Result<()> {
        if self.skim_plain() { Ok(()) } else { self.skim_any() }
    }

    fn skim_any(&mut self) -> Result<()> {
        let start = self.cursor.offset();
        if let Some(Usual { pid, class, ty, .. }) = self.pass_usual()? {
            let place = self.cache.register(pid, Family::Val, self.mode, start);
            let at = self.reserve();
            let ((), extent) = self.measured(|s| match s.known_type(ty)? {
                Type::Base(tag) => s.content(at, class, tag, Type::Base(tag)),
                ty => s.content_of(at, class, ty, 0),
            })?;
            self.cache.store_value(place, at, extent);
            return Ok(());
        }
        match self.head(Family::Val)? {
            Head::Known(pid) => self.skim_known(pid),
            Head::New(place, class) => {
                let position = self.position;
                let at = self.reserve();
                // Whatever the value is made of, a constant in its type counts as part of it.
                let ((), extent) = self.measured(|s| match s.ty()? {
                    Type::Base(tag) => s.content(at, class, tag, Type::Base(tag)),
                    ty => s.content_of(at, class, ty, position),
                })?;
                self.cache.store_value(place, at, extent);
                Ok(())
            }
        }
    }

    /// Puts the value that a reference means on the tape.
    ///
    /// It is decoded now, once for all the times that it is referred to: nobody could tell later
    /// what the id meant.
    fn skim_known(&mut self, pid: u64) -> Result<()> {
        let (place, extent) = match self.cache.look_up(pid)? {
            (Object::Value(message, tape), extent) => ((*message, *tape), extent),
            (other, _) => {
                let found = other.family();
                return Err(Kind::WrongFamily { expected: Family::Val, found });
            }
        };
        self.reach(extent)?;
        let at = self.reserve();
        let value = self.cache.value(place, extent.objects, self.message, &mut self.notes);
        let value = value.ok_or(MISFIT)?;
        self.fill(at, 0, value.tag(), What::Known(value));
        Ok(())
    }

    /// Reads the content of a value whose type is not simply a standard one.
    fn content_of(&mut self, at: u32, class: u8, ty: Type, position: usize) -> Result<()> {
        let known = match &ty {
            Type::Named(name) => self.known.types.get(&***name).cloned(),
            _ => None,
        };
        let tag = match known.as_ref().unwrap_or(&ty).tag() {
            Some(tag) => tag,
            None => tag_of_class(class, &ty)?,
        };
        if let Some(transcript) = &mut self.transcript {
            // By itself a value would be written with the type that it was found to have.
            if known.is_some() || !has_type(tag) {
                transcript.types.push((position, ty.clone()));
            }
        }
        self.content(at, class, tag, known.unwrap_or(ty))
    }

    #[inline]
    fn content(&mut self, at: u32, class: u8, tag: TypeTag, ty: Type) -> Result<()> {
        if class != val::PLAIN && class != val::of(tag) && !is_opaque(class, tag) {
            return Err(if is_known(class) {
                Kind::WrongClass { class, tag }
            } else {
                Kind::UnknownClass(Family::Val, class)
            });
        }
        let set = if tag == TypeTag::Table {
            is_set(&ty).ok_or_else(|| unknown_type(&ty))
        } else {
            Ok(false)
        };
        match ty {
            Type::Base(base) if base == tag => self.fill_with(at, class, tag, BASE),
            ty => self.fill(at, class, tag, What::Full(ty)),
        }
        match tag {
            TypeTag::Count
            | TypeTag::Bool
            | TypeTag::Int
            | TypeTag::Counter
            | TypeTag::Double
            | TypeTag::Time
            | TypeTag::Interval
            | TypeTag::Enum => self.cursor.u64().map(drop),
            TypeTag::String => self.cursor.pass_string(),
            TypeTag::Port => self.pass_port(),
            TypeTag::Addr => self.cursor.addr().map(drop),
            TypeTag::Subnet => self.cursor.subnet(self.lenient).map(drop),
            TypeTag::Func => self.noted(Session::func, What::Func),
            TypeTag::File => self.noted(Session::file, What::File),
            TypeTag::Void => Err(Kind::TypeIsVoid),
            TypeTag::Error => Err(Kind::TypeIsError),
            tag if class == val::PLAIN => Err(Kind::WrongClass { class, tag }),
            TypeTag::Pattern => self.noted(Session::pattern, What::Pattern),
            TypeTag::List => self.nested(Session::list),
            TypeTag::Table => self.nested(|s| s.table(set?)),
            TypeTag::Record | TypeTag::Vector => self.nested(Session::slots),
            TypeTag::Opaque => self.nested(|s| s.opaque(class)),
            TypeTag::Timer | TypeTag::Any | TypeTag::Union | TypeTag::Type => {
                Err(Kind::NoValues(tag))
            }
        }
    }

    #[inline]
    fn pass_port(&mut self) -> Result<()> {
        let number = self.cursor.u64()?;
        Port::from_wire(number).map(drop).ok_or(Kind::BadPort(number))
    }

    read_object!(pattern, Pattern, Pattern, Pattern, pattern_body);

    fn pattern_body(&mut self, class: u8) -> Result<Pattern> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::Pattern, class));
        }
        let anywhere = self.cursor.lasting_name()?;
        let exact = self.cursor.lasting_name()?;
        Ok(Pattern { anywhere: anywhere.as_bytes().clone(), exact: exact.as_bytes().clone() })
    }

    fn list(&mut self) -> Result<()> {
        self.cursor.u8()?;
        for _ in 0..self.cursor.count(self.least_object())? {
            self.skim()?;
        }
        Ok(())
    }

    fn mutable(&mut self) -> Result<()> {
        self.cursor.u8()?;
        self.cursor.pass_string()
    }

    /// Reads a record or a vector: values that may be absent.
    fn slots(&mut self) -> Result<()> {
        self.mutable()?;
        for _ in 0..self.cursor.count(1)? {
            if self.cursor.bool()? {
                self.skim()?;
            } else {
                self.count_objects(1)?;
            }
        }
        Ok(())
    }

    fn table(&mut self, is_set: bool) -> Result<()> {
        self.mutable()?;
        if self.cursor.bool()? {
            self.noted(Session::attributes, What::Attributes)?;
        }
        for _ in ["expire_time", "expire_func"] {
            if self.cursor.bool()? {
                self.noted(Session::expr, What::Expr)?;
            }
        }
        let first = self.indices.places.len();
        while self.cursor.bool()? {
            let at = self.tape_end();
            self.indices.places.push(at);
            self.skim()?;
            self.check_index(at)?;
            if !is_set {
                self.skim()?;
            }
            self.cursor.f64()?;
            self.cursor.f64()?;
        }
        self.check_indices(first)
    }
}

fn unknown_type(ty: &Type) -> Kind {
    Kind::UnknownType(Box::new(ty.name().compact()))
}

/// Returns whether values of a tag hold their type.
const fn has_type(tag: TypeTag) -> bool {
    matches!(
        tag,
        TypeTag::Enum
            | TypeTag::List
            | TypeTag::Table
            | TypeTag::Record
            | TypeTag::Vector
            | TypeTag::Func
            | TypeTag::File
            | TypeTag::Opaque
    )
}

const fn is_opaque(class: u8, tag: TypeTag) -> bool {
    matches!(tag, TypeTag::Opaque) && class >= val::MD5 && class <= val::X509
}

const fn is_known(class: u8) -> bool {
    class >= val::PLAIN && class <= val::VECTOR || class >= val::MD5 && class <= val::X509
}

/// Returns the tag of a value whose type is known only by name, given its class (2§4).
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
