//! Instructions per event, counted by valgrind: the same on every run, whatever the load.
//!
//! Without arguments, prints the figures. `--check` compares them with those in `instructions.txt`,
//! `--write` records them there. The figures include framing, and dropping the decoded values.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;

use brocomm::data::Event;
use brocomm::lowlevel::serial::{LazyEvent, Mode};
use brocomm::lowlevel::wire::DataFormat;
use brocomm_benches::counting::{Case, count, figures};
use brocomm_benches::tables::{self, COUNTS, Tables};
use brocomm_benches::{
    EVENTS, FanOut, Locked, Nodes, Receiver, Sender, UNCACHED, connected, feed, large, small, strings, table, wide,
};

/// The file with the recorded figures.
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");

/// The percentage by which a case may exceed its recorded figure.
const ROOM: u64 = 3;

fn encode(event: Event, mode: Mode) {
    let mut sender = Sender::warm(event, mode);
    count(|| (0..EVENTS).for_each(|_| black_box(&mut sender).send()));
}

fn decode(event: Event, mode: Mode) {
    decode_all(Receiver::warm(event, mode, false));
}

/// Events about the same connection, whose record is sent once and then referred to.
fn decode_again(event: Event) {
    decode_all(Receiver::of(vec![event], Mode::RUNNING, false));
}

fn decode_all((mut receiver, bytes): (Receiver, Vec<Vec<u8>>)) {
    count(|| {
        let events: usize = bytes.iter().map(|bytes| black_box(&mut receiver).receive(bytes)).sum();
        assert_eq!(events, EVENTS);
    });
}

fn lazily(event: Event, mut take: impl FnMut(&LazyEvent)) {
    let (mut receiver, bytes) = Receiver::warm(event, Mode::RUNNING, true);
    count(|| {
        let receive = |bytes: &Vec<u8>| black_box(&mut receiver).receive_lazily(bytes, &mut take);
        assert_eq!(bytes.iter().map(receive).sum::<usize>(), EVENTS);
    });
}

fn name(event: Event) {
    lazily(event, |event| {
        black_box(event.name_bytes());
    });
}

fn argument(event: Event) {
    lazily(event, |event| {
        black_box(event.name_bytes());
        drop(black_box(event.arg(event.len() - 1)));
    });
}

fn forward(event: Event) {
    let mut sender = Sender::warm(event.clone(), Mode::RUNNING);
    lazily(event, |event| sender.forward(event));
}

fn connection(event: Event) {
    let (mut connection, bytes) = connected(event);
    count(|| {
        let feed = |bytes: &Vec<u8>| feed(black_box(&mut connection), bytes);
        assert_eq!(bytes.iter().map(feed).sum::<usize>(), EVENTS);
    });
}

/// Measures from `raise` or `write_log` on one node to the notification of another.
fn nodes(mut exchange: impl FnMut(&mut Nodes) -> usize) {
    let mut nodes = Nodes::warm();
    count(|| assert_eq!(exchange(black_box(&mut nodes)), EVENTS));
}

/// Measures the cost per peer of an event for this number of peers.
fn fan_out(peers: usize, times: usize, event: Event) {
    let mut fan_out = FanOut::warm(peers, &event);
    count(|| assert_eq!(black_box(&mut fan_out).raise(times), peers * times));
}

/// What one lock of the node covers when an event goes to this number of peers.
fn hold(peers: usize) {
    let mut locked = Locked::warm(peers, &small());
    count(|| assert!(black_box(&mut locked).hold() > EVENTS));
}

/// Filling a table in a synchronized variable.
fn fill_table(entries: u32) {
    let mut store = tables::store("here", COUNTS);
    count(|| tables::fill(black_box(&mut store), COUNTS, 0..entries));
}

/// Passing it to another node.
fn transfer_table(entries: u32) {
    let mut full = tables::store("here", COUNTS);
    tables::fill(&mut full, COUNTS, 0..entries);
    let mut tables = Tables::new(full, tables::store("there", COUNTS));
    count(|| assert_eq!(black_box(&mut tables).transfer(), entries as usize));
}

/// The modes of phase Running with older Bros.
const IN_25: Mode = Mode::RUNNING.with_data_format(DataFormat::V25);
const IN_23: Mode = Mode::RUNNING.with_data_format(DataFormat::V23);
const IN_22: Mode = Mode::RUNNING.with_data_format(DataFormat::V22);
const IN_21: Mode = Mode::RUNNING.with_data_format(DataFormat::V21);

const CASES: [Case; 54] = [
    ("encode small", 1, || encode(small(), Mode::RUNNING)),
    ("encode large", 1, || encode(large(), Mode::RUNNING)),
    ("encode wide", 1, || encode(wide(), Mode::RUNNING)),
    ("encode small uncached", 1, || encode(small(), UNCACHED)),
    ("encode large uncached", 1, || encode(large(), UNCACHED)),
    ("encode wide uncached", 1, || encode(wide(), UNCACHED)),
    ("encode 100 strings, each", 100, || encode(strings(100), Mode::RUNNING)),
    ("encode table, each entry", 100, || encode(table(100), Mode::RUNNING)),
    ("decode small", 1, || decode(small(), Mode::RUNNING)),
    ("decode large", 1, || decode(large(), Mode::RUNNING)),
    ("decode wide", 1, || decode(wide(), Mode::RUNNING)),
    ("decode large again", 1, || decode_again(large())),
    ("decode small uncached", 1, || decode(small(), UNCACHED)),
    ("decode large uncached", 1, || decode(large(), UNCACHED)),
    ("decode wide uncached", 1, || decode(wide(), UNCACHED)),
    ("decode 100 strings, each", 100, || decode(strings(100), Mode::RUNNING)),
    ("decode table, each entry", 100, || decode(table(100), Mode::RUNNING)),
    ("name small", 1, || name(small())),
    ("name large", 1, || name(large())),
    ("name wide", 1, || name(wide())),
    ("name and argument small", 1, || argument(small())),
    ("name and argument large", 1, || argument(large())),
    ("name and argument wide", 1, || argument(wide())),
    ("forward small", 1, || forward(small())),
    ("forward large", 1, || forward(large())),
    ("forward wide", 1, || forward(wide())),
    ("forward table, each entry", 100, || forward(table(100))),
    ("connection small", 1, || connection(small())),
    ("connection large", 1, || connection(large())),
    ("connection wide", 1, || connection(wide())),
    ("node to node, small", 1, || nodes(Nodes::events)),
    ("node to node, log entry", 1, || nodes(Nodes::log_entries)),
    ("node to node, conn.log entry", 1, || nodes(Nodes::conn_log_entries)),
    ("small to 10 peers, each", 1, || fan_out(10, 100, small())),
    ("large to 10 peers, each", 1, || fan_out(10, 100, large())),
    ("small to 1,000 peers, each", 10, || fan_out(1_000, 10, small())),
    ("large to 1,000 peers, each", 10, || fan_out(1_000, 10, large())),
    ("small to 10,000 peers, each", 100, || fan_out(10_000, 10, small())),
    ("lock for a part of 1,000 peers", 1, || hold(1_000)),
    ("lock for a part of 10,000 peers", 1, || hold(10_000)),
    ("state, fill, each entry", 20, || fill_table(20_000)),
    ("state, transfer, each entry", 20, || transfer_table(20_000)),
    ("encode large in 25", 1, || encode(large(), IN_25)),
    ("decode large in 25", 1, || decode(large(), IN_25)),
    ("encode table in 25, each entry", 100, || encode(table(100), IN_25)),
    ("decode table in 25, each entry", 100, || decode(table(100), IN_25)),
    ("encode small in 22", 1, || encode(small(), IN_22)),
    ("decode small in 22", 1, || decode(small(), IN_22)),
    ("encode large in 22", 1, || encode(large(), IN_22)),
    ("decode large in 22", 1, || decode(large(), IN_22)),
    ("encode large in 23", 1, || encode(large(), IN_23)),
    ("decode large in 23", 1, || decode(large(), IN_23)),
    ("encode large in 21", 1, || encode(large(), IN_21)),
    ("decode large in 21", 1, || decode(large(), IN_21)),
];

/// Compares figures with the recorded ones; returns a message for each that is missing or too high.
fn check(figures: &[(&str, u64)], recorded: &str) -> Vec<String> {
    let recorded = |case: &str| -> Option<u64> {
        let figure = |line: &str| line.strip_suffix(case)?.trim().parse().ok();
        recorded.lines().find_map(figure)
    };
    let wrong = figures.iter().filter_map(|(case, now)| match recorded(case) {
        None => Some(format!("{case}: {now}, but no figure is recorded")),
        Some(then) if *now * 100 > then * (100 + ROOM) => {
            Some(format!("{case}: {now} instructions, {then} are recorded"))
        }
        Some(_) => None,
    });
    wrong.collect()
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    // To profile some cases: valgrind --tool=callgrind --toggle-collect=brocomm_counted … --cases
    // decode
    if let [option, wanted @ ..] = &args[..] {
        if option == "--cases" {
            let is_wanted = |case: &str| wanted.iter().all(|part| case.contains(part.as_str()));
            CASES.iter().filter(|(case, ..)| is_wanted(case)).for_each(|(_, _, work)| work());
            return ExitCode::SUCCESS;
        }
    }
    if !args.is_empty() && option_env!("CARGO_INCREMENTAL").is_some_and(|value| value != "0") {
        eprintln!("compiled incrementally, which makes other code: set CARGO_INCREMENTAL=0");
        return ExitCode::FAILURE;
    }
    let Some(figures) = figures(Path::new(env!("CARGO_TARGET_TMPDIR")), &CASES) else {
        println!("instructions: skipped: there is no valgrind");
        return ExitCode::SUCCESS;
    };
    let mut text = String::new();
    for (case, figure) in &figures {
        let _ = writeln!(text, "{figure:>7} {case}");
    }
    print!("{text}");
    match args.first().map(String::as_str) {
        Some("--write") => std::fs::write(RECORDED, text).expect("the file can be written"),
        Some("--check") => {
            let recorded = std::fs::read_to_string(RECORDED).expect("the file can be read");
            let wrong = check(&figures, &recorded);
            wrong.iter().for_each(|line| eprintln!("more than {ROOM} % above: {line}"));
            return ExitCode::from(u8::from(!wrong.is_empty()));
        }
        _ => {}
    }
    ExitCode::SUCCESS
}
