//! Which columns of a stream the fields of a record are.

use super::{LogField, LogRecord, LogStream, LogValue, NotLoggable, StreamError};
use crate::data::TypeTag;

/// How the entries of a stream are made of records of one type: by their fields' names.
#[derive(Debug)]
pub(super) struct Columns {
    /// The type of record; types that share it have the same fields.
    of: fn() -> Result<Vec<LogField>, NotLoggable>,
    /// For each column its place among the record's fields, or its type if the record has none;
    /// `None` if they are the same, one by one.
    places: Option<Vec<Result<usize, TypeTag>>>,
}

impl Columns {
    pub(super) fn new<R: LogRecord>(stream: &LogStream) -> Result<Columns, StreamError> {
        let fields = R::log_fields()?;
        let number = stream.number;
        let names = || stream.fields.iter().map(|column| &column.name);
        if fields.iter().map(|field| &field.name).eq(names()) {
            return Ok(Columns { of: R::log_fields, places: None });
        }
        if let Some(field) = fields.iter().find(|field| names().all(|name| *name != field.name)) {
            return Err(StreamError::NoColumn { stream: number, field: field.name.clone() });
        }
        let place =
            |column: &LogField| match fields.iter().position(|field| field.name == column.name) {
                Some(place) => Ok(Ok(place)),
                None if column.optional => Ok(Err(column.ty)),
                None => Err(StreamError::NoField { stream: number, column: column.name.clone() }),
            };
        let places = stream.fields.iter().map(place).collect::<Result<_, _>>()?;
        Ok(Columns { of: R::log_fields, places: Some(places) })
    }

    /// Tells whether these are the columns for records of this type.
    pub(super) fn are_of<R: LogRecord>(&self) -> bool {
        let of: fn() -> Result<Vec<LogField>, NotLoggable> = R::log_fields;
        std::ptr::fn_addr_eq(self.of, of)
    }

    /// Arranges what a record's fields hold as the columns are.
    pub(super) fn arrange(&self, values: Vec<LogValue>) -> Vec<LogValue> {
        let Some(places) = &self.places else { return values };
        let mut values: Vec<Option<LogValue>> = values.into_iter().map(Some).collect();
        let column = |place: &Result<usize, TypeTag>| match place {
            Ok(place) => values.get_mut(*place).and_then(Option::take),
            Err(ty) => Some(LogValue::Unset(*ty)),
        };
        // One less is told as a wrong number of them.
        places.iter().filter_map(column).collect()
    }
}
