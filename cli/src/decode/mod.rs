//! `brocomm decode`: shows what recorded sessions carry.

mod args;

use std::io::Write;

pub(crate) use args::Args;

use crate::failure::Failure;

/// Decodes each file; goes on with the next after one that fails.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    for file in &args.files {
        writeln!(out, "{}", file.display())?;
    }
    Err(Failure::Told)
}
