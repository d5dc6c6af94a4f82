//! `brocomm spool show` and `brocomm spool verify`.

use std::io::Write;
use std::path::Path;

use brocomm::Time;
use brocomm_sinks::spool::{Contents, Folder, epoch, inspect};
use serde_json::json;

use super::{cannot_read, check};
use crate::failure::{Failure, failed};

/// Prints the segments and the readers.
pub(super) fn show(dir: &Path, as_json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    check(dir)?;
    let folder = Folder::new(dir);
    let cannot = |error| cannot_read(dir, &error);
    let epoch = epoch(dir).map_err(cannot)?;
    let mut segments = Vec::new();
    inspect(&folder, |contents| segments.push(contents)).map_err(cannot)?;
    let readers = folder.positions().map_err(cannot)?;
    let last = segments.iter().filter_map(|segment| segment.last).max().unwrap_or_default();
    let lag = |position: u64| last.saturating_sub(position);
    if as_json {
        let seconds = |time: Time| time.as_secs_f64();
        let segments = segments.iter().map(|it| {
            json!({
                "first": it.first, "last": it.last, "entries": it.records, "bytes": it.bytes,
                "begin": it.times.map(|(begin, _)| seconds(begin)),
                "end": it.times.map(|(_, end)| seconds(end)),
                "missing": it.missing, "damaged": it.damages,
            })
        });
        let readers = readers.iter().map(|(name, position)| {
            json!({ "name": name, "acknowledged": position, "lag": lag(*position) })
        });
        let object = json!({
            // Numbers beyond 2^53 are strings.
            "epoch": epoch.map(|epoch| epoch.to_string()),
            "segments": segments.collect::<Vec<_>>(),
            "readers": readers.collect::<Vec<_>>(),
        });
        return Ok(writeln!(out, "{object}")?);
    }
    for segment in &segments {
        let Contents { first, last, records, bytes, times, .. } = segment;
        let last = last.map_or_else(|| "-".to_owned(), |last| last.to_string());
        let times = times.map(|(begin, end)| format!(", {begin} to {end}")).unwrap_or_default();
        writeln!(out, "segment {first} to {last}: {records} entries, {bytes} bytes{times}")?;
    }
    let entries: u64 = segments.iter().map(|segment| segment.records).sum();
    let bytes: u64 = segments.iter().map(|segment| segment.bytes).sum();
    writeln!(out, "{entries} entries, {bytes} bytes")?;
    for (name, position) in readers {
        let lag = lag(position);
        writeln!(out, "reader {name}: acknowledged {position}, {lag} entries behind")?;
    }
    Ok(())
}

/// Prints damaged and missing entries.
pub(super) fn verify(dir: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    check(dir)?;
    let (mut entries, mut missing, mut places) = (0, 0, Vec::new());
    let mut torn = Vec::new();
    inspect(&Folder::new(dir), |contents| {
        let name = format!("{:016x}.spool", contents.first);
        entries += contents.records;
        missing += contents.missing;
        if contents.missing > 0 {
            places.push(format!("{name}: {} entries are missing", contents.missing));
        }
        for (offset, bytes) in &contents.damaged {
            places.push(format!("{name}: {bytes} bytes at offset {offset} are not a valid entry"));
        }
        if contents.torn > 0 {
            torn.push(format!("{name}: the last {} bytes are an incomplete entry", contents.torn));
        }
    })
    .map_err(|error| cannot_read(dir, &error))?;
    for place in places.iter().chain(&torn) {
        writeln!(out, "{place}")?;
    }
    writeln!(out, "{entries} entries")?;
    if missing == 0 {
        // An incomplete entry is not an error: its writer was interrupted, and it never counted as
        // spooled.
        return Ok(());
    }
    out.flush()?;
    let entries = if missing == 1 { "entry is" } else { "entries are" };
    Err(failed(format_args!("spool {}: {missing} {entries} missing or damaged", dir.display())))
}
