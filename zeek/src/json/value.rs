//! Reads values.

use brocomm::data::Name;

use super::{Reader, number, scalar};
use crate::{Data, DecodeError, DecodeErrorKind};

/// The kinds of values, as `@data-type` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Boolean,
    Count,
    Integer,
    Real,
    Timespan,
    Timestamp,
    String,
    Enum,
    Address,
    Subnet,
    Port,
    Vector,
    Set,
    Table,
}

impl Kind {
    #[inline]
    fn named(name: &[u8]) -> Option<Kind> {
        Some(match name {
            b"string" => Kind::String,
            b"count" => Kind::Count,
            b"vector" => Kind::Vector,
            b"none" => Kind::None,
            b"boolean" => Kind::Boolean,
            b"integer" => Kind::Integer,
            b"real" => Kind::Real,
            b"timespan" => Kind::Timespan,
            b"timestamp" => Kind::Timestamp,
            b"enum-value" => Kind::Enum,
            b"address" => Kind::Address,
            b"subnet" => Kind::Subnet,
            b"port" => Kind::Port,
            b"set" => Kind::Set,
            b"table" => Kind::Table,
            _ => return None,
        })
    }
}

/// A partially read value. Its kind and its content may come in either order.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    kind: Option<Kind>,
    data: Option<Data>,
    /// The position of the content, if it came before the kind.
    waiting: Option<usize>,
}

impl Parts {
    /// Returns whether no member of a value has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.kind.is_none() && self.waiting.is_none()
    }

    /// Reads a member if it belongs to a value. Otherwise returns `false`.
    #[inline]
    pub(crate) fn member(
        &mut self,
        reader: &mut Reader<'_>,
        key: &[u8],
    ) -> Result<bool, DecodeError> {
        match key {
            b"@data-type" => {
                let kind = Kind::named(&reader.short_string()?);
                let kind = kind.ok_or_else(|| reader.error(DecodeErrorKind::UnknownKind))?;
                self.kind.get_or_insert(kind);
            }
            b"data" => match self.kind {
                Some(kind) if self.data.is_none() => self.data = Some(reader.content(kind)?),
                None if self.waiting.is_none() => {
                    self.waiting = Some(reader.position());
                    reader.skip()?;
                }
                _ => reader.skip()?,
            },
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Reads a member, or skips it.
    fn member_or_skip(&mut self, reader: &mut Reader<'_>, key: &[u8]) -> Result<(), DecodeError> {
        if self.member(reader, key)? { Ok(()) } else { reader.skip() }
    }

    /// Returns the value after all members are read.
    pub(crate) fn finish(self, reader: &mut Reader<'_>) -> Result<Data, DecodeError> {
        let Some(kind) = self.kind else {
            return Err(reader.error(DecodeErrorKind::UnknownKind));
        };
        match (self.data, self.waiting) {
            (Some(data), _) => Ok(data),
            (None, Some(at)) => {
                let end = reader.position();
                reader.go_to(at);
                let data = reader.content(kind)?;
                reader.go_to(end);
                Ok(data)
            }
            (None, None) if kind == Kind::None => Ok(Data::None),
            (None, None) => Err(reader.error(DecodeErrorKind::NoData)),
        }
    }
}

impl Reader<'_> {
    /// Reads a value with its kind.
    pub(crate) fn data(&mut self) -> Result<Data, DecodeError> {
        let mut parts = Parts::default();
        // Zeek and nearly all of its clients write values this way.
        if let Some(kind) = self.usual_beginning() {
            self.deeper()?;
            let data = self.content(kind)?;
            if self.eat(b'}') {
                self.shallower();
                return Ok(data);
            }
            if !self.eat(b',') {
                return Err(self.expected("`,` or `}`"));
            }
            parts = Parts { kind: Some(kind), data: Some(data), waiting: None };
            self.members(|reader, key| parts.member_or_skip(reader, key))?;
        } else {
            self.object(|reader, key| parts.member_or_skip(reader, key))?;
        }
        parts.finish(self)
    }

    /// Consumes `{"@data-type":"KIND","data":` if that is next.
    #[inline]
    fn usual_beginning(&mut self) -> Option<Kind> {
        let rest = self.rest().strip_prefix(b"{\"@data-type\":\"")?;
        let length = rest.iter().position(|byte| *byte == b'"')?;
        let (name, rest) = rest.split_at_checked(length)?;
        let kind = Kind::named(name)?;
        let rest = rest.strip_prefix(b"\",\"data\":")?;
        self.go_to_rest(rest.len());
        Some(kind)
    }

    /// Reads the value of `data`.
    fn content(&mut self, kind: Kind) -> Result<Data, DecodeError> {
        Ok(match kind {
            Kind::None => {
                self.skip()?;
                Data::None
            }
            Kind::Boolean => match self.token()? {
                b"true" => Data::Boolean(true),
                b"false" => Data::Boolean(false),
                other => return Err(self.invalid("boolean", other)),
            },
            Kind::Count => {
                let token = self.token()?;
                let count = number::integer(token).and_then(|number| number.try_into().ok());
                Data::Count(count.ok_or_else(|| self.invalid("count", token))?)
            }
            Kind::Integer => {
                let token = self.token()?;
                let int = number::integer(token).and_then(|number| number.try_into().ok());
                Data::Integer(int.ok_or_else(|| self.invalid("integer", token))?)
            }
            Kind::Real => {
                let token = self.token()?;
                let word = || if self.takes_words() { number::word(token) } else { None };
                let real = number::real(token).or_else(word);
                Data::Real(real.ok_or_else(|| self.invalid("real", token))?)
            }
            Kind::String => Data::String(self.string()?),
            Kind::Enum => Data::Enum(Name::from_bytes(self.string()?)),
            Kind::Timespan => Data::Timespan(self.scalar("timespan", scalar::timespan)?),
            Kind::Timestamp => Data::Timestamp(self.scalar("timestamp", scalar::timestamp)?),
            Kind::Address => Data::Address(self.scalar("address", scalar::address)?),
            Kind::Subnet => Data::Subnet(self.scalar("subnet", scalar::subnet)?),
            Kind::Port => Data::Port(self.scalar("port", scalar::port)?),
            Kind::Vector => Data::Vector(self.items()?),
            Kind::Set => {
                let mut items = self.items()?;
                // Zeek sends them in order, so this is cheap.
                items.sort_unstable();
                if items.is_sorted_by(|a, b| a < b) {
                    Data::Set(items)
                } else {
                    return Err(self.error(DecodeErrorKind::Duplicate));
                }
            }
            Kind::Table => {
                let mut entries = Vec::new();
                self.array(|reader| {
                    entries.push(reader.entry()?);
                    Ok(())
                })?;
                entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
                if entries.is_sorted_by(|(a, _), (b, _)| a < b) {
                    Data::Table(entries)
                } else {
                    return Err(self.error(DecodeErrorKind::Duplicate));
                }
            }
        })
    }

    fn items(&mut self) -> Result<Vec<Data>, DecodeError> {
        let mut items = Vec::new();
        self.array(|reader| {
            items.push(reader.data()?);
            Ok(())
        })?;
        Ok(items)
    }

    /// Reads an entry of a table.
    fn entry(&mut self) -> Result<(Data, Data), DecodeError> {
        let (mut key, mut value) = (None, None);
        self.object(|reader, name| {
            let slot = match name {
                b"key" => &mut key,
                b"value" => &mut value,
                _ => return reader.skip(),
            };
            let data = reader.data()?;
            slot.get_or_insert(data);
            Ok(())
        })?;
        key.zip(value).ok_or_else(|| self.expected("an entry with `key` and `value`"))
    }

    fn scalar<T>(
        &mut self,
        kind: &'static str,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, DecodeError> {
        let text = self.short_string()?;
        parse(&text).ok_or_else(|| self.invalid(kind, &text))
    }

    fn invalid(&self, kind: &'static str, text: &[u8]) -> DecodeError {
        const SHOWN: usize = 40;
        let text = text.get(..SHOWN).unwrap_or(text).escape_ascii().to_string();
        self.error(DecodeErrorKind::Value { kind, text })
    }
}
