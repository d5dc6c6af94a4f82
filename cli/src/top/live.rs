//! The table on a terminal, drawn again after each snapshot and each key.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Alignment, Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Paragraph, Row, Table as Widget, TableState};

use super::source::Source;
use super::table::{Sort, Table, summary};
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
    state: TableState,
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
    let mut terminal = ratatui::try_init()?;
    let result = (|| {
        loop {
            terminal.draw(|frame| view.draw(frame))?;
            if !wait(&mut view, &looks)? || stop.is_stopped() {
                return Ok(());
            }
        }
    })();
    ratatui::try_restore().and(result)
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
            state: TableState::default(),
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

    fn style(&self, tone: Tone) -> Style {
        let style = Style::new();
        if self.colors == Colors::NONE {
            return if tone == Tone::Strong { style.bold() } else { style };
        }
        match tone {
            Tone::Plain => style,
            Tone::Strong => style.bold(),
            Tone::Faint => style.fg(Color::DarkGray),
            Tone::Good => style.fg(Color::Green),
            Tone::Warning => style.fg(Color::Yellow),
            Tone::Bad => style.fg(Color::Red),
        }
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let areas = Layout::vertical([
            Constraint::Length(1),
            Constraint::Min(1),
            Constraint::Length(1),
            Constraint::Length(1),
        ]);
        let [top, middle, detail, bottom] = areas.areas(frame.area());
        let line = summary(&self.now, self.before.as_ref());
        frame.render_widget(Paragraph::new(line).style(self.style(Tone::Strong)), top);

        let table = self.table();
        let shown = table.fit(Some(usize::from(middle.width)));
        let align = |is_number| if is_number { Alignment::Right } else { Alignment::Left };
        let heading = shown.iter().map(|column| {
            let style = Style::new().add_modifier(match column.is_sorted_by(self.sort) {
                true => Modifier::BOLD | Modifier::UNDERLINED,
                false => Modifier::empty(),
            });
            let text = Line::styled(column.heading(), style);
            Cell::from(Text::from(text).alignment(align(column.is_number())))
        });
        let heading = Row::new(heading).style(Style::new().add_modifier(Modifier::REVERSED));
        let rows = table.cells(&shown).into_iter().map(|cells| {
            Row::new(cells.into_iter().zip(&shown).map(|(cell, column)| {
                let text = Text::from(cell.text).alignment(align(column.is_number()));
                Cell::from(text).style(self.style(cell.tone))
            }))
        });
        let widths =
            shown.iter().map(|shown| u16::try_from(shown.width).map_or(u16::MAX, |width| width));
        let widget = Widget::new(rows, widths.map(Constraint::Length))
            .header(heading)
            .column_spacing(2)
            .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
        let chosen = self.chosen.and_then(|id| table.ids.iter().position(|other| *other == id));
        self.state.select(chosen);
        frame.render_stateful_widget(widget, middle, &mut self.state);

        let chosen = self.now.peers.iter().find(|peer| Some(peer.id) == self.chosen);
        let error = chosen.and_then(|peer| peer.last_error.as_deref());
        let (text, tone) = match (&self.problem, error) {
            (Some(why), _) => (why.as_str(), Tone::Bad),
            (None, Some(error)) => (error, Tone::Plain),
            (None, None) => ("", Tone::Plain),
        };
        frame.render_widget(Paragraph::new(text).style(self.style(tone)), detail);
        let keys = "q quit   ←→ sort   r reverse   ↑↓ choose";
        frame.render_widget(Paragraph::new(keys).style(self.style(Tone::Faint)), bottom);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::table::tests::snapshot;
    use super::*;

    fn drawn(view: &mut View, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view.draw(frame)).unwrap();
        terminal.backend().to_string()
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
                assert_eq!(shown.lines().count(), usize::from(height));
            }
        }
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
