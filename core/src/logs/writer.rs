//! Log writers with their columns, and the encoding of log messages (3§1, 3§2).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::{BufMut, Bytes};

use super::LogValue;
use crate::data::{Name, Port, Subnet, TypeTag};
use crate::wire::DataFormat;

/// Bro's number for its ASCII writer.
pub const WRITER_ASCII: i32 = 1;

/// Bro's number for the writer that discards entries, without writers from plugins.
pub const WRITER_NONE: i32 = 2;

/// Bro's number for the SQLite writer, without writers from plugins.
pub const WRITER_SQLITE: i32 = 3;

/// A log writer, as announced by LOG_CREATE_WRITER (3§1).
///
/// A writer is identified by its stream, its kind and its path.
#[derive(Debug, Clone, PartialEq)]
pub struct LogWriter {
    /// The stream: the sender's number for a constant of its `Log::ID`.
    pub stream: i32,
    /// The kind of writer: the sender's number for a constant of its `Log::Writer`, 1 for ASCII.
    pub writer: i32,
    /// The log's path, such as `conn`.
    pub path: Name,
    /// The sender's own rotation time, in seconds of the day; ignored by receivers.
    pub rotation_base: f64,
    /// The sender's own rotation interval in seconds, 0 for never; ignored by receivers.
    pub rotation_interval: f64,
    /// The sender's network time when the writer was created, in seconds since the Unix epoch.
    pub network_time: f64,
    /// The writer's options, see [`LogFormat::configured`](crate::logs::LogFormat::configured).
    pub options: Vec<(Name, Bytes)>,
    /// The columns.
    pub fields: Vec<LogField>,
}

impl LogWriter {
    /// Creates a writer without options that was created at time 0 and does not rotate its logs.
    pub(super) fn new(stream: i32, writer: i32, path: Name, fields: Vec<LogField>) -> LogWriter {
        LogWriter {
            stream,
            writer,
            path,
            rotation_base: 0.0,
            rotation_interval: 0.0,
            network_time: 0.0,
            options: Vec::new(),
            fields,
        }
    }

    /// Appends the argument of a LOG_CREATE_WRITER.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.encode_in(DataFormat::V26, out);
    }

    /// Appends the argument of a LOG_CREATE_WRITER in any data format. Data format 21 has only the
    /// path and the names and types of the columns.
    pub fn encode_in(&self, data_format: DataFormat, out: &mut Vec<u8>) {
        out.put_i32(self.stream);
        out.put_i32(self.writer);
        if !data_format.has_writer_info() {
            string(&self.path, out);
            length(self.fields.len(), out);
            for field in &self.fields {
                string(&field.name, out);
                types(field, data_format, out);
            }
            return;
        }
        length(self.fields.len(), out);
        string(&self.path, out);
        for number in [self.rotation_base, self.rotation_interval, self.network_time] {
            out.put_f64(number);
        }
        length(self.options.len(), out);
        for (key, value) in &self.options {
            string(key, out);
            string(value, out);
        }
        for field in &self.fields {
            out.push(u8::from(field.secondary_name.is_some()));
            if let Some(name) = &field.secondary_name {
                string(name, out);
            }
            string(&field.name, out);
            types(field, data_format, out);
            out.push(u8::from(field.optional));
        }
    }
}

/// A column of a log (3§1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogField {
    /// The column's name; the parts of a nested record's are joined by a dot, as in `id.orig_h`.
    pub name: Name,
    /// A second name, used only by Bro's input framework.
    pub secondary_name: Option<Name>,
    /// The type; [`TypeTag::Table`] for sets.
    pub ty: TypeTag,
    /// The type of the elements of a set or vector; otherwise [`TypeTag::Void`].
    pub subtype: TypeTag,
    /// Whether the column may be unset.
    pub optional: bool,
}

impl LogField {
    /// Creates a required column that is neither a set nor a vector.
    pub fn new(name: impl Into<Name>, ty: TypeTag) -> LogField {
        let name = name.into();
        LogField { name, secondary_name: None, ty, subtype: TypeTag::Void, optional: false }
    }

    /// Creates a column of sets.
    pub fn set(name: impl Into<Name>, elements: TypeTag) -> LogField {
        LogField { subtype: elements, ..LogField::new(name, TypeTag::Table) }
    }

    /// Creates a column of vectors.
    pub fn vector(name: impl Into<Name>, elements: TypeTag) -> LogField {
        LogField { subtype: elements, ..LogField::new(name, TypeTag::Vector) }
    }

    /// Creates the column optional.
    #[must_use]
    pub fn optional(mut self) -> LogField {
        self.optional = true;
        self
    }

    /// Returns the type as written in the header line `#types`: `count`, `set[string]`,
    /// `vector[addr]` (3§3).
    pub fn type_name(&self) -> impl fmt::Display + use<> {
        TypeName { ty: self.ty, subtype: self.subtype }
    }
}

struct TypeName {
    ty: TypeTag,
    subtype: TypeTag,
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ty {
            TypeTag::Table => write!(f, "set[{}]", self.subtype),
            TypeTag::Vector => write!(f, "vector[{}]", self.subtype),
            ty => ty.fmt(f),
        }
    }
}

/// Returns whether a column can have this type (3§2).
pub(super) const fn is_loggable(tag: TypeTag) -> bool {
    is_element(tag) || matches!(tag, TypeTag::Table | TypeTag::Vector)
}

/// Returns whether a set or vector in a column can have elements of this type.
pub(super) const fn is_element(tag: TypeTag) -> bool {
    matches!(
        tag,
        TypeTag::Bool
            | TypeTag::Int
            | TypeTag::Count
            | TypeTag::Counter
            | TypeTag::Double
            | TypeTag::Time
            | TypeTag::Interval
            | TypeTag::String
            | TypeTag::Enum
            | TypeTag::Func
            | TypeTag::File
            | TypeTag::Port
            | TypeTag::Addr
            | TypeTag::Subnet
    )
}

fn types(field: &LogField, format: DataFormat, out: &mut Vec<u8>) {
    for tag in [field.ty, field.subtype] {
        out.put_i32(i32::from(format.type_number(tag as u8)));
    }
}

/// Appends an entry (3§2).
pub(super) fn entry_in<L: Layout>(
    stream: i32,
    writer: i32,
    path: &[u8],
    values: &[LogValue],
    out: &mut Vec<u8>,
) {
    out.put_i32(stream);
    out.put_i32(writer);
    string(path, out);
    length(values.len(), out);
    self::values::<L>(values, out);
}

fn values<L: Layout>(values: &[LogValue], out: &mut Vec<u8>) {
    values.iter().for_each(|one| value::<L>(one, out));
}

#[inline(always)]
fn value<L: Layout>(value: &LogValue, out: &mut Vec<u8>) {
    match value {
        LogValue::Unset(tag) => unset::<L>(*tag, out),
        LogValue::Bool(value) => set::<L, 8>(TypeTag::Bool, i64::from(*value).to_be_bytes(), out),
        LogValue::Int(number) => set::<L, 8>(TypeTag::Int, number.to_be_bytes(), out),
        LogValue::Count(number) => set::<L, 8>(TypeTag::Count, number.to_be_bytes(), out),
        LogValue::Counter(number) => set::<L, 8>(TypeTag::Counter, number.to_be_bytes(), out),
        LogValue::Double(number) => set::<L, 8>(TypeTag::Double, number.to_be_bytes(), out),
        LogValue::Time(seconds) => set::<L, 8>(TypeTag::Time, seconds.to_be_bytes(), out),
        LogValue::Interval(seconds) => set::<L, 8>(TypeTag::Interval, seconds.to_be_bytes(), out),
        LogValue::String(text) => self::text::<L>(TypeTag::String, text, out),
        LogValue::Enum(text) => self::text::<L>(TypeTag::Enum, text, out),
        LogValue::Func(text) => self::text::<L>(TypeTag::Func, text, out),
        LogValue::File(text) => self::text::<L>(TypeTag::File, text, out),
        // Bro 2.0 has no IPv6 and would read such an address as another one.
        LogValue::Addr(_) | LogValue::Subnet(_) if !has_ipv6::<L>() && is_ipv6(value) => {
            unset::<L>(value.tag(), out);
        }
        LogValue::Port(port) => {
            set::<L, 0>(TypeTag::Port, [], out);
            self::port::<L>(*port, out);
        }
        LogValue::Addr(addr) => {
            set::<L, 0>(TypeTag::Addr, [], out);
            self::addr::<L>(*addr, out);
        }
        LogValue::Subnet(subnet) => {
            set::<L, 0>(TypeTag::Subnet, [], out);
            self::subnet::<L>(*subnet, out);
        }
        LogValue::Set(items) => elements::<L>(TypeTag::Table, items, out),
        LogValue::Vector(items) => elements::<L>(TypeTag::Vector, items, out),
    }
}

#[inline(never)]
fn text<L: Layout>(tag: TypeTag, text: &[u8], out: &mut Vec<u8>) {
    set::<L, 4>(tag, (text.len() as u32).to_be_bytes(), out);
    out.extend_from_slice(text);
}

#[inline(never)]
fn elements<L: Layout>(tag: TypeTag, items: &[LogValue], out: &mut Vec<u8>) {
    let element = items.first().map_or(TypeTag::Void, LogValue::tag);
    head::<L, 8>(tag, element, true, (items.len() as i64).to_be_bytes(), out);
    values::<L>(items, out);
}

/// Appends an unset value.
fn unset<L: Layout>(tag: TypeTag, out: &mut Vec<u8>) {
    head::<L, 0>(tag, TypeTag::Void, false, [], out);
}

/// Appends a value that is not a container, up to content of a known size.
#[inline]
fn set<L: Layout, const N: usize>(tag: TypeTag, content: [u8; N], out: &mut Vec<u8>) {
    head::<L, N>(tag, TypeTag::Void, true, content, out);
}

/// The maximum size of content that is appended with the head of a value.
const CONTENT: usize = 8;

/// Appends the type of a value, that of its elements, whether it is set, and content, in one step.
#[inline]
#[expect(clippy::indexing_slicing, reason = "the first line sees to it while compiling")]
fn head<L: Layout, const N: usize>(
    tag: TypeTag,
    element: TypeTag,
    is_set: bool,
    content: [u8; N],
    out: &mut Vec<u8>,
) {
    const { assert!(N <= CONTENT) };
    let tag = L::FORMAT.type_number(tag as u8);
    if L::SUBTYPES {
        out.extend_from_slice(&[0, 0, 0, tag, 0, 0, 0, element as u8]);
        out.push(u8::from(is_set));
        out.extend_from_slice(&content);
    } else {
        let mut bytes = [0; 5 + CONTENT];
        bytes[3] = tag;
        bytes[4] = u8::from(is_set);
        bytes[5..5 + N].copy_from_slice(&content);
        out.extend_from_slice(&bytes[..5 + N]);
    }
}

const fn has_ipv6<L: Layout>() -> bool {
    L::FORMAT.has_ipv6()
}

/// Returns whether a value is an IPv6 address or subnet.
pub(super) fn is_ipv6(value: &LogValue) -> bool {
    match value {
        LogValue::Addr(addr) => addr.to_canonical().is_ipv6(),
        LogValue::Subnet(subnet) => subnet.canonical().prefix.is_ipv6(),
        _ => false,
    }
}

fn port<L: Layout>(port: Port, out: &mut Vec<u8>) {
    out.put_u64(u64::from(port.number));
    if L::FORMAT.has_writer_info() {
        out.put_i32(port.transport as i32);
    }
}

/// Writes an address; an IPv4-mapped one is written as IPv4, as in Bro (2§1).
fn addr<L: Layout>(addr: IpAddr, out: &mut Vec<u8>) {
    match addr.to_canonical() {
        IpAddr::V4(v4) if !L::FORMAT.has_writer_info() => {
            // Four words, whose bytes are reversed.
            [v4.to_bits().swap_bytes(), 0, 0, 0].into_iter().for_each(|word| out.put_u32(word));
        }
        IpAddr::V4(v4) => {
            out.push(4);
            out.extend_from_slice(&v4.octets());
        }
        IpAddr::V6(v6) => {
            out.push(6);
            out.extend_from_slice(&v6.octets());
        }
    }
}

/// Writes a subnet, whose width refers to a 128-bit address for both families.
///
/// The subnet determines the family, not its prefix alone: `::ffff:0:0/90` is IPv6.
fn subnet<L: Layout>(subnet: Subnet, out: &mut Vec<u8>) {
    let Subnet { prefix, width } = subnet.canonical();
    if !L::FORMAT.has_writer_info() {
        addr::<L>(prefix, out);
        return length(usize::from(width), out);
    }
    let mapped = if prefix.is_ipv4() { 96 } else { 0 };
    out.push(width.saturating_add(mapped));
    addr::<L>(prefix, out);
}

/// Writes a number of elements, which is below 2³² because messages are.
fn length(length: usize, out: &mut Vec<u8>) {
    out.put_u32(length as u32);
}

fn string(text: &[u8], out: &mut Vec<u8>) {
    length(text.len(), out);
    out.extend_from_slice(text);
}

/// A layout of log messages.
pub(super) trait Layout {
    /// A data format with this layout.
    const FORMAT: DataFormat;
    /// Whether the type of each value is followed by that of its elements, as from Bro 2.6.
    const SUBTYPES: bool = false;
    /// Whether this is the [`Usual`] layout.
    const IS_USUAL: bool = false;
}

/// The layout of data formats 22, 25 and 26.
pub(super) struct Usual;
/// The layout of Bro 2.6, which announces data format 26.
pub(super) struct WithSubtypes;
/// The layout of data format 23, in which vectors have another type number.
pub(super) struct OfBro22;
/// The layout of data format 21.
pub(super) struct OfBro20;

impl Layout for Usual {
    const FORMAT: DataFormat = DataFormat::V26;
    const IS_USUAL: bool = true;
}

impl Layout for WithSubtypes {
    const FORMAT: DataFormat = DataFormat::V26;
    const SUBTYPES: bool = true;
}

impl Layout for OfBro22 {
    const FORMAT: DataFormat = DataFormat::V23;
}

impl Layout for OfBro20 {
    const FORMAT: DataFormat = DataFormat::V21;
}

/// Identifies a layout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum LayoutKind {
    #[default]
    Usual,
    WithSubtypes,
    OfBro22,
    OfBro20,
}

impl From<DataFormat> for LayoutKind {
    fn from(format: DataFormat) -> LayoutKind {
        match format {
            DataFormat::V21 => LayoutKind::OfBro20,
            DataFormat::V23 => LayoutKind::OfBro22,
            DataFormat::V22 | DataFormat::V25 | DataFormat::V26 => LayoutKind::Usual,
        }
    }
}

/// Evaluates an expression for the layout that a `LayoutKind` identifies.
macro_rules! with_layout {
    ($kind:expr, $layout:ident => $run:expr) => {
        match $kind {
            $crate::logs::writer::LayoutKind::Usual => {
                type $layout = $crate::logs::writer::Usual;
                $run
            }
            $crate::logs::writer::LayoutKind::WithSubtypes => {
                type $layout = $crate::logs::writer::WithSubtypes;
                $run
            }
            $crate::logs::writer::LayoutKind::OfBro22 => {
                type $layout = $crate::logs::writer::OfBro22;
                $run
            }
            $crate::logs::writer::LayoutKind::OfBro20 => {
                type $layout = $crate::logs::writer::OfBro20;
                $run
            }
        }
    };
}
pub(super) use with_layout;

/// Returns the address in the four words that a Bro 2.0 sends, whose bytes are reversed. An IPv4
/// address is in the first word from a Bro without IPv6, and in the last from one with IPv6.
pub(super) fn addr_of_bro_20(words: [u32; 4]) -> IpAddr {
    let words = words.map(u32::swap_bytes);
    match words {
        [addr, 0, 0, 0] | [0, 0, 0, addr] => IpAddr::V4(Ipv4Addr::from(addr)),
        [a, b, c, d] => {
            let high = u128::from(a) << 96 | u128::from(b) << 64;
            IpAddr::V6(Ipv6Addr::from(high | u128::from(c) << 32 | u128::from(d)))
        }
    }
}
