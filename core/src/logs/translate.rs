//! Conversion of our log messages to the data format of a peer (2§13).

use bytes::Bytes;

use super::layout::{Form, with_layout};
use super::unread::Unread;
use super::writer::{entry_in, is_ipv6};
use super::{LogError, LogValue, LogWriter, WRITER_ASCII};
use crate::wire::DataFormat;

/// Converts an announcement from data format 26 to another one. Omits the options if releases with
/// that format cannot read them.
pub(crate) fn writer_in(argument: Bytes, format: DataFormat) -> Result<Bytes, LogError> {
    if format == DataFormat::V26 {
        return Ok(argument);
    }
    let mut writer = LogWriter::decode(&argument)?;
    writer.writer = format.writer_number(writer.writer);
    if !format.has_writer_options() {
        writer.options.clear();
    }
    let mut out = Vec::with_capacity(argument.len());
    writer.encode_in(format, &mut out);
    Ok(out.into())
}

/// Converts entries from data format 26 to another one. Also returns how many values are sent as
/// unset because that format lacks them.
pub(crate) fn entries_in(argument: Bytes, format: DataFormat) -> Result<(Bytes, usize), LogError> {
    let form = Form::from(format);
    if form == Form::Usual && format.writer_number(WRITER_ASCII) == WRITER_ASCII {
        return Ok((argument, 0));
    }
    let (mut out, mut lost) = (Vec::with_capacity(argument.len()), 0);
    let mut unread = Unread::new(argument, Form::Usual);
    while let Some(entry) = unread.next(u32::MAX) {
        let entry = entry?;
        if !format.has_ipv6() {
            lost += entry.values.iter().map(ipv6_values).sum::<usize>();
        }
        let (stream, writer) = (entry.stream, format.writer_number(entry.writer));
        with_layout!(form, L => entry_in::<L>(stream, writer, unread.path(&entry), &entry.values, &mut out));
    }
    Ok((out.into(), lost))
}

fn ipv6_values(value: &LogValue) -> usize {
    match value {
        LogValue::Set(items) | LogValue::Vector(items) => items.iter().map(ipv6_values).sum(),
        value => usize::from(is_ipv6(value)),
    }
}
