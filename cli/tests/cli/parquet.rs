//! Tests of `[parquet]`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::spool::{Nodes, metrics, metrics_address, spool};
use crate::support::{Program, no_folder, run, scratch, session};

/// Writes a configuration for a node that spools logs and writes Parquet files.
fn configuration(test: &str) -> (PathBuf, PathBuf, PathBuf) {
    let (dir, files) = (no_folder(&format!("{test}-spool")), no_folder(&format!("{test}-files")));
    let text = format!(
        "listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n\
         [nodes.sender]\nhost = '127.0.0.1'\nrequest_logs = true\n\
         [spool]\ndir = '{}'\nfsync = 'always'\nevents = ''\n[parquet]\ndir = '{}'\n",
        dir.display(),
        files.display()
    );
    (scratch(test, "node.toml", text.as_bytes()), dir, files)
}

fn start(file: &Path) -> (Program, String) {
    let words = ["run", file.to_str().unwrap(), "--no-log", "--no-status"];
    let more = ["--metrics", "127.0.0.1:0", "--log-level", "info"];
    let mut node = Program::start([&words[..], &more].concat());
    let address = metrics_address(&mut node);
    (node, address)
}

/// Replays a recorded session to a node, and waits until the sink has processed all its entries.
fn replay(node: &mut Program, address: &str, test: &str) {
    let name = "bro-bro-logs";
    let path = session(name).recording_path();
    let listening = node.line_with("listening on ");
    let port = listening.rsplit(':').next().unwrap();
    let to = format!("127.0.0.1:{port}");
    let words = ["replay", path.to_str().unwrap(), "--to", &to, "--wait", "0.1", "--listener"];
    run(words);
    let decoded = no_folder(&format!("{test}-decoded"));
    run(["decode", "--write-logs", decoded.to_str().unwrap(), "--json", path.to_str().unwrap()]);
    let texts = fs::read_dir(decoded).unwrap().map(|it| fs::read_to_string(it.unwrap().path()));
    let entries: usize = texts.map(|text| text.unwrap().lines().count()).sum();
    while metrics(address)["brocomm_spool_entries_total"] < entries as f64 {
        std::thread::yield_now();
    }
    wait(address, 0.0);
}

/// Waits until the sink has processed all entries after a position.
fn wait(address: &str, position: f64) {
    loop {
        let counted = metrics(address);
        let taken = counted["brocomm_sink_sent_total{sink=\"parquet\"}"];
        if taken > 0.0 && taken >= counted["brocomm_spool_sequence"] - position {
            return;
        }
        std::thread::yield_now();
    }
}

/// Returns the names of the complete files, such as `conn/…-1.parquet`, without the parts that
/// differ between runs.
fn whole(files: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for folder in fs::read_dir(files).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap()) {
            let name = file.file_name().into_string().unwrap();
            if let Some(name) = name.strip_suffix(".parquet") {
                // Every Parquet file begins and ends with these bytes.
                let bytes = fs::read(file.path()).unwrap();
                assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{name}");
                let log = folder.file_name().unwrap().to_str().unwrap();
                all.push(format!("{log} {}", name.rsplit('-').next().unwrap()));
            }
        }
    }
    all.sort();
    all
}

/// Returns the logs in a spool.
fn logs(dir: &Path) -> Vec<String> {
    let read = spool("read", dir, &["--with-subjects"]).stdout;
    let path = |line: &str| line.split(' ').nth(1).unwrap().rsplit('.').next().unwrap().to_owned();
    let mut all: Vec<String> = read.lines().map(path).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn entries_are_in_complete_files_at_the_end() {
    let (file, dir, files) = configuration("parquet-end");
    let (mut node, address) = start(&file);
    replay(&mut node, &address, "parquet-end");
    node.signal("-TERM");
    let ended = node.end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    // A log has more than one file if an hour ended meanwhile.
    let whole = whole(&files).into_iter();
    let mut written: Vec<String> =
        whole.map(|name| name.split(' ').next().unwrap().to_owned()).collect();
    written.dedup();
    let expected = logs(&dir);
    assert!(expected.len() >= 3, "{expected:?}");
    assert_eq!(written, expected);
    let shown = spool("show", &dir, &[]).stdout;
    assert!(shown.contains("reader parquet: acknowledged") && shown.contains(", 0 entries behind"));
    // The types of each log are stored.
    let types = fs::read_to_string(dir.join("types/all_types")).unwrap();
    assert!(types.contains("\nsc\tset[count]\n") && types.contains("\na\taddr\n"), "{types}");
}

/// In the middle of an hour, only the spool has the entries.
#[test]
fn a_killed_node_writes_the_hour_again() {
    let (file, dir, files) = configuration("parquet-killed");
    let (mut node, address) = start(&file);
    replay(&mut node, &address, "parquet-killed");
    let spooled = metrics(&address)["brocomm_spool_sequence"];
    node.signal("-KILL");
    drop(node);
    let before = whole(&files);
    let acknowledged = |dir: &Path| {
        let shown = spool("show", dir, &["--json"]).stdout;
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        shown["readers"][0]["acknowledged"].as_u64().unwrap()
    };
    // Unless the hour ended meanwhile.
    assert_eq!(before.is_empty(), acknowledged(&dir) == 0);
    if acknowledged(&dir) as f64 == spooled {
        return;
    }
    let position = acknowledged(&dir) as f64;
    let (node, address) = start(&file);
    assert!(metrics(&address)["brocomm_spool_sequence"] >= spooled);
    wait(&address, position);
    node.signal("-TERM");
    assert_eq!(node.end().code, 0);
    let after = whole(&files);
    assert!(logs(&dir).iter().all(|log| after.iter().any(|name| name.starts_with(log.as_str()))));
    let shown = spool("show", &dir, &[]).stdout;
    assert!(shown.contains("reader parquet: acknowledged") && shown.contains(", 0 entries behind"));
}

#[test]
fn a_sink_without_a_spool_is_an_error() {
    let text = "listen = true\n[parquet]\ndir = 'p'\n";
    let file = scratch("parquet-no-spool", "node.toml", text.as_bytes());
    let run = run(["run", file.to_str().unwrap(), "--no-log"]);
    assert_eq!(run.code, 2);
    let expected = "[parquet] needs a spool: add a table [spool] with `dir`, or use --spool";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
    let nodes = Nodes::new("parquet-no-folder", "[parquet]\n");
    let run = crate::support::run(nodes.command());
    assert!(run.stderr.contains("parquet.dir is missing"), "{}", run.stderr);
}
