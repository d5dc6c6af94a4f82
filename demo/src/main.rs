//! Runs the demonstration.

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let color = brocomm_demo::wants_color();
    match brocomm_demo::run().and_then(|report| Ok(report.write(color, &mut io::stdout())?)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // If standard error fails, there is no place left to report that.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
