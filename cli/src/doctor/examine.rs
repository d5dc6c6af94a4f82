//! The findings at an address, for commands that check several.

use std::time::Duration;

use serde_json::Value;

use super::{Args, run};
use crate::tls::Tls;

/// A line of the report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) kind: String,
    pub(crate) step: String,
    pub(crate) text: String,
    /// The whole line, as JSON.
    pub(crate) line: Value,
}

impl Finding {
    /// Creates a finding that ends the check.
    pub(crate) fn bad(step: &str, text: String) -> Finding {
        let line = serde_json::json!({ "step": step, "finding": "BAD", "text": text });
        Finding { kind: "BAD".to_owned(), step: step.to_owned(), text, line }
    }

    fn read(line: &[u8]) -> Option<Finding> {
        let line: Value = serde_json::from_slice(line).ok()?;
        let text = |key: &str| Some(line.get(key)?.as_str()?.to_owned());
        let (kind, step, text) = (text("finding")?, text("step")?, text("text")?);
        Some(Finding { kind, step, text, line })
    }
}

/// Checks an address step by step, and returns the findings.
pub(crate) fn examine(peer: &str, class: &str, timeout: Duration, tls: Tls) -> Vec<Finding> {
    let (peer, class) = (peer.to_owned(), Some(class.to_owned()));
    let peer = super::Target::Peer(peer);
    let args = Args { peer, class, timeout, ping: false, clock: false, json: true, tls };
    let mut lines = Vec::new();
    // The last line has the reason for a failure.
    let _ = run(&args, &mut lines);
    lines.split(|byte| *byte == b'\n').filter_map(Finding::read).collect()
}
