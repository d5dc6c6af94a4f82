//! Reads values (2§6).

use crate::data::{
    Entry, EnumValue, Items, List, Mutable, Pattern, Record, Table, Type, TypeTag, Value, Vector,
};

use super::super::indices::digest_of;
use super::super::kind::val;
use super::super::scalar::{Sink, scalar_into};
use super::super::tape::{Container, MISFIT, What, is_set};
use super::super::usual::{Usual, class_of};
use super::super::{Caching, Family, SerialErrorKind as Kind};
use super::{Arc, CacheSlot, Decode, EAGER, Extent, Head, MessageReader, Object, read_object};
use crate::serial::scalar::{Result, expiry_of, lasting_name};

/// The state of the counters at the start of a value.
pub(super) struct Begun {
    /// The greatest depth so far in the enclosing object.
    deepest: u32,
    /// The number of objects before the value's type.
    objects: u32,
}

impl<'c> MessageReader<'c> {
    /// Reads a value: checks it, updates the cache, records on the tape how to decode it, and
    /// passes it to a sink that takes values.
    #[inline(always)]
    pub(super) fn value_into<S: Sink>(&mut self, sink: &mut S) -> Result<()> {
        match self.plain_into(sink) {
            Some(()) => Ok(()),
            None => self.any_into(sink),
        }
    }

    /// Reads a value by itself.
    pub(super) fn value(&mut self) -> Result<Value> {
        let mut value = None;
        self.value_into(&mut value)?;
        value.ok_or(MISFIT)
    }

    #[inline(never)]
    fn any_into<S: Sink>(&mut self, sink: &mut S) -> Result<()> {
        let start = self.cursor.offset();
        let content = |content: &'c [u8]| match self.is_old {
            true => content.strip_prefix(&[0]),
            false => Some(content),
        };
        let usual = self.usual().and_then(|(usual, rest)| Some((usual, content(rest)?)));
        if let Some((Usual { pid, kind, ty }, content)) = usual {
            self.count_objects(2)?;
            self.cursor.set_rest(content);
            self.value_start = start;
            // The kind was checked.
            let class = class_of(kind).unwrap_or(0);
            let begun = self.begin(self.objects - 1);
            if let Some((ty, height)) = self.cache.usual_type(ty) {
                let at = self.tape_end();
                if self.cache.register_in_run(pid, at) {
                    self.reach(Extent { height, objects: 0 })
                        .inspect_err(|_| self.back_to_type())?;
                    let tag = ty.tag().ok_or(MISFIT)?;
                    return self.content(sink, class, tag, ty, begun);
                }
            }
            let place = self.cache.register(pid, Family::Val, self.mode, start);
            let ty = self.known_type(ty).inspect_err(|_| self.back_to_type())?;
            return self.content_of(sink, place, class, ty, 0, begun);
        }
        match self.head(Family::Val)? {
            Head::Known(pid) => self.known_into(sink, pid),
            Head::New(place, class) => {
                let position = self.position;
                let begun = self.begin(self.objects);
                // A constant in the type counts as part of the value.
                let ty = self.value_type()?;
                self.no_value_attributes()?;
                self.value_start = start;
                self.content_of(sink, place, class, ty, position, begun)
            }
        }
    }

    /// Seeks back to the end of a value's type to report an error in the type.
    #[cold]
    fn back_to_type(&mut self) {
        let attributes = u32::from(self.is_old);
        self.cursor.seek(self.cursor.offset().saturating_sub(attributes));
    }

    /// Reads a value's type that is sent in full or by name.
    fn value_type(&mut self) -> Result<Type> {
        if self.mode.caching != Caching::None || self.transcript.is_some() {
            return self.apart(MessageReader::ty);
        }
        let rest = self.cursor.rest();
        if let Some(known) = self.cache.interned(rest) {
            let (ty, extent) = (known.ty.clone(), known.extent);
            self.cursor.pass(known.bytes.len() as u32)?;
            self.reach(extent)?;
            self.cache.count_nameless(extent.objects.into());
            return Ok(ty);
        }
        let before = (self.cache.full(), self.cache.ids());
        let (ty, extent) = self.measured(|s| s.apart(MessageReader::ty))?;
        let length = rest.len() - self.cursor.rest().len();
        self.cache.intern(rest.get(..length).unwrap_or_default(), &ty, extent, before);
        Ok(ty)
    }

    /// Appends a referenced value to the tape.
    ///
    /// It is decoded now, once for all references to it, because the id may belong to another
    /// object later.
    fn known_into<S: Sink>(&mut self, sink: &mut S, pid: u64) -> Result<()> {
        let (place, extent) = self.cache.find_value(pid, Some(self.message))?;
        self.reach(extent)?;
        let (chunk, notes) = (self.cursor.chunk(), &mut self.notes);
        let value = self.cache.value(place, extent.objects, (chunk, self.message), notes);
        let known = value.ok_or(MISFIT)?;
        sink.put(|| known.value.clone());
        let tag = known.value.tag();
        self.tape_object(What::Known(Box::new(known)), tag);
        Ok(())
    }

    /// Reads the content of a value after its type. This is the general case.
    fn content_of<S: Sink>(
        &mut self,
        sink: &mut S,
        place: CacheSlot,
        class: u8,
        ty: Type,
        position: usize,
        begun: Begun,
    ) -> Result<()> {
        let known = match &ty {
            Type::Named(name) => self.known.types.get(&***name).cloned(),
            _ => None,
        };
        let tag = match known.as_ref().unwrap_or(&ty).tag() {
            Some(tag) => tag,
            None => tag_of_class(class, &ty)?,
        };
        if let Some(transcript) = &mut self.transcript {
            // Otherwise a writer would write the type that was found.
            if known.is_some() || !has_type(tag) {
                transcript.types.push((position, ty.clone()));
            }
        }
        self.cache.store_value(place, self.tape_end());
        self.content(sink, class, tag, known.unwrap_or(ty), begun)
    }

    /// Begins to measure a value; `objects` is the number of objects before its type.
    #[inline(always)]
    pub(super) fn begin(&mut self, objects: u32) -> Begun {
        Begun { deepest: std::mem::replace(&mut self.deepest, self.depth), objects }
    }

    /// Reads the content of a value, whose item is appended to the tape.
    fn content<S: Sink>(
        &mut self,
        sink: &mut S,
        class: u8,
        tag: TypeTag,
        ty: Type,
        begun: Begun,
    ) -> Result<()> {
        if class != val::PLAIN && class != val::of(tag) && !self.is_opaque(class, tag) {
            return Err(if is_known(class) {
                Kind::WrongClass { class, tag }
            } else {
                Kind::UnknownClass(Family::Val, class)
            });
        }
        let what = self.message.note_type(tag, &ty);
        let at = self.tape_value(class, tag, what);
        match tag {
            TypeTag::Enum => {
                let number = self.cursor.i64()?;
                sink.put(|| Value::Enum(EnumValue { ty, number }));
            }
            TypeTag::Func => {
                let func = self.noted(|s| s.function(&ty), |func| What::Func(Arc::clone(func)))?;
                sink.put(|| Value::Func(ty, func));
            }
            TypeTag::File => {
                let file = self.noted(MessageReader::file, |file| What::File(Arc::clone(file)))?;
                sink.put(|| Value::File(ty, file));
            }
            tag if val::of_scalar(tag).is_some() => self.scalar(sink, tag)?,
            TypeTag::Void => return Err(Kind::TypeIsVoid),
            TypeTag::Error => return Err(Kind::TypeIsError),
            tag if class == val::PLAIN => return Err(Kind::WrongClass { class, tag }),
            TypeTag::Pattern => {
                let noted = |pattern: &Arc<Pattern>| What::Pattern(Arc::clone(pattern));
                let pattern = self.noted(MessageReader::pattern, noted)?;
                sink.put(|| Value::Pattern(pattern));
            }
            TypeTag::List | TypeTag::Table | TypeTag::Record | TypeTag::Vector => {
                self.depth += 1;
                self.reach(Extent::default())?;
                self.container(sink, at, tag, ty)?;
                self.depth -= 1;
            }
            TypeTag::Opaque => {
                self.nested(|s| s.opaque(class))?;
                let value = Decode::new(self.cursor.chunk(), self.message, at).value()?;
                if let Value::Opaque(opaque) = &value {
                    let making = self.making(at);
                    self.made(making, Container::Opaque(Arc::downgrade(opaque)));
                }
                sink.put(|| value);
            }
            tag => return Err(Kind::NoValues(tag)),
        }
        self.measure(at, &begun);
        Ok(())
    }

    /// Records the extent of the value at this tape position, after it was read.
    #[inline]
    pub(super) fn measure(&mut self, at: u32, begun: &Begun) {
        self.message.measure(at, self.objects - begun.objects, self.deepest - self.depth);
        self.deepest = self.deepest.max(begun.deepest);
    }

    fn is_opaque(&self, class: u8, tag: TypeTag) -> bool {
        let last = if self.mode.data_format.has_x509() { val::X509 } else { val::CARDINALITY };
        tag == TypeTag::Opaque && (val::MD5..=last).contains(&class)
    }

    /// Reads the content of a simple value.
    fn scalar<S: Sink>(&mut self, sink: &mut S, tag: TypeTag) -> Result<()> {
        let (chunk, content, format) =
            (self.cursor.chunk(), self.cursor.rest(), self.mode.data_format);
        match tag {
            // IPv4 addresses may be encoded as IPv6 ones in these formats.
            TypeTag::Addr if !format.has_ipv6() => {
                let addr = self.cursor.addr(format)?;
                sink.put(|| Value::Addr(addr));
                return Ok(());
            }
            TypeTag::Subnet if !format.has_ipv6() => {
                let subnet = self.cursor.subnet(format, self.lenient)?;
                sink.put(|| Value::Subnet(subnet));
                return Ok(());
            }
            _ => {}
        }
        let Some(rest) = scalar_into(sink, tag, chunk, content, self.lenient) else {
            return self.bad_scalar(tag);
        };
        self.cursor.set_rest(rest);
        Ok(())
    }

    /// Returns the error in the content of a simple value.
    #[cold]
    fn bad_scalar(&mut self, tag: TypeTag) -> Result<()> {
        match tag {
            TypeTag::String => self.cursor.pass_string(),
            TypeTag::Addr => self.cursor.addr(self.mode.data_format).map(drop),
            TypeTag::Subnet => self.cursor.subnet(self.mode.data_format, self.lenient).map(drop),
            TypeTag::Port => Err(Kind::BadPort(self.cursor.u64()?)),
            _ => self.cursor.u64().map(drop),
        }?;
        Err(MISFIT)
    }

    /// Reads the content of a container, whose item is at this tape position.
    #[inline(always)]
    pub(super) fn container<S: Sink>(
        &mut self,
        sink: &mut S,
        at: u32,
        tag: TypeTag,
        ty: Type,
    ) -> Result<()> {
        match tag {
            TypeTag::List => {
                let tag = self.mode.data_format.type_in_26(self.cursor.u8()?);
                let count = self.cursor.count(self.least_object())?;
                let items = if count == 1 {
                    Items::one(self.value()?)
                } else {
                    let mut items = Vec::with_capacity(count.min(EAGER));
                    (0..count).try_for_each(|_| self.value_into(&mut items))?;
                    items.into()
                };
                sink.put(|| Value::List(Arc::new(List { ty, tag, items })));
            }
            TypeTag::Table => self.table(sink, at, ty)?,
            _ => {
                let (properties, unique_id) = (self.cursor.u8()?, self.cursor.string_bytes()?);
                let count = self.cursor.count(1)?;
                let making = self.making(at);
                let mut slots = Vec::with_capacity(count.min(EAGER));
                for _ in 0..count {
                    if self.cursor.bool()? {
                        self.value_into(&mut slots)?;
                    } else {
                        self.count_objects(1)?;
                        slots.push(None);
                    }
                }
                let mutable = Mutable { properties, unique_id: lasting_name(unique_id) };
                if tag == TypeTag::Record {
                    let record = Arc::new(Record { ty, mutable, fields: slots });
                    self.made(making, Container::Record(Arc::downgrade(&record)));
                    sink.put(|| Value::Record(record));
                } else {
                    let vector = Arc::new(Vector { ty, mutable, items: slots });
                    self.made(making, Container::Vector(Arc::downgrade(&vector)));
                    sink.put(|| Value::Vector(vector));
                }
            }
        }
        Ok(())
    }

    fn table<S: Sink>(&mut self, sink: &mut S, at: u32, ty: Type) -> Result<()> {
        let is_set = is_set(&ty).ok_or_else(|| unknown_type(&ty))?;
        let (properties, unique_id) = (self.cursor.u8()?, self.cursor.string_bytes()?);
        let expiry = match self.mode.data_format.has_expiry_seconds() {
            true => Some(self.cursor.f64()?),
            false => None,
        };
        let attributes = self.optional(|s| {
            s.noted(MessageReader::attributes, |attributes| {
                What::Attributes(Arc::clone(attributes))
            })
        })?;
        let expr = |s: &mut Self| s.noted(MessageReader::expr, |expr| What::Expr(Arc::clone(expr)));
        let expire_time = match expiry {
            Some(seconds) => expiry_of(seconds, attributes.as_deref()),
            None => self.optional(expr)?,
        };
        let expire_func = self.optional(expr)?;
        let making = self.making(at);
        let (first, mut entries) = self.indices.begin();
        while self.cursor.bool()? {
            let place = self.tape_end();
            let index = match self.value()? {
                Value::List(index) => index,
                other => {
                    return Err(Kind::WrongClass { class: val::LIST, tag: other.tag() });
                }
            };
            self.indices.add(place, digest_of(&index));
            let value = if is_set { None } else { Some(self.value()?) };
            let (last_access, expire_access) = (self.cursor.f64()?, self.cursor.f64()?);
            entries.push(Entry { index, value, last_access, expire_access });
        }
        self.check_indices(first)?;
        let entries = self.indices.end(entries);
        let mutable = Mutable { properties, unique_id: lasting_name(unique_id) };
        let table = Table { ty, mutable, attributes, expire_time, expire_func, entries };
        let table = Arc::new(table);
        self.made(making, Container::Table(Arc::downgrade(&table)));
        sink.put(|| Value::Table(table));
        Ok(())
    }

    /// Checks that no two of a table's indices, all since `first`, are equal.
    ///
    /// Their digests are compared first, and are rarely equal.
    fn check_indices(&mut self, first: usize) -> Result<()> {
        let checked = match self.indices.may_have_equals(first) {
            true => self.compare(self.indices.since(first)),
            false => Ok(()),
        };
        self.indices.forget(first);
        checked
    }

    fn compare(&self, indices: &[(u64, u32)]) -> Result<()> {
        let decode =
            |(_, at): &(u64, u32)| Decode::new(self.cursor.chunk(), self.message, *at).index();
        let mut lists = indices.iter().map(decode).collect::<Result<Vec<_>>>()?;
        lists.sort();
        match lists.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            true => Err(Kind::DuplicateIndex),
            false => Ok(()),
        }
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
}

fn unknown_type(ty: &Type) -> Kind {
    Kind::UnknownType(Box::new(ty.name().compact()))
}

/// Returns whether values with this tag store their type.
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
