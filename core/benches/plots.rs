//! Draws the tables of the book's page on performance whose figures are times, as SVG. The other
//! benchmarks print these figures; the page has them.
//!
//! ```text
//! cargo bench --manifest-path core/benches/Cargo.toml --bench plots
//! ```

mod plot;

use plot::{Bar, Group};

/// A table by the heading of its section, the file to draw, and whether bars in a group are the
/// columns of a row or the rows of a column.
const TABLES: [(&str, &str, bool); 4] = [
    ("Against a plain copy over the same sockets", "performance-sockets.svg", true),
    ("Logs", "performance-logs.svg", false),
    ("Synchronized variables", "performance-state.svg", false),
    ("Recordings", "performance-recordings.svg", false),
];

/// The cells of the first table in a section, with the headings.
fn table(section: &str) -> Vec<Vec<String>> {
    let rows = section.lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).filter(|line| !line.contains("---"));
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    rows.map(cells).collect()
}

fn bar(title: &str, label: &str, shown: &str) -> Option<Bar> {
    let value = shown.replace(',', "").parse().ok()?;
    // What brocomm is compared with is named before a colon.
    let is_ours = !label.contains(':') && !title.contains(':');
    Some(Bar { label: label.to_owned(), shown: shown.to_owned(), value, is_ours })
}

/// Returns a group of bars for each row, or for each column, of a table.
fn groups(table: &[Vec<String>], by_row: bool) -> Vec<Group> {
    let [headings, rows @ ..] = table else { return Vec::new() };
    let group = |title: &str, bars: Vec<Bar>| Group { title: title.to_owned(), bars };
    if by_row {
        let bars = |row: &[String]| headings[1..].iter().zip(&row[1..]).filter_map(|(label, cell)| bar(&row[0], label, cell)).collect();
        return rows.iter().map(|row| group(&row[0], bars(row))).collect();
    }
    let bars = |at: usize| rows.iter().filter_map(|row| bar(&headings[at], &row[0], &row[at])).collect();
    headings.iter().enumerate().skip(1).map(|(at, heading)| group(heading, bars(at))).collect()
}

fn main() {
    let page = std::fs::read_to_string(plot::in_book("performance.md")).expect("the page exists");
    for (heading, file, by_row) in TABLES {
        let section = page.split("\n## ").find(|section| section.lines().next() == Some(heading));
        let groups = groups(&table(section.expect("the page has this section")), by_row);
        assert!(!groups.is_empty(), "{heading} has no table");
        plot::draw(file, &groups).expect("the plot can be written");
    }
}
