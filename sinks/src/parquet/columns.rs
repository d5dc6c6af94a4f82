//! The columns of a file and their values.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::types::{ColumnType, Columns, Scalar};

/// The column for values without a type.
pub(super) const OTHER: &str = "_other";

/// An entry's keys and values, in order.
pub(super) struct Row<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Row<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Row<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Row<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Row(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// The values of a column that are not yet written.
enum Values {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Double(Vec<f64>),
    Text(Vec<ByteArray>),
}

/// A column with the values that are not yet written, and their levels.
struct Column {
    name: String,
    kind: ColumnType,
    values: Values,
    defined: Vec<i16>,
    repeated: Vec<i16>,
    rows: usize,
}

impl Column {
    fn new(name: &str, kind: ColumnType) -> Column {
        let values = match kind.scalar {
            Scalar::Bool => Values::Bool(Vec::new()),
            Scalar::Port => Values::Int32(Vec::new()),
            Scalar::Int | Scalar::Count | Scalar::Time => Values::Int64(Vec::new()),
            Scalar::Double => Values::Double(Vec::new()),
            Scalar::Text => Values::Text(Vec::new()),
        };
        let (defined, repeated) = (Vec::new(), Vec::new());
        Column { name: name.to_owned(), kind, values, defined, repeated, rows: 0 }
    }

    /// Adds the value of a row; returns whether it fits. If not, nothing is added.
    fn add(&mut self, json: &str) -> bool {
        if json == "null" {
            self.add_unset();
            return true;
        }
        if !self.kind.is_list {
            if !self.add_scalar(json) {
                return false;
            }
            self.defined.push(1);
            self.rows += 1;
            return true;
        }
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) else { return false };
        let (before, levels) = (self.len(), self.defined.len());
        // An empty list is not the same as an unset one.
        if items.is_empty() {
            self.defined.push(1);
            self.repeated.push(0);
        }
        for (at, item) in items.iter().enumerate() {
            let is_set = item.get() != "null";
            if is_set && !self.add_scalar(item.get()) {
                self.truncate(before);
                self.defined.truncate(levels);
                self.repeated.truncate(levels);
                return false;
            }
            self.defined.push(if is_set { 3 } else { 2 });
            self.repeated.push(i16::from(at > 0));
        }
        self.rows += 1;
        true
    }

    fn add_unset(&mut self) {
        self.defined.push(0);
        if self.kind.is_list {
            self.repeated.push(0);
        }
        self.rows += 1;
    }

    fn add_scalar(&mut self, json: &str) -> bool {
        match (&mut self.values, self.kind.scalar) {
            (Values::Bool(all), _) => push(all, json.parse().ok()),
            (Values::Int32(all), _) => push(all, json.parse::<u16>().ok().map(i32::from)),
            (Values::Int64(all), Scalar::Count) => {
                push(all, json.parse::<u64>().ok().map(u64::cast_signed))
            }
            (Values::Int64(all), Scalar::Time) => push(all, micros(json)),
            (Values::Int64(all), _) => push(all, json.parse().ok()),
            (Values::Double(all), _) => push(all, number(json)),
            (Values::Text(all), _) => {
                // A value that is not a string comes from a column with several types. It is
                // written as JSON.
                let text = match json.starts_with('"') {
                    true => serde_json::from_str::<String>(json).ok(),
                    false => Some(json.to_owned()),
                };
                push(all, text.map(|text| ByteArray::from(text.into_bytes())))
            }
        }
    }

    fn len(&self) -> usize {
        match &self.values {
            Values::Bool(all) => all.len(),
            Values::Int32(all) => all.len(),
            Values::Int64(all) => all.len(),
            Values::Double(all) => all.len(),
            Values::Text(all) => all.len(),
        }
    }

    fn truncate(&mut self, length: usize) {
        match &mut self.values {
            Values::Bool(all) => all.truncate(length),
            Values::Int32(all) => all.truncate(length),
            Values::Int64(all) => all.truncate(length),
            Values::Double(all) => all.truncate(length),
            Values::Text(all) => all.truncate(length),
        }
    }

    fn write(&mut self, writer: &mut ColumnWriter<'_>) -> Result<()> {
        let (defined, repeated) = (Some(&self.defined[..]), Some(&self.repeated[..]));
        let repeated = repeated.filter(|_| self.kind.is_list);
        match (writer, &self.values) {
            (ColumnWriter::BoolColumnWriter(out), Values::Bool(all)) => {
                out.write_batch(all, defined, repeated)?
            }
            (ColumnWriter::Int32ColumnWriter(out), Values::Int32(all)) => {
                out.write_batch(all, defined, repeated)?
            }
            (ColumnWriter::Int64ColumnWriter(out), Values::Int64(all)) => {
                out.write_batch(all, defined, repeated)?
            }
            (ColumnWriter::DoubleColumnWriter(out), Values::Double(all)) => {
                out.write_batch(all, defined, repeated)?
            }
            (ColumnWriter::ByteArrayColumnWriter(out), Values::Text(all)) => {
                out.write_batch(all, defined, repeated)?
            }
            // The schema was made from these columns.
            _ => 0,
        };
        *self = Column::new(&self.name, self.kind);
        Ok(())
    }

    /// Returns the column's part of the schema.
    fn schema(&self) -> Result<Type> {
        let (physical, logical) = match self.kind.scalar {
            Scalar::Bool => (Physical::BOOLEAN, None),
            Scalar::Int => (Physical::INT64, Some(integer(64, true))),
            Scalar::Count => (Physical::INT64, Some(integer(64, false))),
            Scalar::Port => (Physical::INT32, Some(integer(16, false))),
            Scalar::Double => (Physical::DOUBLE, None),
            Scalar::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
            Scalar::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let name = if self.kind.is_list { "element" } else { &self.name };
        let scalar = Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()?;
        if !self.kind.is_list {
            return Ok(scalar);
        }
        let list = Type::group_type_builder("list")
            .with_repetition(Repetition::REPEATED)
            .with_fields(vec![Arc::new(scalar)])
            .build()?;
        Type::group_type_builder(&self.name)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(Some(LogicalType::List))
            .with_converted_type(ConvertedType::LIST)
            .with_fields(vec![Arc::new(list)])
            .build()
    }
}

fn integer(bits: i8, is_signed: bool) -> LogicalType {
    LogicalType::integer(bits, is_signed)
}

fn push<T>(all: &mut Vec<T>, value: Option<T>) -> bool {
    let is_some = value.is_some();
    all.extend(value);
    is_some
}

fn number(json: &str) -> Option<f64> {
    // Strings such as "inf" are not JSON numbers.
    json.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then(|| json.parse().ok())?
}

/// Returns microseconds of a time in seconds.
fn micros(json: &str) -> Option<i64> {
    let micros = (number(json)? * 1e6).round();
    // Integers below this limit are exact.
    (micros.abs() < 9.2e18).then_some(micros as i64)
}

/// The rows of a file that are not yet written, by column.
pub(super) struct Rows {
    columns: Vec<Column>,
    has_other: bool,
    rows: usize,
}

impl Rows {
    /// Creates the known columns, and one for values without a type if needed.
    pub(super) fn new(columns: &Columns, has_other: bool) -> Rows {
        let known = columns.iter().filter(|(name, _)| *name != OTHER);
        let mut columns: Vec<Column> = known.map(|(name, kind)| Column::new(name, kind)).collect();
        // A file has at least one column.
        let has_other = has_other || columns.is_empty();
        if has_other {
            columns.push(Column::new(OTHER, ColumnType::TEXT));
        }
        Rows { columns, has_other, rows: 0 }
    }

    /// Adds an entry; returns whether it fits. If not, nothing is added, and other columns are
    /// needed.
    pub(super) fn add(&mut self, row: &Row<'_>) -> bool {
        let (rows, mut next) = (self.rows, 0);
        let typed = self.columns.len() - usize::from(self.has_other);
        let mut other: Vec<(&str, &str)> = Vec::new();
        for (name, value) in &row.0 {
            // Keys are usually in the order of the columns.
            let mut all = self.columns.iter().take(typed);
            let at = match self.columns.get(next) {
                Some(column) if next < typed && column.name == *name => Some(next),
                _ => all.position(|column| column.name == *name),
            };
            let column = at.and_then(|at| self.columns.get_mut(at));
            let column = column.filter(|column| column.rows == rows);
            if column.is_some_and(|column| column.add(value.get())) {
                next = at.unwrap_or_default() + 1;
            } else {
                other.push((name, value.get()));
            }
        }
        if !other.is_empty() && !self.has_other {
            self.take_back();
            return false;
        }
        if !other.is_empty()
            && let Some(column) = self.columns.last_mut()
        {
            column.add(&object(&other));
        }
        self.rows += 1;
        for column in self.columns.iter_mut().filter(|column| column.rows < rows + 1) {
            column.add_unset();
        }
        true
    }

    /// Removes the values of a row that does not fit.
    fn take_back(&mut self) {
        let rows = self.rows;
        for column in self.columns.iter_mut().filter(|column| column.rows > rows) {
            // The levels of the last row. Its first level has no repetition.
            let first = match column.kind.is_list {
                true => column.repeated.iter().rposition(|level| *level == 0).unwrap_or_default(),
                false => column.defined.len() - 1,
            };
            let full = if column.kind.is_list { 3 } else { 1 };
            let last = column.defined.get(first..).unwrap_or_default();
            let values = last.iter().filter(|level| **level == full).count();
            column.truncate(column.len() - values);
            column.defined.truncate(first);
            if column.kind.is_list {
                column.repeated.truncate(first);
            }
            column.rows = rows;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// Returns the schema of the file.
    pub(super) fn schema(&self) -> Result<Type> {
        let fields = self.columns.iter().map(|column| column.schema().map(Arc::new));
        Type::group_type_builder("log").with_fields(fields.collect::<Result<_>>()?).build()
    }

    /// Writes all rows as one row group and removes them.
    pub(super) fn write<W: Write + Send>(
        &mut self,
        file: &mut SerializedFileWriter<W>,
    ) -> Result<()> {
        let mut group = file.next_row_group()?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column()? else { break };
            column.write(writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

/// Returns a JSON object as a JSON string.
fn object(pairs: &[(&str, &str)]) -> String {
    let mut object = b"{".to_vec();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            object.push(b',');
        }
        crate::line::quoted(name.as_bytes(), &mut object);
        object.push(b':');
        object.extend_from_slice(value.as_bytes());
    }
    object.push(b'}');
    let mut text = Vec::new();
    crate::line::quoted(&object, &mut text);
    String::from_utf8(text).unwrap_or_default()
}
