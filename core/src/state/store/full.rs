//! The full state: sent to a peer in pieces (§3.4), and as a snapshot.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use flate2::Crc;

use super::location::Location;
use super::values::{Absorb, Reading, Rest, Source};
use super::{Store, Target};
use crate::data;
use crate::data::{Name, Opcode, Serial, StateAccess, Table, Value};
use crate::serial::{Mode, Reader, ReaderLimits, SerialError, WriteError, Writer};
use crate::state::StateError;
use crate::state::stored::{Content, Entries, Index, Key};
use crate::wire::DataFormat;

const MAGIC: &[u8; 8] = b"BROSTATE";

/// The version of snapshots that is written. Version 1 is read as well.
const VERSION: u32 = 2;

/// The size of the object cache for snapshots.
const CACHE: u32 = 3000;

/// The progress of sending the full state to one peer; see [`Store::next_state`].
#[derive(Debug, Clone)]
pub struct FullState {
    /// The maximum cost of a piece.
    piece: u64,
    /// The number of variables sent.
    variables: usize,
    /// The partially sent containers, inner ones first.
    rest: VecDeque<Rest>,
    /// The number of operations returned.
    operations: u64,
    /// The cost of the sent state.
    cost: u64,
}

/// The progress of sending the full state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of variables sent, at least in part.
    pub variables: usize,
    /// The total number of variables.
    pub of: usize,
    /// The number of operations so far.
    pub operations: u64,
    /// The cost of the sent state; see [`StoreLimits::cost`](super::StoreLimits::cost).
    pub cost: u64,
    /// The cost of the whole store. It may change meanwhile, and includes variables that are not
    /// synchronized.
    pub of_cost: u64,
}

impl FullState {
    /// The default cost of a piece, in units of [`StoreLimits::cost`](super::StoreLimits::cost): at
    /// most about 256 KiB, except for a single larger value.
    pub const PIECE: u64 = 4096;

    /// Creates a transfer of the full state in pieces of the default cost, [`PIECE`](Self::PIECE).
    pub fn new() -> FullState {
        FullState::in_pieces(FullState::PIECE)
    }

    /// Creates a transfer of the full state in pieces of about this cost.
    pub fn in_pieces(piece: u64) -> FullState {
        FullState { piece, variables: 0, rest: VecDeque::new(), operations: 0, cost: 0 }
    }
}

impl Default for FullState {
    fn default() -> FullState {
        FullState::new()
    }
}

impl Store {
    /// Returns the next operation of the full state, or `None` when it is complete: an assignment
    /// for each synchronized variable with a value, in order of declaration.
    ///
    /// The assignment contains only the first entries or elements of a large table or vector, at
    /// any depth; the others follow as separate operations. So each call takes a bounded time, and
    /// the state can change in between; see [`Store::is_for`]. A single large string is sent at
    /// once, and so is a vector up to its last element without a value. The peer treats entries
    /// sent separately as new for their expiry. They still expire there no later than here, because
    /// expiry is sent too.
    ///
    /// # Errors
    ///
    /// [`StateError::TooDeep`] or [`StateError::TooLarge`] if a variable's value cannot be sent; it
    /// is skipped, and the next call continues after it.
    pub fn next_state(&self, state: &mut FullState) -> Result<Option<StateAccess>, StateError> {
        self.pieces(state).next().transpose()
    }

    /// Iterates over the operations that [`Store::next_state`] returns, without searching for the
    /// next entry of a table each time.
    pub(crate) fn pieces<'s>(&'s self, state: &'s mut FullState) -> Pieces<'s> {
        Pieces { store: self, state, table: None }
    }

    /// Returns how much of the full state was sent.
    pub fn progress(&self, state: &FullState) -> Progress {
        Progress {
            variables: state.variables,
            of: self.variables.len(),
            operations: state.operations,
            cost: state.cost,
            of_cost: u64::try_from(self.heap.cost).unwrap_or(u64::MAX),
        }
    }

    /// Returns whether a peer that is receiving the full state also needs this operation, which was
    /// just applied here: whether it changes state that has already been sent.
    pub fn is_for(&self, state: &FullState, access: &StateAccess) -> bool {
        let was_given = |name: &Name| matches!(self.target(name), Ok(Target::Variable(n)) if n < state.variables);
        let Ok(Target::Container(key)) = self.target(&access.target) else {
            return was_given(&access.target);
        };
        let later = |rest: &Rest| comes_later(rest, key, &access.op1);
        self.names_of(key).iter().any(was_given) && !state.rest.iter().any(later)
    }
}

/// The operations of the full state that are left; see [`Store::pieces`].
pub(crate) struct Pieces<'s> {
    store: &'s Store,
    state: &'s mut FullState,
    /// The table that the last operation was about, and its entries after that.
    table: Option<(Key, Entries<'s>)>,
}

impl Iterator for Pieces<'_> {
    type Item = Result<StateAccess, StateError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(rest) = self.state.rest.pop_front() {
            if let Some(access) = self.part(rest).transpose() {
                return Some(access);
            }
        }
        while let Some(variable) = self.store.variables.get(self.state.variables) {
            self.state.variables = self.state.variables.saturating_add(1);
            if let Some(slot) = variable.slot.as_ref().filter(|_| variable.synchronized) {
                let (opcode, target) = (Opcode::Assign, variable.name.clone());
                let mut reading = Reading::piece(&self.store.heap, self.state.piece);
                return Some(reading.slot(slot).map(|op1| {
                    self.state.took(reading);
                    StateAccess { opcode, target, op1, op2: None, op3: None }
                }));
            }
        }
        None
    }
}

impl<'s> Pieces<'s> {
    /// Returns the next entry or element of a partially sent container.
    fn part(&mut self, rest: Rest) -> Result<Option<StateAccess>, StateError> {
        let heap = &self.store.heap;
        let mut reading = Reading::piece(heap, self.state.piece);
        let (key, op1, op2) = match rest {
            Rest::Entries(key, last) => {
                let Some(table) = heap.table(key) else { return Ok(None) };
                let mut entries = match self.table.take() {
                    Some((same, entries)) if same == key => entries,
                    _ => table.after(last.as_ref()),
                };
                let Some((index, entry)) = entries.next() else { return Ok(None) };
                self.table = Some((key, entries));
                self.state.rest.push_front(Rest::Entries(key, Some(index.clone())));
                let data::Entry { index, value, .. } = reading.entry(table, index, entry)?;
                (key, Value::List(index), value)
            }
            Rest::Elements(key, next) => {
                let Some(Content::Vector(slots)) = heap.get(key).map(|c| &c.content) else {
                    return Ok(None);
                };
                // Skip elements that have lost their value meanwhile.
                let mut rest = slots.iter().enumerate().skip(next);
                let Some((at, slot)) = rest.find_map(|(at, slot)| Some((at, slot.as_ref()?)))
                else {
                    return Ok(None);
                };
                self.state.rest.push_front(Rest::Elements(key, at.saturating_add(1)));
                let op1 = Value::Count(u64::try_from(at).unwrap_or(u64::MAX));
                (key, op1, Some(reading.slot(slot)?))
            }
        };
        self.state.took(reading);
        let opcode = if op2.is_some() { Opcode::AssignIdx } else { Opcode::Add };
        Ok(Some(StateAccess { opcode, target: heap.id(key), op1, op2, op3: None }))
    }
}

/// Returns whether a part of a container is still to be sent.
fn comes_later(rest: &Rest, container: Key, index: &Value) -> bool {
    match (rest, index) {
        (Rest::Entries(key, last), Value::List(index)) if *key == container => {
            last.as_ref().is_none_or(|last| Index::new(&index.items) > *last)
        }
        (Rest::Elements(key, next), Value::Count(at)) if *key == container => {
            usize::try_from(*at).is_ok_and(|at| at >= *next)
        }
        _ => false,
    }
}

impl FullState {
    /// Records what was sent. The rest of inner containers must be sent before that of the outer
    /// ones.
    fn took(&mut self, reading: Reading<'_>) {
        self.operations = self.operations.saturating_add(1);
        self.cost = self.cost.saturating_add(reading.parts);
        reading.cut.into_iter().rev().for_each(|rest| self.rest.push_front(rest));
    }
}

// Snapshots: the whole store as bytes.
//
// A snapshot is `BROSTATE`, `u32 version`, `u32 data_format`, and `u64` the number of the last
// unique ID; then frames, each `u32 length` and a SERIAL of that length, up to a length of 0; then
// a `u32` CRC-32 of all bytes before it. Each SERIAL is an assignment as in the full state. Those
// to a table's unique ID add entries to it.
//
// The data format (2§13) is 26, whatever format the peers use, or 25 if there are Bloom filters of
// older Bros. A snapshot of version 1 has no data format, and is in 26.

/// An error creating or restoring a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The bytes are not a snapshot.
    #[error("not a snapshot of state")]
    NoSnapshot,
    /// The snapshot has another version.
    #[error("snapshot of version {found}, versions 1 to {VERSION} can be read")]
    Version {
        /// Its version.
        found: u32,
    },
    /// The snapshot is in a data format that does not exist.
    #[error("snapshot in data format {found}, expected {expected}", expected = known_formats())]
    DataFormat {
        /// Its data format.
        found: u32,
    },
    /// The snapshot ends too early.
    #[error("snapshot is truncated after {length} bytes")]
    Truncated {
        /// Its length.
        length: usize,
    },
    /// The checksum does not match.
    #[error("snapshot has checksum {computed:08x}, expected {expected:08x}")]
    Checksum {
        /// The checksum of the bytes.
        computed: u32,
        /// The checksum in the snapshot.
        expected: u32,
    },
    /// The content of the snapshot is malformed.
    #[error("snapshot: {0}")]
    Serial(SerialError),
    /// A variable's value cannot be written.
    #[error("snapshot of {name}: {error}")]
    Write {
        /// The variable or container.
        name: Name,
        /// The error in its value.
        error: WriteError,
    },
    /// A variable's value cannot be assembled.
    #[error("snapshot: {0}")]
    State(StateError),
}

impl Store {
    /// Creates a snapshot of all variables, including unique IDs and time stamps.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::State`] and [`SnapshotError::Write`] if a peer has changed a variable so
    /// that it cannot be written.
    pub fn snapshot(&self) -> Result<Vec<u8>, SnapshotError> {
        self.snapshot_in(DataFormat::V26).or_else(|error| match &error {
            // A Bloom filter of an older Bro can be kept, but not converted.
            SnapshotError::Write { error: WriteError::DataFormat { .. }, .. } => {
                self.snapshot_in(DataFormat::V25).map_err(|_| error)
            }
            _ => Err(error),
        })
    }

    pub(in crate::state) fn snapshot_in(
        &self,
        format: DataFormat,
    ) -> Result<Vec<u8>, SnapshotError> {
        let mode = Mode::RUNNING.with_data_format(format);
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_be_bytes());
        out.extend(format.number().to_be_bytes());
        out.extend(self.heap.last_id.to_be_bytes());
        let mut writer = Writer::new(CACHE);
        let mut rest = VecDeque::new();
        for variable in &self.variables {
            let Some(slot) = &variable.slot else { continue };
            let mut reading = Reading::piece_of_tables(&self.heap, FullState::PIECE);
            let value = reading.slot(slot).map_err(SnapshotError::State)?;
            rest.extend(reading.cut);
            frame(&mut writer, mode, variable.name.clone(), value, &mut out)?;
            while let Some(Rest::Entries(key, last)) = rest.pop_front() {
                if let Some(piece) = self.piece(key, last.as_ref(), &mut rest)? {
                    frame(&mut writer, mode, self.heap.id(key), piece, &mut out)?;
                }
            }
        }
        out.extend([0; 4]);
        let crc = checksum(&out);
        out.extend(crc.to_be_bytes());
        Ok(out)
    }

    /// Returns the next entries of a table, as a table.
    fn piece(
        &self,
        key: Key,
        last: Option<&Index>,
        rest: &mut VecDeque<Rest>,
    ) -> Result<Option<Value>, SnapshotError> {
        let (Some(container), Some(table)) = (self.heap.get(key), self.heap.table(key)) else {
            return Ok(None);
        };
        let mut reading = Reading::piece_of_tables(&self.heap, FullState::PIECE);
        let (mut entries, mut last) = (Vec::new(), last);
        for (index, entry) in table.after(last) {
            if !reading.has_room() {
                break;
            }
            entries.push(reading.entry(table, index, entry).map_err(SnapshotError::State)?);
            last = Some(index);
        }
        if entries.is_empty() {
            return Ok(None);
        }
        rest.push_back(Rest::Entries(key, last.cloned()));
        rest.extend(reading.cut);
        Ok(Some(Table { entries, ..Table::new(container.ty.clone()) }.into()))
    }

    /// Restores a snapshot: declared variables get their values in the snapshot, or their initial
    /// values if it does not contain them. Call [`Store::feed_time`] first, so that time stamps are
    /// meaningful.
    ///
    /// Returns the variables in the snapshot that were not restored, because they are no longer
    /// declared or have another type.
    ///
    /// # Errors
    ///
    /// Fails if the bytes are invalid. All variables then have their initial values.
    pub fn restore(&mut self, snapshot: &Bytes) -> Result<Vec<(Name, StateError)>, SnapshotError> {
        let (format, mut content) = checked(snapshot)?;
        let truncated = || SnapshotError::Truncated { length: snapshot.len() };
        let last_id = content.try_get_u64().map_err(|_| truncated())?;
        self.heap.last_id = self.heap.last_id.max(last_id);
        // The snapshot may use the initial values' IDs for other containers.
        self.unset_all();
        let result = self.restore_frames(format, content, truncated);
        if result.is_err() {
            self.unset_all();
        }
        (0..self.variables.len()).for_each(|number| self.initialize_one(number));
        result
    }

    fn unset_all(&mut self) {
        (0..self.variables.len()).for_each(|number| self.put(&Location::Variable(number), None));
    }

    fn restore_frames(
        &mut self,
        format: DataFormat,
        mut content: Bytes,
        truncated: impl Fn() -> SnapshotError,
    ) -> Result<Vec<(Name, StateError)>, SnapshotError> {
        let mut reader = Reader::new(ReaderLimits { objects: u32::MAX, ..ReaderLimits::default() });
        reader.set_cache_size(CACHE);
        let mode = Mode::RUNNING.with_data_format(format);
        let mut skipped = Vec::new();
        loop {
            let length = content.try_get_u32().map_err(|_| truncated())? as usize;
            if length == 0 {
                return Ok(skipped);
            }
            if length > content.len() {
                return Err(truncated());
            }
            let frame = content.split_to(length);
            let serial = reader.read(&frame, mode).map_err(SnapshotError::Serial)?;
            if let Serial::StateAccess(access) = serial
                && let Err(error) = self.restore_value(&access)
            {
                skipped.push((access.target.compact(), error));
            }
        }
    }

    fn restore_value(&mut self, access: &StateAccess) -> Result<(), StateError> {
        match self.target(&access.target)? {
            Target::Variable(number) => {
                self.assign_to(&Location::Variable(number), &access.op1, Source::Snapshot).map(drop)
            }
            Target::Container(key) => {
                let ty = self.heap.get(key).map(|container| container.ty.clone());
                let ty = ty.unwrap_or(crate::data::Type::ANY);
                let value = access.op1.coerce(&ty).map_err(StateError::value(&access.target))?;
                self.heap.check_room(crate::state::stored::cost(&value))?;
                if let Value::Table(table) = &value {
                    let synchronized = !self.heap.id(key).is_empty();
                    let mut how = Absorb::new(Source::Snapshot, synchronized);
                    self.heap.add_entries(key, table, &mut how);
                }
                Ok(())
            }
        }
    }
}

fn frame(
    writer: &mut Writer,
    mode: Mode,
    name: Name,
    value: Value,
    out: &mut Vec<u8>,
) -> Result<(), SnapshotError> {
    let access =
        StateAccess { opcode: Opcode::Assign, target: name, op1: value, op2: None, op3: None };
    let mut serial = Vec::new();
    let result = writer.state_access(mode, &access, &mut serial);
    let too_large = WriteError::TooLarge { limit: u32::MAX as usize };
    let result = result.and_then(|()| u32::try_from(serial.len()).map_err(|_| too_large));
    match result {
        Ok(length) => {
            out.extend(length.to_be_bytes());
            out.extend(serial);
            Ok(())
        }
        Err(error) => Err(SnapshotError::Write { name: access.target, error }),
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Returns the numbers of all data formats.
fn known_formats() -> String {
    DataFormat::ALL.map(|format| format.to_string()).join(", ")
}

/// Checks the whole snapshot. Returns its data format and the bytes after it.
fn checked(snapshot: &Bytes) -> Result<(DataFormat, Bytes), SnapshotError> {
    let mut rest = snapshot.clone();
    if !rest.starts_with(MAGIC) {
        return Err(SnapshotError::NoSnapshot);
    }
    rest.advance(MAGIC.len());
    let truncated = || SnapshotError::Truncated { length: snapshot.len() };
    let found = rest.try_get_u32().map_err(|_| truncated())?;
    if !(1..=VERSION).contains(&found) {
        return Err(SnapshotError::Version { found });
    }
    let end = rest.len().checked_sub(4).ok_or_else(truncated)?;
    let mut crc = rest.split_off(end);
    let expected = crc.try_get_u32().map_err(|_| truncated())?;
    let computed = checksum(snapshot.get(..snapshot.len().saturating_sub(4)).unwrap_or_default());
    if computed != expected {
        return Err(SnapshotError::Checksum { computed, expected });
    }
    if found == 1 {
        return Ok((DataFormat::V26, rest));
    }
    let found = rest.try_get_u32().map_err(|_| truncated())?;
    let format = DataFormat::from_number(found).ok_or(SnapshotError::DataFormat { found })?;
    Ok((format, rest))
}
