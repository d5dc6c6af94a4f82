//! The table of peers: its cells, their order, and the columns that fit into a width.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::io::{self, Write};

use crate::rates::{Rates, short, short_bytes};
use crate::snapshot::{Counters, Direction, Peer, Snapshot, State};
use crate::style::{Colors, Tone};

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Sort {
    Peer,
    Address,
    Class,
    Direction,
    State,
    Events,
    Bytes,
    Queue,
    Drops,
}

impl Sort {
    pub(super) const ALL: [Sort; 9] = [
        Sort::Peer,
        Sort::Address,
        Sort::Class,
        Sort::Direction,
        Sort::State,
        Sort::Events,
        Sort::Bytes,
        Sort::Queue,
        Sort::Drops,
    ];
}

/// A column: its heading, the sort key, whether it holds numbers, and its priority. If there is no
/// room, the columns with the lowest priority are left out.
struct Column {
    heading: &'static str,
    sort: Option<Sort>,
    is_number: bool,
    importance: u8,
}

const fn column(heading: &'static str, sort: Sort, is_number: bool, importance: u8) -> Column {
    Column { heading, sort: Some(sort), is_number, importance }
}

const COLUMNS: [Column; 12] = [
    column("peer", Sort::Peer, false, 12),
    column("address", Sort::Address, false, 4),
    column("class", Sort::Class, false, 2),
    column("dir", Sort::Direction, false, 3),
    column("state", Sort::State, false, 11),
    column("events/s in", Sort::Events, true, 10),
    column("out", Sort::Events, true, 9),
    column("bytes/s in", Sort::Bytes, true, 8),
    column("out", Sort::Bytes, true, 7),
    column("queue in/out", Sort::Queue, true, 6),
    column("drops in/out", Sort::Drops, true, 5),
    Column { heading: "last error", sort: None, is_number: false, importance: 1 },
];

/// The index of the last error's column, which takes the remaining room.
const ERROR: usize = COLUMNS.len() - 1;
/// The minimum width of that column.
const ERROR_LEAST: usize = 16;
/// The gap between two columns.
pub(super) const GAP: usize = 2;

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// A row for each peer, in order.
pub(super) struct Table {
    rows: Vec<[Cell; COLUMNS.len()]>,
    /// The numbers of the peers.
    pub(super) ids: Vec<u64>,
}

/// A column that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    place: usize,
    pub(super) width: usize,
}

impl Shown {
    pub(super) fn heading(self) -> &'static str {
        COLUMNS.get(self.place).map_or("", |column| column.heading)
    }

    /// Cuts a text to the width of the column, or fills it with blanks, numbers on the left.
    pub(super) fn align(self, text: &str) -> String {
        let width = self.width;
        match COLUMNS.get(self.place).is_some_and(|column| column.is_number) {
            true => format!("{text:>width$.width$}"),
            false => format!("{text:width$.width$}"),
        }
    }

    pub(super) fn is_sorted_by(self, sort: Sort) -> bool {
        COLUMNS.get(self.place).is_some_and(|column| column.sort == Some(sort))
    }
}

impl Table {
    pub(super) fn new(
        snapshot: &Snapshot,
        rates: &HashMap<u64, Rates>,
        sort: Sort,
        reversed: bool,
    ) -> Table {
        let mut peers: Vec<&Peer> = snapshot.peers.iter().collect();
        peers.sort_by(|one, other| {
            let rate = |peer: &Peer| rates.get(&peer.id).copied().unwrap_or_default();
            let order = compare((one, rate(one)), (other, rate(other)), sort);
            let order = if reversed { order.reverse() } else { order };
            // Equal rows keep their order from one snapshot to the next.
            order.then_with(|| one.id.cmp(&other.id))
        });
        let rows = peers.iter().map(|peer| row(peer, rates.get(&peer.id))).collect();
        Table { rows, ids: peers.iter().map(|peer| peer.id).collect() }
    }

    /// Returns the columns that fit into a width, with their widths.
    pub(super) fn fit(&self, width: Option<usize>) -> Vec<Shown> {
        let widest = |place: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(place));
            let cells = cells.map(|cell| cell.text.chars().count());
            cells.chain(COLUMNS.get(place).map(|column| column.heading.len())).max()
        };
        let mut shown: Vec<Shown> = (0..COLUMNS.len())
            .map(|place| Shown { place, width: widest(place).unwrap_or_default() })
            .collect();
        let Some(room) = width else { return shown };
        loop {
            let least = |shown: &Shown| match shown.place {
                ERROR => ERROR_LEAST.min(shown.width),
                _ => shown.width,
            };
            let needed = shown.iter().map(least).sum::<usize>() + GAP * shown.len().max(1) - GAP;
            if needed <= room || shown.len() <= 1 {
                break;
            }
            let importance =
                |shown: &Shown| COLUMNS.get(shown.place).map_or(0, |column| column.importance);
            let Some(least) = shown.iter().map(importance).min() else { break };
            shown.retain(|shown| importance(shown) > least);
        }
        let others: usize =
            shown.iter().filter(|shown| shown.place != ERROR).map(|shown| shown.width + GAP).sum();
        for shown in &mut shown {
            if shown.place == ERROR {
                shown.width = shown.width.min(room.saturating_sub(others));
            }
            shown.width = shown.width.min(room);
        }
        shown
    }

    /// Returns the cells of each row in these columns, cut to their widths.
    pub(super) fn cells(&self, shown: &[Shown]) -> Vec<Vec<Cell>> {
        let cell = |row: &[Cell; COLUMNS.len()], shown: &Shown| {
            let mut cell = row.get(shown.place)?.clone();
            if cell.text.chars().count() > shown.width {
                cell.text = cell.text.chars().take(shown.width.saturating_sub(1)).collect();
                cell.text.push('…');
            }
            Some(cell)
        };
        let row = |row| shown.iter().filter_map(|shown| cell(row, shown)).collect();
        self.rows.iter().map(row).collect()
    }

    /// Prints the table, with a line about the node.
    pub(super) fn print(
        &self,
        now: &Snapshot,
        before: Option<&Snapshot>,
        width: Option<usize>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let colors = Colors::of_stdout();
        writeln!(out, "{}", summary(now, before))?;
        let shown = self.fit(width);
        let heading = |shown: &Shown| Cell { text: shown.heading().into(), tone: Tone::Strong };
        let mut rows = vec![shown.iter().map(heading).collect::<Vec<_>>()];
        rows.extend(self.cells(&shown));
        let gap = " ".repeat(GAP);
        for row in &rows {
            let cells = row.iter().zip(&shown).enumerate().map(|(n, (cell, column))| {
                let text = column.align(&cell.text);
                let text = if n + 1 == shown.len() { text.trim_end() } else { &text };
                colors.paint(cell.tone, text).to_string()
            });
            writeln!(out, "{}", cells.collect::<Vec<_>>().join(&gap))?;
        }
        Ok(())
    }
}

/// Returns a line about the node.
pub(super) fn summary(now: &Snapshot, before: Option<&Snapshot>) -> String {
    let running = now.peers.iter().filter(|peer| peer.state == State::Running).count();
    let mut line = format!("{}: {running} of {} peers running", now.node, now.peers.len());
    match now.listening {
        Some(true) => line += ", listening",
        Some(false) => line += ", not listening",
        None => {}
    }
    if let Some(packets) = now.packets {
        let earlier = before.and_then(|before| Some((before.time, before.packets?)));
        let rate = earlier.filter(|(time, _)| now.time > *time).map(|(time, earlier)| {
            packets.received.saturating_sub(earlier.received) as f64 / (now.time - time)
        });
        let rate = rate.map(|rate| format!(" ({}/s)", short(rate))).unwrap_or_default();
        let (received, dropped, link) = (packets.received, packets.dropped, packets.link);
        line += &format!(", packets {received}{rate}, dropped {dropped}, on the link {link}");
    }
    line
}

/// Compares two peers: numbers in descending order, text alphabetically, the best state first.
fn compare(one: (&Peer, Rates), other: (&Peer, Rates), sort: Sort) -> Ordering {
    let ((one, one_rates), (other, other_rates)) = (one, other);
    let counters = |peer: &Peer| peer.counters.unwrap_or_default();
    let greatest = |of: &dyn Fn(&Counters) -> u64| of(&counters(other)).cmp(&of(&counters(one)));
    match sort {
        Sort::Peer => one.name().cmp(other.name()),
        Sort::Address => one.address.cmp(&other.address),
        Sort::Class => one.class.cmp(&other.class),
        Sort::Direction => one.direction.cmp(&other.direction),
        Sort::State => one.state.cmp(&other.state),
        Sort::Events => {
            let sum = |rates: Rates| rates.events_in + rates.events_out;
            sum(other_rates).total_cmp(&sum(one_rates)).then_with(|| {
                greatest(&|counters| counters.events_in.saturating_add(counters.events_out))
            })
        }
        Sort::Bytes => {
            let sum = |rates: Rates| rates.bytes_in + rates.bytes_out;
            sum(other_rates).total_cmp(&sum(one_rates)).then_with(|| {
                greatest(&|counters| counters.bytes_in.saturating_add(counters.bytes_out))
            })
        }
        Sort::Queue => greatest(&|counters| counters.queued_in.saturating_add(counters.queued_out)),
        Sort::Drops => {
            greatest(&|counters| counters.dropped_in.saturating_add(counters.dropped_out))
        }
    }
}

fn row(peer: &Peer, rates: Option<&Rates>) -> [Cell; COLUMNS.len()] {
    let cell = |text: String, tone| Cell { text, tone };
    let unknown = || cell("-".to_owned(), Tone::Faint);
    let text = |text: Option<&str>| match text {
        Some(text) => cell(text.to_owned(), Tone::Plain),
        None => unknown(),
    };
    let rate = |rate: Option<f64>, short: fn(f64) -> String| match rate {
        Some(rate) if rate > 0.0 => cell(short(rate), Tone::Plain),
        Some(rate) => cell(short(rate), Tone::Faint),
        None => unknown(),
    };
    let pair = |of: fn(&Counters) -> [u64; 2], alarm| match peer.counters.as_ref().map(of) {
        Some([0, 0]) => cell("0/0".to_owned(), Tone::Faint),
        Some([incoming, outgoing]) => cell(format!("{incoming}/{outgoing}"), alarm),
        None => unknown(),
    };
    let (state, tone) = match peer.state {
        State::Running => ("running".to_owned(), Tone::Good),
        State::Sync => ("sync".to_owned(), Tone::Warning),
        State::Handshake => ("handshake".to_owned(), Tone::Warning),
        State::Connecting => ("connecting".to_owned(), Tone::Warning),
        State::Waiting => match peer.retry_in {
            Some(seconds) => (format!("retry in {seconds} s"), Tone::Bad),
            None => ("waiting".to_owned(), Tone::Bad),
        },
        State::NotConnected => ("not connected".to_owned(), Tone::Bad),
    };
    [
        cell(peer.name().to_owned(), Tone::Strong),
        text(Some(&peer.address)),
        text(peer.class.as_deref()),
        text(peer.direction.map(|direction| match direction {
            Direction::In => "in",
            Direction::Out => "out",
        })),
        cell(state, tone),
        rate(rates.map(|rates| rates.events_in), short),
        rate(rates.map(|rates| rates.events_out), short),
        rate(rates.map(|rates| rates.bytes_in), short_bytes),
        rate(rates.map(|rates| rates.bytes_out), short_bytes),
        pair(|counters| [counters.queued_in, counters.queued_out], Tone::Warning),
        pair(|counters| [counters.dropped_in, counters.dropped_out], Tone::Bad),
        match &peer.last_error {
            Some(error) => cell(error.clone(), Tone::Bad),
            None => unknown(),
        },
    ]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A node with three peers.
    pub(in super::super) fn snapshot() -> Snapshot {
        let peer = |id, name: &str, state, events_in, error: Option<&str>| Peer {
            id,
            description: name.to_owned(),
            address: format!("10.0.0.{id}:47757"),
            class: Some("sensor".to_owned()),
            state,
            direction: Some(Direction::Out),
            counters: Some(Counters { events_in, dropped_out: id, ..Counters::default() }),
            last_error: error.map(str::to_owned),
            ..Peer::default()
        };
        let refused = "cannot connect: connection refused by the other side of the world";
        let peers = vec![
            peer(1, "beta", State::Running, 20, None),
            peer(2, "alpha", State::Running, 5, None),
            peer(3, "gamma", State::NotConnected, 0, Some(refused)),
        ];
        Snapshot { time: 2.0, node: "manager".into(), listening: Some(true), peers, packets: None }
    }

    fn order(sort: Sort, reversed: bool) -> Vec<u64> {
        Table::new(&snapshot(), &HashMap::new(), sort, reversed).ids
    }

    #[test]
    fn numbers_are_in_descending_order() {
        for (sort, ids) in [
            (Sort::Peer, [2, 1, 3]),
            (Sort::Address, [1, 2, 3]),
            (Sort::Class, [1, 2, 3]),
            (Sort::Direction, [1, 2, 3]),
            (Sort::State, [1, 2, 3]),
            (Sort::Events, [1, 2, 3]),
            (Sort::Bytes, [1, 2, 3]),
            (Sort::Queue, [1, 2, 3]),
            (Sort::Drops, [3, 2, 1]),
        ] {
            assert_eq!(order(sort, false), ids, "{sort:?}");
        }
        assert_eq!(order(Sort::Peer, true), [3, 1, 2]);
        assert!(Sort::ALL.len() == 9);
    }

    #[test]
    fn rates_come_before_counters() {
        let rates = HashMap::from([(2, Rates { events_out: 1.0, ..Rates::default() })]);
        assert_eq!(Table::new(&snapshot(), &rates, Sort::Events, false).ids, [2, 1, 3]);
    }

    #[test]
    fn it_fits_every_width_and_keeps_the_peers() {
        let table = Table::new(&snapshot(), &HashMap::new(), Sort::Peer, false);
        for width in 0..300 {
            let shown = table.fit(Some(width));
            let used: usize = shown.iter().map(|shown| shown.width).sum();
            assert!(used + GAP * (shown.len() - 1) <= width, "{width}: {shown:?}");
            assert_eq!(shown[0].heading(), "peer");
            for row in table.cells(&shown) {
                for (cell, shown) in row.iter().zip(&shown) {
                    assert!(cell.text.chars().count() <= shown.width.max(1), "{width}: {cell:?}");
                }
            }
        }
        assert_eq!(table.fit(Some(300)), table.fit(None));
    }

    #[test]
    fn it_is_printed_in_columns() {
        let mut out = Vec::new();
        let mut peers = snapshot();
        peers.peers.truncate(1);
        let table = Table::new(&peers, &HashMap::new(), Sort::Peer, false);
        table.print(&peers, None, Some(70), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "manager: 1 of 1 peers running, listening\n\
             peer  state    events/s in  out  bytes/s in  out  queue in/out\n\
             beta  running            -    -           -    -           0/0\n"
        );
    }
}
