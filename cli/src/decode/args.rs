//! The arguments of `brocomm decode`.

use std::path::PathBuf;

/// Shows what recorded sessions carry, one line per message.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Recordings to decode (`.jsonl`, gzipped or not), `-` for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}
