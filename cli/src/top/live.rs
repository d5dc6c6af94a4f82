//! The table on a terminal, drawn again after each snapshot and each key.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anstyle::Style;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal;

use super::screen::Screen;
use super::source::Source;
use super::table::{GAP, Sort, Table, summary};
use crate::rates::Rates;
use crate::snapshot::Snapshot;
use crate::stop::Stop;
use crate::style::{Colors, Tone};

/// The maximum delay before a key is handled.
const PATIENCE: Duration = Duration::from_millis(50);

/// The state of the view.
struct View {
    before: Option<Snapshot>,
    now: Snapshot,
    sort: Sort,
    reversed: bool,
    /// The number of the selected peer, which stays selected wherever its row moves.
    chosen: Option<u64>,
    /// Why there is no newer snapshot.
    problem: Option<String>,
    /// The index of the first row that is shown.
    first: usize,
    colors: Colors,
}

/// Shows the peers until `q` or Ctrl-C is pressed.
pub(super) fn run(
    source: Source,
    first: Snapshot,
    interval: Duration,
    sort: Sort,
) -> io::Result<()> {
    let (sender, looks) = channel();
    thread::Builder::new()
        .name("look".to_owned())
        .spawn(move || look(source, interval, &sender))?;
    let mut view = View::new(first, sort, Colors::of_stdout());
    let stop = Stop::on_signal();
    // A signal ends the loop, which then restores the terminal.
    let _held = stop.hold();
    let mut screen = Screen::open(io::stdout())?;
    loop {
        let (width, height) = terminal::size()?;
        screen.show(&view.lines(width.into(), height.into()))?;
        if !wait(&mut view, &looks)? || stop.is_stopped() {
            return screen.close();
        }
    }
}

/// Takes snapshots of the node until the view is closed.
fn look(mut source: Source, interval: Duration, looks: &Sender<Result<Snapshot, String>>) {
    loop {
        thread::sleep(interval);
        let looked = source.look();
        let is_over = looked.is_err();
        if looks.send(looked).is_err() || is_over {
            return;
        }
    }
}

/// Waits for a snapshot or a key. Returns whether to continue.
fn wait(view: &mut View, looks: &Receiver<Result<Snapshot, String>>) -> io::Result<bool> {
    let begin = Instant::now();
    loop {
        match looks.recv_timeout(Duration::ZERO) {
            Ok(looked) => {
                view.looked(looked);
                return Ok(true);
            }
            // After an error there are no more snapshots, and the last one stays.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        if event::poll(PATIENCE)? {
            return Ok(match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => view.key(key),
                // Includes a new size of the terminal.
                _ => true,
            });
        }
        if begin.elapsed() > Duration::from_secs(1) {
            return Ok(true);
        }
    }
}

impl View {
    fn new(first: Snapshot, sort: Sort, colors: Colors) -> View {
        View {
            before: None,
            now: first,
            sort,
            reversed: false,
            chosen: None,
            problem: None,
            first: 0,
            colors,
        }
    }

    fn looked(&mut self, looked: Result<Snapshot, String>) {
        match looked {
            Ok(now) => self.before = Some(std::mem::replace(&mut self.now, now)),
            Err(why) => self.problem = Some(why),
        }
    }

    fn table(&self) -> Table {
        let rates = self.before.as_ref().map(|before| Rates::of_peers(before, &self.now));
        Table::new(&self.now, &rates.unwrap_or_default(), self.sort, self.reversed)
    }

    /// Handles a key. Returns whether to continue.
    fn key(&mut self, key: KeyEvent) -> bool {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Char('c') if is_control => return false,
            KeyCode::Left => self.sort_by(Sort::ALL.len() - 1),
            KeyCode::Right => self.sort_by(1),
            KeyCode::Char('r') => self.reversed = !self.reversed,
            KeyCode::Down | KeyCode::Char('j') => self.choose(1),
            KeyCode::Up | KeyCode::Char('k') => self.choose(-1),
            KeyCode::PageDown => self.choose(10),
            KeyCode::PageUp => self.choose(-10),
            KeyCode::Home => self.choose(isize::MIN),
            KeyCode::End => self.choose(isize::MAX),
            _ => {}
        }
        true
    }

    /// Moves the sort column this many columns to the right.
    fn sort_by(&mut self, steps: usize) {
        let place = Sort::ALL.iter().position(|sort| *sort == self.sort).unwrap_or_default();
        let next = Sort::ALL.iter().cycle().nth(place + steps);
        self.sort = next.copied().unwrap_or(self.sort);
    }

    /// Selects the peer this many rows further down.
    fn choose(&mut self, rows: isize) {
        let ids = self.table().ids;
        let now = self.chosen.and_then(|id| ids.iter().position(|other| *other == id));
        let next = match now {
            Some(now) => now.saturating_add_signed(rows),
            None => 0,
        };
        self.chosen = ids.get(next.min(ids.len().saturating_sub(1))).copied();
    }

    /// Scrolls no further than needed to show the selected row.
    fn scroll(&mut self, chosen: Option<usize>, rows: usize, room: usize) {
        let chosen = chosen.unwrap_or(self.first);
        let least = (chosen + 1).saturating_sub(room);
        self.first = self.first.min(chosen).max(least).min(rows.saturating_sub(room));
    }

    /// Returns the lines that fill a terminal of this size: about the node, the table, about the
    /// selected peer, and the keys.
    fn lines(&mut self, width: usize, height: usize) -> Vec<String> {
        let colors = self.colors;
        let style = |tone| colors.style(tone);
        let fits = |text: &str| text.chars().take(width).collect::<String>();
        let line = |tone, text: &str| styled(style(tone), &fits(text));

        let table = self.table();
        let shown = table.fit(Some(width));
        let gap = " ".repeat(GAP);
        let reverse = Style::new().invert();
        let heading = shown.iter().map(|column| {
            let style = match column.is_sorted_by(self.sort) {
                true => reverse.bold().underline(),
                false => reverse,
            };
            styled(style, &column.align(column.heading()))
        });
        let heading = heading.collect::<Vec<_>>().join(&styled(reverse, &gap));

        let chosen = self.chosen.and_then(|id| table.ids.iter().position(|other| *other == id));
        let room = height.saturating_sub(4);
        self.scroll(chosen, table.ids.len(), room);
        let rows = table.cells(&shown).into_iter().enumerate().skip(self.first).take(room);
        let rows = rows.map(|(n, cells)| {
            let is_chosen = chosen == Some(n);
            let cells = cells.iter().zip(&shown).map(|(cell, column)| {
                let style = style(cell.tone);
                let style = if is_chosen { style.invert() } else { style };
                styled(style, &column.align(&cell.text))
            });
            let gap = if is_chosen { styled(reverse, &gap) } else { gap.clone() };
            cells.collect::<Vec<_>>().join(&gap)
        });

        let mut lines =
            vec![line(Tone::Strong, &summary(&self.now, self.before.as_ref())), heading];
        lines.extend(rows);
        lines.resize(height.saturating_sub(2).max(2), String::new());
        let chosen = self.now.peers.iter().find(|peer| Some(peer.id) == self.chosen);
        let error = chosen.and_then(|peer| peer.last_error.as_deref());
        lines.push(match &self.problem {
            Some(why) => line(Tone::Bad, why),
            None => line(Tone::Plain, error.unwrap_or_default()),
        });
        lines.push(line(Tone::Faint, "q quit   ←→ sort   r reverse   ↑↓ choose"));
        lines.truncate(height);
        lines
    }
}

/// Returns the text in a style, without control characters.
fn styled(style: Style, text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::snapshot;
    use super::*;

    /// Returns what the terminal shows, without styles.
    fn drawn(view: &mut View, width: usize, height: usize) -> String {
        let lines = view.lines(width, height).join("\n");
        anstream::adapter::strip_str(&lines).to_string()
    }

    fn view() -> View {
        let mut view = View::new(snapshot(), Sort::Events, Colors::ALL);
        let mut later = snapshot();
        later.time += 2.0;
        later.peers[1].counters.as_mut().unwrap().events_in += 3000;
        view.looked(Ok(later));
        view
    }

    #[test]
    fn rates_are_between_two_snapshots() {
        let shown = drawn(&mut view(), 160, 8);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[0].contains("manager: 2 of 3 peers running, listening"), "{shown}");
        assert!(lines[1].contains("events/s in") && lines[1].contains("last error"), "{shown}");
        assert!(lines[2].contains("alpha") && lines[2].contains("1.5k"), "{shown}");
        assert!(lines[4].contains("not connected") && lines[4].contains("refused"), "{shown}");
    }

    #[test]
    fn it_fits_every_terminal_size() {
        let mut view = view();
        for width in (1..200).step_by(9) {
            for height in [1, 2, 3, 10] {
                let shown = drawn(&mut view, width, height);
                assert_eq!(shown.split('\n').count(), height, "{shown}");
                assert!(shown.lines().all(|line| line.chars().count() <= width), "{shown}");
            }
        }
    }

    #[test]
    fn the_selected_row_is_visible_and_reversed() {
        let mut view = view();
        for (rows, first, chosen) in [
            (0, "alpha", "alpha"),
            (2, "beta", "gamma"),
            (-1, "beta", "beta"),
            (-1, "alpha", "alpha"),
        ] {
            view.choose(rows);
            // There is room for two rows.
            let lines = view.lines(160, 6);
            assert!(lines[2].contains(first), "{rows}: {lines:?}");
            let reversed = lines[2..4].iter().find(|line| line.contains("\x1b[7m")).unwrap();
            assert!(reversed.contains(chosen), "{rows}: {lines:?}");
        }
    }

    #[test]
    fn text_of_a_node_cannot_control_the_terminal() {
        let mut view = view();
        view.now.peers[0].description = "a\x1b[2J\u{9b}b".to_owned();
        let lines = view.lines(160, 8);
        assert!(lines.iter().any(|line| line.contains("a[2Jb")), "{lines:?}");
    }

    #[test]
    fn keys_sort_select_and_quit() {
        let mut view = view();
        let mut press = |code, expected: bool| {
            assert_eq!(view.key(KeyEvent::new(code, KeyModifiers::NONE)), expected);
            (view.sort, view.chosen, view.reversed)
        };
        assert_eq!(press(KeyCode::Right, true), (Sort::Bytes, None, false));
        assert_eq!(press(KeyCode::Left, true).0, Sort::Events);
        assert_eq!(press(KeyCode::Down, true).1, Some(2));
        assert_eq!(press(KeyCode::End, true).1, Some(3));
        assert_eq!(press(KeyCode::Up, true).1, Some(1));
        assert_eq!(press(KeyCode::Home, true).1, Some(2));
        assert!(press(KeyCode::Char('r'), true).2);
        press(KeyCode::End, true);
        press(KeyCode::Char('q'), false);
        let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert!(!view.key(control));
    }

    #[test]
    fn the_last_snapshot_stays_when_the_node_stops() {
        let mut view = view();
        view.looked(Err("the node has stopped".to_owned()));
        let shown = drawn(&mut view, 80, 8);
        assert!(shown.contains("alpha") && shown.contains("the node has stopped"), "{shown}");
    }
}
